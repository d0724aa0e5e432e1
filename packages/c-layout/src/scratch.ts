// Where generated code puts a record together before it is copied to where it belongs, so that a value that is refused
// half way has written nothing. Typed arrays that never change their place are faster than a DataView besides.

/** Bytes; what is larger the interpreter writes. */
export const SCRATCH = 0x10000;

const memory: ArrayBuffer = /* @__PURE__ */ new ArrayBuffer(SCRATCH);
export const at8: Uint8Array = /* @__PURE__ */ new Uint8Array(memory);
export const at16: Uint16Array = /* @__PURE__ */ new Uint16Array(memory);
export const at32: Uint32Array = /* @__PURE__ */ new Uint32Array(memory);
export const at64: BigUint64Array = /* @__PURE__ */ new BigUint64Array(memory);
/** For what is not aligned. */
export const scratch: DataView = /* @__PURE__ */ new DataView(memory);

/** Typed arrays have the machine's order of bytes, and it may be the other one. */
function isLittleEndian(): boolean {
  at32[0] = 1;
  return at8[0] === 1;
}

/** What of a record is needed here: it checks a value and puts it into the scratch. */
interface Writer {
  readonly size: number;
  $put(view: undefined, at: number, value: unknown): boolean | undefined;
}

let taken = false;

/**
 * Writes `value` at `at` of `view`; bytes that no field has stay as they are. False when nothing was written because the
 * value was refused, or because the scratch is not to be had: a value's own code may write records while it is read.
 */
export function writeThrough(record: Writer, view: DataView, at: number, value: unknown): boolean {
  if (taken || !isLittleEndian()) return false;
  const { size } = record;
  const target = new Uint8Array(view.buffer, view.byteOffset + at, size);
  taken = true;
  try {
    at8.set(target);
    if (!record.$put(undefined, 0, value)) return false;
  } catch {
    return false;
  } finally {
    taken = false;
  }
  target.set(at8.subarray(0, size));
  return true;
}
