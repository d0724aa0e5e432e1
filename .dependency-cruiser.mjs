// The import graph as a whole: the same table as the linter's, and what a linter that sees one file cannot know.
import { MAY_IMPORT, TYPES_ONLY } from "./walls.js";

/** @typedef {import("dependency-cruiser").IRegularForbiddenRuleType} Rule */

/** @param {readonly string[]} names */
const any = (names) => names.join("|");

/** @type {Rule[]} */
const walls = Object.entries(MAY_IMPORT).map(([name, siblings]) => ({
  name: `may-import-${name}`,
  comment: `${name} may import: ${siblings.join(", ") || "no sibling"} (walls.js)`,
  severity: "error",
  from: { path: `^packages/${name}/` },
  to: { path: "^packages/[^/]+/", pathNot: `^packages/(?:${any([name, ...siblings])})/` },
}));

/** @type {Rule[]} */
const narrow = Object.entries(TYPES_ONLY).flatMap(([name, siblings]) =>
  Object.entries(siblings).flatMap(([sibling, entries]) => [
    {
      name: `entries-${name}-${sibling}`,
      comment: `of ${sibling}, ${name} may import ${any(entries)} (walls.js)`,
      severity: "error",
      from: { path: `^packages/${name}/` },
      to: { path: `^packages/${sibling}/`, pathNot: `^packages/${sibling}/src/(?:${any(entries)})\\.ts$` },
    },
    {
      name: `types-only-${name}-${sibling}`,
      comment: `${name} may import nothing but types of ${sibling} (walls.js)`,
      severity: "error",
      from: { path: `^packages/${name}/` },
      to: { path: `^packages/${sibling}/`, dependencyTypesNot: ["type-only"] },
    },
  ]),
);

/** @type {Rule[]} */
export const forbidden = [
  ...walls,
  ...narrow,
  {
    name: "no-cycle",
    comment: "modules that need each other at run time; two that only name each other's types are fine",
    severity: "error",
    from: {},
    to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
  },
  { name: "no-unresolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
  {
    name: "declared",
    comment: "what is shipped imports only what its package.json lists as a dependency",
    severity: "error",
    from: { path: "^packages/[^/]+/src/", pathNot: "(?:\\.(?:test|bench)|-fixture)\\.ts$" },
    to: { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"] },
  },
];

export const options = {
  doNotFollow: { path: "node_modules" },
  // Generated sources need no judgement, and reading dist would race with a build.
  exclude: { path: "/(?:dist|generated)/" },
  tsPreCompilationDeps: /** @type {const} */ ("specify"),
  tsConfig: { fileName: "tsconfig.json" },
  enhancedResolveOptions: {
    exportsFields: ["exports"],
    conditionNames: ["@nova-stack/source", "import", "default"],
  },
};

export default { forbidden, options };
