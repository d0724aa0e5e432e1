import { parseBooter, parseFalconBootloader, parseGspImage, parseRiscvBootloader, gspSignature, syntheticPack } from '@nova-stack/firmware-files';

/**
 * What a driver lays into system memory before a boot, by offsets written down here: nothing of this project's own driver or layouts is used.
 * Sources: open-gpu-kernel-modules 570.144: src/nvidia/arch/nvalloc/common/inc/gsp/{gsp_fw_wpr_meta.h,gsp_fw_heap.h}, src/common/uproc/os/common/include/libos_init_args.h,
 * src/nvidia/inc/kernel/gpu/gsp/{gsp_init_args.h,message_queue_priv.h}, src/common/inc/nvgpu/flcnifcmn.h
 */

export const BASE = 0x1000_0000;
const KiB = 2 ** 10;
const MiB = 2 ** 20;
/** Offsets in the memory. */
export const AT = {
  flush: 0, libos: 0x1000, rmArguments: 0x2000, meta: 0x3000, signature: 0x4000, logs: 0x1_0000, shared: 0x10_0000, level0: 0x20_0000, level1: 0x20_1000, level2: 0x20_2000,
  bootloader: 0x30_0000, ucode: 0x40_0000, image: 0x80_0000, size: 16 * MiB,
} as const;

/** A part of ucode: bytes, where they go in the falcon, and in which part of system memory they lie for those who fetch them. */
export interface Part {
  readonly bytes: Uint8Array;
  /** Offset in IMEM or DMEM. */
  readonly to: number;
  /** Number of the first block. */
  readonly tag: number;
  /** Bus address. */
  readonly address: number;
}

export interface Prepared {
  readonly memory: Uint8Array;
  readonly values: Readonly<Record<string, number>>;
  readonly parts: Readonly<Record<string, Part>>;
}

/** Facts of the chip that the layout depends on. */
export interface Wanted {
  readonly chip: string;
  readonly boot0: number;
  readonly boot42: number;
  readonly vramSize: number;
  readonly vramValue: number;
  readonly falcons: 'tu102' | 'ga102';
  readonly frts: boolean;
  /** All of the flash. */
  readonly rom: Uint8Array;
}

const VERSION = '570.144';
const down = (value: number, to: number): number => value - (value % to);
const low = (value: number): number => value % 2 ** 32;
const high = (value: number): number => Math.floor(value / 2 ** 32);
const padded = (bytes: Uint8Array): Uint8Array => {
  const all = new Uint8Array(Math.ceil(bytes.length / 256) * 256);
  all.set(bytes);
  return all;
};

export async function prepare(wanted: Wanted): Promise<Prepared> {
  const { chip, vramSize, frts: hasFrts, falcons } = wanted;
  const memory = new Uint8Array(AT.size);
  const view = new DataView(memory.buffer);
  const u32 = (at: number, value: number): void => { view.setUint32(at, value, true); };
  const u64 = (at: number, value: number): void => {
    u32(at, low(value));
    u32(at + 4, high(value));
  };

  const pack = syntheticPack({ chip, version: VERSION });
  const read = (name: string): Promise<Uint8Array> => pack.read(`nvidia/${chip}/gsp/${name}-${VERSION}.bin`);
  const gsp = parseGspImage(await read('gsp'), 'gsp');
  const bootloader = parseRiscvBootloader(await read('bootloader'), 'bootloader');
  memory.set(gsp.image, AT.image);
  memory.set(gspSignature(gsp, chip), AT.signature);
  memory.set(bootloader.data, AT.bootloader);

  // Three levels of tables
  const pages = Math.ceil(gsp.image.length / 0x1000);
  u64(AT.level0, BASE + AT.level1);
  u64(AT.level1, BASE + AT.level2);
  for (let i = 0; i < pages; i++) u64(AT.level2 + 8 * i, BASE + AT.image + i * 0x1000);

  // Video memory from the top down
  const vga = vramSize - MiB;
  const frtsEnd = down(vga, 128 * KiB);
  const frts = frtsEnd - (hasFrts ? MiB : 0);
  const bootBin = down(frts - bootloader.data.length, 0x1000);
  const image = down(bootBin - gsp.image.length, 0x1_0000);
  const heapSize = (falcons === 'tu102' ? 0 : 22 * MiB) + 104 * MiB + Math.ceil((96 * KiB * Math.ceil(vramSize / 2 ** 30)) / MiB) * MiB;
  const heap = down(image - heapSize, MiB);
  const wpr = down(heap - 256, MiB);
  const meta: readonly (readonly [number, number])[] = [
    [0x10, BASE + AT.level0], [0x18, gsp.image.length], [0x20, BASE + AT.bootloader], [0x28, bootloader.data.length],
    [0x30, bootloader.descriptor.monitorCodeOffset], [0x38, bootloader.descriptor.monitorDataOffset], [0x40, bootloader.descriptor.manifestOffset],
    [0x48, BASE + AT.signature], [0x50, 0x1000], [0x58, wpr - MiB], [0x60, wpr - MiB], [0x68, MiB], [0x70, wpr], [0x78, heap], [0x80, down(image, MiB) - heap],
    [0x88, image], [0x90, bootBin], [0x98, frts], [0xa0, hasFrts ? MiB : 0], [0xa8, frtsEnd], [0xb0, vramSize], [0xb8, vga], [0xc0, MiB],
  ];
  u32(AT.meta, 0x371a60b3);
  u32(AT.meta + 4, 0xdc3aae21);
  u64(AT.meta + 8, 1);
  for (const [offset, value] of meta) u64(AT.meta + offset, value);

  // Arguments: four regions, by names as numbers
  const regions: readonly (readonly [string, number, number])[] = [['LOGINIT', AT.logs, 64 * KiB], ['LOGINTR', AT.logs + 64 * KiB, 64 * KiB], ['LOGRM', AT.logs + 128 * KiB, 64 * KiB], ['RMARGS', AT.rmArguments, 4 * KiB]];
  regions.forEach(([name, at, size], index) => {
    const entry = AT.libos + 32 * index;
    for (let i = 0; i < name.length; i++) memory[entry + name.length - 1 - i] = name.charCodeAt(i);
    u64(entry + 8, BASE + at);
    u64(entry + 16, size);
    memory.set([1, 1], entry + 24);
  });
  u64(AT.rmArguments, BASE + AT.shared);
  u32(AT.rmArguments + 8, 129);
  u64(AT.rmArguments + 0x10, 0x1000);
  u64(AT.rmArguments + 0x18, 0x41000);
  memory[AT.rmArguments + 0x30] = 1;

  // Queues: their pages, and the writer's header of the command queue
  for (let i = 0; i < 129; i++) u64(AT.shared + 8 * i, BASE + AT.shared + i * 0x1000);
  [0, 0x40000, 0x1000, 63, 0, 1, 0x20, 0x1000].forEach((value, i) => { u32(AT.shared + 0x1000 + 4 * i, value); });

  // Ucode, staged one behind the other
  let staged: number = AT.ucode;
  const parts: Record<string, Part> = {};
  const stage = (name: string, bytes: Uint8Array, to: number, tag: number): void => {
    parts[name] = { bytes: padded(bytes), to, tag, address: BASE + staged };
    memory.set(bytes, staged);
    staged += Math.ceil(bytes.length / 0x1000 + 1) * 0x1000;
  };
  const values: Record<string, number> = {};
  for (const kind of ['load', 'unload'] as const) {
    const { data, load, apps: [app], patchLocation, signatures, pkcOffset } = parseBooter(await read(`booter_${kind}`), kind);
    const signed = data.slice();
    signed.set(signatures.at(-1)!, patchLocation);
    const code = signed.subarray(app!.codeOffset, app!.codeOffset + app!.codeSize);
    const pio = falcons === 'tu102';
    stage(`${kind}.nonsecure`, signed.subarray(load.osCodeOffset, load.osCodeOffset + load.osCodeSize), load.osCodeOffset, load.osCodeOffset / 256);
    // The tag is the offset in the file, whichever way it is loaded.
    stage(`${kind}.secure`, code, pio ? app!.codeOffset : 0, app!.codeOffset / 256);
    stage(`${kind}.dmem`, signed.subarray(load.osDataOffset, load.osDataOffset + load.osDataSize), 0, 0);
    values[`${kind}.vector`] = pio ? load.osCodeOffset : app!.codeOffset;
    values[`${kind}.pkc`] = pkcOffset;
  }
  const fwsec = readFwsec(wanted.rom);
  for (const [name, command] of [['frts', 0x15], ['sb', 0x19]] as const) {
    const ucode = patched(fwsec, command, frts);
    if (falcons === 'tu102') {
      stage(`${name}.mirror`, ucode, 0, 0);
      const { address } = parts[`${name}.mirror`]!;
      stage(`${name}.arguments`, bootloaderArguments(fwsec, address), 0, 0);
    } else {
      stage(`${name}.secure`, ucode.subarray(0, fwsec.imemSize), 0, 0);
      stage(`${name}.dmem`, ucode.subarray(fwsec.imemSize), 0, 0);
    }
    values[`${name}.vector`] = 0;
    values[`${name}.pkc`] = fwsec.pkc;
  }
  if (falcons === 'tu102') {
    const { code, descriptor } = parseFalconBootloader(await read('gen_bootloader'), 'bootloader');
    stage('bootloader.code', code, 0x1_0000 - code.length, descriptor.startTag);
  }
  const pageOf = (address: number): number => (address / 0x1000) * 16;
  return {
    memory, parts,
    values: {
      ...values, boot0: wanted.boot0, boot42: wanted.boot42, vram: wanted.vramValue, rom: new DataView(wanted.rom.buffer, wanted.rom.byteOffset).getUint32(0, true),
      'flush.low': (BASE + AT.flush) / 256, 'flush.high': 0, 'libos.low': low(BASE + AT.libos), 'libos.high': high(BASE + AT.libos), 'meta.low': low(BASE + AT.meta), 'meta.high': high(BASE + AT.meta),
      'frts.start': pageOf(frts), 'frts.end': pageOf(frtsEnd), 'wpr2.start': pageOf(wpr), 'wpr2.end': pageOf(frtsEnd), 'gsp.bit': 2 ** (155 & 31),
    },
  };
}

interface Fwsec {
  readonly version: 2 | 3;
  readonly ucode: Uint8Array;
  /** Of all code. */
  readonly imemSize: number;
  readonly secureOffset: number;
  readonly interfaceOffset: number;
  readonly pkc: number;
  readonly signature: Uint8Array | undefined;
}

/** From the images by BIT and the falcon table to FWSEC, by offsets. */
function readFwsec(rom: Uint8Array): Fwsec {
  const view = new DataView(rom.buffer, rom.byteOffset, rom.byteLength);
  const u16 = (at: number): number => view.getUint16(at, true);
  const u32 = (at: number): number => view.getUint32(at, true);
  let at = u32(0) === 0x4947564e ? u32(((u32(4) >>> 16) & 0x7fff) + 4) : 0;
  const base = at;
  const images: { readonly at: number; readonly size: number; readonly type: number }[] = [];
  for (;;) {
    const pcir = at + u16(at + 0x18);
    const size = u16(pcir + 0x10) * 512;
    images.push({ at, size, type: rom[pcir + 0x14]! });
    if ((rom[pcir + 0x15]! & 0x80) !== 0) break;
    at += size;
  }
  const [first, fwsec] = [images.find(({ type }) => type === 0)!, images.find(({ type }) => type === 0xe0)!];
  const follow = (pointer: number): number => pointer - first.size + fwsec.at;
  let bit = base;
  while (!(u16(bit) === 0xb8ff && u32(bit + 2) === 0x00544942)) bit++;
  let token = bit + rom[bit + 8]!;
  while (rom[token] !== 0x70) token += rom[bit + 9]!;
  const table = follow(u32(base + u16(token + 4)));
  let entry = table + rom[table + 1]!;
  while (rom[entry] !== 0x85) entry += rom[table + 2]!;
  const descriptor = follow(u32(entry + 2));
  const version = (u32(descriptor) >>> 8) & 0xff;
  const field = (offset: number): number => u32(descriptor + offset);
  const start = descriptor + (u32(descriptor) >>> 16);
  if (version === 2) {
    return { version, ucode: rom.slice(start, start + field(0x18) + field(0x30)), imemSize: field(0x18), secureOffset: field(0x20), interfaceOffset: field(0x10), pkc: 0, signature: undefined };
  }
  return {
    version: 3, ucode: rom.slice(start, start + field(0x14) + field(0x20)), imemSize: field(0x14), secureOffset: 0, interfaceOffset: field(0x0c), pkc: field(0x08),
    signature: rom.slice(descriptor + 44, descriptor + 44 + 384),
  };
}

/** With a command, and its signature where it has one. */
function patched({ ucode, imemSize, interfaceOffset, pkc, signature }: Fwsec, command: number, frts: number): Uint8Array {
  const bytes = ucode.slice();
  const dmem = bytes.subarray(imemSize);
  const view = new DataView(dmem.buffer, dmem.byteOffset, dmem.byteLength);
  let entry = interfaceOffset + dmem[interfaceOffset + 1]!;
  while (view.getUint32(entry, true) !== 4) entry += dmem[interfaceOffset + 2]!;
  const mapper = view.getUint32(entry + 4, true);
  view.setUint32(mapper + 0x2c, command, true);
  const input = view.getUint32(mapper + 8, true);
  [1, 24, 0, 0, 0, 2, 1, 20, frts / 0x1000, 0x100, 2].forEach((word, i) => { view.setUint32(input + 4 * i, word, true); });
  if (signature !== undefined) dmem.set(signature, pkc);
  return bytes;
}

/** What the bootloader finds at the start of DMEM: 84 bytes. */
function bootloaderArguments({ ucode, imemSize, secureOffset }: Fwsec, address: number): Uint8Array {
  const bytes = new Uint8Array(84);
  const view = new DataView(bytes.buffer);
  const words: readonly (readonly [number, number])[] = [
    [0x20, 4], [0x24, address], [0x2c, 0], [0x30, secureOffset], [0x34, secureOffset], [0x38, imemSize - secureOffset], [0x3c, 0], [0x40, address + imemSize], [0x48, ucode.length - imemSize],
  ];
  for (const [at, value] of words) view.setUint32(at, value, true);
  return bytes;
}
