/**
 * Smallest ROM that a driver accepts, for this package's tests only. Written against the format's description, not
 * against the reader.
 */
export interface RomFixture {
  readonly rom: Uint8Array;
  /** Offset of the FWSEC image in the ROM, bytes. */
  readonly fwsecImage: number;
  /** Offset of the descriptor in the FWSEC image. */
  readonly descriptor: number;
  readonly ucode: Uint8Array;
}

export interface RomFixtureOptions {
  readonly descriptorVersion?: 2 | 3;
  readonly signatures?: number;
  readonly versions?: number;
  /** An EFI image between the two images that matter. */
  readonly efi?: boolean;
  /** Bytes of an init-from-ROM section in front. */
  readonly ifr?: number;
  readonly ucodeId?: number;
}

/** Offsets in DMEM, and sizes of both parts. */
export const FIXTURE_LAYOUT = { imem: 0x400, dmem: 0x800, interface: 0x10, mapper: 0x40, input: 0x100, signature: 0x200 } as const;
const { imem: IMEM, dmem: DMEM } = FIXTURE_LAYOUT;

class Bytes {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.view = new DataView(this.bytes.buffer);
  }
  text(at: number, text: string): void {
    for (let i = 0; i < text.length; i++) this.bytes[at + i] = text.charCodeAt(i);
  }
  u8(at: number, ...values: number[]): void {
    this.bytes.set(values, at);
  }
  u16(at: number, value: number): void {
    this.view.setUint16(at, value, true);
  }
  u32(at: number, value: number): void {
    this.view.setUint32(at, value, true);
  }
}

function image(blocks: number, codeType: number, last: boolean): Bytes {
  const out = new Bytes(blocks * 512);
  out.u16(0, 0xaa55);
  out.u16(0x18, 0x170);
  out.text(0x170, 'PCIR');
  out.u16(0x174, 0x10de);
  out.u16(0x176, 0x26b5);
  out.u16(0x17a, 0x18);
  out.u8(0x17d, 0, 0, 3);
  out.u16(0x180, blocks);
  out.u8(0x184, codeType, last ? 0x80 : 0);
  return out;
}

function fwsecUcode(): Uint8Array {
  const out = new Bytes(IMEM + DMEM);
  out.bytes.fill(0x5a, 0, IMEM);
  const dmem = IMEM;
  const { interface: table, mapper, input } = FIXTURE_LAYOUT;
  out.u8(dmem + table, 1, 4, 8, 2);
  out.u32(dmem + table + 4, 1);
  out.u32(dmem + table + 8, 0);
  out.u32(dmem + table + 12, 4);
  out.u32(dmem + table + 16, mapper);
  out.text(dmem + mapper, 'DMAP');
  out.u32(dmem + mapper + 8, input);
  out.u32(dmem + mapper + 12, 0x40);
  return out.bytes;
}

export function romFixture(options: RomFixtureOptions = {}): RomFixture {
  const { descriptorVersion = 3, signatures = 1, versions = (1 << signatures) - 1, efi = false, ifr = 0, ucodeId = 9 } = options;
  const ucode = fwsecUcode();
  const base = image(4, 0x00, false);
  const table = 0x600;
  const descriptor = 0x640;
  const size = descriptorVersion === 3 ? 44 + signatures * 384 : 60;
  const fwsec = image(Math.ceil((descriptor + size + ucode.length) / 512), 0xe0, true);

  base.u8(0x1b0, 0xff, 0xb8, 0x42, 0x49, 0x54, 0, 0, 1, 12, 6, 2);
  base.u8(0x1bc, 0x69, 2, 5, 0, 0x00, 0x02);
  base.u8(0x1c2, 0x70, 2, 4, 0, 0x10, 0x02);
  base.u8(0x200, 0x00, 0x44, 0x02, 0x95, 0x07);
  base.u32(0x210, base.bytes.length + table);

  fwsec.u8(table, 1, 6, 6, 2, 0, 0);
  fwsec.u8(table + 6, 0x45, 0);
  fwsec.u8(table + 12, 0x85, 0);
  fwsec.u32(table + 14, base.bytes.length + descriptor);
  fwsec.u32(descriptor, ((size << 16) | (descriptorVersion << 8) | 1) >>> 0);
  const d = descriptor;
  if (descriptorVersion === 3) {
    fwsec.u32(d + 0x04, ucode.length);
    fwsec.u32(d + 0x08, FIXTURE_LAYOUT.signature);
    fwsec.u32(d + 0x0c, FIXTURE_LAYOUT.interface);
    fwsec.u32(d + 0x14, IMEM);
    fwsec.u32(d + 0x20, DMEM);
    fwsec.u16(d + 0x24, 0x400);
    fwsec.u8(d + 0x26, ucodeId, signatures);
    fwsec.u16(d + 0x28, versions);
    for (let i = 0; i < signatures; i++) fwsec.bytes.fill(0xa0 + i, d + 44 + i * 384, d + 44 + (i + 1) * 384);
  } else {
    fwsec.u32(d + 0x10, FIXTURE_LAYOUT.interface);
    fwsec.u32(d + 0x18, IMEM);
    fwsec.u32(d + 0x20, 0x100);
    fwsec.u32(d + 0x24, IMEM - 0x100);
    fwsec.u32(d + 0x28, IMEM);
    fwsec.u32(d + 0x30, DMEM);
  }
  fwsec.bytes.set(ucode, d + size);

  const parts = [new Uint8Array(ifr), base.bytes, ...(efi ? [image(2, 0x03, false).bytes] : []), fwsec.bytes];
  const rom = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    rom.set(part, at);
    at += part.length;
  }
  if (ifr > 0) {
    const view = new DataView(rom.buffer);
    view.setUint32(0, 0x4947564e, true);
    view.setUint32(4, (0x20 << 16) | (1 << 8), true);
    view.setUint32(0x24, ifr, true);
  }
  return { rom, fwsecImage: rom.length - fwsec.bytes.length, descriptor, ucode };
}
