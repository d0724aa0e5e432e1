// Messages between the driver and the firmware: their numbers, and the structures of their bodies.
import type { ImportedEnum, ImportedRecord, ImportedRpc, ImportedType } from '../facts/imported.ts';

/** Messages whose body is a structure of the SDK instead of a versioned one, or behind it. */
const PAYLOADS: Readonly<Record<string, string>> = {
  NV_VGPU_MSG_FUNCTION_GET_GSP_STATIC_INFO: 'GspStaticConfigInfo',
  NV_VGPU_MSG_FUNCTION_GSP_SET_SYSTEM_INFO: 'GspSystemInfo',
  NV_VGPU_MSG_FUNCTION_SET_REGISTRY: 'PACKED_REGISTRY_TABLE',
};

/** What is known when bodies are looked for. */
export interface MessageSources {
  readonly enums: readonly Pick<ImportedEnum, 'values'>[];
  readonly records: ReadonlyMap<string, Omit<ImportedRecord, 'file'>>;
  readonly typedefs: ReadonlyMap<string, ImportedType>;
}

/** Functions or events by the prefix of their numbers, in the order of declaration. */
export function messagesOf({ enums, records, typedefs }: MessageSources, prefix: string): ImportedRpc[] {
  const structs = new Map<string, string[]>();
  for (const name of records.keys()) {
    const body = /^(rpc_\w+_v)[0-9A-F]{2}_[0-9A-F]{2}$/.exec(name)?.[1];
    if (body !== undefined) structs.set(body, [...(structs.get(body) ?? []), name].sort());
  }
  return enums.flatMap(({ values }) => values).filter(([name]) => name.startsWith(prefix)).map(([name, value]) => {
    const body = `rpc_${name.slice(prefix.length).toLowerCase()}_v`;
    const current = typedefs.get(body)?.ref;
    const versions = structs.get(body);
    const payload = PAYLOADS[name];
    return {
      name, value: Number(value),
      ...(versions !== undefined && { structs: versions }), ...(current !== undefined && { current }),
      ...(payload !== undefined && records.has(payload) && { payload }),
    };
  });
}
