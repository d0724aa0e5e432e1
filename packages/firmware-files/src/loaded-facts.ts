import { parseBooter } from './booter.ts';
import { parseFmc } from './fmc.ts';
import { parseGspImage } from './gsp-image.ts';
import { parseRiscvBootloader } from './riscv-bootloader.ts';

/** What tells loaded ucode apart once it is in memory, where its file's name is gone. Digests are SHA-256, hexadecimal. */
export type LoadedFacts =
  /** A booter: the first app's code, and the initialised data with an empty signature slot. */
  | { readonly imemSize: number; readonly imemSha256: string; readonly dmemSize: number; readonly dmemSha256: string }
  /** A GSP image: digest over the pages that {@link samplePages} names, for all of it would take too long at every boot. */
  | { readonly imageSize: number; readonly sampleSha256: string }
  /** A RISC-V bootloader: all of its data. A GSP-FMC: its image. */
  | { readonly dataSize: number; readonly dataSha256: string };

const PAGE = 0x1000;
const SAMPLES = 64;

/** Whole 4 KiB pages of an image of `size` bytes that stand for it: the first, the last, and others at even distances. */
export function samplePages(size: number): readonly number[] {
  const last = Math.floor(size / PAGE) - 1;
  const pages = new Set(Array.from({ length: SAMPLES }, (_, i) => Math.floor((i * last) / (SAMPLES - 1))));
  return [...pages].sort((a, b) => a - b);
}

/** Measures a file of a linux-firmware tree; undefined for a kind that is never loaded as it is. */
export function loadedFacts(path: string, bytes: Uint8Array, sha256: (bytes: Uint8Array) => string): LoadedFacts | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (name.startsWith('booter_')) {
    const { imem, dmem: data, pkcOffset, signatures } = parseBooter(bytes, path);
    const dmem = data.slice().fill(0, pkcOffset, pkcOffset + signatures[0]!.length);
    return { imemSize: imem.length, imemSha256: sha256(imem), dmemSize: dmem.length, dmemSha256: sha256(dmem) };
  }
  if (name.startsWith('gsp-')) {
    const { image } = parseGspImage(bytes, path);
    const pages = samplePages(image.length);
    const sample = new Uint8Array(pages.length * PAGE);
    pages.forEach((page, i) => {
      sample.set(image.subarray(page * PAGE, (page + 1) * PAGE), i * PAGE);
    });
    return { imageSize: image.length, sampleSha256: sha256(sample) };
  }
  if (name.startsWith('bootloader-')) {
    const { data } = parseRiscvBootloader(bytes, path);
    return { dataSize: data.length, dataSha256: sha256(data) };
  }
  if (name.startsWith('fmc-')) {
    const { image } = parseFmc(bytes, path);
    return { dataSize: image.length, dataSha256: sha256(image) };
  }
  return undefined;
}
