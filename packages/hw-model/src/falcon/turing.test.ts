import {
  decode, make, NV_PFALCON_FALCON_BOOTVEC, NV_PFALCON_FALCON_CPUCTL as CPUCTL, NV_PFALCON_FALCON_DMACTL, NV_PFALCON_FALCON_DMEMC, NV_PFALCON_FALCON_DMEMD,
  NV_PFALCON_FALCON_ENGINE, NV_PFALCON_FALCON_HWCFG, NV_PFALCON_FALCON_IMEMC, NV_PFALCON_FALCON_IMEMD, NV_PFALCON_FALCON_IMEMT,
  NV_PFALCON_FALCON_IRQMASK, NV_PFALCON_FBIF_TRANSCFG, NV_PFALCON_SCP_CTL_STAT, NV_PRISCV_RISCV_CORE_SWITCH_RISCV_STATUS, NV_PRISCV_RISCV_IRQMASK_TU102,
} from '@nova-stack/gpu-regs';
import { describe, expect, it } from 'vitest';

import { BOARDS } from '../boards.ts';
import type { FalconFetch } from '../port.ts';
import { MEMORY_START, testGpu, type TestGpu } from '../testing/test-gpu.ts';

const turing = (): TestGpu => testGpu({ board: BOARDS.rtx2080ti });

/** As nouveau and nova-core put code into a falcon that cannot fetch it. linux: drivers/gpu/nova-core/falcon.rs (pio_load) */
function loadCode(test: TestGpu, at: number, tag: number, blocks: number, secure: 0 | 1): void {
  test.writeFalcon('gsp', NV_PFALCON_FALCON_IMEMC, make(NV_PFALCON_FALCON_IMEMC, { secure, autoIncrementWrite: 1, offset: at }));
  for (let block = 0; block < blocks; block++) {
    test.writeFalcon('gsp', NV_PFALCON_FALCON_IMEMT, tag + block);
    for (let word = 0; word < 64; word++) test.writeFalcon('gsp', NV_PFALCON_FALCON_IMEMD, block * 64 + word);
  }
}

describe('a falcon of a Turing', () => {
  it.each([
    ['HWCFG2 tells of the RISC-V core and nothing else', 0x1100f4, 0x400],
    ['the memories have 64 KiB', 0x110108, 0x20100],
    ['RISC-V does not run', 0x111240, 0],
    ['interrupt mask of the RISC-V core', 0x1112b4, 0x40],
    ['production ucode', 0x840408, 0],
  ])('%s: 0x%s', (_, address, value) => {
    const test = turing();
    expect(test.gpu.read(0, address, 4)).toBe(value);
    expect(test.events).toEqual([]);
  });

  it.each([
    ['core select', 0x111668], ['CPUCTL of the RISC-V core', 0x111388], ['the boot ROM', 0x111180], ['its fuses', 0x8241c0], ['the retrigger', 0x1103e8],
  ])('has no register for %s', (_, address) => {
    const test = turing();
    expect(test.gpu.read(0, address, 4)).toBe(0xbadf1100);
    expect(test.events.map(({ point }) => point)).toEqual(['hw-model.register.unknown-read']);
  });

  it('shows in DMACTL that its memories are being cleared', () => {
    const test = turing();
    test.writeFalcon('gsp', NV_PFALCON_FALCON_ENGINE, 1);
    test.writeFalcon('gsp', NV_PFALCON_FALCON_ENGINE, 0);
    expect(test.readFalcon('gsp', NV_PFALCON_FALCON_DMACTL)).toBe(0b111);
    test.clock.now += 2_000;
    expect(test.readFalcon('gsp', NV_PFALCON_FALCON_DMACTL)).toBe(1);
    expect(decode(NV_PFALCON_FALCON_HWCFG, test.readFalcon('gsp', NV_PFALCON_FALCON_HWCFG))).toMatchObject({ imemSize: 0x100 });
  });

  it('hands on what came through the ports, without a word of a boot ROM', () => {
    const test = turing();
    loadCode(test, 0, 0, 1, 0);
    loadCode(test, 0x100, 1, 2, 1);
    test.writeFalcon('gsp', NV_PFALCON_FALCON_DMEMC, 1 << 24);
    test.writeFalcon('gsp', NV_PFALCON_FALCON_DMEMD, 0x11223344);
    test.writeFalcon('gsp', NV_PFALCON_FALCON_BOOTVEC, 0);
    test.writeFalcon('gsp', CPUCTL, 2);
    const [start] = test.firmware.starts;
    expect(start).toMatchObject({
      empty: false, bootVector: 0, brom: undefined,
      loadedImem: [{ block: 0, tag: 0, secure: false }, { block: 1, tag: 1, secure: true }, { block: 2, tag: 2, secure: true }],
    });
    expect([...start!.dmem.subarray(0, 4)]).toEqual([0x44, 0x33, 0x22, 0x11]);
  });

  it('shows the RISC-V core where Turings do, and its interrupt', () => {
    const test = turing();
    test.firmware.hardware.setRiscv('gsp', { active: true, halted: false });
    expect(test.readFalcon('gsp', NV_PRISCV_RISCV_CORE_SWITCH_RISCV_STATUS)).toBe(1);
    expect(test.readFalcon('gsp', NV_PRISCV_RISCV_IRQMASK_TU102)).toBe(test.readFalcon('gsp', NV_PFALCON_FALCON_IRQMASK));
    expect(test.readFalcon('sec2', NV_PFALCON_SCP_CTL_STAT)).toBe(0);
  });
});

describe('what code on a falcon fetches', () => {
  const request: FalconFetch = { context: 4, address: MEMORY_START + 0x1000, memory: 'imem', offset: 0x200, size: 0x200, tag: 2, secure: true };

  /** Runs a fetch of firmware. @returns whether it was carried out */
  function fetched(test: TestGpu, change: Partial<FalconFetch> = {}): boolean | undefined {
    let done: boolean | undefined;
    test.firmware.hardware.start((function* () { done = yield* test.firmware.hardware.fetch('gsp', { ...request, ...change }); })());
    return done;
  }

  function prepared(config = 5): TestGpu {
    const test = turing();
    test.memory.set(Uint8Array.from({ length: 0x400 }, (_, i) => i * 3), 0x1000);
    test.writeFalcon('gsp', NV_PFALCON_FALCON_DMACTL, 0);
    test.writeFalcon('gsp', NV_PFALCON_FBIF_TRANSCFG, config, 4);
    return test;
  }

  it('lands in its memory, with a tag per block', () => {
    const test = prepared();
    expect([fetched(test), fetched(test, { memory: 'dmem', offset: 0, address: MEMORY_START + 0x1200, secure: false })]).toEqual([true, true]);
    test.writeFalcon('gsp', CPUCTL, 2);
    const [start] = test.firmware.starts;
    expect(start!.loadedImem).toEqual([{ block: 2, tag: 2, secure: true }, { block: 3, tag: 3, secure: true }]);
    expect(start!.imem.subarray(0x200, 0x400)).toEqual(test.memory.subarray(0x1000, 0x1200));
    expect(start!.dmem.subarray(0, 0x200)).toEqual(test.memory.subarray(0x1200, 0x1400));
  });

  it('comes from VRAM where the context says so', () => {
    const test = prepared(4);
    test.firmware.hardware.writeVram(0x30_0000, Uint8Array.of(1, 2, 3, 4));
    expect(fetched(test, { memory: 'dmem', address: 0x30_0000, offset: 0 })).toBe(true);
    test.writeFalcon('gsp', CPUCTL, 2);
    expect([...test.firmware.starts[0]!.dmem.subarray(0, 4)]).toEqual([1, 2, 3, 4]);
  });

  it.each([
    ['of virtual addresses', { context: 3 }, 'hw-model.falcon.dma-refused'],
    ['past the end', { offset: 0xff00 }, 'hw-model.falcon.dma-refused'],
    ['from where nothing is', { address: 0x10_0000 }, 'hw-model.falcon.dma-failed'],
  ] as const)('is refused: %s', (_, change, point) => {
    const test = prepared();
    expect(fetched(test, change)).toBe(false);
    expect(test.events.map((event) => event.point)).toEqual([point]);
  });
});
