// What three thousand records cost an editor and the compiler: their declarations as generated, against the same records with types
// that TypeScript infers from `struct(…)`, module by module.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";

import { FLEXIBLE, type Field, type Layout } from "@nova-stack/c-layout";
import { MODULES } from "@nova-stack/nvrm-headers/r570_144/registry/modules";
import type * as Typescript from "typescript";

import type { Suite } from "../comparison.ts";

// Bundled into this file it would not find its libraries.
const ts = createRequire(import.meta.url)("typescript") as typeof Typescript;

const HEADERS = "@nova-stack/nvrm-headers/r570_144/";
const EXAMPLE = { record: "NV2080_CTRL_INTERNAL_GPU_GET_CHIP_INFO_PARAMS", module: "ctrl2080internal" };

/** A folder from which the packages are found, gone with the process. */
const folder = mkdtempSync(join(fileURLToPath(new URL(".", import.meta.url)), "types-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const modules = new Map([...MODULES].map(([record, module]) => [record, module]));
const layouts = await loadLayouts();

async function loadLayouts(): Promise<ReadonlyMap<string, Layout<unknown>>> {
  const found = new Map<string, Layout<unknown>>();
  for (const module of new Set(modules.values())) {
    const exported = (await import(`${HEADERS}${module}`)) as Record<string, unknown>;
    for (const [record, layout] of Object.entries(exported)) if (modules.get(record) === module) found.set(record, layout as Layout<unknown>);
  }
  return found;
}

/** `array('u32', 4)`, as one would write it by hand. `need` gives the name of a record. */
function written({ element, dims, bits, truth }: Field, need: (layout: Layout<unknown>) => string): string {
  const one = typeof element !== "string" ? need(element()) : bits ? `bits('${element}', ${bits.width})` : truth ? `truth('${element}')` : `'${element}'`;
  return dims.reduceRight((inner, count) => (count === FLEXIBLE ? `flexible(${inner})` : `array(${inner}, ${count})`), one);
}

/** The records of one module as somebody would declare them who has no generator. */
function inferredModule(module: string): string {
  const lines: string[] = [];
  const imports = new Set<string>();
  const done = new Set<Layout<unknown>>();
  const need = (layout: Layout<unknown>): string => {
    const name = layout.name.replaceAll(/\W/g, "_");
    const home = modules.get(layout.name);
    if (home !== undefined && home !== module) imports.add(`import { ${name} } from './${home.replaceAll("/", "_")}.ts';`);
    else if (!done.has(layout)) {
      done.add(layout);
      const members = layout.fields.map((field, i) => (field.name === "" ? `$${i}: anonymous(${written(field, need)})` : `${JSON.stringify(field.name)}: ${written(field, need)}`));
      lines.push(`export const ${name} = ${layout.kind}('${name}', { ${members.join(", ")} });`);
    }
    return name;
  };
  for (const [record, layout] of layouts) if (modules.get(record) === module) need(layout);
  return ["import { anonymous, array, bits, flexible, struct, truth, union } from '@nova-stack/c-layout';", ...imports, ...lines, ""].join("\n");
}

/** A program that reads a field of every record; `from` says where a module is imported. */
function consumer(from: (module: string) => string): string {
  const text = [...layouts].map(([record, { fields }], i) => {
    const field = fields.find(({ name }) => name !== "");
    const read = field === undefined ? "size" : `decode(bytes)[${JSON.stringify(field.name)}]`;
    return `import { ${record} as R${i} } from '${from(modules.get(record)!)}';\nexport const v${i} = R${i}.${read};`;
  });
  return `declare const bytes: DataView;\n${text.join("\n")}\n`;
}

const editing = (from: string): string => `import { ${EXAMPLE.record} } from '${from}';\ndeclare const bytes: DataView;\nexport const value = ${EXAMPLE.record}.decode(bytes).`;

const inferred = join(folder, "inferred");
mkdirSync(inferred);
for (const module of new Set(modules.values())) writeFileSync(join(inferred, `${module.replaceAll("/", "_")}.ts`), inferredModule(module));
const inInferred = (module: string): string => `./inferred/${module.replaceAll("/", "_")}.ts`;

const FILES = {
  generated: { all: join(folder, "generated-all.ts"), one: join(folder, "generated-one.ts") },
  inferred: { all: join(folder, "inferred-all.ts"), one: join(folder, "inferred-one.ts") },
};
writeFileSync(FILES.generated.all, consumer((module) => HEADERS + module));
writeFileSync(FILES.inferred.all, consumer(inInferred));
writeFileSync(FILES.generated.one, editing(HEADERS + EXAMPLE.module));
writeFileSync(FILES.inferred.one, editing(inInferred(EXAMPLE.module)));

const OPTIONS: Typescript.CompilerOptions = {
  target: ts.ScriptTarget.ES2022, lib: ["lib.es2023.d.ts"], types: [], module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext,
  strict: true, noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true, noEmit: true, allowImportingTsExtensions: true, skipLibCheck: true,
};

/** Nanoseconds of a whole check, as `tsc --noEmit` does it. */
function checking(file: string): () => number {
  return () => {
    const started = performance.now();
    const program = ts.createProgram([file], OPTIONS);
    const faults = ts.getPreEmitDiagnostics(program);
    const took = (performance.now() - started) * 1e6;
    if (faults.length > 0) throw new Error(ts.formatDiagnostics(faults.slice(0, 3), { getCanonicalFileName: (name) => name, getCurrentDirectory: () => folder, getNewLine: () => "\n" }));
    return took;
  };
}

/** Nanoseconds from opening a file in a new editor until it shows the fields behind a dot. */
function completing(file: string): () => number {
  return () => {
    const started = performance.now();
    const service = ts.createLanguageService({
      getScriptFileNames: () => [file], getScriptVersion: () => "1", getCurrentDirectory: () => folder, getCompilationSettings: () => OPTIONS,
      getScriptSnapshot: (name) => { const text = ts.sys.readFile(name); return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text); },
      getDefaultLibFileName: (options) => ts.getDefaultLibFilePath(options), fileExists: (name) => ts.sys.fileExists(name), readFile: (name) => ts.sys.readFile(name),
      directoryExists: (name) => ts.sys.directoryExists(name),
    });
    const offered = service.getCompletionsAtPosition(file, ts.sys.readFile(file)!.length, {})?.entries ?? [];
    const took = (performance.now() - started) * 1e6;
    service.dispose();
    const missing = layouts.get(EXAMPLE.record)!.fields.filter(({ name }) => !offered.some((entry) => entry.name === name));
    if (missing.length > 0) throw new Error(`no completion offers ${missing[0]!.name}`);
    return took;
  };
}

export const cases: Suite = [
  {
    name: `tsc over all ${layouts.size} records of 570.144`, unit: "ns", rounds: 2,
    ours: { name: "generated", measure: checking(FILES.generated.all) },
    rival: { name: "inferred", measure: checking(FILES.inferred.all) },
    atMost: 0.7,
  },
  {
    name: `first completion in an editor, ${EXAMPLE.module}`, unit: "ns", rounds: 3,
    ours: { name: "generated", measure: completing(FILES.generated.one) },
    rival: { name: "inferred", measure: completing(FILES.inferred.one) },
    atMost: 1.2,
  },
];
