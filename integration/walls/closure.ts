// The table of allowed imports against what packages really carry when they are published.
import { MAY_IMPORT, NODE_FOLDERS, NODE_PACKAGES, TYPES_ONLY } from "../../walls.js";
import { dependenciesOf, reachable, specifiersOf, type Packed } from "./packed.ts";

const SCOPE = "@nova-stack/";

/** Everything that installing `name` may bring along from this workspace, itself left out. */
export function closureOf(name: string, table: Readonly<Record<string, readonly string[]>> = MAY_IMPORT): Set<string> {
  const closure = new Set<string>();
  const visit = (next: string): void => {
    if (closure.has(next)) return;
    closure.add(next);
    for (const sibling of table[next] ?? []) visit(sibling);
  };
  for (const sibling of table[name] ?? []) visit(sibling);
  return closure;
}

/** What in a packed package breaks the table, one line each. */
export function breaches(packed: Packed): string[] {
  const name = packed.manifest.name.slice(SCOPE.length);
  const allowed = MAY_IMPORT[name];
  if (allowed === undefined) return [`${name} is not in walls.js`];
  const found: string[] = [];

  const declared = dependenciesOf(packed.manifest);
  for (const sibling of declared.filter((dependency) => dependency.startsWith(SCOPE))) {
    if (!allowed.includes(sibling.slice(SCOPE.length))) found.push(`${name} depends on ${sibling}`);
  }

  const nodeFolders = (NODE_FOLDERS[name] ?? []).map((folder) => `dist/${folder}/`);
  for (const condition of ["types", "default"] as const) {
    const neutral = new Set(reachable(packed, condition, (entry) => !nodeFolders.some((folder) => entry.startsWith(folder))));
    for (const file of reachable(packed, condition)) {
      for (const specifier of specifiersOf(packed.files.get(file)!)) {
        if (specifier.startsWith(".")) continue;
        if (specifier.startsWith("node:")) {
          if (!NODE_PACKAGES.includes(name) && neutral.has(file)) found.push(`${name}: ${file} imports ${specifier}`);
          continue;
        }
        const dependency = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
        if (!declared.includes(dependency)) found.push(`${name}: ${file} imports ${dependency}, which is not declared`);
        const entries = TYPES_ONLY[name]?.[dependency.slice(SCOPE.length)];
        if (entries === undefined || !dependency.startsWith(SCOPE)) continue;
        const isAllowed = condition === "types" && entries.some((entry) => specifier === `${dependency}/${entry}`);
        if (!isAllowed) found.push(`${name}: ${file} imports ${specifier}, of which it may use only types`);
      }
    }
  }
  return found;
}
