import {
  decode, make, MOD_SEL_RSA3K, NV_PFALCON2_FALCON_BROM_CURR_UCODE_ID, NV_PFALCON2_FALCON_BROM_ENGIDMASK, NV_PFALCON2_FALCON_BROM_PARAADDR,
  NV_PFALCON2_FALCON_MOD_SEL, NV_PFALCON_FALCON_BOOTVEC, NV_PFALCON_FALCON_CPUCTL as CPUCTL, NV_PFALCON_FALCON_CPUCTL_ALIAS,
  NV_PFALCON_FALCON_DMACTL, NV_PFALCON_FALCON_DMATRFBASE, NV_PFALCON_FALCON_DMATRFBASE1, NV_PFALCON_FALCON_DMATRFCMD as DMATRFCMD,
  NV_PFALCON_FALCON_DMATRFFBOFFS, NV_PFALCON_FALCON_DMATRFMOFFS, NV_PFALCON_FALCON_DMEMC, NV_PFALCON_FALCON_DMEMD, NV_PFALCON_FALCON_ENGINE,
  NV_PFALCON_FALCON_HWCFG2 as HWCFG2, NV_PFALCON_FALCON_IMEMC, NV_PFALCON_FALCON_IMEMD, NV_PFALCON_FALCON_IMEMT,
  NV_PFALCON_FALCON_INTR_RETRIGGER, NV_PFALCON_FALCON_IRQMASK, NV_PFALCON_FALCON_IRQMCLR, NV_PFALCON_FALCON_IRQMSET, NV_PFALCON_FALCON_IRQSCLR,
  NV_PFALCON_FALCON_IRQSSET, NV_PFALCON_FALCON_IRQSTAT, NV_PFALCON_FALCON_MAILBOX0, NV_PFALCON_FALCON_MAILBOX1, NV_PFALCON_FBIF_TRANSCFG,
  NV_PRISCV_RISCV_BCR_CTRL as BCR_CTRL, NV_PRISCV_RISCV_CPUCTL,
} from '@nova-stack/gpu-regs';
import { describe, expect, it } from 'vitest';

import { MEMORY_START, testGpu, type TestGpu } from '../testing/test-gpu.ts';

function reset(test: TestGpu): void {
  test.writeFalcon('gsp', NV_PFALCON_FALCON_ENGINE, 1);
  test.writeFalcon('gsp', NV_PFALCON_FALCON_ENGINE, 0);
  test.clock.now += 10_000;
}

/** One block, as nova-core fetches it. Source: linux: drivers/gpu/nova-core/falcon.rs (dma_wr). */
function fetchBlock(test: TestGpu, { base, source, to, imem }: { base: number; source: number; to: number; imem: boolean }): void {
  test.writeFalcon('gsp', NV_PFALCON_FALCON_DMATRFBASE, Math.floor(base / 0x100) >>> 0);
  test.writeFalcon('gsp', NV_PFALCON_FALCON_DMATRFBASE1, Math.floor(base / 2 ** 40));
  test.writeFalcon('gsp', NV_PFALCON_FALCON_DMATRFMOFFS, to);
  test.writeFalcon('gsp', NV_PFALCON_FALCON_DMATRFFBOFFS, source);
  test.writeFalcon('gsp', DMATRFCMD, imem ? 0x614 : 0x600);
}

function prepareDma(test: TestGpu, target: number): void {
  test.writeFalcon('gsp', NV_PFALCON_FALCON_DMACTL, 0);
  test.writeFalcon('gsp', NV_PFALCON_FBIF_TRANSCFG, 4 | target);
}

const idle = (test: TestGpu): number => decode(DMATRFCMD, test.readFalcon('gsp', DMATRFCMD)).idle;
const start = (test: TestGpu): void => { test.writeFalcon('gsp', CPUCTL, make(CPUCTL, { start: 1 })); };

describe('reset of a falcon', () => {
  it('clears its memories, halts it, and takes a while to do so', () => {
    const test = testGpu();
    test.writeFalcon('gsp', NV_PFALCON_FALCON_DMEMC, 1 << 24);
    test.writeFalcon('gsp', NV_PFALCON_FALCON_DMEMD, 0x11223344);
    test.writeFalcon('gsp', NV_PFALCON_FALCON_MAILBOX0, 7);
    test.writeFalcon('gsp', NV_PFALCON_FBIF_TRANSCFG, 5);
    test.writeFalcon('gsp', NV_PFALCON_FALCON_ENGINE, 1);
    expect(decode(HWCFG2, test.readFalcon('gsp', HWCFG2))).toMatchObject({ resetReady: 1, memScrubbing: 1 });
    test.writeFalcon('gsp', NV_PFALCON_FALCON_ENGINE, 0);
    expect(decode(HWCFG2, test.readFalcon('gsp', HWCFG2)).memScrubbing).toBe(1);
    expect(test.readFalcon('gsp', NV_PFALCON_FALCON_DMACTL)).toBe(0b111);
    test.clock.now += 2_000;
    expect(decode(HWCFG2, test.readFalcon('gsp', HWCFG2)).memScrubbing).toBe(0);
    expect(test.readFalcon('gsp', NV_PFALCON_FALCON_DMACTL)).toBe(1);
    expect(test.readFalcon('gsp', CPUCTL)).toBe(0x10);
    expect(test.readFalcon('gsp', NV_PFALCON_FALCON_DMEMD)).toBe(0);
    expect(test.readFalcon('gsp', NV_PFALCON_FBIF_TRANSCFG)).toBe(0);
    // Mailboxes survive: drivers set them up first.
    expect(test.readFalcon('gsp', NV_PFALCON_FALCON_MAILBOX0)).toBe(7);
    expect(test.firmware.calls).toEqual(['reset gsp']);
  });

  it('ends what RISC-V does, and forgets which core was selected', () => {
    const test = testGpu();
    test.firmware.hardware.setRiscv('gsp', { active: true, halted: false });
    expect(test.readFalcon('gsp', NV_PRISCV_RISCV_CPUCTL)).toBe(1 << 7);
    test.writeFalcon('gsp', BCR_CTRL, 0x110);
    expect(decode(BCR_CTRL, test.readFalcon('gsp', BCR_CTRL))).toMatchObject({ coreSelect: 1, brfetch: 1, valid: 1 });
    reset(test);
    expect(test.readFalcon('gsp', NV_PRISCV_RISCV_CPUCTL)).toBe(1 << 4);
    expect(decode(BCR_CTRL, test.readFalcon('gsp', BCR_CTRL))).toMatchObject({ coreSelect: 0, valid: 0 });
    // A driver that selects the falcon finds it selected.
    test.writeFalcon('gsp', BCR_CTRL, 0);
    expect(test.readFalcon('gsp', BCR_CTRL)).toBe(1);
  });

  it('may never end, when the fault plan says so', () => {
    const test = testGpu({ faults: [{ point: 'hw-model.falcon.gsp.scrub', action: 'stuck', nth: 'every' }] });
    reset(test);
    test.clock.now += 1e9;
    expect(decode(HWCFG2, test.readFalcon('gsp', HWCFG2)).memScrubbing).toBe(1);
  });
});

describe('a start', () => {
  it('with nothing loaded is told as such, and leaves the mailboxes alone', () => {
    const test = testGpu();
    reset(test);
    test.writeFalcon('gsp', NV_PFALCON_FALCON_MAILBOX0, 0x1000);
    test.writeFalcon('gsp', NV_PFALCON_FALCON_MAILBOX1, 1);
    start(test);
    expect(test.firmware.starts[0]).toMatchObject({ engine: 'gsp', empty: true, loadedImem: [], mailbox0: 0x1000, mailbox1: 1 });
    expect(test.readFalcon('gsp', CPUCTL)).toBe(0x10);
    expect(test.readFalcon('gsp', NV_PFALCON_FALCON_MAILBOX0)).toBe(0x1000);
  });

  it('hands on what the boot ROM was told', () => {
    const test = testGpu();
    test.writeFalcon('sec2', NV_PFALCON2_FALCON_MOD_SEL, MOD_SEL_RSA3K);
    test.writeFalcon('sec2', NV_PFALCON2_FALCON_BROM_CURR_UCODE_ID, 3);
    test.writeFalcon('sec2', NV_PFALCON2_FALCON_BROM_ENGIDMASK, 1);
    test.writeFalcon('sec2', NV_PFALCON2_FALCON_BROM_PARAADDR, 0x10);
    test.writeFalcon('sec2', NV_PFALCON_FALCON_BOOTVEC, 0x100);
    test.writeFalcon('sec2', CPUCTL, 2);
    expect(test.firmware.starts[0]).toMatchObject({ engine: 'sec2', bootVector: 0x100, brom: { algorithm: 1, ucodeId: 3, engineIdMask: 1, paraAddr: 0x10 } });
  });

  it('goes through the alias only where that is enabled', () => {
    const test = testGpu();
    test.writeFalcon('gsp', NV_PFALCON_FALCON_CPUCTL_ALIAS, 2);
    expect(test.firmware.calls).toEqual([]);
    test.writeFalcon('gsp', CPUCTL, make(CPUCTL, { aliasEnable: 1 }));
    expect(test.readFalcon('gsp', CPUCTL)).toBe(0x50);
    test.writeFalcon('gsp', NV_PFALCON_FALCON_CPUCTL_ALIAS, 2);
    expect(test.firmware.calls).toEqual(['start gsp']);
  });

  it('does nothing while the CPU runs, or is held in reset', () => {
    const test = testGpu();
    test.firmware.onStart = () => undefined;
    start(test);
    expect(test.readFalcon('gsp', CPUCTL)).toBe(0);
    start(test);
    test.writeFalcon('sec2', NV_PFALCON_FALCON_ENGINE, 1);
    test.writeFalcon('sec2', CPUCTL, 2);
    expect(test.firmware.calls).toEqual(['start gsp', 'reset sec2']);
    expect(test.events.filter(({ point }) => point === 'hw-model.falcon.start-ignored').length).toBe(2);
  });

  it('may never halt, when the fault plan says so', () => {
    const test = testGpu({ faults: [{ point: 'hw-model.falcon.gsp.halt', action: 'stuck' }] });
    start(test);
    expect(test.readFalcon('gsp', CPUCTL)).toBe(0);
    reset(test);
    start(test);
    expect(test.readFalcon('gsp', CPUCTL)).toBe(0x10);
  });
});

describe('loading by DMA', () => {
  it('fetches blocks from system memory, with the virtual tags of code', () => {
    const test = testGpu();
    test.memory.set(Uint8Array.from({ length: 0x300 }, (_, i) => i * 7), 0x1000);
    prepareDma(test, 1);
    fetchBlock(test, { base: MEMORY_START + 0x1000, source: 0x100, to: 0x400, imem: true });
    fetchBlock(test, { base: MEMORY_START + 0x1200, source: 0, to: 0x000, imem: false });
    expect(idle(test)).toBe(1);
    start(test);
    const [seen] = test.firmware.starts;
    expect(seen).toMatchObject({ empty: false, loadedImem: [{ block: 4, tag: 1, secure: true }] });
    expect(seen!.imem.subarray(0x400, 0x500)).toEqual(test.memory.subarray(0x1100, 0x1200));
    expect(seen!.dmem.subarray(0, 0x100)).toEqual(test.memory.subarray(0x1200, 0x1300));
  });

  it('fetches from VRAM as well', () => {
    const test = testGpu();
    test.firmware.hardware.writeVram(0x20_0000, Uint8Array.from({ length: 0x100 }, (_, i) => i));
    prepareDma(test, 0);
    fetchBlock(test, { base: 0x20_0000, source: 0, to: 0, imem: false });
    start(test);
    expect(test.firmware.starts[0]!.dmem.subarray(0, 0x100)).toEqual(test.gpu.peekVram(0x20_0000, 0x100));
  });

  it('is under way while the host has not answered, and then spares what was reset meanwhile', () => {
    const test = testGpu();
    test.memory.fill(0xee);
    test.deferJobs = true;
    prepareDma(test, 1);
    fetchBlock(test, { base: MEMORY_START, source: 0, to: 0, imem: false });
    expect(idle(test)).toBe(0);
    expect(() => test.gpu.snapshot()).toThrow('Cannot take a snapshot: 1 jobs wait for memory');
    reset(test);
    test.runJobs();
    expect(idle(test)).toBe(1);
    start(test);
    expect(test.firmware.starts[0]!.dmem.every((byte) => byte === 0)).toBe(true);
    expect(() => test.gpu.snapshot()).not.toThrow();
  });

  it('says so when memory does not answer', () => {
    const test = testGpu();
    prepareDma(test, 1);
    fetchBlock(test, { base: 0x10_0000, source: 0, to: 0, imem: false });
    test.writeFalcon('gsp', NV_PFALCON_FBIF_TRANSCFG, 4);
    fetchBlock(test, { base: 2 ** 40, source: 0, to: 0, imem: false });
    expect(test.events.map(({ point, args }) => [point, args['address']])).toEqual([
      ['hw-model.falcon.dma-failed', 0x10_0000], ['hw-model.falcon.dma-failed', 2 ** 40],
    ]);
    expect(idle(test)).toBe(1);
  });

  it.each([
    ['out of the falcon', { command: 0x620 }, 'transfers out of a falcon are not modelled'],
    ['of virtual addresses', { config: 1 }, 'virtual addresses are not modelled'],
    ['without a context that it needs', { dmactl: 1 }, 'it needs a context'],
    ['past the end', { to: 0xff80 }, 'it ends outside the memory'],
  ] as const)('is refused: %s', (_, { command = 0x600, config = 5, dmactl = 0, to = 0 }: { command?: number; config?: number; dmactl?: number; to?: number }, why) => {
    const test = testGpu();
    test.writeFalcon('gsp', NV_PFALCON_FALCON_DMACTL, dmactl);
    test.writeFalcon('gsp', NV_PFALCON_FBIF_TRANSCFG, config);
    test.writeFalcon('gsp', NV_PFALCON_FALCON_DMATRFMOFFS, to);
    test.writeFalcon('gsp', DMATRFCMD, command);
    expect(test.events.map(({ point, args }) => [point, args['why']])).toEqual([['hw-model.falcon.dma-refused', why]]);
    start(test);
    expect(test.firmware.starts[0]!.empty).toBe(true);
  });

  it('may never end, when the fault plan says so', () => {
    const test = testGpu({ faults: [{ point: 'hw-model.falcon.gsp.dma', action: 'stuck', nth: 'every' }] });
    expect(idle(test)).toBe(0);
  });
});

describe('loading through ports', () => {
  // Source: linux: drivers/gpu/nova-core/falcon.rs (PIO of IMEM and DMEM)
  it('counts up, tags blocks, and does not show secure code', () => {
    const test = testGpu();
    test.writeFalcon('gsp', NV_PFALCON_FALCON_IMEMC, make(NV_PFALCON_FALCON_IMEMC, { secure: 1, autoIncrementWrite: 1, offset: 0xfe00 }), 1);
    for (let block = 0; block < 2; block++) {
      test.writeFalcon('gsp', NV_PFALCON_FALCON_IMEMT, 0xfd + block, 1);
      for (let word = 0; word < 64; word++) test.writeFalcon('gsp', NV_PFALCON_FALCON_IMEMD, block * 64 + word, 1);
    }
    start(test);
    expect(test.firmware.starts[0]!.loadedImem).toEqual([{ block: 0xfe, tag: 0xfd, secure: true }, { block: 0xff, tag: 0xfe, secure: true }]);
    expect(test.firmware.starts[0]!.imem.subarray(0xff00, 0xff04)).toEqual(Uint8Array.of(64, 0, 0, 0));
    test.writeFalcon('gsp', NV_PFALCON_FALCON_IMEMC, make(NV_PFALCON_FALCON_IMEMC, { offset: 0xff00 }), 2);
    expect(test.readFalcon('gsp', NV_PFALCON_FALCON_IMEMD, 2)).toBe(0xdead5ec1);
  });

  it('reads back what was written, in either direction of counting', () => {
    const test = testGpu();
    const control = (fields: { readonly autoIncrementRead?: number; readonly autoIncrementWrite?: number }): void =>
      { test.writeFalcon('gsp', NV_PFALCON_FALCON_DMEMC, make(NV_PFALCON_FALCON_DMEMC, { ...fields, offset: 0x20 }), 7); };
    control({ autoIncrementWrite: 1 });
    for (const word of [1, 2, 3]) test.writeFalcon('gsp', NV_PFALCON_FALCON_DMEMD, word, 7);
    expect(test.readFalcon('gsp', NV_PFALCON_FALCON_DMEMC, 7) & 0xffffff).toBe(0x2c);
    control({ autoIncrementRead: 1 });
    expect([1, 2, 3].map(() => test.readFalcon('gsp', NV_PFALCON_FALCON_DMEMD, 7))).toEqual([1, 2, 3]);
    control({});
    expect([1, 2].map(() => test.readFalcon('gsp', NV_PFALCON_FALCON_DMEMD, 7))).toEqual([1, 1]);
  });
});

describe('interrupts of a falcon', () => {
  it('are set, shown, masked and cleared bit by bit', () => {
    const test = testGpu();
    expect(test.readFalcon('gsp', NV_PFALCON_FALCON_IRQMASK)).toBe(0x40);
    test.firmware.hardware.raiseFalconInterrupt('gsp', 0x40);
    test.writeFalcon('gsp', NV_PFALCON_FALCON_IRQSSET, 0x10);
    expect(test.readFalcon('gsp', NV_PFALCON_FALCON_IRQSTAT)).toBe(0x50);
    test.writeFalcon('gsp', NV_PFALCON_FALCON_IRQSCLR, 0x40);
    expect(test.readFalcon('gsp', NV_PFALCON_FALCON_IRQSTAT)).toBe(0x10);
    test.writeFalcon('gsp', NV_PFALCON_FALCON_IRQMSET, 0x10);
    test.writeFalcon('gsp', NV_PFALCON_FALCON_IRQMCLR, 0x40);
    expect(test.readFalcon('gsp', NV_PFALCON_FALCON_IRQMASK)).toBe(0x10);
  });

  it('of what runs on the RISC-V core are enabled when it starts, though a driver masked all of them before', () => {
    const test = testGpu();
    // linux: drivers/gpu/drm/nouveau/nvkm/falcon/gm200.c (gm200_flcn_disable)
    test.writeFalcon('gsp', NV_PFALCON_FALCON_IRQMCLR, 0xffff_ffff);
    expect(test.readFalcon('gsp', NV_PFALCON_FALCON_IRQMASK)).toBe(0);
    test.firmware.hardware.setRiscv('gsp', { active: true, halted: false });
    expect(test.readFalcon('gsp', NV_PFALCON_FALCON_IRQMASK)).toBe(0x40);
  });

  it('reach the tree when they are raised and unmasked, and again on request', () => {
    const test = testGpu();
    const leaf = { address: 0xb81000 + 4 * 4 };
    const bit = 1 << (155 % 32);
    const pending = (): number => test.gpu.read(0, leaf.address, 4);
    test.firmware.hardware.raiseFalconInterrupt('gsp', 0x40);
    expect(pending()).toBe(bit);
    test.gpu.write(0, leaf.address, 4, bit);
    expect(pending()).toBe(0);
    test.writeFalcon('gsp', NV_PFALCON_FALCON_INTR_RETRIGGER, 1);
    expect(pending()).toBe(bit);
    test.gpu.write(0, leaf.address, 4, bit);
    test.writeFalcon('gsp', NV_PFALCON_FALCON_IRQSCLR, 0x40);
    test.writeFalcon('gsp', NV_PFALCON_FALCON_INTR_RETRIGGER, 1);
    test.firmware.hardware.raiseFalconInterrupt('sec2', 0x40);
    expect(pending()).toBe(0);
  });
});
