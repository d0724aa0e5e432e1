// Classes of objects: which macros are their numbers, and what an allocation takes. The second is read from text: from the
// RM's list of resources, and from remarks in the headers.
import type { ImportedClass } from '../facts/imported.ts';
import { ImportError } from './errors.ts';
import { everyRow, type RowForm, type TextFile } from './every-row.ts';

/** The RM's list of the classes that it can allocate. */
export const RESOURCE_LISTS: readonly string[] = ['src/nvidia/src/kernel/rmapi/resource_list.h', 'src/nvidia/inc/kernel/rmapi/resource_list.h'];

/** The list of all classes, as numbers. */
export const CLASS_LIST = 'src/nvidia/generated/g_allclasses.h';

/** A header of a class has the number in its name. */
const CLASS_HEADER = /\/class\/cl([0-9a-f]{4})(?:sw)?\.h$/;

interface Resource {
  readonly internal: string;
  readonly parents: readonly string[];
  readonly params: string | undefined;
  readonly required: boolean;
}

/** `RS_ENTRY( … External Class … NAME, … Internal Class … Name, … Parents … RS_…, … Alloc Param Info … RS_…, …)`; the remarks name the columns. */
const ENTRIES: RowForm = {
  row: /RS_ENTRY\(\s*\/\* External Class\s*\*\/\s*(\w+),\s*\/\* Internal Class\s*\*\/\s*(\w+),[\s\S]*?\/\* Parents\s*\*\/\s*(RS_\w+)(?:\(((?:\s*classId\(\w+\),?)*)\s*\))?,\s*\/\* Alloc Param Info\s*\*\/\s*(RS_\w+)(?:\((\w+)\))?,/g,
  mark: /^RS_ENTRY\(/gm,
};

/** `#define NAME (0xc1U) … "STRUCT_MESSAGE_ID"`. */
const REMARK = /^#define\s+(\w+)\s+\(0x[0-9a-fA-F]+U?\)\s*\/\* finn: Evaluated from\s"(\w+)_MESSAGE_ID" \*\//gm;

const PARENT_LISTS: Readonly<Record<string, readonly string[]>> = { RS_ROOT_OBJECT: ['-'], RS_ANY_PARENT: ['*'] };

function readResources(list: TextFile): Map<string, Resource> {
  return new Map(everyRow(list, ENTRIES).map(([, name, internal, kind, parents, need, params]) => [name!, {
    internal: internal!,
    parents: PARENT_LISTS[kind!] ?? [...(parents ?? '').matchAll(/classId\((\w+)\)/g)].map(([, parent]) => parent!),
    params,
    required: need === 'RS_REQUIRED',
  }]));
}

export interface ClassSources {
  /** Macros of the ABI headers: where they are defined, and their values. */
  readonly macros: readonly { readonly name: string; readonly value: bigint; readonly path: string; readonly file: number }[];
  /** The RM's list of resources. */
  readonly resources: TextFile;
  /** Text of the list of all classes. */
  readonly list: string;
  /** Texts of the headers of classes. */
  readonly headers: readonly string[];
  /** The record that a name stands for, undefined for what is none. */
  readonly recordOf: (name: string) => string | undefined;
}

/** A macro is a class when a list names it, or when it is the number in the name of its header. */
export function classesOf({ macros, resources, list, headers, recordOf }: ClassSources): ImportedClass[] {
  const allocatable = readResources(resources);
  if (allocatable.size === 0) throw new ImportError('unknown-shape', "the RM's list of resources has no RS_ENTRY with External Class, Internal Class, Parents and Alloc Param Info");
  const listed = new Set([...list.matchAll(/^#define\s+(\w+)\s+\(0x[0-9a-fA-F]+\)/gm)].map(([, name]) => name!));
  const remarks = new Map(headers.flatMap((text) => [...text.matchAll(REMARK)].map(([, name, struct]) => [name!, struct!] as const)));

  return macros.flatMap(({ name, value, path, file }): ImportedClass[] => {
    const inHeader = isNumberOfHeader(name, value, path);
    const resource = allocatable.get(name);
    const via = [...(listed.has(name) ? ['all' as const] : []), ...(resource === undefined ? [] : ['resource' as const]), ...(inHeader ? ['header' as const] : [])];
    if (via.length === 0) return [];
    // 0 is the null object, whatever structure has message id 0.
    const struct = resource === undefined ? (value === 0n ? undefined : remarks.get(name)) : resource.params;
    const record = struct === undefined ? undefined : recordOf(struct);
    const params = struct === undefined || (resource === undefined && record === undefined) ? {} : { params: struct, ...(record !== undefined && record !== struct && { record }) };
    return [{
      name, id: Number(value), file, via, ...params,
      ...(resource !== undefined && { ...(resource.params !== undefined && { required: resource.required }), internal: resource.internal, parents: resource.parents }),
      ...(resource === undefined && 'params' in params && { paramsVia: 'messageId' }),
    }];
  }).sort((a, b) => a.id - b.id || (a.name < b.name ? -1 : 1));
}

function isNumberOfHeader(name: string, value: bigint, path: string): boolean {
  const digits = CLASS_HEADER.exec(path)?.[1];
  return digits !== undefined && value === BigInt(`0x${digits}`) && !name.endsWith('_MESSAGE_ID');
}
