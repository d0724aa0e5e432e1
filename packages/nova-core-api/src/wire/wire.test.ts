import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { formOf, NEWEST } from '../emit/index.ts';
import { atMinor, BASE_V1, CAPABILITIES, CLIENT_KINDS, ContractError, DRM_V1, ERRORS, INTERFACES, REASONS, VGPU_V1, type Capability, type ContractEvent, type Field, type Fields, type Hello, type Interface, type Reason, type Want } from '../index.ts';
import {
  FrameReader, FrameWriter, HEAD_BYTES, MAX_FRAME, readAgreement, readError, readEvent, readGreeting, readHello, readOffer, roomFor, slotsInFrames, statusOf, writeAgreement, writeError, writeEvent,
  prefixOf, writeGreeting, writeHello, writeOffer, type FrameHead, type SlotCodec,
} from './index.ts';
import { textOf, utf8, utf8Within } from './utf8.ts';

/** Values of a field; objects are handles. */
function valueOf(schema: Interface, field: Field): fc.Arbitrary<unknown> {
  switch (field.kind) {
    case 'u8': return fc.integer({ min: 0, max: 0xff });
    case 'u16': return fc.integer({ min: 0, max: 0xffff });
    case 'u32': return fc.integer({ min: 0, max: 0xffffffff });
    case 'size': return fc.maxSafeNat();
    case 'token': case 'object': return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    case 'flag': return fc.boolean();
    case 'enum': return fc.constantFrom(...Object.keys(schema.enums[field.enum]!));
    case 'octets': return fc.uint8Array({ minLength: field.length, maxLength: field.length });
    case 'data': return fc.uint8Array({ maxLength: 40 });
    case 'text': return fc.string({ unit: 'binary', maxLength: Math.floor(field.length / 4) }).filter((text) => !text.includes('\0'));
    case 'record': return valuesOf(schema, schema.records[field.record]!);
    case 'list': return fc.array(valueOf(schema, field.element), { maxLength: 3 });
  }
}

function valuesOf(schema: Interface, fields: Fields): fc.Arbitrary<Record<string, unknown>> {
  const members = Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.optional ? fc.option(valueOf(schema, field), { nil: undefined }) : valueOf(schema, field)]));
  return fc.record(members).map((values) => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)));
}

const inFrame = (write: (frame: FrameWriter) => void, head: Partial<FrameHead> & Pick<FrameHead, 'type'> = { type: 'call' }): Uint8Array => {
  const frame = new FrameWriter();
  write(frame);
  return frame.finish(head);
};
const fromClient = (bytes: Uint8Array): FrameReader => new FrameReader(bytes, 'client');
const fromCore = (bytes: Uint8Array): FrameReader => new FrameReader(bytes, 'core');

/** Every kind of field, in every place that it may have, and parts that came with a minor. */
const text = 'A field.';
const STRANGE: Interface = {
  ...BASE_V1, minor: 1, events: {}, objects: {},
  records: {
    Inner: { tag: { kind: 'u8', text }, name: { kind: 'text', length: 13, text } },
    Pair: { first: { kind: 'u16', text }, inner: { kind: 'record', record: 'Inner', text }, second: { kind: 'enum', enum: 'LostCause', text, optional: true } },
    Grown: { first: { kind: 'u32', text }, later: { kind: 'token', text, since: 1, optional: true } },
  },
  operations: {
    go: {
      text, needs: 'device.info',
      in: {
        flag: { kind: 'flag', text }, pair: { kind: 'record', record: 'Pair', text }, name: { kind: 'text', length: 20, text, optional: true }, maybe: { kind: 'record', record: 'Grown', text, optional: true },
        bytes: { kind: 'data', text, optional: true }, more: { kind: 'data', text, optional: true, since: 1 }, ids: { kind: 'octets', length: 5, text, optional: true },
      },
      out: { all: { kind: 'list', element: { kind: 'record', record: 'Grown', text }, text }, bytes: { kind: 'data', text }, pair: { kind: 'record', record: 'Pair', text }, added: { kind: 'list', element: { kind: 'record', record: 'Pair', text }, text, since: 1 } },
    },
  },
};

const slots = [...NEWEST, STRANGE].flatMap((schema) => slotsInFrames(schema).map((slot) => [`${schema.name}.${slot.name}`, schema, slot] as const));

describe('calls and answers', () => {
  test.each(slots)('%s comes back as it went', (_, schema, slot) => {
    fc.assert(fc.property(valuesOf(schema, slot.operation?.in ?? {}), valuesOf(schema, slot.operation?.out ?? {}), (input, output) => {
      const room = roomFor(slot, 40);
      const call = fromClient(inFrame((frame) => { slot.writeCall(frame, { in: input, room }); }));
      const body = slot.readCall(call);
      expect(body).toEqual({ in: slot.operation?.in && input, room: slot.operation?.out ? room : expect.anything() as unknown });
      expect(slot.shortOf(output, body.room)).toBeUndefined();
      const reply = fromCore(inFrame((frame) => { slot.writeReply(frame, output, body.room); }, { type: 'reply', call: 7 }));
      expect(slot.readReply(reply)).toEqual(slot.operation?.out && output);
    }), { numRuns: 40 });
  });

  test('slots are those of the tables of functions', () => {
    for (const schema of NEWEST) {
      const table = formOf([schema]).structs.find(({ name }) => name === `${prefixOf(schema)}_ops`)!;
      const names = table.members.slice(2).map(({ name }) => name);
      expect(slotsInFrames(schema).map(({ name }) => name.replace('.', '_').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`))).toEqual(names);
    }
  });

  test('what an earlier minor does not know must be zero, and counts as zero', () => {
    const [older, newer] = [atMinor(STRANGE, 0), STRANGE].map((schema) => slotsInFrames(schema)[0]!) as [SlotCodec, SlotCodec];
    const pair = { first: 1, inner: { tag: 2, name: 'x' } };
    const call = (slot: SlotCodec, input: Record<string, unknown>): Uint8Array => inFrame((frame) => { slot.writeCall(frame, { in: { flag: true, pair, ...input }, room: roomFor(slot, 3) }); });
    for (const [writer, reader] of [[older, newer], [newer, older]] as const) {
      expect(reader.readCall(fromClient(call(writer, { maybe: { first: 3 } }))).in).toEqual({ flag: true, pair, maybe: { first: 3 } });
    }
    expect(() => older.readCall(fromClient(call(newer, { maybe: { first: 3, later: 1n } })))).toThrow('in.maybe.struct_size is 24, and byte 16 is not zero: expected zeros behind the 12 bytes that are known');
    expect(() => older.readCall(fromClient(call(newer, { more: Uint8Array.of(1) })))).toThrow(/in\.present|in\.struct_size/);
    const out = { all: [{ first: 1 }, { first: 2 }], bytes: new Uint8Array(0), pair };
    const room = newer.readCall(fromClient(call(newer, {}))).room;
    expect(newer.readReply(fromCore(inFrame((frame) => { older.writeReply(frame, out, room); }, { type: 'reply' })))).toEqual({ ...out, added: [] });
  });

  test('too little room is told with how much there is', () => {
    const slot = slotsInFrames(VGPU_V1).find(({ name }) => name === 'submitTypes')!;
    const out = { verdicts: [1, 2, 3].map((typeId) => ({ typeId, name: 'a', accepted: true, reason: 'none' })), generation: 5n };
    expect(slot.shortOf(out, { wanted: new Set(), capacities: { verdicts: 2 } })).toBe('verdicts');
    expect(slot.shortOf(out, { wanted: new Set(), capacities: { verdicts: 3 } })).toBeUndefined();
    const counts = inFrame((frame) => { slot.writeCounts(frame, out); }, { type: 'reply' });
    expect(new DataView(counts.buffer, counts.byteOffset).getUint32(HEAD_BYTES + 24, true)).toBe(3);
  });

  test('what is longer than a frame is refused before it is written', () => {
    const slot = slotsInFrames(BASE_V1).find(({ name }) => name === 'region.write')!;
    expect(() => inFrame((frame) => { slot.writeCall(frame, { in: { offset: 0, bytes: new Uint8Array(MAX_FRAME) }, room: roomFor(slot, 0) }); })).toThrow('in.bytes is 16777216 bytes: expected at most');
  });
});

const word = fc.constantFrom(0, 1, 2, 8, 0xff, 0x7fffffff, 0xffffffff);

describe('bytes of a hostile client', () => {
  const decoders: readonly (readonly [string, Uint8Array, (frame: FrameReader) => unknown])[] = [
    ...slots.map(([name, schema, slot]) => {
      const [input] = fc.sample(valuesOf(schema, slot.operation?.in ?? {}), { seed: 3, numRuns: 1 });
      return [name, inFrame((frame) => { slot.writeCall(frame, { in: input, room: roomFor(slot, 3) }); }), (frame: FrameReader) => slot.readCall(frame)] as const;
    }),
    ['hello', inFrame((frame) => { writeHello(frame, { hello: HELLO, events: true }); }, { type: 'attach' }), readHello],
    ['greeting', inFrame(writeGreeting, { type: 'offer' }), readGreeting],
  ];

  test.each(decoders)('%s: read, or refused with the name of a field, whatever was changed', (_, good, read) => {
    const changes = fc.array(fc.tuple(fc.nat({ max: (good.length >> 2) - 1 }), fc.oneof(word, fc.nat({ max: 0xffffffff }), fc.constant(good.length))), { minLength: 1, maxLength: 3 });
    fc.assert(fc.property(changes, fc.nat({ max: 16 }), (all, cut) => {
      const bytes = good.slice(0, Math.max(HEAD_BYTES, good.length - 8 * cut));
      const view = new DataView(bytes.buffer);
      if (cut > 0) view.setUint32(0, bytes.length, true);
      for (const [at, value] of all) if (4 * at < bytes.length) view.setUint32(4 * at, value, true);
      try {
        read(fromClient(bytes));
      } catch (error) {
        expect(error).toBeInstanceOf(ContractError);
        expect((error as ContractError).subject).toMatch(/^(frame|in|out|hello|greeting)\b/);
      }
    }), { numRuns: 300 });
  });

  test('arbitrary bytes behind a head', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat({ max: slots.length - 1 }), (bytes, which) => {
      const frame = inFrame((writer) => { writer.put(writer.take(bytes.length, 'x'), bytes); });
      expect(() => {
        try {
          slots[which]![2].readCall(fromClient(frame));
        } catch (error) {
          if (!(error instanceof ContractError)) throw error;
        }
      }).not.toThrow();
    }));
  });

  const slot = (schema: Interface, name: string): SlotCodec => slotsInFrames(schema).find((one) => one.name === name)!;
  const set = (bytes: Uint8Array, at: number, value: number, size: 1 | 2 | 4 = 4): Uint8Array => {
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    if (size === 1) view.setUint8(HEAD_BYTES + at, value);
    else if (size === 2) view.setUint16(HEAD_BYTES + at, value, true);
    else view.setUint32(HEAD_BYTES + at, value, true);
    return bytes;
  };
  const OPEN = { vf: 1, owner: new Uint8Array(16), label: 'guest', process: 7 };
  const open = (at: number, value: number, size?: 1 | 2 | 4): Uint8Array => set(inFrame((frame) => { slot(VGPU_V1, 'open').writeCall(frame, { in: OPEN, room: roomFor(slot(VGPU_V1, 'open'), 0) }); }), at, value, size);
  const assign = (at: number, value: number): Uint8Array => set(inFrame((frame) => { slot(VGPU_V1, 'assign').writeCall(frame, { in: { typeId: 1, owner: new Uint8Array(16) }, room: roomFor(slot(VGPU_V1, 'assign'), 0) }); }), at, value);
  const master = (at: number, value: number): Uint8Array => set(inFrame((frame) => { slot(VGPU_V1, 'instance.setBusMaster').writeCall(frame, { in: { on: true }, room: roomFor(slot(VGPU_V1, 'instance.setBusMaster'), 0) }); }), at, value, 1);
  // Offsets as the header has them.
  test.each<[string, Uint8Array, string, string]>([
    ['a size too small', open(0, 4), 'open', 'in.struct_size is 4: expected at least 8'],
    ['a size that cuts off what is needed', open(0, 4000), 'open', 'in.struct_size is 4000 bytes: expected at most the'],
    ['a bit of no field', open(4, 1), 'open', 'in.present is 0x1: expected no bits but 0x0'],
    ['what is reserved', open(28, 1), 'open', 'in.reserved is 0x1 at byte 28: expected zeros'],
    ['an offset elsewhere', open(32, 40), 'open', 'in.label.offset is 40: expected 88, where the bytes before it end'],
    ['a length behind the end', open(36, 5000), 'open', 'in.label_length is 5: expected 5000, as many as are in the frame'],
    ['two lengths', open(40, 4), 'open', 'in.label_length is 4: expected 5, as many as are in the frame'],
    ['bytes that are no text', open(48, 0xff, 1), 'open', 'in.label is 5 bytes that are no text: expected UTF-8'],
    ['bytes between', open(54, 1, 1), 'open', 'in.label.length is followed by 0x1: expected zeros'],
    ['room with something in it', open(56 + 8, 1), 'open', 'out is 0x1 at byte 8: expected zeros'],
    ['room for less than a record', open(56 + 20, 4), 'open', 'out.identity.length is 4: expected 0, or at least 8'],
    ['a value that is not present', assign(8, 3), 'assign', 'in.vf, which is not present, is 0x3 at byte 8: expected zeros'],
    ['a flag of 2', master(8, 2), 'instance.setBusMaster', 'in.on is 2: expected 0 or 1'],
  ])('%s', (_, bytes, name, words) => {
    expect(() => slot(VGPU_V1, name).readCall(fromClient(bytes))).toThrow(words);
  });

  test.each<[string, (head: DataView) => void, string]>([
    ['no multiple of 8', (head) => { head.setUint32(0, 41, true); }, 'frame.length is 41: expected a multiple of 8 from 40 to 16777216'],
    ['a kind that is not there', (head) => { head.setUint16(4, 99, true); }, 'frame.type is 99: expected a frame that a client sends'],
    ['a kind of the core', (head) => { head.setUint16(4, 7, true); }, 'frame.type is 7: expected a frame that a client sends'],
    ['a status in a request', (head) => { head.setUint32(20, 1, true); }, 'frame.status is 1: expected 0 in a frame of the kind detach'],
    ['an object where none belongs', (head) => { head.setBigUint64(32, 1n, true); }, 'frame.object is 1: expected 0 in a frame of the kind detach'],
  ])('a head with %s', (_, change, words) => {
    const bytes = inFrame(() => undefined, { type: 'detach', call: 1, session: 1n });
    change(new DataView(bytes.buffer, bytes.byteOffset));
    expect(() => fromClient(bytes)).toThrow(words);
  });
});

const HELLO: Hello = {
  kind: 'vgpu-manager', name: 'c-client', epoch: 2n ** 63n, required: ['device.info', 'vgpu.instance.basic'], optional: ['drm.facts'],
  wants: [{ interface: 'base', major: 1, minMinor: 0, maxMinor: 1 }, { interface: 'vgpu', major: 1, minMinor: 0, maxMinor: 9, optional: true }],
};

describe('how a client and a core meet', () => {
  const capability = fc.constantFrom(...(Object.keys(CAPABILITIES) as Capability[]));
  const wants: fc.Arbitrary<Want> = fc.record({
    interface: fc.constantFrom(...(Object.keys(INTERFACES) as (keyof typeof INTERFACES)[])), major: fc.nat({ max: 0xffff }), minMinor: fc.nat({ max: 0xffff }), maxMinor: fc.nat({ max: 0xffff }), optional: fc.constant(true),
  }, { requiredKeys: ['interface', 'major', 'minMinor', 'maxMinor'] });
  const inOrder = (all: readonly Capability[]): Capability[] => [...new Set(all)].sort((a, b) => CAPABILITIES[a] - CAPABILITIES[b]);

  test('any hello comes back as it went', () => {
    const hellos = fc.record({
      kind: fc.constantFrom(...(Object.keys(CLIENT_KINDS) as (keyof typeof CLIENT_KINDS)[])), name: fc.string({ unit: 'binary', maxLength: 8 }).filter((name) => !name.includes('\0')),
      wants: fc.array(wants, { maxLength: 5 }), required: fc.array(capability).map(inOrder), optional: fc.array(capability).map(inOrder), epoch: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    });
    fc.assert(fc.property(hellos, fc.boolean(), (hello, events) => {
      expect(readHello(fromClient(inFrame((frame) => { writeHello(frame, { hello, events }); }, { type: 'attach' })))).toEqual({ hello, events });
    }));
  });

  test('an interface and a capability that are not known here keep a name for the handshake to judge', () => {
    const bytes = inFrame((frame) => { writeHello(frame, { hello: HELLO, events: false }); }, { type: 'attach' });
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    view.setUint32(HEAD_BYTES + 144, 9, true);
    view.setUint8(HEAD_BYTES + 88 + 31, 0x80);
    const { hello } = readHello(fromClient(bytes));
    expect([hello.wants[0]!.interface, hello.optional]).toEqual(['interface 9', ['drm.facts', 'capability 255']]);
  });

  test('offer, agreement, error', () => {
    const offer = { epoch: 3n, interfaces: { base: [{ major: 1, minor: 1, preferred: true }, { major: 2, minor: 0, required: true }], vgpu: [{ major: 1, minor: 0, deprecated: true }] }, supportId: 'm0 ü', capabilities: ['device.info', 'vgpu.types.list', 'drm.facts'] as const };
    expect(readOffer(fromCore(inFrame((frame) => { writeOffer(frame, offer); }, { type: 'reply' })))).toEqual(offer);
    const agreement = { epoch: 3n, interfaces: { base: { major: 1, minor: 1, deprecated: true }, drm: { major: 1, minor: 0, deprecated: true } }, capabilities: ['device.info', 'drm.facts'] as const };
    expect(readAgreement(fromCore(inFrame((frame) => { writeAgreement(frame, agreement, 77n); }, { type: 'reply' })))).toEqual({ session: 77n, agreement });
    for (const code of Object.keys(ERRORS) as (keyof typeof ERRORS)[]) {
      const error = new ContractError(code, 'Ä'.repeat(60));
      const read = readError(fromCore(inFrame((frame) => { writeError(frame, error); }, { type: 'reply', status: statusOf(error) })));
      expect([read.code, read.category, read.message, read.subject, read.reason]).toEqual([code, error.category, 'Ä'.repeat(32), undefined, undefined]);
    }
    for (const reason of Object.keys(REASONS) as Reason[]) {
      const error = new ContractError('NotCreatable', 'x', { reason, subject: 'hello.wants[3].minMinor' });
      expect(readError(fromCore(inFrame((frame) => { writeError(frame, error); }, { type: 'reply', status: statusOf(error) })))).toMatchObject({ reason, subject: 'hello.wants[3].minMinor' });
    }
  });

  test('what an earlier release does not say counts as not said', () => {
    const shortened = (size: number, write: (frame: FrameWriter) => void): FrameReader => {
      const bytes = inFrame(write, { type: 'reply' });
      const [view, rest] = [new DataView(bytes.buffer, bytes.byteOffset), bytes.length - HEAD_BYTES - new DataView(bytes.buffer, bytes.byteOffset).getUint32(HEAD_BYTES, true)];
      expect(rest).toBe(0);
      view.setUint32(0, HEAD_BYTES + size, true);
      view.setUint32(HEAD_BYTES, size, true);
      return fromCore(bytes.subarray(0, HEAD_BYTES + size));
    };
    const error = new ContractError('NotCreatable', 'x', { reason: 'other-size', subject: 'typeId' });
    expect(readError(shortened(96, (frame) => { writeError(frame, error); }))).toMatchObject({ code: 'NotCreatable', reason: 'other-size', subject: undefined });
    expect(() => readError(shortened(88, (frame) => { writeError(frame, error); }))).toThrow('error.struct_size is 88: expected at least 96');
    // A reason that came later is none that is known.
    const strange = inFrame((frame) => { writeError(frame, error); }, { type: 'reply' });
    new DataView(strange.buffer, strange.byteOffset).setUint32(HEAD_BYTES + 24, 9999, true);
    expect(readError(fromCore(strange)).reason).toBeUndefined();
  });

  test('how much comes out is known before it is made, where what goes in says it', () => {
    const slot = slotsInFrames(BASE_V1).find(({ name }) => name === 'region.read')!;
    const asked = (length: number, capacity: number): unknown => slot.askedTooMuch({ in: { offset: 0, length }, room: { wanted: new Set(), capacities: { bytes: capacity } } });
    expect([asked(5, 5), asked(6, 5)]).toEqual([undefined, { member: 'bytes', counts: { bytes: { length: 6 } } }]);
    expect(() => asked(MAX_FRAME, MAX_FRAME)).toThrow(/^in\.length is 16777216: expected at most/);
    // The most that is let through has a place in a frame.
    const most = Number(/at most (\d+)/.exec((() => { try { asked(MAX_FRAME, MAX_FRAME); return ''; } catch (error) { return (error as Error).message; } })())![1]);
    expect(inFrame((frame) => { slot.writeReply(frame, { bytes: new Uint8Array(most) }, roomFor(slot, most)); }, { type: 'reply' }).length).toBeLessThanOrEqual(MAX_FRAME);
  });
});

test('any event comes back as it went, and an unknown one is passed by', () => {
  for (const schema of NEWEST) {
    for (const [kind, { payload }] of Object.entries(schema.events)) {
      fc.assert(fc.property(valuesOf(schema, payload), fc.maxSafeNat(), fc.maxSafeNat(), (values, sequence, time) => {
        const event = { kind, payload: values, sequence, time } as ContractEvent;
        const bytes = inFrame((frame) => { writeEvent(frame, NEWEST, event); }, { type: 'event', session: 1n });
        expect(readEvent(fromCore(bytes), NEWEST)).toEqual(event);
        expect(readEvent(fromCore(bytes), [DRM_V1])).toBeUndefined();
      }), { numRuns: 20 });
    }
  }
});

describe('UTF-8', () => {
  const [encoder, decoder] = [new TextEncoder(), new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })];
  test('is what the platform makes of it', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (value) => {
      expect(utf8(value)).toEqual(encoder.encode(value));
    }));
    expect(utf8('\ud800x')).toEqual(encoder.encode('\ud800x'));
    fc.assert(fc.property(fc.uint8Array({ maxLength: 6 }), (bytes) => {
      const platform = ((): string | undefined => {
        try {
          return decoder.decode(bytes);
        } catch {
          return undefined;
        }
      })();
      expect(textOf(bytes)).toBe(platform);
    }), { numRuns: 3000 });
  });

  test('is cut between characters', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), fc.nat({ max: 20 }), (value, room) => {
      const cut = utf8Within(value, room);
      expect(cut.length).toBeLessThanOrEqual(room);
      expect(value.startsWith(textOf(cut)!)).toBe(true);
    }));
  });
});
