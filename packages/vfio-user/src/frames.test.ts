import fc from 'fast-check';
import { expect, test } from 'vitest';

import { FrameReader, message } from './frames.ts';
import { HEADER, MAX_MESSAGE } from './protocol.ts';

const parts = fc.array(fc.record({ id: fc.nat(0xffff), command: fc.nat(0xffff), flags: fc.nat(0xff), errno: fc.nat(100), body: fc.uint8Array({ maxLength: 300 }) }), { maxLength: 12 });

test('messages come out whole, however the stream is cut', () => {
  fc.assert(fc.property(parts, fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1 }), (sent, cuts) => {
    const stream = sent.flatMap(({ body, ...heading }) => {
      const { bytes } = message(heading, body.length);
      bytes.set(body, HEADER.size);
      return [...bytes];
    });
    const reader = new FrameReader();
    const heard: unknown[] = [];
    for (let at = 0, i = 0; at < stream.length; i++) {
      const end = at + cuts[i % cuts.length]!;
      reader.push(Uint8Array.from(stream.slice(at, end)), ({ body, ...heading }) => heard.push({ ...heading, body: new Uint8Array(body.buffer, body.byteOffset, body.byteLength).slice() }));
      at = end;
    }
    expect(heard).toEqual(sent);
    expect(reader.pending).toBe(0);
  }));
});

test.each([0, 15, MAX_MESSAGE + 1, 0xffff_ffff])('a message of %i bytes is refused at once', (size) => {
  const header = message({ id: 1, command: 9, flags: 0 }, 0).bytes;
  new DataView(header.buffer).setUint32(HEADER.length, size, true);
  for (const pieces of [[header], [header.subarray(0, 5), header.subarray(5)]]) {
    const reader = new FrameReader();
    expect(() => { for (const piece of pieces) reader.push(piece, () => undefined); }).toThrow(expect.objectContaining({ code: 'PROTOCOL' }));
  }
});
