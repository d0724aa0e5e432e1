// The records of a facts file as layouts. What they mean is c-layout's interpreter's to say; the emitted modules must agree.
import { placed } from "@nova-stack/c-layout";

/** @typedef {import("@nova-stack/c-layout").Layout<unknown>} Layout */
/** @typedef {import("@nova-stack/c-layout").Field} Field */
/** @typedef {import("@nova-stack/c-layout").ScalarName} ScalarName */

/** @param {import("./facts.mjs").Facts} facts @returns {Map<string, Layout>} */
export function layoutsOf(facts) {
  /** @type {Map<string, Layout>} */
  const layouts = new Map();
  /** @param {string} name */
  const layout = (name) => {
    const found = layouts.get(name);
    if (found === undefined) throw new Error(`the facts name a record that they lack: ${name}`);
    return found;
  };

  /** NvBool under whatever name. @param {string} type @returns {boolean} */
  const isTruth = (type) => {
    const plain = type.replace(/^(?:(?:const|volatile) )+/, "");
    const typedef = facts.typedefs.get(plain);
    return plain === "NvBool" || (typedef !== undefined && typedef.type !== plain && isTruth(typedef.type));
  };

  /** @param {import("./facts.mjs").FieldFact} fact @returns {Field} */
  const fieldOf = ({ name, offset, type, kind, ref, dims, bits }) => {
    const scalar = /** @type {ScalarName} */ (kind === "fnptr" ? "ptr" : kind);
    const element = ref === undefined ? scalar : () => layout(ref);
    const one = ref === undefined ? SIZES[scalar] : layout(ref).size;
    if (bits) {
      const at = Math.floor(bits.first / (one * 8)) * one;
      return { name, offset: at, size: one, element, dims, bits: { shift: bits.first - at * 8, width: bits.width } };
    }
    const size = dims.reduce((all, count) => all * Math.max(count, 0), one);
    return { name, offset, size, element, dims, ...(kind === "u8" && isTruth(type) && { truth: true }) };
  };

  for (const { name, kind, size, align, fields } of facts.records.values()) {
    layouts.set(name, placed({ name, kind, size, align, fields: () => fields.map(fieldOf) }));
  }
  return layouts;
}

/** @type {Readonly<Record<ScalarName, number>>} */
const SIZES = { u8: 1, u16: 2, u32: 4, u64: 8, s8: 1, s16: 2, s32: 4, s64: 8, char: 1, bool: 1, f32: 4, f64: 8, ptr: 8 };
