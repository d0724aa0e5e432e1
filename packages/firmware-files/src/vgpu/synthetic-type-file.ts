import { FirmwareFileError } from '../errors.ts';
import { VGPU_GPUS, type VgpuGpu, type VgpuProfile } from './profiles.ts';
import { record535, record570 } from './records.ts';
import { TYPE_FILE_GEN1, TYPE_FILE_GEN1_RELEASES, writeGen1TypeFile } from './type-file-gen1.ts';
import { TYPE_FILE, writeVgpuTypeFile } from './type-file.ts';

export interface SyntheticTypeFileOptions {
  /** PCI device id of the physical GPU, `0x26b5`. */
  readonly device: number;
  /** PCI subsystem id of its board; default that of the usual board. */
  readonly subsystem?: number;
  /** Firmware release whose structures the records have. */
  readonly version: string;
  /** Release that the file says it is for; default the same. */
  readonly gspVersion?: string;
  /** File format; default 2. */
  readonly generation?: 1 | 2;
  /** Names of the profiles to put in; default all that are known. */
  readonly profiles?: readonly string[];
}

/** How a release wants a type. */
const RECORDS: Readonly<Record<string, (gpu: VgpuGpu, profile: VgpuProfile) => Uint8Array>> = { '535.113.01': record535, '570.144': record570 };

const NO_FEATURES = 128;

/**
 * A vGPU type file in the real format, of records that this project makes from the public catalogue. `gsp-rm` takes
 * it; real firmware would miss NVIDIA's signatures.
 *
 * @throws {FirmwareFileError} `UNSUPPORTED` for a release without record layout or a GPU without catalogue,
 * `BAD_VALUE` for a profile that is not in it.
 */
export function syntheticTypeFile(options: SyntheticTypeFileOptions): Uint8Array {
  const { device, version, gspVersion = version, generation = 2 } = options;
  const file = `synthetic vGPU types for ${gspVersion}`;
  const gpu = VGPU_GPUS.find((each) => each.device === device);
  const make = Object.hasOwn(RECORDS, version) ? RECORDS[version] : undefined;
  if (make === undefined) {
    throw new FirmwareFileError({ code: 'UNSUPPORTED', file, field: 'version', value: version, message: `records are known of ${Object.keys(RECORDS).join(', ')}` });
  }
  if (gpu === undefined) {
    const known = VGPU_GPUS.map((each) => `${each.name} (0x${each.device.toString(16)})`).join(', ');
    throw new FirmwareFileError({ code: 'UNSUPPORTED', file, field: 'device', value: device, message: `the catalogue has ${known}` });
  }
  const names = options.profiles ?? gpu.profiles.map(({ name }) => name);
  const records = names.map((name) => {
    const profile = gpu.profiles.find((each) => each.name === name);
    if (profile) return make(gpu, profile);
    throw new FirmwareFileError({ code: 'BAD_VALUE', file, field: 'profiles', value: name, message: `${gpu.name} has no such profile` });
  });
  const recordSize = records[0]?.length ?? 0;
  if (generation === 2) {
    const { vendor } = TYPE_FILE;
    const identity = { vendor, device, subsystemVendor: vendor, subsystem: options.subsystem ?? gpu.subsystems[0]! };
    return writeVgpuTypeFile({ file, gspVersion, groups: [{ kind: 'types', ...identity, recordSize, records }] });
  }

  const { paramsHeaderSize, maxTypes } = TYPE_FILE_GEN1;
  const control = new Uint8Array(paramsHeaderSize + maxTypes * recordSize);
  new DataView(control.buffer).setUint32(4, records.length, true);
  records.forEach((record, i) => {
    control.set(record, paramsHeaderSize + i * recordSize);
  });
  const { major, minor } = TYPE_FILE_GEN1_RELEASES[0]!;
  return writeGen1TypeFile({
    file, major, minor, features: new Uint8Array(NO_FEATURES), gspVersion,
    types: [{
      device, infoOffset: BigInt(paramsHeaderSize), infoSize: BigInt(recordSize), recordSize, records,
      // What a kernel would keep is its own affair; the id is the one thing that every such structure starts with.
      kernelRecords: records.map((record) => record.subarray(0, 4)), control,
    }],
  });
}
