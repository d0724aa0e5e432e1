// Debugging information as clang writes it into LLVM assembly: one numbered node a line, such as
// `!7 = !DIDerivedType(tag: DW_TAG_member, name: "size", baseType: !3, size: 32, offset: 64)`. It has every type of the
// unit as the compiler laid it out, typedef names kept: the same numbers that compiled code would use.
import { resolve } from 'node:path';

/** A place in a header. */
export interface Place {
  /** Absolute. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

export interface BasicNode {
  readonly is: 'basic';
  readonly name: string;
  readonly bits: number;
  /** `unsigned`, `signed_char`, `boolean`, `float`, … */
  readonly encoding: string;
}

export interface TypedefNode {
  readonly is: 'typedef';
  readonly name: string;
  /** Absent is void, here and below. */
  readonly base: number | undefined;
  readonly place: Place | undefined;
}

export interface PointerNode {
  readonly is: 'pointer';
  readonly base: number | undefined;
}

export interface QualifierNode {
  readonly is: 'const' | 'volatile' | 'restrict' | 'atomic';
  readonly base: number | undefined;
}

export interface ArrayNode {
  readonly is: 'array';
  readonly base: number | undefined;
  /** Ranges, outermost first. */
  readonly elements: readonly number[];
}

export interface RecordNode {
  readonly is: 'struct' | 'union';
  /** Empty where there is none. */
  readonly tag: string;
  readonly bits: number;
  /** Members in the order of declaration. */
  readonly elements: readonly number[];
  readonly place: Place | undefined;
  /** Declared and never defined. */
  readonly opaque: boolean;
}

export interface EnumNode {
  readonly is: 'enum';
  readonly tag: string;
  readonly bits: number;
  /** Its integer type. */
  readonly base: number | undefined;
  /** Enumerators in the order of declaration. */
  readonly elements: readonly number[];
  readonly place: Place | undefined;
  readonly opaque: boolean;
}

export interface MemberNode {
  readonly is: 'member';
  /** Empty where C11 lets it be. */
  readonly name: string;
  readonly base: number | undefined;
  /** Of the field, all elements of an array; of a bitfield its width. */
  readonly bits: number;
  /** Bits from the start of the record. */
  readonly offset: number;
  readonly bitfield: boolean;
}

export interface FunctionNode {
  readonly is: 'function';
  /** What it returns, then its parameters; null is void as the first, `...` as the last. */
  readonly types: readonly (number | null)[];
}

export interface RangeNode {
  readonly is: 'range';
  /** Elements; null for an array without a length. */
  readonly count: number | null;
}

export interface EnumeratorNode {
  readonly is: 'enumerator';
  readonly name: string;
  readonly value: bigint;
}

export type DebugNode =
  | BasicNode | TypedefNode | PointerNode | QualifierNode | ArrayNode | RecordNode | EnumNode | MemberNode | FunctionNode | RangeNode | EnumeratorNode;

/** The types of a translation unit, by number. */
export interface DebugInfo {
  readonly nodes: ReadonlyMap<number, DebugNode>;
  /** Types and typedefs of the unit, in the order of declaration. */
  readonly declared: readonly number[];
}

/** What a line says: values as they stand there, texts without their quotes. */
type Attributes = ReadonlyMap<string, string>;

/** Entries of a list; null stands in a list of parameters only. */
type List = readonly (number | null)[];

const QUALIFIERS: Readonly<Record<string, QualifierNode['is']>> = {
  DW_TAG_const_type: 'const', DW_TAG_volatile_type: 'volatile', DW_TAG_restrict_type: 'restrict', DW_TAG_atomic_type: 'atomic',
};

/** Texts escape what is not printable, as `\22`. */
const unescaped = (text: string): string => text.replace(/\\([0-9A-Fa-f]{2})/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)));

function attributesOf(text: string): Attributes {
  const found = new Map<string, string>();
  for (const [, name, quoted, plain] of text.matchAll(/(\w+): (?:"([^"]*)"|([^,)]+))/g)) found.set(name!, quoted === undefined ? plain! : unescaped(quoted));
  return found;
}

const reference = (text: string | undefined): number | undefined => (text?.startsWith('!') === true ? Number(text.slice(1)) : undefined);
const number = (text: string | undefined): number => (text === undefined ? 0 : Number(text));
const solid = (list: List): number[] => list.filter((each) => each !== null);

/** Reads the nodes that describe types out of LLVM assembly; whatever else stands in it is passed over. */
export function readDebugInfo(assembly: string): DebugInfo {
  const lists = new Map<number, List>();
  const lines = new Map<number, readonly [kind: string, of: Attributes]>();
  for (const [, id, list, kind, rest] of assembly.matchAll(/^!(\d+) = (?:distinct )?!(?:\{(.*)\}|(DI\w+)\((.*)\))$/gm)) {
    if (kind !== undefined) lines.set(Number(id), [kind, attributesOf(rest!)]);
    else lists.set(Number(id), (list ?? '').split(', ').filter((each) => each !== '').map((each) => reference(each) ?? null));
  }
  const lookUp = lookUpIn(lines, lists);
  const nodes = new Map<number, DebugNode>();
  for (const [id, [kind, of]] of lines) {
    const node = nodeOf(kind, of, lookUp);
    if (node !== undefined) nodes.set(id, node);
  }
  const unit = [...lines.values()].find(([kind]) => kind === 'DICompileUnit')?.[1];
  return { nodes, declared: solid(lookUp.list(unit?.get('retainedTypes'))) };
}

/** What a reference in an attribute leads to. */
interface LookUp {
  list(text: string | undefined): List;
  place(of: Attributes): Place | undefined;
}

function lookUpIn(lines: ReadonlyMap<number, readonly [kind: string, of: Attributes]>, lists: ReadonlyMap<number, List>): LookUp {
  const files = new Map([...lines].filter(([, [kind]]) => kind === 'DIFile').map(([id, [, of]]) => [id, resolve(of.get('directory') ?? '', of.get('filename') ?? '')]));
  return {
    list: (text) => lists.get(reference(text) ?? -1) ?? [],
    place: (of) => {
      const file = files.get(reference(of.get('file')) ?? -1);
      return file === undefined ? undefined : { file, line: number(of.get('line')) };
    },
  };
}

function nodeOf(kind: string, of: Attributes, lookUp: LookUp): DebugNode | undefined {
  const name = of.get('name') ?? '';
  switch (kind) {
    case 'DIBasicType':
      return { is: 'basic', name, bits: number(of.get('size')), encoding: (of.get('encoding') ?? '').replace('DW_ATE_', '') };
    case 'DIDerivedType':
      return derivedNode(of, lookUp);
    case 'DICompositeType':
      return compositeNode(of, lookUp);
    case 'DISubroutineType':
      return { is: 'function', types: lookUp.list(of.get('types')) };
    case 'DISubrange': {
      const count = number(of.get('count'));
      return { is: 'range', count: count < 0 ? null : count };
    }
    case 'DIEnumerator':
      return { is: 'enumerator', name, value: BigInt(of.get('value') ?? 0) };
    default:
      return undefined;
  }
}

function derivedNode(of: Attributes, lookUp: LookUp): DebugNode | undefined {
  const tag = of.get('tag') ?? '';
  const name = of.get('name') ?? '';
  const base = reference(of.get('baseType'));
  switch (tag) {
    case 'DW_TAG_typedef':
      return { is: 'typedef', name, base, place: lookUp.place(of) };
    case 'DW_TAG_pointer_type':
      return { is: 'pointer', base };
    case 'DW_TAG_member':
      return { is: 'member', name, base, bits: number(of.get('size')), offset: number(of.get('offset')), bitfield: of.get('flags')?.includes('DIFlagBitField') ?? false };
    default: {
      const is = QUALIFIERS[tag];
      return is === undefined ? undefined : { is, base };
    }
  }
}

function compositeNode(of: Attributes, lookUp: LookUp): DebugNode | undefined {
  const base = reference(of.get('baseType'));
  const elements = solid(lookUp.list(of.get('elements')));
  const common = { tag: of.get('name') ?? '', bits: number(of.get('size')), elements, place: lookUp.place(of), opaque: of.get('flags')?.includes('DIFlagFwdDecl') ?? false };
  switch (of.get('tag')) {
    case 'DW_TAG_structure_type':
      return { is: 'struct', ...common };
    case 'DW_TAG_union_type':
      return { is: 'union', ...common };
    case 'DW_TAG_enumeration_type':
      return { is: 'enum', base, ...common };
    case 'DW_TAG_array_type':
      return { is: 'array', base, elements };
    default:
      return undefined;
  }
}

/** Values of the enumerators whose names begin with `prefix`, by the rest of the name: quicker than to read all nodes. */
export function enumeratorsIn(assembly: string, prefix: string): Map<string, bigint> {
  const lines = assembly.matchAll(/^!\d+ = !DIEnumerator\(name: "(\w+)", value: (-?\d+)/gm);
  return new Map([...lines].filter(([, name]) => name!.startsWith(prefix)).map(([, name, value]) => [name!.slice(prefix.length), BigInt(value!)]));
}
