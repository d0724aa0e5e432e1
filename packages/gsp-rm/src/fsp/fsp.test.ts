import { COT_PAYLOAD } from '@nova-stack/gpu-regs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { driver, type Driver, type DriverOptions, type FspStart } from '../testing/driver.ts';
import { FSP_ERRORS } from './packets.ts';

const GIB = 2 ** 30;
const MIB = 0x100000;
const CHIP = { gh100: { architecture: 'hopper', chipId: 0x180 }, gb100: { architecture: 'blackwell-gb10x', chipId: 0x1a0 }, gb202: { architecture: 'blackwell-gb20x', chipId: 0x1b2 } } as const;

/** Sizes, and zero for every place: as drivers fill the metadata where the GSP-FMC chooses. */
const SIZES = {
  gspFwRsvdStart: 0n, nonWprHeapOffset: 0n, nonWprHeapSize: 0x22_0000n, gspFwWprStart: 0n, gspFwHeapOffset: 0n, gspFwHeapSize: 0x870_0000n, gspFwOffset: 0n, bootBinOffset: 0n,
  frtsOffset: 0n, frtsSize: 0x10_0000n, gspFwWprEnd: 0n, fbSize: 0n, vgaWorkspaceOffset: 0n, vgaWorkspaceSize: 0x2_0000n,
} as const;

const fspDriver = (chip: keyof typeof CHIP = 'gb202', options: DriverOptions = {}): Driver =>
  driver({ ...options, facts: { chip, ...CHIP[chip], vramSize: 32 * GIB, ...options.facts }, meta: { ...SIZES, ...options.meta } });

const words = (bytes: Uint8Array | undefined): number[] => Array.from({ length: (bytes?.length ?? 0) / 4 }, (_, i) => new DataView(bytes!.buffer, bytes!.byteOffset).getUint32(i * 4, true));
/** As the FSP answers: one packet, a response, task 0. */
const answer = (type: number, error: number, ...more: readonly number[]): number[] => [0xc000_0000, 0x1510_de7e, 0, type, error, ...more];

describe.each(['gh100', 'gb100', 'gb202'] as const)('the FSP of %s', (chip) => {
  it('boots the GSP: masked, locked with the parameters in the mailboxes, released with them empty', async () => {
    const self = fspDriver(chip);
    const { hardware } = self;
    for (let round = 0; round < 2; round++) {
      hardware.answers.length = 0;
      self.startFsp();
      expect(hardware.answers.map(words)).toEqual([answer(0x14, 0)]);
      // What the end of the boot before left in the mailbox would be taken for an error.
      expect([hardware.lockdown, hardware.mailboxes.gsp, hardware.riscv.active]).toEqual(['masked', [0x1000_8000, 0], false]);
      hardware.advance(1_000_000);
      expect([hardware.lockdown, hardware.mailboxes.gsp, hardware.riscv]).toEqual(['released', [0, 0], { active: true, halted: false }]);
      const { start, end } = hardware.wpr2()!;
      expect(end).toBe(32 * GIB - 0x1c0_0000);
      if (round === 1) return;
      // No sequence for the CPU comes before the end.
      let sequences = 0;
      self.end.on(0x1002, () => { sequences++; });
      await self.sendSystemInfo();
      await self.sendRegistry();
      expect([(await self.end.expect(0x1001)).result, sequences]).toEqual([0, 0]);
      const info = self.rm.GspStaticConfigInfo.read((await self.end.call(65, new Uint8Array(self.rm.GspStaticConfigInfo.size))).payload);
      expect(info.fwWprLayoutOffset).toEqual({ nonWprHeapOffset: BigInt(start - 0x22_0000), frtsOffset: BigInt(end - MIB) });
      await self.end.call(47, new Uint8Array(8));
      // Nobody else can: the GSP takes WPR2 down, and what was in it is gone.
      expect([hardware.mailboxes.gsp[0], hardware.riscv, hardware.wpr2()]).toEqual([0x8000_0000, { active: false, halted: true }, undefined]);
      const left = new Uint8Array(16);
      hardware.readVram(start, left);
      expect(left.every((byte) => byte === 0)).toBe(true);
      self.end.close();
    }
  });

  it('lays the framebuffer out by itself, and says so in the metadata', () => {
    const self = fspDriver(chip);
    self.startFsp();
    self.hardware.advance(1_000_000);
    const { start, end } = self.hardware.wpr2()!;
    const bytes = new Uint8Array(256);
    self.hardware.readVram(start, bytes);
    const meta = self.rm.GspFwWprMeta.read(bytes);
    const order = [meta.nonWprHeapOffset + meta.nonWprHeapSize, meta.gspFwWprStart, meta.gspFwHeapOffset, meta.gspFwOffset, meta.bootBinOffset, meta.frtsOffset, meta.gspFwWprEnd];
    for (const [i, at] of order.entries()) if (i > 0) expect(at).toBeGreaterThanOrEqual(order[i - 1]!);
    expect([meta.gspFwWprStart, meta.gspFwWprEnd, meta.fbSize, meta.verified]).toEqual([BigInt(start), BigInt(end), BigInt(32 * GIB), 0xa0a0_a0a0_a0a0_a0a0n]);
    // At least what was asked for, and with the rest of a MiB.
    expect(meta.gspFwHeapSize).toBeGreaterThanOrEqual(0x870_0000n);
    expect([meta.gspFwHeapOffset, meta.gspFwHeapSize].map((value) => value % BigInt(MIB))).toEqual([0n, 0n]);
  });
});

describe('a chain of trust that does not hold', () => {
  const spoil: readonly (readonly [string, keyof typeof FSP_ERRORS, (start: FspStart) => void])[] = [
    ['a version of another chip', 'payload', (start) => { start.version = 1; }],
    ['a changed image', 'hash', (start) => { start.fmc[0x100]! ^= 1; }],
    ['a changed hash', 'hash', (start) => { start.hash[5]! ^= 1; }],
    ['a changed signature', 'signature', (start) => { start.signature[0x20]! ^= 1; }],
    ['an image that is no GSP-FMC', 'image', (start) => { start.fmc.fill(0); }],
    ['a region beyond the framebuffer', 'payload', (start) => { start.frtsOffset = 33 * GIB; }],
  ];
  it.each(spoil)('ends in an answer with an error for %s', (_, error, change) => {
    const self = fspDriver();
    self.startFsp(change);
    expect(self.hardware.answers.map(words)).toEqual([answer(0x14, FSP_ERRORS[error])]);
    self.hardware.advance(10_000_000);
    expect([self.hardware.lockdown, self.hardware.wpr2(), self.hardware.riscv.active]).toEqual(['released', undefined, false]);
    // And the next one may be good.
    self.startFsp();
    self.hardware.advance(1_000_000);
    expect(self.hardware.riscv.active).toBe(true);
  });

  it.each([
    ['a changed GSP image', { change: ({ image }: { image: Uint8Array }) => { image[0x1000]! ^= 1; } }, undefined],
    ['a changed bootloader', { change: ({ bootloader }: { bootloader: Uint8Array }) => { bootloader[0x1000]! ^= 1; } }, undefined],
    ['metadata with another magic', { meta: { magic: 1n } }, undefined],
    ['two sizes for one region', { meta: { frtsSize: 0x20_0000n } }, undefined],
    ['more heap than there is memory', { meta: { gspFwHeapSize: 2n ** 40n } }, undefined],
    ['a region where the VGA workspace is', {}, (start: FspStart) => { start.frtsOffset = 0x1_0000; }],
    ['parameters that are no memory', {}, (start: FspStart) => { start.bootParams = 2 ** 41; }],
  ] as const)('ends in a mailbox with an error for %s', (_, options, change) => {
    const self = fspDriver('gb202', options);
    self.startFsp(change);
    expect(self.hardware.answers.map(words)).toEqual([answer(0x14, 0)]);
    self.hardware.advance(1_000_000);
    const { lockdown, mailboxes, riscv } = self.hardware;
    expect([lockdown, mailboxes.gsp[1], riscv, self.hardware.wpr2()]).toEqual(['locked', 0, { active: false, halted: true }, undefined]);
    expect(mailboxes.gsp[0]).not.toBe(0);
  });

  it('refuses while the GSP runs', () => {
    const self = fspDriver();
    self.startFsp();
    self.startFsp();
    expect(self.hardware.answers.map((bytes) => words(bytes)[4])).toEqual([0, FSP_ERRORS.running]);
  });
});

describe('messages to the FSP', () => {
  const KNOB = [0xc000_0000, 0x1310_de7e, 0x0029_020c];
  const send = (self: Driver, values: readonly number[], channel = 0): void => { self.hardware.port.fspMessage!(channel, new Uint8Array(Uint32Array.from(values).buffer)); };

  it.each([[undefined, 0], [false, 0], [true, 1]] as const)('tell what the board is configured to: vGPU mode %s', (vgpuMode, value) => {
    const self = fspDriver('gb202', { facts: vgpuMode === undefined ? {} : { vgpuMode } });
    send(self, KNOB);
    expect(self.hardware.answers.map(words)).toEqual([answer(0x13, 0, value)]);
  });

  it.each([
    ['another object', [0xc000_0000, 0x1310_de7e, 0x0030_020c], 0, 0x13, 'payload'],
    ['no payload', [0xc000_0000, 0x1310_de7e], 0, 0x13, 'payload'],
    ['a type that nobody serves', [0xc000_0000, 0x1210_de7e], 0, 0x12, 'type'],
    ['another vendor', [0xc000_0000, 0x1310_df7e, 0], 0, 0x13, 'header'],
    ['a part of a message', [0x8000_0000, 0x1310_de7e, 0], 0, 0x13, 'packet'],
    ['a later part', [0xd000_0000, 0x1310_de7e, 0], 0, 0x13, 'packet'],
    ['nothing but one word', [0xc000_0000], 0, 0, 'packet'],
    ['another channel', KNOB, 4, 0x13, 'type'],
  ] as const)('are refused: %s', (_, values, channel, type, error) => {
    const self = fspDriver();
    send(self, values, channel);
    expect(self.hardware.answers.map(words)).toEqual([answer(type, FSP_ERRORS[error])]);
  });

  it('are answered once each, whatever is in them, and start nothing that is not trusted', () => {
    const headed = fc.tuple(fc.constantFrom(0x13, 0x14, 0x15, 0x99), fc.uint8Array({ maxLength: 1016 }))
      .map(([type, payload]) => Uint8Array.of(0, 0, 0, 0xc0, 0x7e, 0xde, 0x10, type, ...payload));
    const cot = fc.record({
      version: fc.constantFrom(1, 2, 3), size: fc.constantFrom(860, 0), gspFmcSysmemOffset: fc.bigInt(0n, 2n ** 64n - 1n), frtsVidmemOffset: fc.bigInt(0n, 2n ** 64n - 1n),
      hash384: fc.uint8Array({ minLength: 48, maxLength: 48 }), gspBootArgsSysmemOffset: fc.bigInt(0n, 2n ** 64n - 1n),
    }).map((fields) => Uint8Array.of(0, 0, 0, 0xc0, 0x7e, 0xde, 0x10, 0x14, ...COT_PAYLOAD.create(fields)));
    fc.assert(fc.property(fc.array(fc.oneof(fc.uint8Array({ maxLength: 1024 }), headed, cot), { maxLength: 8 }), (messages) => {
      const self = fspDriver();
      for (const bytes of messages) self.hardware.port.fspMessage!(0, bytes);
      expect(self.hardware.answers.length).toBe(messages.length);
      for (const bytes of self.hardware.answers) expect(words(bytes).slice(0, 3)).toEqual([0xc000_0000, 0x1510_de7e, 0]);
      self.hardware.advance(10_000_000);
      expect([self.hardware.lockdown, self.hardware.riscv.active]).toEqual(['released', false]);
    }), { numRuns: 200 });
  });
});
