// What every family shows after power-on, by number: what drivers of any kind rely on, written down without this package's declarations.
// Sources: linux: drivers/gpu/nova-core/{gpu,gfw,fb,regs}.rs and their hal/, drivers/gpu/drm/nouveau/nvkm/{engine/device,subdev/{devinit,gsp,timer,vfn}}
import { CHIPS, type FamilyName } from '@nova-stack/gpu-regs';
import { describe, expect, it } from 'vitest';

import { BOARDS, type Board } from './boards.ts';
import { testGpu } from './testing/test-gpu.ts';

const boards = Object.entries<Board>(BOARDS).map(([name, board]) => ({ name, board }));
const MiB = 2 ** 20;
/** Nobody is there. */
const ABSENT = 0xbadf1100;
const [GSP, SEC2] = [0x110000, 0x840000];

/** Address, value, and which families; by default all before the FSP. */
interface Row {
  readonly what: string;
  readonly address: number;
  /** Bits that count; default all. */
  readonly mask?: number;
  readonly value: number | ((board: Board, chip: number) => number);
  readonly families?: readonly FamilyName[];
}

const TURING: readonly FamilyName[] = ['tu10x', 'tu11x'];
const SELF_CHECKED: readonly FamilyName[] = [...TURING, 'ga100'];
const BOOT_ROM: readonly FamilyName[] = ['ga10x', 'ad10x'];
const AMPERE_ADA: readonly FamilyName[] = ['ga100', ...BOOT_ROM];
const BEFORE_FSP: readonly FamilyName[] = [...SELF_CHECKED, ...BOOT_ROM];
const FSP: readonly FamilyName[] = ['gh100', 'gb10x', 'gb20x'];
const EVERY: readonly FamilyName[] = [...BEFORE_FSP, ...FSP];

const perFalcon = (base: number, engine: string): readonly Row[] => [
  { what: `${engine} CPUCTL: halted`, address: base + 0x100, value: 0x10 },
  { what: `${engine} HWCFG: 64 KiB each`, address: base + 0x108, mask: 0x3ffff, value: 0x100 | (0x100 << 9) },
  { what: `${engine} HWCFG1: heavy security, ports`, address: base + 0x12c, mask: 0xff30, value: 0x1130 },
  { what: `${engine} DMACTL: nothing is being cleared`, address: base + 0x10c, mask: 0b110, value: 0 },
  { what: `${engine} DMATRFCMD: idle, not full`, address: base + 0x118, mask: 0b11, value: 0b10 },
  { what: `${engine} HWCFG2: ready for reset, has RISC-V, no lockdown`, address: base + 0xf4, mask: 0x80003400, value: 0x80000400, families: BOOT_ROM },
  { what: `${engine} RISC-V is not active`, address: base + 0x1388, mask: 0x80, value: 0, families: BOOT_ROM },
  { what: `${engine} RISC-V is not active, as Turing tells it`, address: base + 0x1240, mask: 1, value: 0, families: SELF_CHECKED },
  { what: `${engine} has no BROM`, address: base + 0x1180, value: ABSENT, families: SELF_CHECKED },
];

const ROWS: readonly Row[] = [
  { what: 'BOOT_0, revision A1', address: 0x000000, value: (_, chip) => chip * MiB + 0xa1, families: EVERY },
  { what: 'BOOT_42, revision A1', address: 0x000a00, value: (_, chip) => chip * MiB + 0xa1000, families: EVERY },
  { what: 'BOOT_1: little endian, no guest', address: 0x000004, value: 0, families: EVERY },
  { what: 'progress of GFW may be read', address: 0x118128, mask: 1, value: 1 },
  { what: 'GFW is through', address: 0x118234, mask: 0xff, value: 0xff },
  { what: 'FSP is through', address: 0x0200bc, value: 0xff, families: ['gh100', 'gb10x'] },
  { what: 'FSP is through', address: 0xad00bc, value: 0xff, families: ['gb20x'] },
  { what: 'WPR2 is not set', address: 0x1fa828, value: 0, families: EVERY },
  { what: 'no FRTS error', address: 0x001438, value: 0 },
  { what: 'no SB error', address: 0x001454, value: 0 },
  { what: 'no hand-off', address: 0x1180f8, mask: 1 << 26, value: 0 },
  { what: 'VGA workspace where it always is', address: 0x625f04, mask: 8, value: 0 },
  { what: 'display fuse', address: 0x021c04, mask: 1, value: (board) => (board.displayDisabled ? 1 : 0), families: TURING },
  { what: 'copy engine fuse', address: 0x021c00, value: 0, families: TURING },
  { what: 'display fuse', address: 0x820c04, mask: 1, value: (board) => (board.displayDisabled ? 1 : 0), families: AMPERE_ADA },
  { what: 'no older display fuse', address: 0x021c04, value: ABSENT, families: AMPERE_ADA },
  { what: 'VRAM in MiB', address: 0x1183a4, value: (board) => board.vramSize / MiB, families: [...BOOT_ROM, ...FSP] },
  { what: 'no VRAM in MiB', address: 0x1183a4, value: ABSENT, families: SELF_CHECKED },
  { what: 'no error correction that takes memory', address: 0x100ce0, mask: 1 << 30, value: 0, families: SELF_CHECKED },
  { what: 'flush page', address: 0x100c10, value: 0 },
  { what: 'its upper bits', address: 0x100c40, value: 0, families: AMPERE_ADA },
  { what: 'no upper bits of it', address: 0x100c40, value: ABSENT, families: TURING },
  { what: 'nothing of VRAM is locked', address: 0x1fa82c, value: 0, families: ['ga100'] },
  { what: 'no lock of VRAM', address: 0x1fa82c, value: ABSENT, families: [...TURING, ...BOOT_ROM] },
  // NVDEC's, SEC2's and the GSP's; of what lies between the last two no public header tells.
  ...[0x824100, 0x824140, 0x8241c0].flatMap((start) => Array.from({ length: 16 }, (_, i): Row => ({ what: `fuse ${i}`, address: start + 4 * i, value: 0, families: AMPERE_ADA }))),
  { what: 'no fuses for versions', address: 0x824100, value: ABSENT, families: TURING },
  { what: 'nothing pends at the top', address: 0xb81600, value: 0, families: EVERY },
  ...Array.from({ length: 8 }, (_, i): Row => ({ what: `leaf ${i}`, address: 0xb81000 + 4 * i, value: 0, families: EVERY })),
  { what: 'ROM shadow on', address: 0x088050, mask: 1, value: 1 },
  { what: 'BAR1 is physical', address: 0xb80f40, value: 0 },
  { what: 'nothing is being bound', address: 0xb80f50, value: 0 },
  ...perFalcon(GSP, 'GSP').map((row): Row => ({ families: BEFORE_FSP, ...row })),
  ...perFalcon(SEC2, 'SEC2').map((row): Row => ({ families: BEFORE_FSP, ...row })),
  { what: 'the CPU can have its interrupt again: no value', address: GSP + 0x3e8, value: 0, families: AMPERE_ADA },
  { what: 'not so on Turing', address: GSP + 0x3e8, value: ABSENT, families: TURING },
];

describe.each(boards)('$name after power-on', ({ board }) => {
  const { family, id } = CHIPS[board.chip];
  const rows = ROWS.filter(({ families = BEFORE_FSP }) => families.includes(family.name));

  it('shows what its family shows', () => {
    const { gpu } = testGpu({ board });
    expect(rows.length).toBeGreaterThan(FSP.includes(family.name) ? 10 : 40);
    for (const { what, address, mask = 0xffff_ffff, value } of rows) {
      const expected = typeof value === 'number' ? value : value(board, id);
      expect((gpu.read(0, address, 4) & mask) >>> 0, `${what}, 0x${address.toString(16)}`).toBe((expected & mask) >>> 0);
    }
  });

  it('tells VRAM so that a driver gets it back', () => {
    if (family.vramSize === 'usable-fb-size') return;
    const value = testGpu({ board }).gpu.read(0, 0x100ce0, 4);
    expect((value >>> 4 & 0x3f) * 2 ** (value & 0xf) * MiB).toBe(board.vramSize);
  });

  it('has a clock that goes from the first read on', () => {
    const test = testGpu({ board });
    const time = (): number => test.gpu.read(0, 0x009410, 4) * 2 ** 32 + test.gpu.read(0, 0x009400, 4);
    const first = time();
    test.clock.now += 64;
    const second = time();
    expect(second - first).toBe(64);
    expect(second % 32).toBe(0);
  });

  it('answers for what is not there as the priv ring does, and says so', () => {
    const test = testGpu({ board });
    test.gpu.write(0, 0x123450, 4, 7);
    expect([4, 2, 1].map((size) => test.gpu.read(0, 0x123450, size as 1 | 2 | 4))).toEqual([ABSENT, 0x1100, 0x00]);
    expect(test.gpu.read(0, 0x123453, 1)).toBe(0xba);
    expect(test.events.filter(({ point }) => point.startsWith('hw-model.register.unknown')).map(({ point, args }) => [point.slice(26), args])).toEqual([
      ['write', { address: 0x123450, value: 7 }], ...Array.from({ length: 4 }, () => ['read', { address: 0x123450 }]),
    ]);
  });
});

it('every chip that is modelled has a board here', () => {
  const modelled = Object.values(CHIPS).filter(({ family }) => BEFORE_FSP.includes(family.name)).map(({ name }) => name);
  expect(modelled.filter((name) => !boards.some(({ board }) => board.chip === name))).toEqual([]);
});
