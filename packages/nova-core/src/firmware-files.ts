import {
  FirmwareFileError, firmwarePath, gspSignature, parseBooter, parseGspImage, parseRiscvBootloader, type Booter, type FirmwareKind,
  type FirmwareSource,
} from '@nova-stack/firmware-files';

import type { BooterFile } from './booter.ts';
import type { Chip } from './chip.ts';
import { report, type Device } from './device.ts';
import { NovaCoreError } from './errors.ts';
import type { FirmwareAbi } from './firmware/abi.ts';
import { FIRMWARE_ABIS } from './firmware/versions.ts';

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
}

function failure(cause: unknown): unknown {
  if (!(cause instanceof FirmwareFileError)) return cause;
  const { file, offset, field } = cause;
  return new NovaCoreError('FIRMWARE_FILE', 'firmware-files', cause.message, {
    cause, detail: { reason: cause.code, file, ...(offset !== undefined && { offset }), ...(field !== undefined && { field }) },
  });
}

/** Layout for chips whose ucode is fetched by DMA: one secure code part and one data part. */
function booterFile(booter: Booter): BooterFile {
  const app = booter.apps[0]!;
  return {
    data: booter.data,
    imem: { source: app.codeOffset, destination: 0, length: app.codeSize },
    dmem: { source: booter.load.osDataOffset, destination: 0, length: booter.load.osDataSize },
    bootVector: app.codeOffset,
    signatureLocation: booter.patchLocation,
    signatures: booter.signatures,
    fuseVersion: booter.metadata.fuseVersion,
    engineMask: booter.metadata.engineIdMask,
    ucodeId: booter.metadata.ucodeId,
  };
}

/** The image of the first version that this driver speaks and the source has. */
async function findImage(source: FirmwareSource, chip: Chip): Promise<{ readonly bytes: Uint8Array; readonly path: string; readonly release: string }> {
  let missing: unknown;
  for (const { version: release } of FIRMWARE_ABIS) {
    const path = firmwarePath({ chip: chip.name, kind: 'gsp', version: release });
    try {
      return { bytes: await source.read(path), path, release };
    } catch (cause) {
      if (!(cause instanceof FirmwareFileError) || cause.code !== 'NOT_FOUND') throw cause;
      missing ??= cause;
    }
  }
  throw missing;
}

/**
 * Reads and parses all files of a boot. The version is the image's own; files of one boot are all of one release.
 *
 * @throws {@link NovaCoreError} `FIRMWARE_FILE`, whose detail names file, offset and field, or `VERSION_MISMATCH`.
 */
export async function loadFirmwareFiles(device: Device, source: FirmwareSource, chip: Chip): Promise<FirmwareFiles> {
  try {
    const found = await findImage(source, chip);
    const image = parseGspImage(found.bytes, found.path);
    const abi = FIRMWARE_ABIS.find(({ version }) => version === image.version);
    if (abi === undefined || image.version !== found.release) {
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
    const files: FirmwareFiles = {
      abi,
      version: image.version,
      image: image.image,
      signature: gspSignature(image, chip.name),
      bootloader: {
        data: bootloader.data, codeOffset: monitorCodeOffset, dataOffset: monitorDataOffset, manifestOffset, applicationVersion: appVersion,
      },
      booterLoad: booterFile(await read('booter_load', parseBooter)),
      booterUnload: booterFile(await read('booter_unload', parseBooter)),
    };
    report(device.trace, 'nova-core.firmware.loaded', {
      version: files.version, source: source.name, image: files.image.length, bootloader: files.bootloader.data.length,
    });
    return files;
  } catch (cause) {
    throw failure(cause);
  }
}
