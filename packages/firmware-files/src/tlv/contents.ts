import type { BooterMetadata } from '../booter.ts';
import { bytesBlock, parseTlv, textBlock, TlvValues, u32Block, writeTlv, type TlvBlock } from './container.ts';

/**
 * What the files of a chip hold, by kind: records from the container's tags, and back.
 * Source: linux: Documentation/gpu/nova/core/tlv.rst, drivers/gpu/nova-core/firmware/{gsp,booter,riscv,fsp}.rs, fwsec/bootloader.rs
 */

/** `gsp.tlv`: where the image is, and its signature for this chip. */
export interface GspTlv {
  readonly version: string;
  /** Name of the image's file in the same folder. */
  readonly imageFile: string;
  /** Bytes of the image. */
  readonly imageSize: number;
  readonly signature: Uint8Array;
}

/** `gsp_bootloader.tlv`. Offsets in `data`, bytes. */
export interface BootloaderTlv {
  readonly version: string;
  readonly codeOffset: number;
  readonly dataOffset: number;
  readonly manifestOffset: number;
  readonly appVersion: number;
  readonly data: Uint8Array;
}

/** `booter_load.tlv` and `booter_unload.tlv`. Offsets in `data`, bytes. */
export interface BooterTlv {
  readonly version: string;
  readonly load: { readonly osCodeOffset: number; readonly osCodeSize: number; readonly osDataOffset: number; readonly osDataSize: number };
  readonly app: { readonly codeOffset: number; readonly codeSize: number };
  /** Where the chosen signature goes. */
  readonly patchLocation: number;
  readonly metadata: BooterMetadata;
  /** All of one length. */
  readonly signatures: readonly Uint8Array[];
  readonly data: Uint8Array;
}

/** `gen_bootloader.tlv`: fetches FWSEC on Turing and GA100. */
export interface FalconBootloaderTlv {
  readonly version: string;
  /** Virtual block number at which it is started, 0 to 0xffff. */
  readonly startTag: number;
  readonly code: Uint8Array;
}

/** `fmc.tlv`: what Hopper's and Blackwell's FSP boots. */
export interface FmcTlv {
  readonly version: string;
  readonly image: Uint8Array;
  /** SHA-384. */
  readonly hash: Uint8Array;
  /** At most 384 bytes, as the signature. */
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
}

const MAX_SIGNATURES = 64;
const HASH_SIZE = 48;
const KEY_LIMIT = 384;

/** A part that tags describe must lie in the blob. */
function within(values: TlvValues, data: Uint8Array, tag: string, offset: number, size: number): void {
  if (offset <= data.length && size <= data.length - offset) return;
  values.fail('BAD_HEADER', tag, `with 0x${size.toString(16)} bytes leaves the data, which has 0x${data.length.toString(16)}`, offset);
}

/** @throws {FirmwareFileError} for anything that is not such a file */
export function parseGspTlv(bytes: Uint8Array, name: string): GspTlv {
  const values = new TlvValues(parseTlv(bytes, name));
  const imageFile = values.text('FILE');
  if (!/^[\w.-]+$/.test(imageFile) || /^\.+$/.test(imageFile)) values.fail('BAD_HEADER', 'FILE', 'should be the name of a file in the same folder', imageFile);
  const imageSize = values.u32('SIZE');
  if (imageSize === 0) values.fail('BAD_HEADER', 'SIZE', 'leaves nothing to load');
  return { version: values.text('VERS'), imageFile, imageSize, signature: values.bytes('SIGN') };
}

export function writeGspTlv({ version, imageFile, imageSize, signature }: GspTlv, file: string): Uint8Array {
  return writeTlv({ file, blocks: [textBlock('VERS', version), u32Block('SIZE', imageSize), textBlock('FILE', imageFile), bytesBlock('SIGN', signature)] });
}

/** @throws {FirmwareFileError} for anything that is not such a file */
export function parseBootloaderTlv(bytes: Uint8Array, name: string): BootloaderTlv {
  const values = new TlvValues(parseTlv(bytes, name));
  const data = values.bytes('BLOB');
  const [codeOffset, dataOffset, manifestOffset] = [values.u32('CDOF'), values.u32('DAOF'), values.u32('MFOF')];
  for (const [tag, offset] of [['CDOF', codeOffset], ['DAOF', dataOffset], ['MFOF', manifestOffset]] as const) within(values, data, tag, offset, 0);
  return { version: values.text('VERS'), codeOffset, dataOffset, manifestOffset, appVersion: values.u32('APPV'), data };
}

export function writeBootloaderTlv({ version, codeOffset, dataOffset, manifestOffset, appVersion, data }: BootloaderTlv, file: string): Uint8Array {
  return writeTlv({ file, blocks: [
    textBlock('VERS', version), u32Block('CDOF', codeOffset), u32Block('DAOF', dataOffset), u32Block('MFOF', manifestOffset), u32Block('APPV', appVersion), bytesBlock('BLOB', data),
  ] });
}

/** @throws {FirmwareFileError} for anything that is not such a file */
export function parseBooterTlv(bytes: Uint8Array, name: string): BooterTlv {
  const values = new TlvValues(parseTlv(bytes, name));
  const data = values.bytes('BLOB');
  const load = { osCodeOffset: values.u32('CDOF'), osCodeSize: values.u32('CDSZ'), osDataOffset: values.u32('DAOF'), osDataSize: values.u32('DASZ') };
  const app = { codeOffset: values.u32('A0CO'), codeSize: values.u32('A0CS') };
  within(values, data, 'CDOF', load.osCodeOffset, load.osCodeSize);
  within(values, data, 'DAOF', load.osDataOffset, load.osDataSize);
  within(values, data, 'A0CO', app.codeOffset, app.codeSize);
  const count = values.u32('NSIG');
  const all = values.bytes('SIGN');
  if (count < 1 || count > MAX_SIGNATURES) values.fail('BAD_HEADER', 'NSIG', `should be 1 to ${MAX_SIGNATURES}`, count);
  if (all.length % count !== 0) values.fail('BAD_HEADER', 'SIGN', `is not divided by ${count} signatures`, all.length);
  const each = all.length / count;
  const patchLocation = values.u32('PLOC');
  if (patchLocation < load.osDataOffset || patchLocation + each > load.osDataOffset + load.osDataSize) {
    values.fail('BAD_HEADER', 'PLOC', 'leaves no room for a signature in the initialised data', patchLocation);
  }
  return {
    version: values.text('VERS'), load, app, patchLocation, data,
    metadata: { fuseVersion: values.u32('FUSE'), engineIdMask: values.u32('ENID'), ucodeId: values.u32('UCID') },
    signatures: Array.from({ length: count }, (_, i) => all.subarray(i * each, (i + 1) * each)),
  };
}

export function writeBooterTlv({ version, load, app, patchLocation, metadata, signatures, data }: BooterTlv, file: string): Uint8Array {
  const all = new Uint8Array(signatures.reduce((size, { length }) => size + length, 0));
  let end = 0;
  for (const signature of signatures) {
    all.set(signature, end);
    end += signature.length;
  }
  const words: readonly (readonly [string, number])[] = [
    ['DAOF', load.osDataOffset], ['DASZ', load.osDataSize], ['CDOF', load.osCodeOffset], ['CDSZ', load.osCodeSize], ['PLOC', patchLocation],
    ['FUSE', metadata.fuseVersion], ['ENID', metadata.engineIdMask], ['UCID', metadata.ucodeId], ['A0CO', app.codeOffset], ['A0CS', app.codeSize], ['NSIG', signatures.length],
  ];
  const blocks: TlvBlock[] = [textBlock('VERS', version), ...words.map(([tag, value]) => u32Block(tag, value)), bytesBlock('SIGN', all), bytesBlock('BLOB', data)];
  return writeTlv({ file, blocks });
}

/** @throws {FirmwareFileError} for anything that is not such a file */
export function parseFalconBootloaderTlv(bytes: Uint8Array, name: string): FalconBootloaderTlv {
  const values = new TlvValues(parseTlv(bytes, name));
  const data = values.bytes('BLOB');
  const codeSize = values.u32('CDSZ');
  if (codeSize === 0) values.fail('BAD_HEADER', 'CDSZ', 'leaves nothing to load');
  within(values, data, 'CDSZ', 0, codeSize);
  const startTag = values.u32('STRT');
  if (startTag > 0xffff) values.fail('BAD_HEADER', 'STRT', 'should fit 16 bits', startTag);
  return { version: values.text('VERS'), startTag, code: data.subarray(0, codeSize) };
}

export function writeFalconBootloaderTlv({ version, startTag, code }: FalconBootloaderTlv, file: string): Uint8Array {
  return writeTlv({ file, blocks: [textBlock('VERS', version), u32Block('CDSZ', code.length), u32Block('STRT', startTag), bytesBlock('BLOB', code)] });
}

/** @throws {FirmwareFileError} for anything that is not such a file */
export function parseFmcTlv(bytes: Uint8Array, name: string): FmcTlv {
  const values = new TlvValues(parseTlv(bytes, name));
  const hash = values.bytes('HASH');
  if (hash.length !== HASH_SIZE) values.fail('BAD_HEADER', 'HASH', `should have ${HASH_SIZE} bytes`, hash.length);
  const key = (tag: string): Uint8Array => {
    const value = values.bytes(tag);
    return value.length <= KEY_LIMIT ? value : values.fail('BAD_HEADER', tag, `should have at most ${KEY_LIMIT} bytes`, value.length);
  };
  return { version: values.text('VERS'), image: values.bytes('BLOB'), hash, publicKey: key('PKEY'), signature: key('SIGN') };
}

export function writeFmcTlv({ version, image, hash, publicKey, signature }: FmcTlv, file: string): Uint8Array {
  return writeTlv({ file, blocks: [textBlock('VERS', version), bytesBlock('BLOB', image), bytesBlock('HASH', hash), bytesBlock('PKEY', publicKey), bytesBlock('SIGN', signature)] });
}
