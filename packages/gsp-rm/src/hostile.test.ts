import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isAbsent } from './absent.ts';
import { FUNCTIONS } from './codec/functions.ts';
import { RELEASES } from './releases.ts';
import type { ObjectKind } from './resources/kinds.ts';
import { findObject, INTERNAL } from './resources/tree.ts';
import { serve } from './rpc-server.ts';
import { initialState, type GspRmState } from './state.ts';
import { STATUS } from './status.ts';
import { driver } from './testing/driver.ts';
import { VERSIONS, type Version } from './testing/formats.ts';

/** A running firmware without queues around it. */
function running(version: Version): { readonly state: GspRmState; ask(fn: number, payload: Uint8Array): number; readonly answered: () => number } {
  const release = RELEASES.find((each) => each.version === version)!;
  const { hardware } = driver({ version, facts: { displayDisabled: false } });
  const image = { release: version, imageStart: 0x6_0000_0000, imageSize: 0x1000, heapStart: 0x5_8000_0000, heapSize: 0x10_0000, wprStart: 0x5_7ff0_0000, wprEnd: 0x6_1000_0000, nonWprHeapStart: 0x5_7fe0_0000, nonWprHeapSize: 0x10_0000, frtsStart: 0x6_0f00_0000 };
  const systemInfo = { registers: 0x1000, framebuffer: 0x1000, instance: 0x1000, busDeviceFunction: 0x100, deviceId: undefined, configMirror: 0x88000 };
  const state: GspRmState = { ...initialState(), phase: 'running', image, systemInfo };
  let replies = 0;
  return {
    state,
    answered: () => replies,
    ask(fn, payload) {
      const { reply } = serve({ hardware, state, release, emit: () => undefined }, { function: fn, result: 0xffffffff, sequence: 0, payload, malformed: undefined });
      if (reply === undefined) return 0;
      replies++;
      // A control's status stands in its own header.
      return fn === FUNCTIONS.control && reply.payload.length >= 16 ? new DataView(reply.payload.buffer, reply.payload.byteOffset).getUint32(12, true) : reply.result;
    },
  };
}

const word = (value: number): number[] => [value & 0xff, value >>> 8 & 0xff, value >>> 16 & 0xff, value >>> 24];
/** Mostly small words, as parameters are; some of them anything at all. */
const filler = (size: number): fc.Arbitrary<Uint8Array> => fc.array(fc.oneof(fc.nat(8), fc.constantFrom(0xffffffff, 0x80000000, CLIENT), fc.nat(0x7fffffff)), { maxLength: 64 }).map((words) => {
  const bytes = new Uint8Array(size);
  bytes.set(Uint8Array.from(words.flatMap(word)).subarray(0, size));
  return bytes;
});

/** A message of a client, an object, three words more, and parameters. */
function message(size: number, words: readonly number[], params: Uint8Array): Uint8Array {
  const payload = new Uint8Array(size + params.length);
  payload.set(words.flatMap(word));
  payload.set(params, size);
  return payload;
}

const CLIENT = 0xc1d00000;
/** An object of each kind that controls are sent to. */
const TARGETS: Readonly<Partial<Record<ObjectKind, readonly [client: number, handle: number]>>> = {
  device: [INTERNAL.client, INTERNAL.device], subdevice: [INTERNAL.client, INTERNAL.subdevice],
  vaspace: [CLIENT, 2], channelGroup: [CLIENT, 3], channel: [CLIENT, 4], displayCommon: [CLIENT, 5], debugger: [CLIENT, 6],
};

describe.each(VERSIONS)('nothing that a driver sends makes %s throw', (version) => {
  const release = RELEASES.find((each) => each.version === version)!;
  const controls = Object.values(release.controls).flatMap((codec) => (isAbsent(codec) ? [] : [codec]));
  const classes = [...release.classes];
  const controlSize = version === '580.105.08' ? 0x28 : 0x18;
  const allocation = (client: number, parent: number, handle: number, cls: number, params: Uint8Array): Uint8Array => message(0x20, [client, parent, handle, cls, 0, params.length], params);

  test('arbitrary bytes as any function', () => {
    const self = running(version);
    fc.assert(fc.property(fc.oneof(fc.constantFrom(...Object.values(FUNCTIONS)), fc.nat(300)), fc.uint8Array({ maxLength: 200 }), (fn, payload) => {
      self.ask(fn, payload);
    }), { numRuns: 500 });
    expect(self.answered()).toBeGreaterThan(0);
  });

  test('every control and every class with arbitrary parameters, one after the other on one state', () => {
    const self = running(version);
    const make = (handle: number, parent: number, cls: number, words: readonly (readonly [at: number, value: number])[] = []): void => {
      const params = new Uint8Array(release.classes.get(cls)!.paramsSize);
      for (const [at, value] of words) new DataView(params.buffer).setUint32(at, value, true);
      self.ask(FUNCTIONS.alloc, allocation(CLIENT, parent, handle, cls, params));
    };
    const { channel, channelGroup } = { channel: 0xc56f, channelGroup: 0xa06c };
    make(CLIENT, 0, 0);
    make(1, CLIENT, 0x80);
    make(2, 1, 0x90f1);
    make(3, 1, channelGroup, [[12, 1]]);
    make(4, 1, channel, [[28, 2], [128, 1], [152, 0x1000]]);
    make(5, 1, 0x73);
    make(6, 1, 0x83de);
    for (const target of Object.values(TARGETS)) expect(findObject(self.state.resources, ...target)).toBeDefined();

    const step = fc.oneof(
      fc.constantFrom(...controls).chain((codec) => filler(codec.size).map((params) => {
        const [client, handle] = TARGETS[codec.on]!;
        return [FUNCTIONS.control, message(controlSize, [client, handle, codec.command, 0, params.length], params)] as const;
      })),
      fc.constantFrom(...classes).chain(([id, facts]) => fc.record({ parent: fc.nat(12), handle: fc.integer({ min: 7, max: 40 }), params: filler(facts.paramsSize) })
        .map(({ parent, handle, params }) => [FUNCTIONS.alloc, allocation(CLIENT, parent, handle, id, params)] as const)),
    );
    const statuses = new Set<number>();
    fc.assert(fc.property(fc.array(step, { minLength: 30, maxLength: 60 }), (steps) => {
      for (const [fn, payload] of steps) statuses.add(self.ask(fn, payload));
    }), { numRuns: 60 });
    // Not all was turned away at the door.
    expect([statuses.has(STATUS.OK), statuses.size > 4]).toEqual([true, true]);
    expect(structuredClone(self.state)).toEqual(self.state);
  });
});
