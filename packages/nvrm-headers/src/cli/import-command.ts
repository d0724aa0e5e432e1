import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

import { factsOf, writeFacts, type Facts } from '../facts/index.ts';
import { importTree } from '../import/index.ts';
import { namespaceOf } from '../namespace.ts';
import { FACTS_FOLDER, factsFiles, loadFacts } from './facts-files.ts';
import { writeModules } from './generate-command.ts';
import { required, type Command, type Given, type Output } from './options.ts';
import { UsageError } from './usage-error.ts';

/** The version that versions of this package are told as differences from. */
const BASE = '570.144';

const SRC = { name: 'src', value: 'DIR', text: "a checkout of NVIDIA's open-gpu-kernel-modules, at the tag of the version" };
const VERSION = { name: 'version', value: 'X', text: 'the version, for instance 590.48.01' };

export const importCommand: Command = {
  name: 'import',
  usage: '--src DIR --version X [--out DIR] [--clang PROGRAM] [--add]',
  summary: "read a version's facts out of NVIDIA's headers with clang, and make modules of them",
  options: [
    SRC,
    VERSION,
    { name: 'out', value: 'DIR', text: 'where facts and modules go (default: nvrm-X here)' },
    { name: 'clang', value: 'PROGRAM', text: 'the compiler (default: clang, or the newest clang-N)' },
    { name: 'add', text: "add the version to this package's own facts instead, as what differs from another version" },
  ],
  notes: [
    'The modules import @nova-stack/c-layout, which must be installed where they are used. The facts file can be given',
    'to `find` and `diff` in place of a version.',
  ],
  async run(given, output) {
    const version = required(given, VERSION);
    if (!/^\d+(\.\d+)+$/.test(version)) throw new UsageError(`--version ${version}: a version is numbers with dots, such as 570.144`);
    const src = resolve(required(given, SRC));
    const clang = given.values.get('clang');
    const imported = await importTree({ src, version, ...(clang !== undefined && { clang }), progress: (line) => output.err(`${line}\n`) });
    const facts = factsOf(imported);
    if (given.flags.has('add')) add(facts, output);
    else write(facts, given, output);
    return 0;
  },
};

function write(facts: Facts, given: Given, output: Output): void {
  const { version } = facts;
  const out = resolve(given.values.get('out') ?? `nvrm-${version}`);
  mkdirSync(dirname(out), { recursive: true });
  // Made aside and moved at the end, so that a run that is cut short leaves what was there.
  const fresh = mkdtempSync(`${out}.new-`);
  try {
    const files = factsFiles(fresh, version);
    const text = writeFacts(facts);
    writeFileSync(files.facts, text.facts);
    writeFileSync(files.methods, text.methods);
    const count = writeModules(fresh, [facts], `Generated from open-gpu-kernel-modules ${version} by nvrm-headers import.`);
    writeFileSync(join(fresh, 'package.json'), `${JSON.stringify({ private: true, type: 'module', sideEffects: false }, null, 2)}\n`);
    mkdirSync(out, { recursive: true });
    for (const name of readdirSync(fresh)) {
      rmSync(join(out, name), { recursive: true, force: true });
      renameSync(join(fresh, name), join(out, name));
    }
    output.out(`${out}: the facts of ${version} (${told(facts)}) and ${count / 2} modules; import one as ${join(out, namespaceOf(version), 'nvos.js')}\n`);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

function add(facts: Facts, output: Output): void {
  const { version } = facts;
  const files = factsFiles(FACTS_FOLDER, version);
  const known = existsSync(files.facts);
  const text = version === BASE ? writeFacts(facts) : writeFacts(facts, loadFacts(BASE));
  writeFileSync(files.facts, text.facts);
  writeFileSync(files.methods, text.methods);
  output.out(`${files.facts}: the facts of ${version} (${told(facts)})\n`);
  if (!known) output.out(`Left to do: "${version}" into VERSIONS of src/index.ts, "./${namespaceOf(version)}/*" into the exports of package.json, npm run generate.\n`);
}

const told = ({ records, commands, classes }: Facts): string => `${records.size} records, ${commands.size} commands, ${classes.size} classes`;
