// Ioctls: the RM's escapes and UVM's. What an escape takes is read from the code that handles it.
import type { ImportedIoctl } from '../facts/imported.ts';

/** Sources with the code that handles escapes; those that a version does not have are left out. */
export const ESCAPE_SOURCES: readonly string[] = [
  'src/nvidia/arch/nvalloc/unix/src/escape.c', 'src/nvidia/arch/nvalloc/unix/src/osapi.c', 'kernel-open/nvidia/nv.c',
];

/** Escapes whose handler passes the parameters on without a word on their type. */
const PASSED_ON: Readonly<Record<string, string>> = { NV_ESC_CHECK_VERSION_STR: 'nv_ioctl_rm_api_version_t' };

/** What handlers call the bytes that came with the ioctl. */
const ARGUMENT = /^(?:data|pData|arg_copy)$/;

/** What is known when ioctls are looked for. */
export interface IoctlSources {
  /** Macros of the ABI headers with their values. */
  readonly values: ReadonlyMap<string, bigint>;
  /** Whether a name is a record or a typedef. */
  readonly isType: (name: string) => boolean;
}

/** Escapes by number; `sources` are the texts of their handlers. */
export function escapesOf({ values, isType }: IoctlSources, sources: readonly string[]): ImportedIoctl[] {
  const params = new Map<string, string>(Object.entries(PASSED_ON));
  for (const source of sources) for (const [name, type] of handledIn(source)) if (!params.has(name)) params.set(name, type);
  return [...values].filter(([name]) => name.startsWith('NV_ESC_')).map(([name, value]) => {
    const type = params.get(name);
    return { name, nr: Number(value), ...(type !== undefined && isType(type) && { params: type }) };
  }).sort((a, b) => a.nr - b.nr || (a.name < b.name ? -1 : 1));
}

/** Names of escapes with the type of their parameters: that of what the bytes are assigned to, or whose size they must have. */
function handledIn(source: string): (readonly [name: string, type: string])[] {
  const handlers = [...source.matchAll(/(?:case (NV_ESC_\w+):|== (NV_ESC_\w+)\))([\s\S]*?)(?=case NV_ESC_|== NV_ESC_|$(?![\s\S]))/g)];
  return handlers.flatMap(([, label, compared, code]) => {
    const type = typeIn(code!);
    return type === undefined ? [] : [[(label ?? compared)!, type] as const];
  });
}

function typeIn(code: string): string | undefined {
  const pointers = new Map([...code.matchAll(/^\s*(\w+) \*(\w+)(?: = \w+)?;$/gm)].map(([, type, name]) => [name!, type!]));
  for (const [, size, variable, from] of code.matchAll(/(?:!=|\/) sizeof\((\w+)\)|(\w+) = (\w+);$/gm)) {
    if (size !== undefined) return size;
    if (ARGUMENT.test(from!) && pointers.has(variable!)) return pointers.get(variable!);
  }
  return undefined;
}

/** UVM's ioctls: numbers with a structure of the same name. */
export function uvmIoctlsOf({ values, isType }: IoctlSources): ImportedIoctl[] {
  return [...values].filter(([name]) => name.startsWith('UVM_') && isType(`${name}_PARAMS`))
    .map(([name, value]) => ({ name, nr: Number(value), params: `${name}_PARAMS` }))
    .sort((a, b) => a.nr - b.nr || (a.name < b.name ? -1 : 1));
}
