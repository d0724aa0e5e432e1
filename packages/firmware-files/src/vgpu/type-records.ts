import { FirmwareFileError } from '../errors.ts';

/** A physical function as PCI configuration space shows it. */
export interface PciIdentity {
  readonly vendor: number;
  readonly device: number;
  readonly subsystemVendor: number;
  readonly subsystem: number;
}

/** vGPU types for one GPU. A record is the firmware's own structure of this release, opaque here. */
export interface TypeRecords {
  /** Bytes of each record. */
  readonly recordSize: number;
  /** Views of the file; at least one. */
  readonly records: readonly Uint8Array[];
}

/** Splits bytes that a reader found to be a whole number of records. */
export function splitRecords(bytes: Uint8Array, recordSize: number): TypeRecords {
  const records = Array.from({ length: bytes.length / recordSize }, (_, i) => bytes.subarray(i * recordSize, (i + 1) * recordSize));
  return { recordSize, records };
}

export function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

/** @throws {FirmwareFileError} `WRONG_RELEASE` unless the file was made for the firmware that runs. */
export function checkRelease(file: string, offset: number, gspVersion: string, running: string): void {
  if (gspVersion === running) return;
  throw new FirmwareFileError({
    code: 'WRONG_RELEASE', file, offset, field: 'gspVersion', value: gspVersion, message: `is not the release that runs, ${running}`,
  });
}

/** Reads fixed-size text: NUL-terminated printable ASCII, nothing but zeros behind it. Undefined when it is not. */
export function fixedText(bytes: Uint8Array): string | undefined {
  const end = bytes.indexOf(0);
  if (end < 1 || bytes.subarray(end).some((byte) => byte !== 0)) return undefined;
  const text = String.fromCharCode(...bytes.subarray(0, end));
  return /^[\x20-\x7e]+$/.test(text) ? text : undefined;
}

/** @throws {FirmwareFileError} `BAD_VALUE` when it leaves no room for the NUL, or is no printable ASCII. */
export function textField(file: string, field: string, text: string, size: number): Uint8Array {
  if (text.length === 0 || text.length >= size || !/^[\x20-\x7e]+$/.test(text)) {
    throw new FirmwareFileError({ code: 'BAD_VALUE', file, field, value: text, message: `should be 1 to ${size - 1} printable ASCII characters` });
  }
  const bytes = new Uint8Array(size);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
