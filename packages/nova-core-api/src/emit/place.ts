// Places members as C does, with every gap written out as a member that must be zero.
import type { Member, MemberType, Struct } from './form.ts';

const INTEGERS = { u8: 1, u16: 2, u32: 4, u64: 8, i32: 4 } as const;
const POINTER = 8;

/** A member that has no place yet. */
export interface Unplaced {
  readonly name: string;
  readonly type: MemberType;
  readonly text: string;
}

/** Lays out structs; knows those that it laid out before, which others may hold. */
export class Placer {
  readonly structs: Map<string, Struct> = new Map<string, Struct>();

  /** @throws RangeError for a second struct of the same name, a second member of the same name, or one of a struct not laid out before */
  lay(name: string, text: string, members: readonly Unplaced[]): Struct {
    if (this.structs.has(name)) throw new RangeError(`two structs would be called ${name}`);
    const twice = members.find((member, i) => members.findIndex((other) => other.name === member.name) !== i);
    if (twice) throw new RangeError(`two members of ${name} would be called ${twice.name}`);
    const placed: Member[] = [];
    let end = 0;
    let widest = 1;
    let gaps = 0;
    const fill = (to: number): void => {
      if (to === end) return;
      placed.push({ name: `reserved${gaps++ || ''}`, type: { kind: 'integer', integer: 'u8', count: to - end }, offset: end, size: to - end, text: '' });
      end = to;
    };
    for (const member of members) {
      const [size, align] = this.#measure(member.type);
      fill(Math.ceil(end / align) * align);
      placed.push({ ...member, offset: end, size });
      end += size;
      widest = Math.max(widest, align);
    }
    fill(Math.ceil(end / widest) * widest);
    const struct = { name, text, members: placed, size: end, align: widest };
    this.structs.set(name, struct);
    return struct;
  }

  #measure(type: MemberType): readonly [size: number, align: number] {
    switch (type.kind) {
      case 'integer': return [INTEGERS[type.integer] * (type.count ?? 1), INTEGERS[type.integer]];
      case 'chars': return [type.length, 1];
      case 'pointer': case 'function': return [POINTER, POINTER];
      case 'struct': {
        const held = this.structs.get(type.struct);
        if (!held) throw new RangeError(`${type.struct} is held before it is laid out`);
        return [held.size * (type.count ?? 1), held.align];
      }
    }
  }
}
