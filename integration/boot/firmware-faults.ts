import { FirmwareFileError, type FirmwareSource } from '@nova-stack/firmware-files';

/** A source without the files whose path contains `part`. */
export function without(source: FirmwareSource, part: string): FirmwareSource {
  return {
    name: source.name,
    async read(path) {
      if (path.includes(part)) {
        throw new FirmwareFileError({ code: 'NOT_FOUND', file: path, message: `${path} was taken away` });
      }
      return source.read(path);
    },
  };
}

/** A source that hands out a changed copy of the files whose path contains `part`. */
export function changed(source: FirmwareSource, part: string, change: (bytes: Uint8Array) => Uint8Array): FirmwareSource {
  return {
    name: source.name,
    async read(path) {
      const bytes = await source.read(path);
      return path.includes(part) ? change(bytes.slice()) : bytes;
    },
  };
}

/** Sets the number of signatures that a booter's header tells; the header holds the file offset of the number. */
export function signatureCount(count: number): (bytes: Uint8Array) => Uint8Array {
  return (bytes) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const header = view.getUint32(12, true);
    view.setUint32(view.getUint32(header + 24, true), count, true);
    return bytes;
  };
}

/** Turns one bit of the byte at `offset` over. */
export function flip(offset: number): (bytes: Uint8Array) => Uint8Array {
  return (bytes) => {
    bytes[offset] = bytes[offset]! ^ 0x10;
    return bytes;
  };
}
