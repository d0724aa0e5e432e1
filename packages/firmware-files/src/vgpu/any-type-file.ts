import { FirmwareFileError } from '../errors.ts';
import { gen1TypesFor, parseGen1TypeFile, TYPE_FILE_GEN1, type Gen1TypeFile } from './type-file-gen1.ts';
import { parseVgpuTypeFile, TYPE_FILE, vgpuTypesFor, type VgpuTypeFile } from './type-file.ts';
import type { PciIdentity, TypeRecords } from './type-records.ts';

export type AnyVgpuTypeFile = VgpuTypeFile | Gen1TypeFile;

/**
 * Reads a type file of either generation.
 *
 * @throws {FirmwareFileError} for anything that is not such a file.
 */
export function parseAnyVgpuTypeFile(bytes: Uint8Array, name: string): AnyVgpuTypeFile {
  const magic = String.fromCharCode(...bytes.subarray(0, 8));
  if (magic === TYPE_FILE.magic) return parseVgpuTypeFile(bytes, name);
  if (magic === TYPE_FILE_GEN1.identifier) return parseGen1TypeFile(bytes, name);
  throw new FirmwareFileError({
    code: bytes.length < 8 ? 'TRUNCATED' : 'BAD_MAGIC', file: name, offset: 0, field: 'magic',
    message: `should be ${TYPE_FILE.magic} or ${TYPE_FILE_GEN1.identifier}`,
  });
}

/**
 * The types that a file of either generation has for a GPU on which a firmware release runs; undefined when it has
 * none for this GPU.
 *
 * @throws {FirmwareFileError} `WRONG_RELEASE` or `BAD_HEADER`.
 */
export function typesFor(types: AnyVgpuTypeFile, gpu: PciIdentity, running: string): TypeRecords | undefined {
  return types.generation === 2 ? vgpuTypesFor(types, gpu, running) : gen1TypesFor(types, gpu, running);
}
