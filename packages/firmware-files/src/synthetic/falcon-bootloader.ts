import { composeFalconBootloader } from '../falcon-bootloader.ts';
import { fillFrom, putHeader } from './ucode.ts';

const CODE_SIZE = 0x200;
const DATA_SIZE = 0x100;
/** Virtual block number of its first block, as in the real one. */
const START_TAG = 0xfd;

/** A `gen_bootloader` or `acr/bl.bin` file: code that starts with the header, unsigned as the real one is. */
export function syntheticFalconBootloader({ chip, version, file }: { readonly chip: string; readonly version: string; readonly file: string }): Uint8Array {
  const data = fillFrom(`${file} ${chip}`, new Uint8Array(CODE_SIZE + DATA_SIZE));
  putHeader(data, { kind: 'genericBootloader', version, chip, imemLength: CODE_SIZE, dmemLength: DATA_SIZE });
  const descriptor = { startTag: START_TAG, dmemLoadOffset: 0, codeOffset: 0, codeSize: CODE_SIZE, dataOffset: CODE_SIZE, dataSize: DATA_SIZE };
  return composeFalconBootloader({ descriptor, data }, file);
}
