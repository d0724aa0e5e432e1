import { gspElf } from '../gsp-image.ts';
import { digestOf, fillFrom, putHeader, signatureBlock } from './ucode.ts';

const SIGNATURE_SIZE = 0x1000;

/** A `gsp` file: every family of chips gets the same signature, for there is one image. */
export function syntheticGspImage({ chip, version, file, imageSize, signatures }: {
  readonly chip: string; readonly version: string; readonly file: string; readonly imageSize: number; readonly signatures: readonly string[];
}): Uint8Array {
  const image = fillFrom(`${file} ${chip}`, new Uint8Array(imageSize));
  putHeader(image, { kind: 'gspRm', version, chip, imemLength: image.length, dmemLength: 0 });
  const block = signatureBlock(SIGNATURE_SIZE, 0, digestOf(image));

  return gspElf({ file, version, image, signatures: signatures.map((family) => [family, block]) });
}
