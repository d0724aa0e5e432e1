import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { FirmwareFileError } from './errors.ts';
import { knownReleases, type KnownFile } from './known-releases.ts';
import { resolveLinks } from './paths.ts';
import type { FirmwareSource } from './source.ts';

/** SHA-256 as lower-case hexadecimal. */
export type Sha256 = (bytes: Uint8Array) => string;

const sha256: Sha256 = (bytes) => bytesToHex(nobleSha256(bytes));

function known(path: string): KnownFile | undefined {
  const chain = resolveLinks(path);
  for (const files of Object.values(knownReleases)) {
    for (const each of chain) if (Object.hasOwn(files, each)) return files[each];
  }
  return undefined;
}

/**
 * Checks that a file is the one that NVIDIA released under this path.
 *
 * @param digest A faster SHA-256 than the portable one; the image has some 60 MB.
 * @throws {FirmwareFileError} `UNSUPPORTED` when nothing is known under this path, `BAD_DIGEST` when it is another file.
 */
export function verifyFile(path: string, bytes: Uint8Array, digest: Sha256 = sha256): void {
  const file = known(path);
  if (file === undefined) {
    throw new FirmwareFileError({ code: 'UNSUPPORTED', file: path, message: `no released file is known under this path; known releases are ${Object.keys(knownReleases).join(', ')}` });
  }
  if (bytes.length !== file.size) {
    throw new FirmwareFileError({ code: 'BAD_DIGEST', file: path, field: 'size', value: bytes.length, message: `the released file has 0x${file.size.toString(16)} bytes` });
  }
  const value = digest(bytes);
  if (value !== file.sha256) throw new FirmwareFileError({ code: 'BAD_DIGEST', file: path, field: 'sha256', value, message: `the released file has ${file.sha256}` });
}

/** A source that hands out only released files: every read is checked by {@link verifyFile}. */
export function verifiedSource(source: FirmwareSource, digest?: Sha256): FirmwareSource {
  return {
    name: `${source.name} (verified)`,
    ...(source.list && { list: source.list.bind(source) }),
    async read(path) {
      const bytes = await source.read(path);
      verifyFile(path, bytes, digest);
      return bytes;
    },
  };
}
