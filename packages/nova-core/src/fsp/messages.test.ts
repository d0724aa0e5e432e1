import { CHIPS, COT_PAYLOAD } from '@nova-stack/gpu-regs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { NovaCoreError } from '../errors.ts';
import { cotPayload, message, parseResponse, VGPU_MODE_REQUEST, vgpuMode } from './messages.ts';

const bytesOf = (...words: readonly number[]): Uint8Array => new Uint8Array(Uint32Array.from(words).buffer);
const good = (...more: readonly number[]): Uint8Array => bytesOf(0xc000_0000, 0x1510_de7e, 0, 0x14, 0, ...more);

// Words as linux: drivers/gpu/nova-core/{mctp,fsp}.rs makes them.
describe('a message to the FSP', () => {
  it('starts with both headers', () => {
    expect(message(0x13, VGPU_MODE_REQUEST)).toEqual(bytesOf(0xc000_0000, 0x1310_de7e, 0x0029_020c));
  });

  it('of the chain of trust has everything where the FSP looks for it', () => {
    const fill = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte);
    const payload = cotPayload(CHIPS.gb202.family.chainOfTrust!, {
      image: 0x1_2345_6000, bootParams: 0x7_0000_1000, hash: fill(48, 1), publicKey: fill(97, 2), signature: fill(96, 3), frts: { offset: 0x1c0_0000, size: 0x10_0000 },
    });
    expect([payload.length, message(0x14, payload).length]).toEqual([860, 868]);
    expect(COT_PAYLOAD.read(payload)).toMatchObject({
      version: 2, size: 860, gspFmcSysmemOffset: 0x1_2345_6000n, frtsSysmemOffset: 0n, frtsSysmemSize: 0, frtsVidmemOffset: 0x1c0_0000n, frtsVidmemSize: 0x10_0000,
      gspBootArgsSysmemOffset: 0x7_0000_1000n,
    });
    expect([0x23, 0x24, 0x53, 0x54, 0xb4, 0xb5, 0x1d3, 0x1d4, 0x233, 0x234].map((at) => payload[at])).toEqual([0, 1, 1, 2, 2, 0, 0, 3, 3, 0]);
    expect(COT_PAYLOAD.read(cotPayload(CHIPS.gh100.family.chainOfTrust!, {
      image: 0, bootParams: 0, hash: fill(48, 0), publicKey: fill(384, 2), signature: fill(384, 3), frts: { offset: 0, size: 0 },
    })).version).toBe(1);
  });
});

describe('an answer of the FSP', () => {
  it('is what stands behind the headers', () => {
    expect(parseResponse('chain-of-trust', 0x14, good())).toEqual(new Uint8Array(0));
    expect(parseResponse('chain-of-trust', 0x14, good(7))).toEqual(bytesOf(7));
  });

  it.each([
    ['too short', good().subarray(0, 16), /16 bytes: expected at least 20/],
    ['only a part', bytesOf(0x8000_0000, 0x1510_de7e, 0, 0x14, 0), /part of a message/],
    ['no response', bytesOf(0xc000_0000, 0x1410_de7e, 0, 0x14, 0), /something else than a response/],
    ['of another vendor', bytesOf(0xc000_0000, 0x1510_df7e, 0, 0x14, 0), /something else than a response/],
    ['of another message type', bytesOf(0xc000_0000, 0x1510_de7f, 0, 0x14, 0), /something else than a response/],
    ['to something else', bytesOf(0xc000_0000, 0x1510_de7e, 0, 0x13, 0), /type 0x13, not 0x14/],
    ['with an error', bytesOf(0xc000_0000, 0x1510_de7e, 0, 0x14, 0x1c), /error 0x1c/],
  ])('is refused: %s', (_, bytes, text) => {
    expect(() => parseResponse('chain-of-trust', 0x14, bytes)).toThrow(expect.objectContaining({ code: 'FSP', step: 'chain-of-trust', message: expect.stringMatching(text) as string }));
  });

  it('is taken or refused, whatever is in it', () => {
    const damaged = fc.tuple(fc.nat(5), fc.nat(0xffff_ffff), fc.array(fc.nat(0xffff_ffff), { maxLength: 4 })).map(([at, value, more]) => {
      const words = [0xc000_0000, 0x1510_de7e, 0, 0x14, 0, 1];
      words[at] = value;
      return bytesOf(...words, ...more);
    });
    fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 1024 }), damaged), (bytes) => {
      try {
        expect(parseResponse('chain-of-trust', 0x14, bytes).length).toBe(bytes.length - 20);
        expect(new DataView(bytes.buffer, bytes.byteOffset).getUint32(16, true)).toBe(0);
      } catch (error) {
        if (!(error instanceof NovaCoreError)) throw error;
        expect(error.code).toBe('FSP');
      }
    }));
  });
});

it('the vGPU mode is yes, no, or no answer', () => {
  expect([vgpuMode('vgpu-mode', bytesOf(0)), vgpuMode('vgpu-mode', bytesOf(1))]).toEqual([false, true]);
  for (const payload of [bytesOf(2), new Uint8Array(0), Uint8Array.of(1)]) expect(() => vgpuMode('vgpu-mode', payload)).toThrow(expect.objectContaining({ code: 'FSP', step: 'vgpu-mode' }));
});
