import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';

import { BOARDS, USUAL_DISPLAY, type Board } from '../boards.ts';
import type { DisplayChannelSpec } from '../port.ts';
import { MEMORY_START, testGpu, type TestGpu } from '../testing/test-gpu.ts';

// By numbers, as the drivers do it: nothing is shared with what is tested.
const CORE = 0x680000;
const WINDOW_3 = 0x693000;
const CURSOR_1 = 0x6d9000;
const MEMORY = 0x40_0000;
const CLIENT = 0x0001;
const NOTIFIER_HANDLE = 0xf0000000;
const NOTIFIER = 0x10_0000;
const PUSHBUFFER = MEMORY_START + 0x2000;

const board: Board = { ...BOARDS.rtx4090, vramSize: 512 * 2 ** 20 };

const method = (address: number, ...values: readonly number[]): number[] => [(values.length << 18) | address, ...values];
const NON_INCREMENTING = 2 << 29;
const jump = (to: number): number => ((1 << 29) | to) >>> 0;
const subdevices = (mask: number): number => ((3 << 29) | mask) >>> 0;

/** What nouveau pushes to have the core channel tell that an update is through. linux: drivers/gpu/drm/nouveau/dispnv50/corec37d.c */
const UPDATE = [...method(0x208, NOTIFIER_HANDLE), ...method(0x20c, 1 << 12), ...method(0x218, 0, 0), ...method(0x200, 1), ...method(0x20c, 0)];

interface Screen extends TestGpu {
  push(words: readonly number[], at?: number): void;
  put(base: number, offset: number): void;
  notifier(): readonly number[];
  readonly stops: () => unknown[];
}

/** A GPU with an object in the display's table that stands for memory of the notifier, as nouveau lays it out. */
function screen({ target = 1, base = NOTIFIER, writable = true, channel = 0, client = CLIENT, from = board }: { target?: number; base?: number; writable?: boolean; channel?: number; client?: number; from?: Board } = {}): Screen {
  const self = testGpu({ board: from });
  const { hardware } = self.firmware;
  const words = (values: readonly number[]): Uint8Array => new Uint8Array(Uint32Array.from(values).buffer);
  // The entry lies where nouveau hashes it to, the object behind the table.
  hardware.writeVram(MEMORY + 8 * 0x3c0, words([NOTIFIER_HANDLE, ((channel << 25) | ((0x2040 / 32) << 14) | client) >>> 0]));
  hardware.writeVram(MEMORY + 0x2040, words([target | (writable ? 4 : 0), base / 0x100, Math.floor(base / 2 ** 40), (base + 0xfff) / 0x100, 0]));
  hardware.display!.setMemory({ address: MEMORY, size: 0x1_0000 });
  return Object.assign(self, {
    push(values: readonly number[], at = 0) { self.memory.set(words(values), 0x2000 + at); },
    put(channelBase: number, offset: number) { self.gpu.write(0, channelBase, 4, offset); },
    notifier: () => [...new Uint32Array(self.gpu.peekVram(NOTIFIER, 16).buffer)],
    stops: () => self.events.filter(({ point }) => point === 'hw-model.display.stopped').map(({ args }) => args['why']),
  });
}

const core: DisplayChannelSpec = { kind: 'core', instance: 0, client: CLIENT, pushbuffer: { source: 'system', address: PUSHBUFFER, limit: 0xfff }, put: 0 };

function opened(options: Parameters<typeof screen>[0] = {}, spec: Partial<DisplayChannelSpec> = {}): Screen {
  const self = screen(options);
  self.firmware.hardware.display!.open({ ...core, ...spec });
  return self;
}

describe('a display channel', () => {
  it('fetches what lies before PUT, tells of an update, and GET follows', () => {
    const self = opened();
    self.push(UPDATE);
    self.put(CORE, UPDATE.length * 4);
    expect([self.gpu.read(0, CORE, 4), self.gpu.read(0, CORE + 4, 4)]).toEqual([UPDATE.length * 4, UPDATE.length * 4]);
    // Finished, at a time.
    expect(self.notifier()).toEqual([0x8000_0000, 0, self.clock.now, 0]);
    // Values of methods show behind PUT and GET.
    expect(self.gpu.read(0, CORE + 0x208, 4)).toBe(NOTIFIER_HANDLE);
    expect(self.events.filter(({ point }) => point !== 'hw-model.display.updated')).toEqual([]);
  });

  it('tells nothing of an update that nobody asked about', () => {
    const self = opened();
    self.push([...method(0x208, NOTIFIER_HANDLE), ...method(0x200, 1)]);
    self.put(CORE, 16);
    expect(self.notifier()).toEqual([0, 0, 0, 0]);
    expect(self.events.map(({ point }) => point)).toEqual(['hw-model.display.updated']);
  });

  it('writes at the offset that it is told, in system memory where the object is of such', () => {
    const self = opened({ target: 2, base: MEMORY_START + 0x5000 });
    self.push([...method(0x208, NOTIFIER_HANDLE), ...method(0x20c, (1 << 12) | (2 << 4)), ...method(0x200, 1)]);
    self.put(CORE, 24);
    expect(self.memory[0x5000 + 0x20 + 3]).toBe(0x80);
  });

  it('takes methods as they come in pieces, and begins where the firmware says', () => {
    const self = opened({}, { put: 0x40 });
    self.push(UPDATE, 0x40);
    for (let end = 0x44; end <= 0x40 + UPDATE.length * 4; end += 4) {
      self.put(CORE, end);
      expect(self.gpu.read(0, CORE + 4, 4)).toBe(end);
    }
    expect(self.notifier()[0]).toBe(0x8000_0000);
  });

  it('jumps back to the beginning, as a driver at the end of its pushbuffer wants it', () => {
    const self = opened({}, { put: 0xff0 });
    self.push([...method(0x208, NOTIFIER_HANDLE), jump(0)], 0xff0);
    self.push([...method(0x20c, 1 << 12), ...method(0x200, 1)]);
    self.put(CORE, 16);
    expect([self.notifier()[0], self.gpu.read(0, CORE + 4, 4), self.stops()]).toEqual([0x8000_0000, 16, []]);
  });

  it('takes several values for one method, and nothing that is for another GPU', () => {
    const self = opened();
    self.push([(NON_INCREMENTING | (2 << 18) | 0x300) >>> 0, 7, 8, subdevices(2), ...method(0x300, 9), subdevices(1), ...method(0x304, 5)]);
    self.put(CORE, 4 * 9);
    expect([self.gpu.read(0, CORE + 0x300, 4), self.gpu.read(0, CORE + 0x304, 4)]).toEqual([8, 5]);
  });

  it('fetches from VRAM as well', () => {
    const self = opened({}, { pushbuffer: { source: 'vram', address: 0x50_0000, limit: 0xfff } });
    self.firmware.hardware.writeVram(0x50_0000, new Uint8Array(Uint32Array.from(UPDATE).buffer));
    self.put(CORE, UPDATE.length * 4);
    expect(self.notifier()[0]).toBe(0x8000_0000);
  });

  it('is under way while the host has not answered, and forgotten when it is closed meanwhile', () => {
    const self = opened();
    self.push(UPDATE);
    self.deferJobs = true;
    self.put(CORE, UPDATE.length * 4);
    expect(self.gpu.read(0, CORE + 4, 4)).toBe(0);
    expect(() => self.gpu.snapshot()).toThrow('jobs wait for memory');
    self.firmware.hardware.display!.close({ kind: 'core', instance: 0 });
    self.runJobs();
    expect([self.notifier()[0], self.gpu.read(0, CORE, 4)]).toEqual([0, 0]);
  });

  it('goes on from a snapshot where it was', () => {
    const self = opened();
    self.push(UPDATE);
    self.put(CORE, 12);
    const state = structuredClone(self.gpu.snapshot());
    self.gpu.reset('flr');
    expect(self.gpu.read(0, CORE + 4, 4)).toBe(0);
    self.gpu.restore(state);
    self.put(CORE, UPDATE.length * 4);
    expect(self.notifier()[0]).toBe(0x8000_0000);
  });
});

describe('a window', () => {
  it('tells by its own methods that it has begun to show something', () => {
    const self = screen({ channel: 4 });
    self.firmware.hardware.display!.open({ ...core, kind: 'window', instance: 3 });
    const words = [...method(0x21c, NOTIFIER_HANDLE, 0), ...method(0x200, 1)];
    self.push(words);
    self.put(WINDOW_3, words.length * 4);
    expect(self.notifier()[0]).toBe(0x4000_0000);
  });
});

describe('a cursor', () => {
  it('takes methods by writes, and has room for them', () => {
    const self = opened({}, { kind: 'cursor', instance: 1, pushbuffer: undefined });
    expect(self.gpu.read(0, CURSOR_1 + 8, 4)).toBeGreaterThan(0);
    self.gpu.write(0, CURSOR_1 + 0x208, 4, 0x10_0020);
    expect(self.gpu.read(0, CURSOR_1 + 0x208, 4)).toBe(0x10_0020);
  });
});

describe('what a display channel does not do', () => {
  it.each([
    ['a handle of another channel', { channel: 1 }],
    ['a handle of another client', { client: 2 }],
    ['memory that is read only', { writable: false }],
    ['an object without memory', { target: 0 }],
  ])('%s: it stops', (_, options) => {
    const self = opened(options);
    self.push(UPDATE);
    self.put(CORE, UPDATE.length * 4);
    expect([self.notifier()[0], self.stops()]).toEqual([0, ['handle 0xf0000000 is of no memory for a notifier']]);
    // And stays so.
    self.put(CORE, 0);
    expect(self.stops()).toHaveLength(1);
  });

  it('writes nothing where memory is protected', () => {
    const self = opened();
    self.firmware.hardware.setWpr2(NOTIFIER, NOTIFIER + 0x1000);
    self.push(UPDATE);
    self.put(CORE, UPDATE.length * 4);
    expect([self.notifier()[0], self.stops()]).toEqual([0, ['the notifier cannot be written']]);
  });

  it.each([
    ['past its end', { limit: 0xff }, 0x104, 'PUT is past the end of the pushbuffer'],
    ['where nothing is', { address: 0x10_0000 }, 8, 'the pushbuffer cannot be read'],
  ] as const)('fetches nothing %s', (_, change, put, why) => {
    const self = opened({}, { pushbuffer: { ...core.pushbuffer!, ...change } });
    self.put(CORE, put);
    expect(self.stops()).toEqual([why]);
  });

  it('runs in circles for ever, or takes what is no header', () => {
    const circle = opened();
    circle.push([jump(0)]);
    circle.put(CORE, 8);
    expect(circle.stops()).toEqual(['the pushbuffer jumps in circles']);
    const other = opened();
    other.push([(5 << 29) >>> 0]);
    other.put(CORE, 4);
    expect(other.stops()).toEqual(['there is no opcode 5']);
  });

  it('answers for channels that are not open, and has none where the display is fused off', () => {
    const self = screen();
    self.put(CORE, 8);
    expect([self.gpu.read(0, CORE, 4), self.gpu.read(0, CORE + 4, 2)]).toEqual([0, 0]);
    expect(self.events.map(({ point }) => point)).toEqual(['hw-model.display.write-ignored']);
    const off = testGpu();
    expect(off.firmware.hardware.display).toBeUndefined();
    expect(off.gpu.read(0, CORE, 4)).toBe(0xbadf1100);
  });

  test('arbitrary words in the pushbuffer and in instance memory never throw, and an end is reached', () => {
    const self = screen();
    fc.assert(fc.property(fc.array(fc.oneof(fc.nat(0xffff_ffff), fc.constantFrom(...UPDATE, jump(0), jump(0xffc))), { minLength: 1, maxLength: 64 }), fc.nat(0x3ff), fc.uint8Array({ maxLength: 64 }), (words, put, noise) => {
      self.firmware.hardware.display!.open(core);
      self.events.length = 0;
      self.push(words);
      self.firmware.hardware.writeVram(MEMORY + 0x2040, noise);
      self.put(CORE, put * 4);
      expect(self.stops().length === 1 || self.gpu.read(0, CORE + 4, 4) === put * 4).toBe(true);
    }), { numRuns: 200 });
  });
});

it('tells which parts of the display there are', () => {
  const { gpu } = testGpu({ board });
  const { heads, sors } = USUAL_DISPLAY;
  expect([gpu.read(0, 0x640000, 4), gpu.read(0, 0x640004, 4)]).toEqual([(2 ** sors - 1) * 0x100 + 2 ** heads - 1, 2 ** (2 * heads) - 1]);
  // linux: drivers/gpu/drm/nouveau/dispnv50/sorc37d.c looks there also for an output without a resource.
  expect([gpu.read(0, 0x64013c, 4), gpu.read(0, 0x640144, 4) & (1 << 26)]).toEqual([0, 0]);
});

// linux: drivers/gpu/drm/nouveau/dispnv50/coreca7d.c (coreca7d_update), wndwca7e.c (wndwca7e_ntfy_set)
describe('a display channel of GB20x', () => {
  const from: Board = { ...BOARDS.rtx5090, vramSize: 512 * 2 ** 20 };
  const update = (target: number, address = NOTIFIER): number[] =>
    [...method(0x260, Math.floor(address / 2 ** 32), (address | (target << 2) | 1) >>> 0), ...method(0x20c, 1 << 12), ...method(0x218, 0, 0), ...method(0x200, 1), ...method(0x20c, 0)];

  it('tells of an update at the address that it was given, in VRAM or in system memory', () => {
    const self = opened({ from });
    self.push(update(1));
    self.put(CORE, update(1).length * 4);
    expect(self.notifier()).toEqual([0x8000_0000, 0, self.clock.now, 0]);
    for (const target of [2, 3]) {
      const other = opened({ from });
      other.push(update(target, MEMORY_START + 0x8000));
      other.put(CORE, update(target).length * 4);
      expect(new Uint32Array(other.memory.slice(0x8000, 0x8004).buffer)[0]).toBe(0x8000_0000);
    }
  });

  it('of a window as well, and only where that is enabled', () => {
    const window = { kind: 'window', instance: 3 } as const;
    const words = [...method(0x650, 0, NOTIFIER | 5), ...method(0x200, 1)];
    const self = opened({ from }, window);
    self.push(words);
    self.put(WINDOW_3, words.length * 4);
    expect(self.notifier()[0]).toBe(0x4000_0000);
    const silent = opened({ from }, window);
    silent.push([...method(0x650, 0, NOTIFIER | 4), ...method(0x200, 1)]);
    silent.put(WINDOW_3, words.length * 4);
    expect([silent.notifier()[0], silent.stops()]).toEqual([0, []]);
  });

  it('stops over an address that is of no memory', () => {
    for (const [target, address] of [[0, NOTIFIER], [1, 0x1000_0000_0000], [2, 0x10]] as const) {
      const self = opened({ from });
      self.push(update(target, address));
      self.put(CORE, update(target).length * 4);
      expect(self.stops()).toHaveLength(1);
    }
  });
});
