// Turns the table of allowed imports into lint rules, one block per package.
import { MAY_IMPORT, NODE_FOLDERS, NODE_PACKAGES, TYPES_ONLY } from "../walls.js";

/** @typedef {{ regex: string, message: string, allowTypeImports?: boolean }} Pattern */

/**
 * @param {string} name
 * @param {readonly string[]} siblings
 * @param {{ node: boolean }} may
 * @returns {import("eslint").Linter.RulesRecord}
 */
function rulesFor(name, siblings, may) {
  /** @type {Pattern[]} */
  const patterns = [
    {
      // With no sibling allowed, the group matches the end of the text only.
      regex: `^@nova-stack/(?!(?:${siblings.join("|") || "$"})(?:/|$))`,
      message: `${name} may import: ${siblings.join(", ") || "no sibling"} (walls.js)`,
    },
    {
      regex: String.raw`^(?:\.\./)+(?:packages/|(?:${Object.keys(MAY_IMPORT).join("|")})/(?:src|dist)/)`,
      message: "import a sibling by its name, never by a path into its sources",
    },
  ];
  for (const [sibling, entries] of Object.entries(TYPES_ONLY[name] ?? {})) {
    const allowed = `/(?:${entries.join("|")})$`;
    patterns.push(
      {
        regex: `^@nova-stack/${sibling}(?!${allowed})`,
        message: `of ${sibling}, ${name} may import types of ${entries.join(", ")} (walls.js)`,
      },
      {
        regex: `^@nova-stack/${sibling}${allowed}`,
        allowTypeImports: true,
        message: `${name} may import nothing but types from here (walls.js)`,
      },
    );
  }
  if (!may.node) {
    patterns.push({ regex: "^node:", message: "a runtime-neutral package" });
    const folders = NODE_FOLDERS[name];
    if (folders) patterns.push({ regex: String.raw`^\.{1,2}/(?:.*/)?(?:${folders.join("|")})/`, message: "a folder for Node alone (walls.js)" });
  }
  return { "@typescript-eslint/no-restricted-imports": ["error", { patterns }] };
}

export const boundaries = Object.entries(MAY_IMPORT).flatMap(([name, siblings]) => {
  const tests = [`packages/${name}/src/**/*.{test,bench}.ts`];
  const node = (NODE_FOLDERS[name] ?? []).map((folder) => `packages/${name}/src/${folder}/**/*.ts`);
  return [
    {
      files: [`packages/${name}/src/**/*.ts`],
      ignores: [...tests, ...node],
      rules: rulesFor(name, siblings, { node: NODE_PACKAGES.includes(name) }),
    },
    // A test may use Node; the arrows between packages hold for it all the same.
    { files: [...tests, ...node], rules: rulesFor(name, siblings, { node: true }) },
  ];
});
