// The records of a version as layouts. What they mean is c-layout's interpreter's to say; the emitted modules must agree.
import { placed, type Field, type Layout, type ScalarName } from '@nova-stack/c-layout';

import { FactsError, type Facts, type FieldFact } from '../facts/index.ts';

const SIZES: Readonly<Record<ScalarName, number>> = { u8: 1, u16: 2, u32: 4, u64: 8, s8: 1, s16: 2, s32: 4, s64: 8, char: 1, bool: 1, f32: 4, f64: 8, ptr: 8 };

/** Every record of `facts` by its name. @throws FactsError when a field's record is not among them. */
export function layoutsOf(facts: Facts): Map<string, Layout<unknown>> {
  const layouts = new Map<string, Layout<unknown>>();
  const layout = (name: string): Layout<unknown> => {
    const found = layouts.get(name);
    if (found === undefined) throw new FactsError(0, `a field is of the record ${name}, which no line tells of`);
    return found;
  };
  /** NvBool under whatever name. */
  const isTruth = (type: string): boolean => {
    const plain = type.replace(/^(?:(?:const|volatile) )+/, '');
    const typedef = facts.typedefs.get(plain);
    return plain === 'NvBool' || (typedef !== undefined && typedef.type !== plain && isTruth(typedef.type));
  };
  const fieldOf = ({ name, offset, type, kind, ref, dims, bits }: FieldFact): Field => {
    const scalar = (kind === 'fnptr' ? 'ptr' : kind) as ScalarName;
    const element = ref === undefined ? scalar : (): Layout<unknown> => layout(ref);
    const one = ref === undefined ? SIZES[scalar] : layout(ref).size;
    if (bits) {
      const at = Math.floor(bits.first / (one * 8)) * one;
      return { name, offset: at, size: one, element, dims, bits: { shift: bits.first - at * 8, width: bits.width } };
    }
    const size = dims.reduce((all, count) => all * Math.max(count, 0), one);
    return { name, offset, size, element, dims, ...(kind === 'u8' && isTruth(type) && { truth: true }) };
  };
  for (const { name, kind, size, align, fields } of facts.records.values()) {
    layouts.set(name, placed({ name, kind, size, align, fields: () => fields.map(fieldOf) }));
  }
  return layouts;
}
