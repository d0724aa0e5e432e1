import {
  acrBootloaderPath, FirmwareFileError, firmwarePath, firmwareVersions, gspSignature, parseBooter, parseBooterTlv, parseBootloaderTlv, parseFalconBootloader,
  parseFalconBootloaderTlv, parseGspImage, parseGspTlv, parseRiscvBootloader, readTlvImage, tlvPath,
  type BooterTlv, type FirmwareKind, type FirmwareSource,
} from '@nova-stack/firmware-files';
import type { Family } from '@nova-stack/gpu-regs';

import type { BooterFile } from './booter.ts';
import type { Chip } from './chip.ts';
import { report, type Device } from './device.ts';
import { NovaCoreError } from './errors.ts';
import type { FwsecBootloader } from './fwsec-bootloader.ts';
import type { FirmwareAbi } from './firmware/abi.ts';
import { FIRMWARE_ABIS, SUPPORTED_FIRMWARE } from './firmware/versions.ts';

/** Where files come from, and which of several versions is wanted. */
export interface FirmwareChoice {
  readonly source: FirmwareSource;
  /** Undefined for the newest that there is and this driver speaks. */
  readonly version: string | undefined;
}

/** Everything that a boot takes from files. The byte arrays are views of the files. */
export interface FirmwareFiles {
  readonly abi: FirmwareAbi;
  /** What the image itself says. */
  readonly version: string;
  readonly image: Uint8Array;
  readonly signature: Uint8Array;
  readonly bootloader: {
    readonly data: Uint8Array;
    readonly codeOffset: number;
    readonly dataOffset: number;
    readonly manifestOffset: number;
    readonly applicationVersion: number;
  };
  readonly booterLoad: BooterFile;
  readonly booterUnload: BooterFile;
  /** What fetches FWSEC on chips whose falcons cannot by themselves. */
  readonly falconBootloader: FwsecBootloader | undefined;
}

/** For errors: `580.105.08, 570.144, …` */
const SUPPORTED = SUPPORTED_FIRMWARE.join(', ');

function failure(cause: unknown): unknown {
  if (!(cause instanceof FirmwareFileError)) return cause;
  const { file, offset, field } = cause;
  return new NovaCoreError('FIRMWARE_FILE', 'firmware-files', cause.message, {
    cause, detail: { reason: cause.code, file, ...(offset !== undefined && { offset }), ...(field !== undefined && { field }) },
  });
}

/**
 * Where parts of a booter go, which its file does not tell: the secure code alone, at the start of IMEM, where ucode is
 * fetched by DMA; all code at the offsets that it has in the file where ports are written.
 * Source: linux: drivers/gpu/nova-core/firmware/booter.rs
 */
function booterFile(booter: Omit<BooterTlv, 'version'>, { ucodeLoad }: Family): BooterFile {
  const { app } = booter;
  const { osCodeOffset, osCodeSize, osDataOffset, osDataSize } = booter.load;
  const byPorts = ucodeLoad === 'pio';
  return {
    data: booter.data,
    ...(byPorts && { nonSecureImem: { source: 0, destination: osCodeOffset, length: osCodeSize } }),
    imem: { source: app.codeOffset, destination: byPorts ? app.codeOffset : 0, length: app.codeSize },
    dmem: { source: osDataOffset, destination: 0, length: osDataSize },
    bootVector: byPorts ? osCodeOffset : app.codeOffset,
    signatureLocation: booter.patchLocation,
    signatures: booter.signatures,
    fuseVersion: booter.metadata.fuseVersion,
    engineMask: booter.metadata.engineIdMask,
    ucodeId: booter.metadata.ucodeId,
  };
}

/** The release's own file, or the older one without a version that is the same. */
async function readFalconBootloader(source: FirmwareSource, chip: string, version: string): Promise<FwsecBootloader> {
  const parse = async (path: string): Promise<FwsecBootloader> => {
    const { code, descriptor: { startTag } } = parseFalconBootloader(await source.read(path), path);
    return { code, startTag };
  };
  const path = firmwarePath({ chip, kind: 'gen_bootloader', version });
  try {
    return await parse(path);
  } catch (error) {
    if (!(error instanceof FirmwareFileError) || error.code !== 'NOT_FOUND') throw error;
    return parse(acrBootloaderPath(chip));
  }
}

/** @throws {@link NovaCoreError} `VERSION_NOT_SUPPORTED`, with the versions that are. */
function abiOf(version: string, where: string): FirmwareAbi {
  const abi = FIRMWARE_ABIS.find((each) => each.version === version);
  if (abi !== undefined) return abi;
  throw new NovaCoreError('VERSION_NOT_SUPPORTED', 'firmware-files', `${where} is firmware ${version}, which this driver does not speak; it speaks ${SUPPORTED}`, {
    detail: { version, supported: SUPPORTED },
  });
}

/** What is there instead, for who looks for something that is not. */
async function nothingFound({ source, version }: FirmwareChoice, chip: Chip, tried: readonly string[]): Promise<NovaCoreError> {
  const there = await firmwareVersions(source, chip.name) ?? [];
  if (version === undefined && there.length > 0) {
    return new NovaCoreError('VERSION_NOT_SUPPORTED', 'firmware-files',
      `${source.name} has firmware ${there.join(', ')} for ${chip.name}, which this driver does not speak; it speaks ${SUPPORTED}`,
      { detail: { version: there.join(', '), supported: SUPPORTED } });
  }
  const others = there.length > 0 ? `; it has ${there.join(', ')} for ${chip.name}` : '';
  return new NovaCoreError('FIRMWARE_FILE', 'firmware-files', `${source.name} lacks ${tried.join(', ')}${others}`, {
    detail: { reason: 'NOT_FOUND', file: tried[0]! },
  });
}

/** The image of the version that is wanted, or of the newest that there is; where there is none of its own, the container with one. */
async function findImage(choice: FirmwareChoice, chip: Chip): Promise<{ readonly bytes: Uint8Array; readonly path: string; readonly release: string } | { readonly container: Uint8Array; readonly path: string }> {
  const { source, version } = choice;
  const releases = version === undefined ? SUPPORTED_FIRMWARE : [abiOf(version, 'what is asked for').version];
  const tried: string[] = [];
  for (const release of releases) {
    const path = firmwarePath({ chip: chip.name, kind: 'gsp', version: release });
    try {
      return { bytes: await source.read(path), path, release };
    } catch (cause) {
      if (!(cause instanceof FirmwareFileError) || cause.code !== 'NOT_FOUND') throw cause;
      tried.push(path);
    }
  }
  const path = tlvPath({ chip: chip.name, kind: 'gsp' });
  try {
    return { container: await source.read(path), path };
  } catch (cause) {
    if (!(cause instanceof FirmwareFileError) || cause.code !== 'NOT_FOUND') throw cause;
  }
  throw await nothingFound(choice, chip, tried);
}

/**
 * Reads and parses all files of a boot. The version is the image's own; files of one boot are all of one release.
 *
 * @throws {@link NovaCoreError} `FIRMWARE_FILE`, whose detail names file, offset and field; `VERSION_NOT_SUPPORTED`;
 *   `VERSION_MISMATCH` where a file's name and content disagree.
 */
export async function loadFirmwareFiles(device: Device, choice: FirmwareChoice, chip: Chip): Promise<FirmwareFiles> {
  try {
    const found = await findImage(choice, chip);
    const files = 'container' in found ? await fromContainers(choice, chip, found) : await fromBins(choice.source, chip, found);
    report(device.trace, 'nova-core.firmware.loaded', {
      version: files.version, source: choice.source.name, image: files.image.length, bootloader: files.bootloader.data.length,
    });
    return files;
  } catch (cause) {
    throw failure(cause);
  }
}

/** From files as linux-firmware has them. */
async function fromBins(source: FirmwareSource, chip: Chip, found: { readonly bytes: Uint8Array; readonly path: string; readonly release: string }): Promise<FirmwareFiles> {
  const image = parseGspImage(found.bytes, found.path);
  const abi = abiOf(image.version, found.path);
  if (image.version !== found.release) {
    throw new NovaCoreError('VERSION_MISMATCH', 'firmware-files', `${found.path} holds version ${image.version}, not ${found.release}`, {
      detail: { file: found.path, version: image.version },
    });
  }
  const read = async <T>(kind: FirmwareKind, parse: (bytes: Uint8Array, path: string) => T): Promise<T> => {
    const path = firmwarePath({ chip: chip.name, kind, version: found.release });
    return parse(await source.read(path), path);
  };
  const bootloader = await read('bootloader', parseRiscvBootloader);
  const { monitorCodeOffset, monitorDataOffset, manifestOffset, appVersion } = bootloader.descriptor;
  const booter = async (kind: 'booter_load' | 'booter_unload'): Promise<BooterFile> => {
    const { apps, ...parsed } = await read(kind, parseBooter);
    return booterFile({ ...parsed, app: apps[0]! }, chip.family);
  };
  return {
    abi,
    version: image.version,
    image: image.image,
    signature: gspSignature(image, chip.name),
    bootloader: {
      data: bootloader.data, codeOffset: monitorCodeOffset, dataOffset: monitorDataOffset, manifestOffset, applicationVersion: appVersion,
    },
    booterLoad: await booter('booter_load'),
    booterUnload: await booter('booter_unload'),
    falconBootloader: chip.family.fwsecDescriptor === 2 ? await readFalconBootloader(source, chip.name, found.release) : undefined,
  };
}

/** From containers as Linux's nova-core takes them: one release, whichever it is. */
async function fromContainers({ source, version }: FirmwareChoice, chip: Chip, found: { readonly container: Uint8Array; readonly path: string }): Promise<FirmwareFiles> {
  const gsp = parseGspTlv(found.container, found.path);
  const abi = abiOf(gsp.version, found.path);
  const same = (path: string, told: string, wanted: string): void => {
    if (told === wanted) return;
    throw new NovaCoreError('VERSION_MISMATCH', 'firmware-files', `${path} holds version ${told}, not ${wanted}`, { detail: { file: path, version: told } });
  };
  if (version !== undefined) same(found.path, gsp.version, version);
  const read = async <T extends { readonly version: string }>(kind: FirmwareKind, parse: (bytes: Uint8Array, path: string) => T): Promise<T> => {
    const path = tlvPath({ chip: chip.name, kind });
    const parsed = parse(await source.read(path), path);
    same(path, parsed.version, gsp.version);
    return parsed;
  };
  const { data, codeOffset, dataOffset, manifestOffset, appVersion } = await read('bootloader', parseBootloaderTlv);
  return {
    abi,
    version: gsp.version,
    image: await readTlvImage(source, chip.name, gsp),
    signature: gsp.signature,
    bootloader: { data, codeOffset, dataOffset, manifestOffset, applicationVersion: appVersion },
    booterLoad: booterFile(await read('booter_load', parseBooterTlv), chip.family),
    booterUnload: booterFile(await read('booter_unload', parseBooterTlv), chip.family),
    falconBootloader: chip.family.fwsecDescriptor === 2 ? await read('gen_bootloader', parseFalconBootloaderTlv) : undefined,
  };
}
