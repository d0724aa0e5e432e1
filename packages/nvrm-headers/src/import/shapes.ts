// Records, typedefs and enumerations: those of the ABI headers, those that they are made of, and those picked by name.
import type { ImportedEnum, ImportedField, ImportedRecord, ImportedType } from '../facts/imported.ts';
import type { AlignmentOf } from './alignments.ts';
import type { DebugInfo, DebugNode, EnumNode, MemberNode, Place, RecordNode } from './debug-info.ts';
import { ImportError } from './errors.ts';
import { namesIn, type NamesOf } from './names.ts';
import { exact } from './numbers.ts';
import { ANONYMOUS, isRecord, Types, type Described } from './types.ts';

/** Something with its place in place of the number of a file. */
export type Placed<T> = Omit<T, 'file'> & { readonly place: Place };

export interface Shapes {
  /** By name, sorted. */
  readonly records: ReadonlyMap<string, Placed<ImportedRecord>>;
  readonly typedefs: ReadonlyMap<string, ImportedType>;
  readonly enums: readonly Placed<ImportedEnum>[];
}

/** What to take of a unit. */
export interface Wanted {
  /** Whether all of a header is taken; by absolute path. */
  readonly isAbi: (path: string) => boolean;
  /** Records of other headers, and enumerations by their name or that of an enumerator. */
  readonly isPicked: (name: string) => boolean;
}

/** @throws ImportError `unknown-shape` for a record without a layout. */
export function shapesOf(info: DebugInfo, alignmentOf: AlignmentOf, wanted: Wanted): Shapes {
  const gatherer = new Gatherer(info, alignmentOf);
  for (const id of info.declared) gatherer.takeIfWanted(id, wanted);
  return gatherer.shapes();
}

class Gatherer {
  readonly #types: Types;
  readonly #namesOf: NamesOf;
  readonly #alignmentOf: AlignmentOf;
  /** Names under which records are taken, by number. */
  readonly #keys = new Map<number, string>();
  readonly #records = new Map<string, Placed<ImportedRecord>>();
  /** Numbers of what typedefs stand for; undefined is void. */
  readonly #typedefs = new Map<string, number | undefined>();
  readonly #enums = new Map<number, Placed<ImportedEnum>>();

  constructor(info: DebugInfo, alignmentOf: AlignmentOf) {
    this.#types = new Types(info);
    this.#namesOf = namesIn(info, this.#types);
    this.#alignmentOf = alignmentOf;
  }

  takeIfWanted(id: number, { isAbi, isPicked }: Wanted): void {
    const node = this.#types.node(id);
    if (node.is !== 'typedef' && node.is !== 'enum' && !isRecord(node)) return;
    const ofAbi = node.place !== undefined && isAbi(node.place.file);
    if (node.is === 'typedef') {
      if (ofAbi) this.#typedefs.set(node.name, node.base);
    } else if (node.is === 'enum') {
      if (ofAbi || isPicked(this.#namesOf(id).main) || this.#enumerators(node).some(([name]) => isPicked(name))) this.#takeEnum(id, node);
    } else {
      const { main } = this.#namesOf(id);
      if (main !== '' && (ofAbi || isPicked(main))) this.#takeRecord(id, node, main);
    }
  }

  shapes(): Shapes {
    // A name that a record or an enumeration goes by says nothing more as a typedef.
    const typedefs = [...this.#typedefs].filter(([name, base]) => !this.#isMainName(name, base));
    return {
      records: new Map([...this.#records].sort(byName)),
      typedefs: new Map(typedefs.sort(byName).map(([name, base]) => {
        const { type, dims, size, ...rest } = this.#imported(this.#types.describe(base));
        return [name, { type, ...rest, ...(dims !== undefined && { dims }), size }];
      })),
      enums: [...this.#enums.values()],
    };
  }

  #isMainName(name: string, base: number | undefined): boolean {
    const target = this.#types.taggedBelow(base);
    if (target === undefined) return false;
    const node = this.#types.node(target);
    return (isRecord(node) || node.is === 'enum') && !node.opaque && this.#namesOf(target).main === name;
  }

  /** What a field is made of, typedefs on the way included; not what it only points at. */
  #takeType(id: number | undefined): void {
    if (id === undefined) return;
    const node = this.#types.node(id);
    switch (node.is) {
      case 'typedef':
        this.#typedefs.set(node.name, node.base);
        this.#takeType(node.base);
        break;
      case 'const':
      case 'volatile':
      case 'array':
        this.#takeType(node.base);
        break;
      case 'enum':
        this.#takeEnum(id, node);
        break;
      case 'struct':
      case 'union': {
        const { main } = this.#namesOf(id);
        if (main !== '') this.#takeRecord(id, node, main);
      }
    }
  }

  #takeRecord(id: number, node: RecordNode, key: string): void {
    if (node.opaque || this.#keys.has(id)) return;
    this.#keys.set(id, key);
    const { main, tag, aliases, tagOnly } = this.#namesOf(id);
    const align = this.#alignmentOf(node, [main, ...aliases]);
    if (align === undefined || node.place === undefined) {
      throw new ImportError('unknown-shape', `clang lists no layout of ${node.is} ${key}; its listing may have changed since clang 19, the newest that was tried: name an older one`);
    }
    const members = node.elements.map((each) => this.#types.node(each)).filter((each) => each.is === 'member');
    const fields = this.#takeFields(members, key);
    const strictest = Math.max(0, ...members.map((member) => this.#naturalAlignment(member)));
    this.#records.set(key, {
      kind: node.is,
      ...(tag !== undefined && { tag }),
      ...(aliases.length > 0 && { aliases }),
      ...(main === '' ? { anonymous: true } : tagOnly && { tagOnly }),
      size: node.bits / 8, align,
      ...(strictest > align && { packed: true }),
      place: node.place,
      fields,
    });
  }

  /** Records without a name go by that of their field, or by a count where that has none either. */
  #takeFields(members: readonly MemberNode[], key: string): ImportedField[] {
    let nameless = 0;
    return members.map((member) => {
      const part = member.name === '' ? `$${nameless++}` : member.name;
      const { record } = this.#types.describe(member.base);
      const node: DebugNode | undefined = record === undefined ? undefined : this.#types.node(record);
      if (node !== undefined && isRecord(node) && this.#namesOf(record!).main === '') this.#takeRecord(record!, node, `${key}.${part}`);
      this.#takeType(member.base);
      return this.#field(member, key);
    });
  }

  #field({ name, base, bits, offset, bitfield }: MemberNode, key: string): ImportedField {
    const { size, type, kind, ...rest } = this.#imported(this.#types.describe(base));
    return {
      name,
      ...(bitfield ? { bit: offset, width: bits } : { offset: offset / 8 }),
      size,
      // Compilers say in which record a nameless member stands: that with a name around it.
      type: name === '' ? type.replace(ANONYMOUS, `${key.split('.')[0]!}::${ANONYMOUS}`) : type,
      kind, ...rest,
    };
  }

  #naturalAlignment({ base }: MemberNode): number {
    const { record, unit } = this.#types.describe(base);
    if (record === undefined) return unit;
    const key = this.#keys.get(record);
    return (key === undefined ? undefined : this.#records.get(key)?.align) ?? 1;
  }

  #takeEnum(id: number, node: EnumNode): void {
    if (node.opaque || node.place === undefined || this.#enums.has(id)) return;
    const { main, tag, aliases } = this.#namesOf(id);
    const { kind, size } = this.#types.describe(id);
    this.#enums.set(id, {
      name: main === '' ? null : main,
      ...(tag !== undefined && { tag }),
      ...(aliases.length > 0 && { aliases }),
      kind, size,
      place: node.place,
      values: this.#enumerators(node).map(([name, value]) => [name, exact(value)] as const),
    });
  }

  #enumerators({ elements }: EnumNode): (readonly [name: string, value: bigint])[] {
    return elements.map((each) => this.#types.node(each)).filter((each) => each.is === 'enumerator').map(({ name, value }) => [name, value] as const);
  }

  #imported({ type, kind, size, record, enumeration, to, dims }: Described): ImportedType & { readonly size: number } {
    return {
      type, kind, size,
      ...(record !== undefined && { ref: this.#keys.get(record) ?? this.#types.spelled(record) }),
      ...(enumeration !== undefined && { enum: this.#namesOf(enumeration).main || null }),
      ...(to !== undefined && { to }),
      ...(dims !== undefined && { dims }),
    };
  }
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1);
