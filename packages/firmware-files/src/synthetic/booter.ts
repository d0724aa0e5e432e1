import { SYNTHETIC_SIGNATURE } from '@nova-stack/gpu-regs';
import { composeBooter } from '../booter.ts';
import type { PackShape } from './shapes.ts';
import { digestOf, fillFrom, putHeader, signatureBlock } from './ucode.ts';

const OS_CODE_SIZE = 0x100;

/** A `booter_load` or `booter_unload` file. Only what is loaded (the app and the initialised data) is signed. */
export function syntheticBooter(
  booter: NonNullable<PackShape['booter']>, { chip, version, direction, file }: { readonly chip: string; readonly version: string; readonly direction: 'load' | 'unload'; readonly file: string },
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

  return composeBooter({
    load: { osCodeOffset: 0, osCodeSize: OS_CODE_SIZE, osDataOffset, osDataSize },
    app: { codeOffset: appOffset, codeSize: appSize },
    patchLocation: osDataOffset + booter.pkcOffset,
    metadata: booter.metadata,
    // The first is for the newest fuse version, the last for an unburnt fuse.
    signatures: Array.from({ length: booter.signatures }, (_, i) =>
      (each === SYNTHETIC_SIGNATURE.withoutBootRom.size ? digest.subarray(0, each) : signatureBlock(each, booter.metadata.fuseVersion - i, digest))),
    data,
  }, file);
}
