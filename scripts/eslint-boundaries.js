// Turns the table of allowed imports into lint rules, one block per package.
import { MAY_IMPORT, NODE_PACKAGES, TYPES_ONLY } from "../walls.js";

/** @param {string} name */
function rulesFor(name, { node }) {
  const narrow = TYPES_ONLY[name] ?? {};
  const siblings = MAY_IMPORT[name].join("|") || "$^";
  const patterns = [
    {
      regex: `^@nova-stack/(?!(?:${siblings})(?:/|$))`,
      message: `${name} may import: ${MAY_IMPORT[name].join(", ") || "no sibling"} (walls.js)`,
    },
    {
      regex: String.raw`^(?:\.\./)+(?:[^.].*/)?packages/|^(?:\.\./)+(?:${Object.keys(MAY_IMPORT).join("|")})/src/`,
      message: "import a sibling by its name, never by a path into its sources",
    },
  ];
  for (const [sibling, entries] of Object.entries(narrow)) {
    const allowed = entries.map((entry) => `/${entry}$`).join("|");
    patterns.push(
      {
        regex: `^@nova-stack/${sibling}(?!${allowed})`,
        message: `of ${sibling}, ${name} may import types of ${entries.join(", ")} (walls.js)`,
      },
      {
        regex: `^@nova-stack/${sibling}(?:${allowed})`,
        allowTypeImports: true,
        message: `${name} may import nothing but types from here (walls.js)`,
      },
    );
  }
  if (!node) {
    patterns.push({ regex: "^node:", message: "a runtime-neutral package" });
  }
  return { "@typescript-eslint/no-restricted-imports": ["error", { patterns }] };
}

export const boundaries = Object.keys(MAY_IMPORT).flatMap((name) => {
  const isNode = NODE_PACKAGES.includes(name);
  const tests = [`packages/${name}/src/**/*.{test,bench}.ts`];
  return [
    { files: [`packages/${name}/src/**/*.ts`], ignores: tests, rules: rulesFor(name, { node: isNode }) },
    // A test may use Node; the arrows between packages hold for it all the same.
    { files: tests, rules: rulesFor(name, { node: true }) },
  ];
});
