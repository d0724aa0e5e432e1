// What a type is called and what it is in memory.
import type { BasicNode, DebugInfo, DebugNode, EnumNode, FunctionNode, PointerNode, QualifierNode, RecordNode } from './debug-info.ts';

/** A type without its place in a record; the names are those of `ImportedType`. */
export interface Described {
  readonly type: string;
  readonly kind: string;
  /** Bytes of all elements; 0 for a type without a definition and for an array without a length. */
  readonly size: number;
  /** Bytes of one element. */
  readonly unit: number;
  /** Number of the record, for `struct`, `union` and `opaque`. */
  readonly record?: number;
  /** Number of the enumeration. */
  readonly enumeration?: number;
  readonly to?: string;
  readonly dims?: readonly (number | null)[];
}

/** In the order in which compilers print them. */
const QUALIFIERS = ['const', 'volatile', 'restrict'] as const;

/** What stands for a tag that there is not. */
export const ANONYMOUS: string = '(anonymous)';

/** Bytes of a pointer: the target is LP64. */
const POINTER = 8;

export const isRecord = (node: DebugNode): node is RecordNode => node.is === 'struct' || node.is === 'union';
const isTagged = (node: DebugNode): node is RecordNode | EnumNode => isRecord(node) || node.is === 'enum';
const isQualifier = (node: DebugNode): node is QualifierNode => node.is === 'const' || node.is === 'volatile' || node.is === 'restrict' || node.is === 'atomic';

/** Types of a unit, by the numbers of their nodes; undefined is void. */
export class Types {
  readonly #nodes: ReadonlyMap<number, DebugNode>;
  /** What types without a tag are called after the typedef that declares them; a qualifier in it prevents that, as in C. */
  readonly #linkNames = new Map<number, string>();

  constructor({ nodes, declared }: DebugInfo) {
    this.#nodes = nodes;
    for (const id of declared) {
      const node = this.node(id);
      if (node.is !== 'typedef' || node.base === undefined || this.#linkNames.has(node.base)) continue;
      const base = this.node(node.base);
      if (isTagged(base) && base.tag === '') this.#linkNames.set(node.base, node.name);
    }
  }

  /** @throws RangeError when the debugging information lacks the node. */
  node(id: number): DebugNode {
    const node = this.#nodes.get(id);
    if (node === undefined) throw new RangeError(`the debugging information has no node ${id}`);
    return node;
  }

  /** The tag of a record or an enumeration, or what takes its place; empty where there is neither. */
  tagOf(id: number): string {
    const node = this.node(id);
    return (isTagged(node) && node.tag) || (this.#linkNames.get(id) ?? '');
  }

  /** The record or enumeration that a typedef names without another typedef between, qualified or not. */
  taggedBelow(id: number | undefined): number | undefined {
    if (id === undefined) return undefined;
    const node = this.node(id);
    if (isQualifier(node)) return this.taggedBelow(node.base);
    return isTagged(node) ? id : undefined;
  }

  /** The type below typedefs and qualifiers. */
  canonical(id: number | undefined): number | undefined {
    if (id === undefined) return undefined;
    const node = this.node(id);
    return isQualifier(node) || node.is === 'typedef' ? this.canonical(node.base) : id;
  }

  /** As a C programmer would write it, without a name and without array dimensions. */
  spelled(id: number | undefined): string {
    if (id === undefined) return 'void';
    const node = this.node(id);
    switch (node.is) {
      case 'typedef':
      case 'basic':
        return node.name;
      case 'struct':
      case 'union':
      case 'enum':
        return `${node.is} ${this.tagOf(id) || ANONYMOUS}`;
      case 'array':
        return this.spelled(node.base);
      case 'pointer':
        return this.#spelledPointer(node);
      case 'function':
        return this.#spelledFunction(node, ' ');
      case 'atomic':
        return `_Atomic(${this.spelled(node.base)})`;
      case 'const':
      case 'volatile':
      case 'restrict':
        return this.#spelledQualified(node);
      default:
        throw new TypeError(`a ${node.is} is no type`);
    }
  }

  #spelledPointer({ base }: PointerNode): string {
    const target = base === undefined ? undefined : this.node(base);
    if (target?.is === 'function') return this.#spelledFunction(target, ' (*)');
    const to = this.spelled(base);
    return to.endsWith('*') ? `${to}*` : `${to} *`;
  }

  /** `declarator` stands between the result and the parameters. */
  #spelledFunction({ types: [result, ...parameters] }: FunctionNode, declarator: string): string {
    const list = parameters.map((each) => (each === null ? '...' : this.spelled(each))).join(', ');
    return `${this.spelled(result ?? undefined)}${declarator}(${list === '' ? 'void' : list})`;
  }

  #spelledQualified(outermost: QualifierNode): string {
    const found = new Set<string>();
    let node: DebugNode | undefined = outermost;
    let base: number | undefined;
    while (node !== undefined && isQualifier(node) && node.is !== 'atomic') {
      found.add(node.is);
      base = node.base;
      node = base === undefined ? undefined : this.node(base);
    }
    const words = QUALIFIERS.filter((each) => found.has(each)).join(' ');
    const text = this.spelled(base);
    return text.endsWith('*') ? `${text}${words}` : `${words} ${text}`;
  }

  describe(id: number | undefined): Described {
    const dims: (number | null)[] = [];
    let element = this.canonical(id);
    for (let node = element === undefined ? undefined : this.node(element); node?.is === 'array'; node = element === undefined ? undefined : this.node(element)) {
      dims.push(...node.elements.map((each) => this.node(each)).map((range) => (range.is === 'range' ? range.count : null)));
      element = this.canonical(node.base);
    }
    const scalar = this.#scalar(element);
    const count = dims.reduce((product: number, each) => product * (each ?? 0), 1);
    return { type: this.spelled(id), ...scalar, size: scalar.unit * count, ...(dims.length > 0 && { dims }) };
  }

  #scalar(id: number | undefined): Omit<Described, 'type' | 'size' | 'dims'> {
    if (id === undefined) return { kind: 'void', unit: 0 };
    const node = this.node(id);
    switch (node.is) {
      case 'basic':
        return { kind: kindOf(node), unit: node.bits / 8 };
      case 'pointer': {
        const target = this.canonical(node.base);
        return target !== undefined && this.node(target).is === 'function' ? { kind: 'fnptr', unit: POINTER } : { kind: 'ptr', unit: POINTER, to: this.spelled(node.base) };
      }
      case 'enum':
        return { kind: this.describe(node.base).kind, unit: node.bits / 8, enumeration: id };
      case 'struct':
      case 'union':
        return { kind: node.opaque ? 'opaque' : node.is, unit: node.bits / 8, record: id };
      case 'function':
        // What sizeof says of a function in the GNU dialect.
        return { kind: 'function', unit: 1 };
      default:
        throw new TypeError(`a ${node.is} is no type of a field`);
    }
  }
}

function kindOf({ name, bits, encoding }: BasicNode): string {
  if (name === 'char') return 'char';
  if (encoding === 'boolean') return 'bool';
  if (encoding === 'float') return `f${bits}`;
  return `${encoding.startsWith('unsigned') ? 'u' : 's'}${bits}`;
}
