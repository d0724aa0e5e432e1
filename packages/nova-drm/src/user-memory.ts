import { DrmError } from './errors.ts';
import type { Layout } from '@nova-stack/c-layout';

/** The memory of the process that makes an ioctl, where structures point to. What it throws is `EFAULT` to that process. */
export interface UserMemory {
  /** A copy of `length` bytes from `address`. */
  read(address: bigint, length: number): Uint8Array;
  write(address: bigint, bytes: Uint8Array): void;
}

/** Bytes of the largest array that is copied in at once. */
const MOST = 1 << 24;

/** Memory of a process that has none. */
export const NO_MEMORY: UserMemory = {
  read: () => { throw new RangeError('The file was opened without memory'); },
  write: () => { throw new RangeError('The file was opened without memory'); },
};

/** A process's memory as a plain array of bytes that begins at `base`: for tests, and for whoever marshals arguments. */
export function createUserMemory(size: number, base: bigint = 0x1000n): UserMemory & { readonly bytes: Uint8Array; readonly base: bigint } {
  const bytes = new Uint8Array(size);
  const at = (address: bigint, length: number): number => {
    const offset = address - base;
    if (offset < 0n || offset + BigInt(length) > BigInt(size)) throw new RangeError(`There is no memory at 0x${address.toString(16)}`);
    return Number(offset);
  };
  return {
    bytes, base,
    read(address, length) {
      const from = at(address, length);
      return bytes.slice(from, from + length);
    },
    write(address, from) { bytes.set(from, at(address, from.length)); },
  };
}

/** @throws {DrmError} `EFAULT` */
function copyIn(memory: UserMemory, address: bigint, length: number): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = memory.read(address, length);
  } catch (error) {
    throw new DrmError('EFAULT', error instanceof Error ? error.message : String(error));
  }
  if (bytes.length !== length) throw new DrmError('EFAULT', `${bytes.length} of ${length} bytes can be read`);
  return bytes;
}

/** @throws {DrmError} `EFAULT` */
export function copyOut(memory: UserMemory, address: bigint, bytes: Uint8Array): void {
  try {
    memory.write(address, bytes);
  } catch (error) {
    throw new DrmError('EFAULT', error instanceof Error ? error.message : String(error));
  }
}

/** `count` structures in a row. @throws {DrmError} `ENOMEM` for more than anybody needs, `EFAULT` */
export function readRecords<T>(memory: UserMemory, address: bigint, count: number, layout: Layout<T>): T[] {
  if (count === 0) return [];
  if (count * layout.size > MOST) throw new DrmError('ENOMEM', `${count} structures of ${layout.size} bytes are too many`);
  const bytes = copyIn(memory, address, count * layout.size);
  return Array.from({ length: count }, (_, i) => layout.read(bytes, i * layout.size));
}

/** `count` numbers in a row. @throws as {@link readRecords} */
export function readWords(memory: UserMemory, address: bigint, count: number, width: 4 | 8): bigint[] {
  if (count === 0) return [];
  if (count * width > MOST) throw new DrmError('ENOMEM', `${count} numbers are too many`);
  const bytes = copyIn(memory, address, count * width);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: count }, (_, i) => (width === 4 ? BigInt(view.getUint32(4 * i, true)) : view.getBigUint64(8 * i, true)));
}
