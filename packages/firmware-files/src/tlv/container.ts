import { FirmwareFileError, type FirmwareFileErrorCode } from '../errors.ts';
import { FileBytes } from '../file-bytes.ts';

/**
 * The container that Linux's nova-core reads: `NVFW`, then blocks of a tag, a length and a value that is filled up to 4 bytes.
 * Source: linux: Documentation/gpu/nova/core/tlv.rst, drivers/gpu/nova-core/firmware/tlv.rs
 */
export interface TlvBlock {
  /** Four upper-case letters or digits, `VERS`. */
  readonly tag: string;
  readonly value: Uint8Array;
}

/** Blocks in the order of the file, each tag once, `VERS` among them. */
export interface Tlv {
  readonly file: string;
  readonly blocks: readonly TlvBlock[];
}

export const TLV_MAGIC = 'NVFW';
const MAGIC_SIZE = 4;
const HEADER_SIZE = 8;
const ALIGN = 4;
const TAG = /^[A-Z0-9]{4}$/;
/** Every file has it: the version of what is in it. */
const VERSION_TAG = 'VERS';

const latin1 = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
const padded = (length: number): number => Math.ceil(length / ALIGN) * ALIGN;

/** Whether a file claims to be such a container. */
export const isTlv = (bytes: Uint8Array): boolean => bytes.length >= MAGIC_SIZE && latin1(bytes.subarray(0, MAGIC_SIZE)) === TLV_MAGIC;

/**
 * Reads the container. Values are views of the file.
 *
 * @throws {FirmwareFileError} `BAD_MAGIC`; `BAD_HEADER` for tags that are none, come twice or lack `VERS`; `TRUNCATED` for a block that
 *   the file does not hold, and for bytes behind the last one
 */
export function parseTlv(bytes: Uint8Array, name: string): Tlv {
  const file = new FileBytes(name, bytes);
  if (!isTlv(bytes)) file.fail('BAD_MAGIC', { field: 'magic', offset: 0, message: `should start with "${TLV_MAGIC}"` });
  const blocks: TlvBlock[] = [];
  const seen = new Set<string>();
  for (let at = MAGIC_SIZE; at < bytes.length;) {
    const tag = latin1(file.take(at, 4, `blocks[${blocks.length}].tag`));
    if (!TAG.test(tag)) file.fail('BAD_HEADER', { field: `blocks[${blocks.length}].tag`, offset: at, value: tag, message: 'should be four upper-case letters or digits' });
    if (seen.has(tag)) file.fail('BAD_HEADER', { field: tag, offset: at, message: 'is there twice' });
    seen.add(tag);
    const length = file.u32(at + 4, `${tag}.length`);
    // The filling belongs to the block: a file that ends before it is cut off.
    const value = file.take(at + HEADER_SIZE, padded(length), tag).subarray(0, length);
    blocks.push({ tag, value });
    at += HEADER_SIZE + padded(length);
  }
  if (!seen.has(VERSION_TAG)) file.fail('BAD_HEADER', { field: VERSION_TAG, message: 'is missing: every such file tells its version' });
  return { file: name, blocks };
}

/**
 * The file's bytes.
 *
 * @throws {FirmwareFileError} `BAD_VALUE` for tags that {@link parseTlv} would refuse
 */
export function writeTlv({ file, blocks }: Tlv): Uint8Array {
  const refuse = (field: string, message: string): never => { throw new FirmwareFileError({ code: 'BAD_VALUE', file, field, message }); };
  const seen = new Set<string>();
  for (const { tag } of blocks) {
    if (!TAG.test(tag)) refuse(tag, 'should be four upper-case letters or digits');
    if (seen.has(tag)) refuse(tag, 'is there twice');
    seen.add(tag);
  }
  if (!seen.has(VERSION_TAG)) refuse(VERSION_TAG, 'is missing: every such file tells its version');
  const bytes = new Uint8Array(blocks.reduce((size, { value }) => size + HEADER_SIZE + padded(value.length), MAGIC_SIZE));
  const view = new DataView(bytes.buffer);
  const text = (at: number, value: string): void => { for (let i = 0; i < value.length; i++) bytes[at + i] = value.charCodeAt(i); };
  text(0, TLV_MAGIC);
  let at = MAGIC_SIZE;
  for (const { tag, value } of blocks) {
    text(at, tag);
    view.setUint32(at + 4, value.length, true);
    bytes.set(value, at + HEADER_SIZE);
    at += HEADER_SIZE + padded(value.length);
  }
  return bytes;
}

/** The values of a container by tag and type; what lacks or is of another type is a {@link FirmwareFileError}. */
export class TlvValues {
  readonly #tlv: Tlv;

  constructor(tlv: Tlv) {
    this.#tlv = tlv;
  }

  fail(code: FirmwareFileErrorCode, tag: string, message: string, value?: number | string): never {
    throw new FirmwareFileError({ code, file: this.#tlv.file, field: tag, value, message });
  }

  /** @throws {FirmwareFileError} `BAD_HEADER` when it is missing or empty */
  bytes(tag: string): Uint8Array {
    const block = this.#tlv.blocks.find((each) => each.tag === tag);
    if (block === undefined) return this.fail('BAD_HEADER', tag, 'is missing');
    if (block.value.length === 0) return this.fail('BAD_HEADER', tag, 'is empty');
    return block.value;
  }

  /** @throws {FirmwareFileError} `BAD_HEADER` when it is missing or not of 4 bytes */
  u32(tag: string): number {
    const value = this.bytes(tag);
    if (value.length !== 4) this.fail('BAD_HEADER', tag, 'should have 4 bytes', value.length);
    return new DataView(value.buffer, value.byteOffset, 4).getUint32(0, true);
  }

  /** @throws {FirmwareFileError} `BAD_HEADER` when it is missing, or not of printable ASCII alone */
  text(tag: string): string {
    const value = this.bytes(tag);
    if (value.length > 256 || value.some((byte) => byte < 0x20 || byte > 0x7e)) this.fail('BAD_HEADER', tag, 'should be at most 256 printable ASCII characters');
    return latin1(value);
  }
}

export const textBlock = (tag: string, text: string): TlvBlock => ({ tag, value: Uint8Array.from(text, (character) => character.charCodeAt(0)) });
export const u32Block = (tag: string, value: number): TlvBlock => ({ tag, value: Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24) });
export const bytesBlock = (tag: string, value: Uint8Array): TlvBlock => ({ tag, value });
