import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { fakeDevice, type FakeDevice } from '../testing/fake-device.ts';
import { Fsp } from './fsp.ts';

const EMEMC = 0x8f2ac0;
const EMEMD = 0x8f2ac4;
const HEAD = 0x8f2c00;
const TAIL = 0x8f2c04;
const ANSWER_HEAD = 0x8f2c80;
const ANSWER_TAIL = 0x8f2c84;

/** An FSP of numbers: takes what is in its memory when the head is written, and answers with what it is told. */
function scripted(answer: (message: readonly number[]) => readonly number[] | undefined, pointers?: readonly [number, number]): FakeDevice & { readonly taken: number[][] } {
  const device = fakeDevice();
  const memory = new Array<number>(512).fill(0);
  let at = 0;
  const taken: number[][] = [];
  device.onRead = (offset) => (offset === EMEMD ? memory[at++ % memory.length] : undefined);
  device.onWrite = (offset, value) => {
    if (offset === EMEMC) at = (value & 0xffff) / 4;
    else if (offset === EMEMD) memory[at++] = value;
    else if (offset === HEAD) {
      const message = memory.slice(value / 4, device.registers.get(TAIL)! / 4 + 1);
      taken.push(message);
      device.registers.set(HEAD, device.registers.get(TAIL)!);
      const words = answer(message);
      if (words === undefined) return;
      memory.splice(0, words.length, ...words);
      device.registers.set(ANSWER_HEAD, pointers?.[0] ?? 0).set(ANSWER_TAIL, pointers?.[1] ?? words.length * 4 - 4);
    }
  };
  return Object.assign(device, { taken });
}

const OK = [0xc000_0000, 0x1510_de7e, 0, 0x13, 0] as const;

describe('a call of the FSP', () => {
  it('puts the message into EMEM, waits for the answer, and leaves the queue empty', async () => {
    const device = scripted(() => [...OK, 42]);
    expect(await new Fsp(device).call('vgpu-mode', 0x13, Uint8Array.of(1, 2, 3, 4))).toEqual(Uint8Array.of(42, 0, 0, 0));
    expect(device.taken).toEqual([[0xc000_0000, 0x1310_de7e, 0x0403_0201]]);
    expect([ANSWER_HEAD, ANSWER_TAIL].map((register) => device.registers.get(register))).toEqual([0, 0]);
    // The tail before the head: that is what tells the FSP.
    expect(device.writes.map(([offset]) => offset).filter((offset) => offset === HEAD || offset === TAIL)).toEqual([TAIL, HEAD]);
  });

  it('waits a second for room, and two for the answer', async () => {
    const full = scripted(() => OK);
    full.registers.set(HEAD, 4);
    await expect(new Fsp(full).call('vgpu-mode', 0x13, new Uint8Array(4))).rejects.toMatchObject({ code: 'TIMEOUT', step: 'vgpu-mode' });
    expect(full.clock.now()).toBe(1e9);
    const silent = scripted(() => undefined);
    await expect(new Fsp(silent).call('vgpu-mode', 0x13, new Uint8Array(4))).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(silent.clock.now()).toBe(2e9);
  });

  it('does not wait for a device that is gone', async () => {
    const device = scripted(() => undefined);
    device.remove();
    await expect(new Fsp(device).call('chain-of-trust', 0x14, new Uint8Array(4))).rejects.toMatchObject({ code: 'DEVICE_LOST', step: 'chain-of-trust' });
  });

  it('takes an answer of any length that the channel holds, and refuses pointers that hold none', async () => {
    const offset = fc.oneof(fc.nat(0x100).map((word) => word * 4), fc.nat(0xffff_ffff));
    await fc.assert(fc.asyncProperty(offset, offset, async (head, tail) => {
      fc.pre(head !== tail);
      const device = scripted(() => OK, [head, tail]);
      const call = new Fsp(device).call('vgpu-mode', 0x13, new Uint8Array(4));
      const sound = head === 0 && tail >= 16 && tail <= 0x3fc && tail % 4 === 0;
      if (sound) expect((await call).length).toBe(tail - 16);
      else await expect(call).rejects.toMatchObject({ code: 'FSP', step: 'vgpu-mode' });
    }));
  });
});
