import {
  acrBootloaderPath, FirmwareFileError, firmwarePath, firmwareVersions, gspSignature, parseBooter, parseBooterTlv, parseBootloaderTlv, parseFalconBootloader,
  parseFalconBootloaderTlv, parseFmc, parseFmcTlv, parseGspImage, parseGspTlv, parseRiscvBootloader, readTlvImage, tlvPath,
  type BooterTlv, type FirmwareKind, type FmcTlv, type FirmwareSource,
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

/** What every boot takes from files. The byte arrays are views of the files. */
export interface CommonFiles {
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
}

/** Everything that a boot through booter takes. */
export interface FirmwareFiles extends CommonFiles {
  readonly booterLoad: BooterFile;
  readonly booterUnload: BooterFile;
  /** What fetches FWSEC on chips whose falcons cannot by themselves. */
  readonly falconBootloader: FwsecBootloader | undefined;
}

/** Everything that a boot through the FSP takes. */
export interface FspFirmwareFiles extends CommonFiles {
  readonly fmc: Pick<FmcTlv, 'image' | 'hash' | 'publicKey' | 'signature'>;
}

/** Files of one release, whichever form they have. */
interface ReleaseFiles {
  readonly common: CommonFiles;
  /** Another file, by the reader of its own form. */
  readonly read: <T>(kind: FirmwareKind, bin: (bytes: Uint8Array, path: string) => T, container: (bytes: Uint8Array, path: string) => T & { readonly version: string }) => Promise<T>;
  readonly falconBootloader: () => Promise<FwsecBootloader>;
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
 * Reads and parses all files of a boot through booter. The version is the image's own; files of one boot are all of one release.
 *
 * @throws {@link NovaCoreError} `FIRMWARE_FILE`, whose detail names file, offset and field; `VERSION_NOT_SUPPORTED`;
 *   `VERSION_MISMATCH` where a file's name and content disagree.
 */
export function loadFirmwareFiles(device: Device, choice: FirmwareChoice, chip: Chip): Promise<FirmwareFiles> {
  return load(device, choice, chip, async ({ common, read, falconBootloader }) => {
    const booter = async (kind: 'booter_load' | 'booter_unload'): Promise<BooterFile> => booterFile(await read(kind, parseBooterBin, parseBooterTlv), chip.family);
    return {
      ...common, booterLoad: await booter('booter_load'), booterUnload: await booter('booter_unload'),
      falconBootloader: chip.family.fwsecDescriptor === 2 ? await falconBootloader() : undefined,
    };
  });
}

/** As {@link loadFirmwareFiles}, for a boot through the FSP. @throws {@link NovaCoreError} */
export function loadFspFirmware(device: Device, choice: FirmwareChoice, chip: Chip): Promise<FspFirmwareFiles> {
  return load(device, choice, chip, async ({ common, read }) => {
    const { image, hash, publicKey, signature } = await read<FspFirmwareFiles['fmc']>('fmc', parseFmc, parseFmcTlv);
    const { publicKeySize, signatureSize } = chip.family.chainOfTrust!;
    // The message has room for more than the chip looks at.
    for (const [field, { length }, expected] of [['publickey', publicKey, publicKeySize], ['signature', signature, signatureSize]] as const) {
      if (length === expected) continue;
      throw new NovaCoreError('FIRMWARE_FILE', 'firmware-files', `the GSP-FMC of ${chip.name} has a ${field} of ${length} bytes, the chip wants ${expected}`, { detail: { reason: 'WRONG_CHIP', field } });
    }
    return { ...common, fmc: { image, hash, publicKey, signature } };
  });
}

async function load<T extends CommonFiles>(device: Device, choice: FirmwareChoice, chip: Chip, complete: (files: ReleaseFiles) => Promise<T>): Promise<T> {
  try {
    const found = await findImage(choice, chip);
    const files = await complete('container' in found ? await fromContainers(choice, chip, found) : await fromBins(choice.source, chip, found));
    report(device.trace, 'nova-core.firmware.loaded', {
      version: files.version, source: choice.source.name, image: files.image.length, bootloader: files.bootloader.data.length,
    });
    return files;
  } catch (cause) {
    throw failure(cause);
  }
}

/** A booter as its file has it, without what containers do not tell. */
function parseBooterBin(bytes: Uint8Array, path: string): Omit<BooterTlv, 'version'> {
  const { apps, ...parsed } = parseBooter(bytes, path);
  return { ...parsed, app: apps[0]! };
}

/** From files as linux-firmware has them. */
async function fromBins(source: FirmwareSource, chip: Chip, found: { readonly bytes: Uint8Array; readonly path: string; readonly release: string }): Promise<ReleaseFiles> {
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
  const common: CommonFiles = {
    abi,
    version: image.version,
    image: image.image,
    signature: gspSignature(image, chip.name),
    bootloader: {
      data: bootloader.data, codeOffset: monitorCodeOffset, dataOffset: monitorDataOffset, manifestOffset, applicationVersion: appVersion,
    },
  };
  return { common, read, falconBootloader: () => readFalconBootloader(source, chip.name, found.release) };
}

/** From containers as Linux's nova-core takes them: one release, whichever it is. */
async function fromContainers({ source, version }: FirmwareChoice, chip: Chip, found: { readonly container: Uint8Array; readonly path: string }): Promise<ReleaseFiles> {
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
  const common: CommonFiles = {
    abi,
    version: gsp.version,
    image: await readTlvImage(source, chip.name, gsp),
    signature: gsp.signature,
    bootloader: { data, codeOffset, dataOffset, manifestOffset, applicationVersion: appVersion },
  };
  return { common, read: (kind, _bin, container) => read(kind, container), falconBootloader: () => read('gen_bootloader', parseFalconBootloaderTlv) };
}
