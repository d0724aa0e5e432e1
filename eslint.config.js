import eslint from "@eslint/js";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";
import { boundaries } from "./scripts/eslint-boundaries.js";

const typescript = ["**/*.ts"];

export default defineConfig(
  globalIgnores(["**/dist/**", "**/generated/**", "**/coverage/**", "**/fixtures/**", ".turbo/**"]),
  eslint.configs.recommended,
  {
    files: typescript,
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { project: "./tsconfig.json", tsconfigRootDir: import.meta.dirname } },
    rules: {
      // This code prints addresses and counts.
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true, allowBoolean: true },
      ],
      // noUncheckedIndexedAccess makes every indexed read possibly undefined; `!` is how code that has
      // checked the bounds says so. The two strict settings pull in opposite directions.
      "@typescript-eslint/no-non-null-assertion": "off",
      // isolatedDeclarations wants exported types written down even where they could be inferred.
      "@typescript-eslint/no-inferrable-types": "off",
      // A conformance or state loop is clearer as `while (true)`; a register table as a type without members.
      "@typescript-eslint/no-unnecessary-condition": ["error", { allowConstantLoopConditions: "only-allowed-literals" }],
      "@typescript-eslint/no-empty-function": "off",
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/consistent-type-imports": "error",
    },
  },
  {
    // tsc checks the JavaScript files too, and knows which globals there are.
    files: ["**/*.{js,mjs,cjs}"],
    rules: { "no-undef": "off" },
  },
  boundaries,
);
