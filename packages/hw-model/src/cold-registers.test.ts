import {
  at, decode, get, NV_FUSE_OPT_FPF_GSP_UCODE1_VERSION, NV_FUSE_OPT_FPF_SEC2_UCODE1_VERSION, NV_PFALCON_FALCON_CPUCTL, NV_PFALCON_FALCON_DMACTL,
  NV_PFALCON_FALCON_DMATRFCMD, NV_PFALCON_FALCON_HWCFG, NV_PFALCON_FALCON_HWCFG1, NV_PFALCON_FALCON_HWCFG2, NV_PRISCV_RISCV_CPUCTL,
} from '@nova-stack/gpu-regs';
import { describe, expect, it } from 'vitest';

import { BOARDS } from './boards.ts';
import { testBoard, testGpu } from './testing/test-gpu.ts';

describe('a GPU after power-on', () => {
  // linux: drivers/gpu/nova-core/{gpu,gfw,fb}.rs, drivers/gpu/drm/nouveau/nvkm/{engine/device/base,subdev/vfn/tu102}.c
  it.each([
    ['BOOT_0 of AD102, revision A1', 0x000000, 0x192000a1],
    ['BOOT_1: little endian, no guest', 0x000004, 0],
    ['BOOT_42 of AD102, revision A1', 0x000a00, 0x192a1000],
    ['boot progress may be read', 0x118128, 1],
    ['boot firmware is through', 0x118234, 0xff],
    ['WPR2 is not set', 0x1fa828, 0],
    ['no FRTS error', 0x001438, 0],
    ['no SB error', 0x001454, 0],
    ['no hand-off from SEC2', 0x1180f8, 0],
    ['first fuse of NVDEC', 0x824100, 0],
    ['last fuse of the GSP', 0x8241fc, 0],
    ['display outputs are off', 0x820c04, 1],
    ['VGA workspace where it always is', 0x625f04, 0],
    ['VRAM in MiB', 0x1183a4, 48 * 1024],
    ['no interrupt is pending', 0xb81600, 0],
    ['first leaf', 0xb81000, 0],
    ['BAR1 is physical', 0xb80f40, 0],
    ['nothing is being bound', 0xb80f50, 0],
    ['flush page', 0x100c10, 0],
    ['ROM shadow on', 0x088050, 1],
  ])('%s: 0x%s', (_, address, value) => {
    expect(testGpu({ board: BOARDS.l40 }).gpu.read(0, address, 4)).toBe(value);
  });

  // linux: drivers/gpu/nova-core/fb/hal/tu102.rs, drivers/gpu/drm/nouveau/nvkm/subdev/{fb/gp102,devinit/gm107}.c
  it.each([
    ['BOOT_0 of TU102, revision A1', 0x000000, 0x162000a1],
    ['VRAM: 44 << 8 MiB', 0x100ce0, 44 << 4 | 8],
    ['no copy engine is fused off', 0x021c00, 0],
    ['nor is the display', 0x021c04, 0],
    ['flush page', 0x100c10, 0],
  ])('on Turing: %s: 0x%s', (_, address, value) => {
    expect(testGpu({ board: BOARDS.rtx2080ti }).gpu.read(0, address, 4)).toBe(value);
  });

  it.each([[0x1183a4, 'the newer size of VRAM'], [0x820c04, 'the newer display fuse'], [0x100c40, 'more address bits of the flush page']])('on Turing there is no 0x%s, %s', (address) => {
    expect(testGpu({ board: BOARDS.rtx2080ti }).gpu.read(0, address, 4)).toBe(0xbadf1100);
  });

  it.each([[12 * 2 ** 30, 48 << 4 | 8], [11 * 2 ** 30 + 2 ** 28, 45 << 4 | 8], [63 * 2 ** 20 * 16, 63 << 4 | 4]])('tells %i bytes of VRAM as a Turing does', (vramSize, value) => {
    expect(testGpu({ board: { ...BOARDS.rtx2080ti, vramSize } }).gpu.read(0, 0x100ce0, 4)).toBe(value);
  });

  it('is not built with VRAM that a Turing cannot tell', () => {
    expect(() => testGpu({ board: { ...BOARDS.rtx2080ti, vramSize: 65 * 2 ** 24 } })).toThrow(expect.objectContaining({ code: 'BAD_BOARD' }));
  });

  it.each(['gsp', 'sec2'] as const)('has its %s falcon halted, idle and ready for reset', (engine) => {
    const test = testGpu();
    expect(test.readFalcon(engine, NV_PFALCON_FALCON_CPUCTL)).toBe(0x10);
    expect(decode(NV_PFALCON_FALCON_HWCFG2, test.readFalcon(engine, NV_PFALCON_FALCON_HWCFG2))).toMatchObject({ resetReady: 1, riscv: 1, memScrubbing: 0, lockdown: 0 });
    expect(decode(NV_PFALCON_FALCON_HWCFG, test.readFalcon(engine, NV_PFALCON_FALCON_HWCFG))).toMatchObject({ imemSize: 0x100, dmemSize: 0x100 });
    expect(decode(NV_PFALCON_FALCON_HWCFG1, test.readFalcon(engine, NV_PFALCON_FALCON_HWCFG1))).toMatchObject({ coreRevision: 6, security: 3, imemPorts: 1, dmemPorts: 1 });
    expect(test.readFalcon(engine, NV_PFALCON_FALCON_DMACTL) & 0b110).toBe(0);
    expect(decode(NV_PFALCON_FALCON_DMATRFCMD, test.readFalcon(engine, NV_PFALCON_FALCON_DMATRFCMD))).toMatchObject({ idle: 1, full: 0 });
    expect(get(NV_PRISCV_RISCV_CPUCTL, 'active', test.readFalcon(engine, NV_PRISCV_RISCV_CPUCTL))).toBe(0);
  });

  it('shows the fuse versions of its board as bits, under the ids of FWSEC and booter', () => {
    const test = testGpu({ board: { ...testBoard, fuses: { gspFwsec: 3, sec2Booter: 1 } } });
    expect(test.read(at(NV_FUSE_OPT_FPF_GSP_UCODE1_VERSION, 8))).toBe(0b100);
    expect(test.read(at(NV_FUSE_OPT_FPF_SEC2_UCODE1_VERSION, 2))).toBe(0b1);
    expect(test.read(at(NV_FUSE_OPT_FPF_SEC2_UCODE1_VERSION, 3))).toBe(0);
  });

  it('answers for what does not exist as the priv ring does, and says so', () => {
    const test = testGpu();
    expect(test.gpu.read(0, 0x123450, 4)).toBe(0xbadf1100);
    expect(test.gpu.read(0, 0x123451, 1)).toBe(0x11);
    test.gpu.write(0, 0x123450, 4, 7);
    expect(test.events.map(({ point, args }) => [point, args])).toEqual([
      ['hw-model.register.unknown-read', { address: 0x123450 }],
      ['hw-model.register.unknown-read', { address: 0x123450 }],
      ['hw-model.register.unknown-write', { address: 0x123450, value: 7 }],
    ]);
  });

  it('does not let the CPU change what is read only', () => {
    const { gpu } = testGpu();
    for (const address of [0x000000, 0x1183a4, 0x1fa828, 0x824100]) {
      const before = gpu.read(0, address, 4);
      gpu.write(0, address, 4, 0x12345678);
      expect(gpu.read(0, address, 4)).toBe(before);
    }
  });

  it('finds boot firmware stuck, or WPR2 left over, when the fault plan says so', () => {
    const stuck = testGpu({ faults: [{ point: 'hw-model.gfw', action: 'stuck', nth: 2 }] });
    expect([1, 2, 3].map(() => stuck.gpu.read(0, 0x118234, 4))).toEqual([0xff, 0x0f, 0xff]);
    const left = testGpu({ faults: [{ point: 'hw-model.wpr2', action: 'left', value: 0x300_0000 }] });
    expect([left.gpu.read(0, 0x1fa824, 4), left.gpu.read(0, 0x1fa828, 4)]).toEqual([0x10000, 0x30000]);
  });

  // linux: drivers/gpu/nova-core/{gpu,fsp}.rs, fb/hal/, drivers/gpu/drm/nouveau/nvkm/subdev/{fsp,fb,pci,instmem}/gh100.c
  it.each([
    ['h100', 0x1800_00a1, 0x180a_1000, 0x0200bc, [0x100a34, 0x100a38], 80 * 1024],
    ['b200', 0x1a00_00a1, 0x1a0a_1000, 0x0200bc, [0x870e50, 0x870e54, 0x8706c0, 0x8706c4], 180 * 1024],
    ['b100', 0x1a20_00a1, 0x1a2a_1000, 0x0200bc, [0x870e50, 0x870e54, 0x8706c0, 0x8706c4], 180 * 1024],
    ['rtx5090', 0x1b20_00a1, 0x1b2a_1000, 0xad00bc, [0x8a1d58, 0x8a1d5c], 32 * 1024],
    ['rtx5080', 0x1b30_00a1, 0x1b3a_1000, 0xad00bc, [0x8a1d58, 0x8a1d5c], 16 * 1024],
    ['rtx5070', 0x1b50_00a1, 0x1b5a_1000, 0xad00bc, [0x8a1d58, 0x8a1d5c], 12 * 1024],
    ['rtx5060ti', 0x1b60_00a1, 0x1b6a_1000, 0xad00bc, [0x8a1d58, 0x8a1d5c], 16 * 1024],
    ['rtx5050', 0x1b70_00a1, 0x1b7a_1000, 0xad00bc, [0x8a1d58, 0x8a1d5c], 8 * 1024],
  ] as const)('of the FSP era: %s', (name, boot0, boot42, progress, flush, mib) => {
    const { gpu } = testGpu({ board: BOARDS[name] });
    const read = (address: number): number => gpu.read(0, address, 4);
    expect([0x000000, 0x000004, 0x000a00, progress, 0x1183a4, 0x1fa828].map(read)).toEqual([boot0, 0, boot42, 0xff, mib, 0]);
    for (const address of flush) {
      gpu.write(0, address, 4, 0xf_f000);
      expect(read(address)).toBe(0xf_f000);
    }
    // The other way up, and where the earlier chips have what these have not.
    expect([0x118234, 0x100c10, 0x824100 - 0x104].map(read)).toEqual([0xbadf1100, 0xbadf1100, 0xbadf1100]);
    // Configuration space is elsewhere, and so is the window on VRAM; what is in the flash is not for the CPU.
    expect(read(0x092000)).toBe(gpu.config.read(0, 4));
    expect(read(0x300000)).toBe(0xffffffff);
    gpu.write(0, 0x10fd40, 4, 0x20);
    gpu.write(0, 0x700010, 4, 0xcafe);
    expect(gpu.peekVram(0x20_0010, 2)).toEqual(Uint8Array.of(0xfe, 0xca));
    // 16 leaves: vector 511 is the last.
    gpu.write(0, 0xb81640, 4, 511);
    expect(read(0xb81000 + 15 * 4)).toBe(0x8000_0000);
    expect(read(0x0927_04 - 0)).toBe(gpu.config.read(0x704, 4));
  });
});
