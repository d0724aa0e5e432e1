import { SYNTHETIC_SIGNATURE } from '@nova-stack/gpu-regs';
import { composeRiscvBootloader } from '../riscv-bootloader.ts';
import type { PackShape } from './shapes.ts';
import { digestOf, fillFrom, putHeader, signatureBlock } from './ucode.ts';

const PARAM_SIZE = 0x10;

/** A `bootloader` file: its manifest starts with the header and, right behind it, the signature over everything. */
export function syntheticBootloader(
  { bootloader: shape }: PackShape, { chip, version, file }: { readonly chip: string; readonly version: string; readonly file: string },
): Uint8Array {
  const data = fillFrom(`${file} ${chip}`, new Uint8Array(shape.size));
  putHeader(data, { kind: 'gspBootloader', version, chip, imemLength: data.length, dmemLength: 0 });
  const { bootloaderOffset: slot, falconSize } = SYNTHETIC_SIGNATURE;
  data.fill(0, slot, slot + falconSize);
  data.set(signatureBlock(falconSize, 0, digestOf(data)), slot);

  return composeRiscvBootloader({
    descriptor: {
      version: shape.version,
      bootloaderOffset: shape.code.offset, bootloaderSize: shape.code.size,
      bootloaderParamOffset: shape.code.offset + shape.code.size, bootloaderParamSize: PARAM_SIZE,
      riscvElfOffset: 0, riscvElfSize: 0, appVersion: 0,
      manifestOffset: 0, manifestSize: shape.manifestSize,
      monitorDataOffset: shape.monitorData.offset, monitorDataSize: shape.monitorData.size,
      monitorCodeOffset: shape.monitorCode.offset, monitorCodeSize: shape.monitorCode.size, monitorEnabled: shape.version === 5 ? 1 : 0,
      swbromCodeOffset: 0, swbromCodeSize: 0, swbromDataOffset: 0, swbromDataSize: 0,
    },
    tail: shape.version === 5 ? { fbReservedSize: data.length, signedAsCode: 0 } : undefined,
    data,
  }, file);
}
