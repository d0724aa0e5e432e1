import { CHIPS } from '../chips.ts';
import { composeBooter, parseBooter } from '../booter.ts';
import { FirmwareFileError } from '../errors.ts';
import { composeFmc, parseFmc } from '../fmc.ts';
import { composeFalconBootloader, parseFalconBootloader } from '../falcon-bootloader.ts';
import { gspElf, gspSignature, parseGspImage } from '../gsp-image.ts';
import { acrBootloaderPath, firmwareKinds, firmwarePath, tlvPath, type FirmwareKind } from '../paths.ts';
import { composeRiscvBootloader, parseRiscvBootloader } from '../riscv-bootloader.ts';
import type { FirmwareSource } from '../source.ts';
import {
  parseBooterTlv, parseBootloaderTlv, parseFalconBootloaderTlv, parseFmcTlv, parseGspTlv, writeBooterTlv, writeBootloaderTlv, writeFalconBootloaderTlv, writeFmcTlv, writeGspTlv,
} from './contents.ts';

/** A file that was made. `path` is as in linux-firmware. */
export interface ConvertedFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Files of one chip, all of one release. */
export interface ConvertOptions {
  readonly source: FirmwareSource;
  /** Lower-case name, `ad102`. */
  readonly chip: string;
}

/** Name of the image's file beside `gsp.tlv`. */
const imageName = (version: string): string => `gsp-${version}.fwimage`;

function kindsOf(chip: string, file: string): readonly FirmwareKind[] {
  if (Object.hasOwn(CHIPS, chip)) return firmwareKinds(chip);
  throw new FirmwareFileError({ code: 'UNSUPPORTED', file, field: 'chip', value: chip, message: 'is no chip with such files' });
}

/** The bootloader of the release, or the older one without a version that is the same. */
async function readFalconBootloader({ source, chip }: ConvertOptions, version: string): Promise<ReturnType<typeof parseFalconBootloader>> {
  const path = firmwarePath({ chip, kind: 'gen_bootloader', version });
  try {
    return parseFalconBootloader(await source.read(path), path);
  } catch (error) {
    if (!(error instanceof FirmwareFileError) || error.code !== 'NOT_FOUND') throw error;
    const older = acrBootloaderPath(chip);
    return parseFalconBootloader(await source.read(older), older);
  }
}

/**
 * Makes containers of a release's `.bin` files: what nova-core takes, of what linux-firmware has. The image goes into a file of its own,
 * unchanged.
 *
 * @throws {FirmwareFileError} of the reader of each file; `UNSUPPORTED` for what is no chip
 */
export async function binToTlv(options: ConvertOptions & { readonly version: string }): Promise<readonly ConvertedFile[]> {
  const { source, chip, version } = options;
  const made: ConvertedFile[] = [];
  for (const kind of kindsOf(chip, source.name)) {
    const [from, path] = [firmwarePath({ chip, kind, version }), tlvPath({ chip, kind })];
    if (kind === 'gen_bootloader') {
      const { code, descriptor: { startTag } } = await readFalconBootloader(options, version);
      made.push({ path, bytes: writeFalconBootloaderTlv({ version, startTag, code }, path) });
      continue;
    }
    const bytes = await source.read(from);
    if (kind === 'gsp') {
      const gsp = parseGspImage(bytes, from);
      const imageFile = imageName(gsp.version);
      made.push({ path, bytes: writeGspTlv({ version: gsp.version, imageFile, imageSize: gsp.image.length, signature: gspSignature(gsp, chip) }, path) });
      made.push({ path: `nvidia/${chip}/gsp/${imageFile}`, bytes: gsp.image });
    } else if (kind === 'bootloader') {
      const { descriptor, data } = parseRiscvBootloader(bytes, from);
      const { monitorCodeOffset, monitorDataOffset, manifestOffset, appVersion } = descriptor;
      made.push({ path, bytes: writeBootloaderTlv({ version, codeOffset: monitorCodeOffset, dataOffset: monitorDataOffset, manifestOffset, appVersion, data }, path) });
    } else if (kind === 'fmc') {
      const { image, hash, publicKey, signature } = parseFmc(bytes, from);
      made.push({ path, bytes: writeFmcTlv({ version, image, hash, publicKey, signature }, path) });
    } else {
      const { load, apps, patchLocation, metadata, signatures, data } = parseBooter(bytes, from);
      made.push({ path, bytes: writeBooterTlv({ version, load, app: apps[0]!, patchLocation, metadata, signatures, data }, path) });
    }
  }
  return made;
}

/**
 * Makes `.bin` files of a chip's containers: what nouveau takes. What containers do not hold is filled in or left zero: the image has
 * a signature for this chip alone, and the bootloader's descriptor tells no sizes but those of its data.
 *
 * @throws {FirmwareFileError} of the reader of each file; `UNSUPPORTED` for what is no chip; `WRONG_RELEASE` where the files are of several
 */
export async function tlvToBin({ source, chip }: ConvertOptions): Promise<readonly ConvertedFile[]> {
  const made: ConvertedFile[] = [];
  let release: string | undefined;
  const same = (version: string, file: string): string => {
    release ??= version;
    if (version === release) return version;
    throw new FirmwareFileError({ code: 'WRONG_RELEASE', file, field: 'VERS', value: version, message: `the other files are of ${release}` });
  };
  for (const kind of kindsOf(chip, source.name)) {
    const from = tlvPath({ chip, kind });
    const bytes = await source.read(from);
    const add = (version: string, make: (path: string) => Uint8Array): void => {
      const path = firmwarePath({ chip, kind, version: same(version, from) });
      made.push({ path, bytes: make(path) });
    };
    if (kind === 'gsp') {
      const { version, imageFile, imageSize, signature } = parseGspTlv(bytes, from);
      const image = await readTlvImage(source, chip, { imageFile, imageSize });
      add(version, (file) => gspElf({ file, version, image, signatures: [[CHIPS[chip]!.signature, signature]] }));
    } else if (kind === 'bootloader') {
      const { version, data, codeOffset, dataOffset, manifestOffset, appVersion } = parseBootloaderTlv(bytes, from);
      add(version, (file) => composeRiscvBootloader({ data, ...describe({ size: data.length, codeOffset, dataOffset, manifestOffset, appVersion }) }, file));
    } else if (kind === 'gen_bootloader') {
      const { version, startTag, code } = parseFalconBootloaderTlv(bytes, from);
      add(version, (file) => composeFalconBootloader({
        descriptor: { startTag, dmemLoadOffset: 0, codeOffset: 0, codeSize: code.length, dataOffset: code.length, dataSize: 0 }, data: code,
      }, file));
    } else if (kind === 'fmc') {
      const { version, ...content } = parseFmcTlv(bytes, from);
      add(version, (file) => composeFmc(content, file));
    } else {
      const { version, ...content } = parseBooterTlv(bytes, from);
      add(version, (file) => composeBooter(content, file));
    }
  }
  return made;
}

/** The image that a `gsp.tlv` names. @throws {FirmwareFileError} `NOT_FOUND`; `BAD_HEADER` when it has another size */
export async function readTlvImage(source: FirmwareSource, chip: string, { imageFile, imageSize }: { readonly imageFile: string; readonly imageSize: number }): Promise<Uint8Array> {
  const path = `nvidia/${chip}/gsp/${imageFile}`;
  const image = await source.read(path);
  if (image.length === imageSize) return image;
  throw new FirmwareFileError({ code: 'BAD_HEADER', file: path, message: `has ${image.length} bytes: ${tlvPath({ chip, kind: 'gsp' })} says ${imageSize}` });
}

function describe({ size, codeOffset, dataOffset, manifestOffset, appVersion }: { readonly size: number; readonly codeOffset: number; readonly dataOffset: number; readonly manifestOffset: number; readonly appVersion: number }): {
  readonly descriptor: Parameters<typeof composeRiscvBootloader>[0]['descriptor']; readonly tail: Parameters<typeof composeRiscvBootloader>[0]['tail'];
} {
  // Turing's and GA100's have no monitor, and a descriptor of the version before.
  const monitored = codeOffset !== dataOffset;
  return {
    descriptor: {
      version: monitored ? 5 : 4,
      bootloaderOffset: 0, bootloaderSize: 0, bootloaderParamOffset: 0, bootloaderParamSize: 0, riscvElfOffset: 0, riscvElfSize: 0, appVersion,
      manifestOffset, manifestSize: 0, monitorDataOffset: dataOffset, monitorDataSize: 0, monitorCodeOffset: codeOffset, monitorCodeSize: 0,
      monitorEnabled: monitored ? 1 : 0, swbromCodeOffset: 0, swbromCodeSize: 0, swbromDataOffset: 0, swbromDataSize: 0,
    },
    tail: monitored ? { fbReservedSize: size, signedAsCode: 0 } : undefined,
  };
}
