import { SYNTHETIC_SIGNATURE } from '@nova-stack/gpu-regs';
import { BIN_HEADER_SIZE, BIN_MAGIC, BIN_VERSION } from '../bin-header.ts';
import { writeBooter } from '../booter.ts';
import type { PackShape } from './shapes.ts';
import { digestOf, fillFrom, putHeader, signatureBlock } from './ucode.ts';

const OS_CODE_SIZE = 0x100;
const HS_HEADER_SIZE = 36;
const METADATA_SIZE = 12;
const LOAD_HEADER_SIZE = 36;
const BLOCK = 0x100;

/** A `booter_load` or `booter_unload` file. Only what is loaded (the app and the initialised data) is signed. */
export function syntheticBooter(
  { booter }: PackShape, { chip, version, direction, file }: { readonly chip: string; readonly version: string; readonly direction: 'load' | 'unload'; readonly file: string },
): Uint8Array {
  const { appSize, osDataSize, tailSize = 0 } = booter[direction];
  const each = booter.signatureSize;

  const appOffset = OS_CODE_SIZE;
  const osDataOffset = appOffset + appSize;
  const data = fillFrom(`${file} ${chip}`, new Uint8Array(osDataOffset + osDataSize + tailSize));
  const imem = data.subarray(appOffset, osDataOffset);
  const dmem = data.subarray(osDataOffset, osDataOffset + osDataSize);
  putHeader(imem, { kind: direction === 'load' ? 'booterLoad' : 'booterUnload', version, chip, imemLength: appSize, dmemLength: osDataSize });
  dmem.fill(0, booter.pkcOffset, booter.pkcOffset + each);
  const digest = digestOf(imem, dmem);

  // As in the real files: headers in this order, right behind each other, the data after the next multiple of 4.
  const signaturesOffset = BIN_HEADER_SIZE + HS_HEADER_SIZE;
  const signaturesSize = booter.signatures * each;
  const patchLocationOffset = signaturesOffset + signaturesSize;
  const signatureShiftOffset = patchLocationOffset + 4;
  const metadataOffset = signatureShiftOffset + 4;
  const signatureCountOffset = metadataOffset + METADATA_SIZE;
  const loadHeaderOffset = signatureCountOffset + 4;
  const dataOffset = loadHeaderOffset + LOAD_HEADER_SIZE;
  return writeBooter({
    file,
    size: dataOffset + data.length,
    bin: {
      magic: BIN_MAGIC, version: BIN_VERSION, totalSize: Math.ceil((dataOffset + data.length) / BLOCK) * BLOCK,
      headerOffset: BIN_HEADER_SIZE, dataOffset, dataSize: data.length,
    },
    hs: {
      signaturesOffset, signaturesSize, patchLocationOffset, signatureShiftOffset, metadataOffset,
      metadataSize: METADATA_SIZE, signatureCountOffset, loadHeaderOffset, loadHeaderSize: LOAD_HEADER_SIZE,
    },
    patchLocation: osDataOffset + booter.pkcOffset,
    signatureShift: 0,
    // The first is for the newest fuse version, the last for an unburnt fuse.
    signatures: Array.from({ length: booter.signatures }, (_, i) =>
      (each === SYNTHETIC_SIGNATURE.withoutBootRom.size ? digest.subarray(0, each) : signatureBlock(each, booter.metadata.fuseVersion - i, digest))),
    metadata: booter.metadata,
    load: { osCodeOffset: 0, osCodeSize: OS_CODE_SIZE, osDataOffset, osDataSize, appCount: 1 },
    apps: [{ codeOffset: appOffset, codeSize: appSize, dataOffset: appOffset, dataSize: 0 }],
    data,
    rest: [],
  });
}
