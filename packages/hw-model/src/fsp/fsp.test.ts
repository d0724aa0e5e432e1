import { fc, test as property } from '@fast-check/vitest';
import { FALCONS, FSP_CHANNEL_SIZE } from '@nova-stack/gpu-regs';
import { describe, expect, it } from 'vitest';

import { BOARDS } from '../boards.ts';
import { testGpu, type TestGpu } from '../testing/test-gpu.ts';

const EMEMC = 0x8f2ac0;
const EMEMD = 0x8f2ac4;
const HEAD = 0x8f2c00;
const TAIL = 0x8f2c04;
const ANSWER_HEAD = 0x8f2c80;
const ANSWER_TAIL = 0x8f2c84;
const WRITE = 1 << 24;
const READ = 1 << 25;

const board = { ...BOARDS.rtx5090, vramSize: 512 * 2 ** 20 };
const gpu = (faults: Parameters<typeof testGpu>[0] = {}): TestGpu => testGpu({ board, ...faults });
const write = ({ gpu }: TestGpu, address: number, value: number): void => { gpu.write(0, address, 4, value); };
const read = ({ gpu }: TestGpu, address: number): number => gpu.read(0, address, 4);

/** As linux: drivers/gpu/drm/nouveau/nvkm/subdev/fsp/gh100.c sends. */
function send(test: TestGpu, words: readonly number[]): void {
  write(test, EMEMC, WRITE);
  for (const word of words) write(test, EMEMD, word);
  write(test, TAIL, words.length * 4 - 4);
  write(test, HEAD, 0);
}

/** What there is to read, or undefined. */
function receive(test: TestGpu): number[] | undefined {
  const [head, tail] = [read(test, ANSWER_HEAD), read(test, ANSWER_TAIL)];
  if (head === tail) return undefined;
  write(test, EMEMC, (READ | head) >>> 0);
  const words = Array.from({ length: (tail - head + 4) / 4 }, () => read(test, EMEMD));
  write(test, ANSWER_TAIL, 0);
  write(test, ANSWER_HEAD, 0);
  return words;
}

const words = (bytes: Uint8Array): number[] => Array.from({ length: bytes.length / 4 }, (_, i) => new DataView(bytes.buffer, bytes.byteOffset).getUint32(i * 4, true));
const bytes = (values: readonly number[]): Uint8Array => new Uint8Array(Uint32Array.from(values).buffer);

describe('the FSP', () => {
  it('says that it is through, where the chip says it', () => {
    expect(read(gpu(), 0xad00bc)).toBe(0xff);
    expect(testGpu({ board: { ...BOARDS.h100, vramSize: 512 * 2 ** 20 } }).gpu.read(0, 0x200bc, 4)).toBe(0xff);
    expect(read(gpu({ faults: [{ point: 'hw-model.fsp.boot', action: 'stuck' }] }), 0xad00bc)).not.toBe(0xff);
  });

  it('takes a message, has its queue empty at once, and answers', () => {
    const test = gpu();
    send(test, [0xc000_0000, 0x1410_de7e, 7]);
    expect(read(test, HEAD)).toBe(read(test, TAIL));
    expect(test.firmware.messages.map(({ channel, bytes: got }) => [channel, words(got)])).toEqual([[0, [0xc000_0000, 0x1410_de7e, 7]]]);
    expect(receive(test)).toBeUndefined();
    test.firmware.hardware.fsp!.answer(0, bytes([1, 2, 3]));
    expect(receive(test)).toEqual([1, 2, 3]);
    expect(receive(test)).toBeUndefined();
  });

  it('advances its ports one way or the other, as software checks', () => {
    const test = gpu();
    write(test, EMEMC, WRITE | 8);
    write(test, EMEMD, 0x1234_5678);
    expect(read(test, EMEMC)).toBe(WRITE | 12);
    expect(read(test, EMEMD)).toBe(0);
    expect(read(test, EMEMC)).toBe(WRITE | 12);
    write(test, EMEMC, READ | 8);
    expect([read(test, EMEMD), read(test, EMEMC)]).toEqual([0x1234_5678, READ | 12]);
  });

  it('takes no second message before the first was answered, and gives no second answer before the first was read', () => {
    const test = gpu();
    const { messages, hardware } = test.firmware;
    send(test, [1, 1]);
    send(test, [2, 2]);
    expect(messages.length).toBe(1);
    expect(read(test, HEAD)).not.toBe(read(test, TAIL));
    hardware.fsp!.answer(0, bytes([10, 10]));
    // EMEM is one: the answer lies where the message did that was still waiting there.
    expect([messages.length, read(test, HEAD) === read(test, TAIL)]).toEqual([2, true]);
    hardware.fsp!.answer(0, bytes([20, 20, 20]));
    expect(receive(test)).toEqual([10, 10]);
    expect(receive(test)).toEqual([20, 20, 20]);
    expect(receive(test)).toBeUndefined();
  });

  it('may be silent', () => {
    const test = gpu({ faults: [{ point: 'hw-model.fsp.silent', action: 'silent' }] });
    send(test, [1, 1]);
    expect([test.firmware.messages.length, read(test, HEAD) === read(test, TAIL)]).toEqual([0, true]);
  });

  it('refuses answers that no queue holds', () => {
    const { fsp } = gpu().firmware.hardware;
    for (const [channel, length] of [[0, 4], [0, 10], [0, FSP_CHANNEL_SIZE + 4], [8, 8], [-1, 8]] as const) {
      expect(() => { fsp!.answer(channel, new Uint8Array(length)); }).toThrow(RangeError);
    }
  });

  it('is not there on earlier chips', () => {
    const test = testGpu();
    expect(test.firmware.hardware.fsp).toBeUndefined();
    expect(read(test, HEAD)).toBe(0xbadf_1100);
  });
});

// The same queues with nothing but numbers: what is sent comes out, in order, whole, once.
interface Model {
  readonly emem: Uint32Array;
  head: number;
  tail: number;
  busy: boolean;
  waiting: number[] | undefined;
  answer: number[] | undefined;
  readonly seen: number[][];
}
const WORDS = (8 * FSP_CHANNEL_SIZE) / 4;
const CHANNEL_WORDS = FSP_CHANNEL_SIZE / 4;

function take(m: Model): void {
  if (m.head === m.tail || m.busy) return;
  const [head, tail] = [m.head, m.tail];
  m.head = tail;
  if (head % 4 !== 0 || tail % 4 !== 0 || tail < head || tail + 4 > FSP_CHANNEL_SIZE) return;
  m.busy = true;
  m.seen.push([...m.emem.subarray(head / 4, tail / 4 + 1)]);
}
function deliver(m: Model): void {
  if (m.waiting === undefined || m.answer !== undefined) return;
  m.answer = m.waiting;
  m.waiting = undefined;
  m.emem.set(m.answer);
  m.busy = false;
  take(m);
}

type Command = fc.Command<Model, TestGpu>;
const command = (name: string, run: (m: Model, r: TestGpu) => void, check: (m: Model) => boolean = () => true): Command => ({
  check,
  run(m, r) {
    run(m, r);
    expect(r.firmware.messages.map(({ bytes: got }) => words(got))).toEqual(m.seen);
    expect([read(r, HEAD), read(r, TAIL)]).toEqual([m.head, m.tail]);
  },
  toString: () => name,
});
const word = fc.integer({ min: 0, max: 0xffff_ffff });
const offset = fc.oneof({ weight: 5, arbitrary: fc.nat(CHANNEL_WORDS - 1).map((i) => i * 4) }, { weight: 1, arbitrary: fc.nat(0xffff_ffff) });
const commands: fc.Arbitrary<Command>[] = [
  // Any chunking: a message is written in as many pieces as there are of these.
  fc.tuple(fc.nat(WORDS - 1), fc.array(word, { minLength: 1, maxLength: 40 })).map(([at, data]) => command(`write ${data.length} words at ${at}`, (m, r) => {
    write(r, EMEMC, WRITE | (at * 4));
    data.forEach((value, i) => {
      write(r, EMEMD, value);
      m.emem[(at + i) % WORDS] = value;
    });
  })),
  fc.tuple(offset, offset).map(([head, tail]) => command(`send ${head} to ${tail}`, (m, r) => {
    write(r, TAIL, tail);
    m.tail = tail;
    write(r, HEAD, head);
    m.head = head;
    take(m);
  })),
  fc.array(word, { minLength: 2, maxLength: CHANNEL_WORDS }).map((data) => command(`answer ${data.length} words`, (m, r) => {
    r.firmware.hardware.fsp!.answer(0, bytes(data));
    m.waiting = data;
    deliver(m);
  }, (m) => m.busy && m.waiting === undefined)),
  fc.constant(command('receive', (m, r) => {
    // Of a word more than one answer starts with the same: what counts is what was put there first.
    const expected = m.answer && [...m.emem.subarray(0, m.answer.length)];
    expect(receive(r)).toEqual(expected);
    m.answer = undefined;
    deliver(m);
  })),
  fc.constant(command('go on from a snapshot', (_m, r) => { r.gpu.restore(structuredClone(r.gpu.snapshot())); })),
];

property.prop([fc.commands(commands, { maxCommands: 60 })], { numRuns: 100 })('the queues of the FSP behave as their model, whatever is written where', (sequence) => {
  fc.modelRun(() => ({
    model: { emem: new Uint32Array(WORDS), head: 0, tail: 0, busy: false, waiting: undefined, answer: undefined, seen: [] }, real: gpu(),
  }), sequence);
});

describe('the GSP where there is an FSP', () => {
  const MAILBOX0 = FALCONS.gsp + 0x040;
  const HWCFG2 = FALCONS.gsp + 0x0f4;
  const CPUCTL = FALCONS.gsp + 0x1388;

  it('is locked, then masked, then released, as its firmware says', () => {
    const test = gpu();
    const { hardware } = test.firmware;
    expect(read(test, HWCFG2) & 0x2000).toBe(0x2000);
    write(test, MAILBOX0, 5);
    hardware.setLockdown('masked');
    expect([MAILBOX0, HWCFG2, CPUCTL, FALCONS.gsp + 0xc00].map((address) => read(test, address))).toEqual([0xbadf_4100, 0xbadf_4100, 0xbadf_4100, 0xbadf_4100]);
    write(test, MAILBOX0, 6);
    expect(hardware.mailbox('gsp', 0)).toBe(5);
    test.gpu.restore(structuredClone(test.gpu.snapshot()));
    expect(read(test, MAILBOX0)).toBe(0xbadf_4100);
    hardware.setLockdown('locked');
    expect([read(test, MAILBOX0), read(test, HWCFG2) & 0x2000]).toEqual([5, 0x2000]);
    hardware.setLockdown('released');
    expect(read(test, HWCFG2) & 0x2000).toBe(0);
    hardware.setLockdown('masked');
    test.gpu.reset('flr');
    expect(read(test, HWCFG2) & 0x2000).toBe(0x2000);
  });

  it('is never locked on earlier chips', () => {
    const test = testGpu();
    test.firmware.hardware.setLockdown('masked');
    expect(read(test, HWCFG2) & 0x2000).toBe(0);
  });
});
