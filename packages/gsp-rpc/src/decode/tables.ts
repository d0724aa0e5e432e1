import type { ClassEntry } from '@nova-stack/nvrm-headers/r570_144/registry/classes';
import type { CommandEntry } from '@nova-stack/nvrm-headers/r570_144/registry/commands';
import type { RpcEntry } from '@nova-stack/nvrm-headers/r570_144/registry/rpc';
import { TraceError } from '../trace/errors.ts';
import type { AnyLayout } from './layout-walk.ts';

/** Loads a module of a release's namespace: its exports by name. */
export type LoadModule = (namespace: string, module: string) => Promise<Readonly<Record<string, unknown>>>;

/** Releases with tables, and their namespaces in `nvrm-headers`. */
export const RELEASES: Readonly<Record<string, string>> = {
  '535.113.01': 'r535_113_01', '570.144': 'r570_144', '580.105.08': 'r580_105_08',
};

/**
 * A module is loaded when a message needs it, so that a decoder of a boot loads a few dozen of several hundred. Bundlers cannot follow such an import:
 * they need a `load` of their own (`import.meta.glob`, a map, …), which is one line where they have that, and a static map of every module here would
 * make everybody else load or ship all of them.
 */
const load: LoadModule = (namespace, module) =>
  import(/* @vite-ignore */ `@nova-stack/nvrm-headers/${namespace}/${module}`) as Promise<Readonly<Record<string, unknown>>>;

/** What numbers of one release mean. */
export interface Tables {
  readonly release: string;
  /** Functions and events by number. */
  readonly functions: ReadonlyMap<number, RpcEntry>;
  readonly commands: ReadonlyMap<number, readonly CommandEntry[]>;
  readonly classes: ReadonlyMap<number, readonly ClassEntry[]>;
  readonly statuses: ReadonlyMap<number, string>;
  /** The numbers of small vocabularies, by the name of the vocabulary. */
  readonly words: Readonly<Record<Vocabulary, ReadonlyMap<number, string>>>;
  /** Loads the layout of a record; undefined when the release has none of that name. */
  layout(record: string): Promise<AnyLayout | undefined>;
}

/** Numbers that share a meaning, whatever field they stand in. */
export type Vocabulary = 'engineType' | 'notifier' | 'exception' | 'barType' | 'sequencerOpcode' | 'registryType' | 'rpcResult';

/** Their constants: a module and a prefix. */
const VOCABULARIES: Readonly<Record<Vocabulary, { readonly module: string; readonly prefix: string }>> = {
  engineType: { module: 'cl2080_notification', prefix: 'NV2080_ENGINE_TYPE_' },
  notifier: { module: 'cl2080_notification', prefix: 'NV2080_NOTIFIERS_' },
  exception: { module: 'nverror', prefix: '' },
  barType: { module: 'rpc_headers', prefix: 'NV_RPC_UPDATE_PDE_' },
  sequencerOpcode: { module: 'rmgspseq', prefix: 'GSP_SEQ_BUF_OPCODE_' },
  registryType: { module: 'g_os_nvoc', prefix: 'REGISTRY_TABLE_ENTRY_TYPE_' },
  rpcResult: { module: 'rpc_headers', prefix: 'NV_VGPU_MSG_RESULT_' },
};

/** Names that count or bound values instead of being one. */
const NO_VALUE = /(?:_SIZE|_LAST|_MAX|_COUNT|_LAST_ERROR|__SIZE_1|MAXCOUNT)$/;

/**
 * Loads the registries of a release.
 *
 * @throws {@link TraceError} `RELEASE` for one without tables, unless `load` can bring them
 */
export async function openTables(release: string, options: { readonly load?: LoadModule; readonly namespace?: string } = {}): Promise<Tables> {
  const namespace = options.namespace ?? (Object.hasOwn(RELEASES, release) ? RELEASES[release] : undefined);
  if (namespace === undefined) {
    throw new TraceError('RELEASE', `no tables for firmware ${JSON.stringify(release.slice(0, 64))}; there are ${Object.keys(RELEASES).join(', ')}, and any other with \`namespace\` and \`load\``);
  }
  const take = (module: string): Promise<Readonly<Record<string, unknown>>> => (options.load ?? load)(namespace, module);
  const [rpc, commands, classes, modules, status] = await Promise.all(['rpc', 'commands', 'classes', 'modules'].map((name) => take(`registry/${name}`)).concat(take('status')));
  const words = await vocabularies(take);
  const layouts = new Map<string, Promise<AnyLayout | undefined>>();
  return {
    release,
    functions: new Map([...(rpc!['FUNCTIONS'] as RpcEntry[]), ...(rpc!['EVENTS'] as RpcEntry[])].filter(({ name }) => !/_NUM_(?:FUNCTIONS|EVENTS)$|_FIRST_EVENT$/.test(name)).map((entry) => [entry.value, entry])),
    commands: byId(commands!['COMMANDS'] as CommandEntry[]),
    classes: byId(classes!['CLASSES'] as ClassEntry[]),
    statuses: numbersOf(status!, /^NV_(?:OK$|ERR_|WARN_)/),
    words,
    layout(record) {
      let layout = layouts.get(record);
      if (layout === undefined) {
        const module = (modules!['MODULES'] as ReadonlyMap<string, string>).get(record);
        layout = module === undefined ? Promise.resolve(undefined) : take(module).then((exports) => exports[record] as AnyLayout | undefined);
        layouts.set(record, layout);
      }
      return layout;
    },
  };
}

async function vocabularies(take: (module: string) => Promise<Readonly<Record<string, unknown>>>): Promise<Tables['words']> {
  const words: Partial<Record<Vocabulary, ReadonlyMap<number, string>>> = {};
  await Promise.all((Object.keys(VOCABULARIES) as Vocabulary[]).map(async (name) => {
    const { module, prefix } = VOCABULARIES[name];
    words[name] = new Map([...numbersOf(await take(module), new RegExp(`^${prefix}`))].map(([value, constant]) => [value, constant.slice(prefix.length)]));
  }));
  return words as Tables['words'];
}

/** A module's constants by their value; of several with one value the first. */
function numbersOf(exports: Readonly<Record<string, unknown>>, wanted: RegExp): ReadonlyMap<number, string> {
  const numbers = new Map<number, string>();
  for (const [name, value] of Object.entries(exports)) {
    if (typeof value === 'number' && wanted.test(name) && !NO_VALUE.test(name) && !numbers.has(value)) numbers.set(value, name);
  }
  return numbers;
}

function byId<E extends { readonly id: number }>(entries: readonly E[]): ReadonlyMap<number, readonly E[]> {
  const map = new Map<number, E[]>();
  for (const entry of entries) {
    const same = map.get(entry.id);
    if (same === undefined) map.set(entry.id, [entry]);
    else same.push(entry);
  }
  return map;
}
