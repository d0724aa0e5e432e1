import {
  decode, make, NV_PFALCON_FALCON_CPUCTL as CPUCTL, NV_PFALCON_FALCON_CPUCTL_ALIAS, NV_PFALCON_FALCON_DMEMC, NV_PFALCON_FALCON_DMEMD,
  NV_PFALCON_FALCON_ENGINE, NV_PFALCON_FALCON_HWCFG2, NV_PFALCON_FALCON_MAILBOX0,
} from '@nova-stack/gpu-regs';
import fc from 'fast-check';
import { expect, it } from 'vitest';

import { testGpu, type TestGpu } from '../testing/test-gpu.ts';

/** All of a falcon that its states depend on. */
interface Model {
  halted: boolean;
  alias: boolean;
  held: boolean;
  loaded: boolean;
  scrubbedAt: number;
  mailbox: number;
  word: number;
  starts: number;
  resets: number;
  /** Firmware halts at once. */
  obedient: boolean;
}

type Command = fc.Command<Model, TestGpu>;

const command = (name: string, model: (m: Model) => void, real: (r: TestGpu, m: Model) => void, check: (m: Model) => boolean = () => true): Command => ({
  check: (m) => check(m),
  run(m, r) {
    // Real first: the model then knows the time at which it happened.
    real(r, m);
    model(m);
    const seen = decode(CPUCTL, r.readFalcon('gsp', CPUCTL));
    expect([seen.halted, seen.aliasEnable]).toEqual([m.halted ? 1 : 0, m.alias ? 1 : 0]);
    expect(r.readFalcon('gsp', NV_PFALCON_FALCON_MAILBOX0)).toBe(m.mailbox);
    expect(r.readFalcon('gsp', NV_PFALCON_FALCON_ENGINE)).toBe(m.held ? 1 : 0);
    const scrubbing = decode(NV_PFALCON_FALCON_HWCFG2, r.readFalcon('gsp', NV_PFALCON_FALCON_HWCFG2)).memScrubbing;
    expect(scrubbing).toBe(m.held || r.clock.now < m.scrubbedAt ? 1 : 0);
    r.writeFalcon('gsp', NV_PFALCON_FALCON_DMEMC, make(NV_PFALCON_FALCON_DMEMC, { offset: 0x80 }));
    expect(r.readFalcon('gsp', NV_PFALCON_FALCON_DMEMD)).toBe(m.word);
    expect(r.firmware.calls.filter((call) => call === 'start gsp').length).toBe(m.starts);
    expect(r.firmware.calls.filter((call) => call === 'reset gsp').length).toBe(m.resets);
    if (m.starts > 0) expect(r.firmware.starts.length).toBe(m.starts);
  },
  toString: () => name,
});

const started = (m: Model): void => {
  if (m.held || !m.halted) return;
  m.starts++;
  m.halted = m.obedient;
};

const commands: fc.Arbitrary<Command>[] = [
  fc.boolean().map((aliasEnable) => command(`start, alias ${aliasEnable}`, (m) => { m.alias = aliasEnable; started(m); },
    (r) => { r.writeFalcon('gsp', CPUCTL, make(CPUCTL, { start: 1, aliasEnable: aliasEnable ? 1 : 0 })); })),
  fc.constant(command('start by alias', (m) => { if (m.alias) started(m); }, (r) => { r.writeFalcon('gsp', NV_PFALCON_FALCON_CPUCTL_ALIAS, 2); })),
  fc.boolean().map((held) => command(held ? 'hold' : 'release', (m) => {
    if (held && !m.held) Object.assign(m, { halted: true, alias: false, loaded: false, word: 0, scrubbedAt: 0, resets: m.resets + 1 });
    m.held = held;
  }, (r, m) => {
    r.writeFalcon('gsp', NV_PFALCON_FALCON_ENGINE, held ? 1 : 0);
    if (!held && m.held) m.scrubbedAt = r.clock.now + 2_000;
  })),
  fc.integer({ min: 1, max: 0xffffffff }).map((value) => command('load', (m) => { m.loaded = true; m.word = value; }, (r) => {
    r.writeFalcon('gsp', NV_PFALCON_FALCON_DMEMC, make(NV_PFALCON_FALCON_DMEMC, { offset: 0x80 }));
    r.writeFalcon('gsp', NV_PFALCON_FALCON_DMEMD, value);
  })),
  fc.nat().map((value) => command('mailbox', (m) => { m.mailbox = value; }, (r) => { r.writeFalcon('gsp', NV_PFALCON_FALCON_MAILBOX0, value); })),
  fc.nat(5_000).map((time) => command('wait', () => undefined, (r) => { r.clock.now += time; })),
  fc.boolean().map((obedient) => command('firmware', (m) => { m.obedient = obedient; }, (r) => {
    r.firmware.onStart = obedient ? undefined : () => undefined;
  })),
  fc.constant(command('halt', (m) => { m.halted = true; }, (r) => { r.firmware.hardware.halt('gsp'); }, (m) => !m.halted)),
  // Going on from a snapshot is no step at all.
  fc.constant(command('snapshot and restore', () => undefined, (r) => { r.gpu.restore(structuredClone(r.gpu.snapshot())); })),
];

it('a falcon behaves as its model, whatever is done to it', () => {
  fc.assert(fc.property(fc.commands(commands, { maxCommands: 40 }), (sequence) => {
    fc.modelRun(() => ({
      model: { halted: true, alias: false, held: false, loaded: false, scrubbedAt: 0, mailbox: 0, word: 0, starts: 0, resets: 0, obedient: true },
      real: testGpu(),
    }), sequence);
  }), { numRuns: 60 });
});
