import { HEADER as CONFIG } from '@nova-stack/pci';
import { noTrace } from '@nova-stack/trace';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { access, Client } from './client-fixture.ts';
import { BAR0, BAR1, copyDevice, type CopyDevice } from './device-fixture.ts';
import { DevicePort } from './device-port.ts';
import { VfioUserError } from './errors.ts';
import { COMMAND, ERRNO, FLAG, MAX_TRANSFER, REGION } from './protocol.ts';
import { Session } from './session.ts';

interface Talk {
  readonly device: CopyDevice;
  readonly session: Session;
  readonly client: Client;
}

function talk(): Talk {
  const device = copyDevice();
  let now = 0;
  const port = new DevicePort(device, () => now++, noTrace);
  const session: Session = new Session({ port, trace: noTrace, send: (bytes, length) => { client.hear(bytes.subarray(0, length)); } });
  const client = new Client((bytes) => { session.receive(bytes); });
  return { device, session, client };
}

/** As QEMU leaves a device to a guest's driver: decoded, bus master, interrupts on. */
function ready(): Talk {
  const all = talk();
  const { client } = all;
  client.version();
  client.dmaMap(0x10_0000, 0x10_0000);
  client.writeConfig(CONFIG.bar0, 4, BAR0);
  client.writeConfig(CONFIG.bar0 + 4, 4, BAR1 % 2 ** 32);
  client.writeConfig(CONFIG.bar0 + 8, 4, Math.floor(BAR1 / 2 ** 32));
  client.writeConfig(CONFIG.command, 2, 6);
  const at = all.device.config.capability(5)!;
  client.writeConfig(at + 4, 4, 0xfee0_1000);
  client.writeConfig(at + 8, 4, 0);
  client.writeConfig(at + 12, 2, 0x4021);
  client.writeConfig(at + 2, 2, 0x81);
  client.heard.length = 0;
  return all;
}

const word = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);

describe('the beginning', () => {
  test('is the version, and the answer is shorter than the question of QEMU', () => {
    const { client } = talk();
    client.version();
    const { body } = client.reply(0);
    expect(body.byteLength + 16).toBeLessThanOrEqual(214);
    const text = new TextDecoder().decode(new Uint8Array(body.buffer, 4));
    expect(text.endsWith('\0')).toBe(true);
    expect(JSON.parse(text.slice(0, -1))).toEqual({ capabilities: { max_msg_fds: 0, max_data_xfer_size: MAX_TRANSFER, write_multiple: true } });
  });

  test('anything else first ends the conversation', () => {
    const { client } = talk();
    expect(() => client.read(0, 0, 4)).toThrow(expect.objectContaining({ code: 'PROTOCOL' }));
  });

  test.each([
    ['another version', [1, 0, 0, 0], 'VERSION'],
    ['capabilities that are no JSON', [0, 0, 0, 0, 0x7b, 0], 'PROTOCOL'],
    ['three bytes', [0, 0, 0], 'PROTOCOL'],
  ])('%s ends it', (_, body, code) => {
    const { client } = talk();
    expect(() => client.request(COMMAND.version, Uint8Array.from(body))).toThrow(expect.objectContaining({ code }));
  });

  test('device, regions and interrupts are told as a PCI device has them', () => {
    const { client } = ready();
    const info = client.reply(client.request(COMMAND.deviceInfo, new Uint8Array(16))).body;
    expect([0, 4, 8, 12].map((at) => info.getUint32(at, true))).toEqual([16, 3, 9, 5]);
    const sizes = Array.from({ length: 9 }, (_, index) => {
      const { body } = client.reply(client.request(COMMAND.regionInfo, Uint8Array.from([...word(32), ...word(0), ...word(index), ...new Uint8Array(20)])));
      return [body.getUint32(4, true), Number(body.getBigUint64(16, true))];
    });
    expect(sizes).toEqual([[3, 4096], [3, 1 << 21], [0, 0], [0, 0], [0, 0], [0, 0], [0, 0], [3, 4096], [0, 0]]);
    const counts = Array.from({ length: 5 }, (_, index) => client.reply(client.request(COMMAND.irqInfo, Uint8Array.from([...word(16), ...word(0), ...word(index), ...word(0)]))).body.getUint32(12, true));
    expect(counts).toEqual([1, 4, 8, 1, 1]);
  });
});

describe('regions', () => {
  test('are read and written, one register or a block', () => {
    const { client, device } = ready();
    client.write(1, 0x10, [1, 2, 3, 4]);
    client.write(1, 0x13, [9]);
    expect(client.data(client.read(1, 0x10, 4))).toEqual([1, 2, 3, 9]);
    expect(client.data(client.read(1, 0x11, 7))).toEqual([2, 3, 9, 0, 0, 0, 0]);
    device.memory.fill(0x55);
    expect(client.data(client.read(1, 0, MAX_TRANSFER))).toHaveLength(MAX_TRANSFER);
    expect(client.data(client.read(REGION.config, 0, 4096)).slice(0, 4)).toEqual([0x34, 0x12, 0x78, 0x56]);
  });

  test('a posted write gets no reply, a write that waits gets its head back', () => {
    const { client } = ready();
    client.write(1, 0, word(7), FLAG.noReply);
    expect(client.heard).toEqual([]);
    const reply = client.reply(client.write(1, 4, word(8)));
    expect([...new Uint8Array(reply.body.buffer)]).toEqual([...access(1, 4, 4)]);
    expect(client.data(client.read(1, 0, 8))).toEqual([...word(7), ...word(8)]);
  });

  test('many writes come in one message', () => {
    const { client } = ready();
    const entries = [[0, 4, 0x11], [8, 8, 0x22], [5, 1, 0x33]].map(([offset = 0, count = 0, fill = 0]) => [...access(1, offset, count), ...new Uint8Array(8).fill(fill)]);
    client.request(COMMAND.regionWriteMulti, Uint8Array.from([3, 0, 0, 0, 0, 0, 0, 0, ...entries.flat()]), FLAG.noReply);
    expect(client.heard).toEqual([]);
    expect(client.data(client.read(1, 0, 16))).toEqual([0x11, 0x11, 0x11, 0x11, 0, 0x33, 0, 0, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22]);
  });

  test('read all ones while the device does not decode', () => {
    const { client } = ready();
    client.writeConfig(CONFIG.command, 2, 0);
    client.write(1, 0, word(5));
    expect(client.data(client.read(1, 0, 4))).toEqual([0xff, 0xff, 0xff, 0xff]);
    client.writeConfig(CONFIG.command, 2, 6);
    expect(client.data(client.read(1, 0, 4))).toEqual(word(0));
  });

  test.each([
    ['behind the end', 0, 4094, 4], ['of a BAR that there is not', 2, 0, 4], ['of no bytes', 0, 0, 0], ['of the ROM', REGION.rom, 0, 4], ['of region 200', 200, 0, 4], ['at 2^60', 0, 2 ** 60, 4],
  ])('an access %s is refused, and the conversation goes on', (_, region, offset, count) => {
    const { client } = ready();
    expect(client.reply(client.read(region, offset, count))).toMatchObject({ flags: FLAG.reply | FLAG.error, errno: ERRNO.EINVAL, body: { byteLength: 0 } });
    expect(client.reply(client.request(99))).toMatchObject({ errno: ERRNO.ENOSYS });
    expect(client.reply(client.read(0, 0, MAX_TRANSFER + 1))).toMatchObject({ errno: ERRNO.E2BIG });
    expect(client.data(client.read(0, 0, 4))).toEqual(word(0));
  });
});

describe('memory by messages', () => {
  test('a job waits for its answers, and registers are served meanwhile', () => {
    const { client, device } = ready();
    client.write(0, 0, word(0x10_0000), FLAG.noReply);
    client.write(0, 4, word(0x10_1000), FLAG.noReply);
    client.write(0, 8, word(1), FLAG.noReply);
    const [read] = client.asked();
    expect([read!.command, read!.body.getBigUint64(0, true), read!.body.getBigUint64(8, true)]).toEqual([COMMAND.dmaRead, 0x10_0000n, 4n]);
    expect(client.data(client.read(0, 12, 4))).toEqual(word(0));

    client.answer(read!, Uint8Array.from([...new Uint8Array(16), 41, 0, 0, 0]));
    const [, write] = client.asked();
    expect([write!.command, write!.body.getBigUint64(0, true), write!.body.getUint32(16, true)]).toEqual([COMMAND.dmaWrite, 0x10_1000n, 42]);
    client.answer(write!, new Uint8Array(16));
    expect(client.data(client.read(0, 12, 4))).toEqual(word(1));
    expect(device.outcomes).toEqual([true]);
    // The interrupt is one more write, to the address that the driver programmed, and wants no answer.
    const [, , interrupt] = client.asked();
    expect([interrupt!.flags, interrupt!.body.getBigUint64(0, true), interrupt!.body.getUint32(16, true)]).toEqual([FLAG.noReply, 0xfee0_1000n, 0x4021]);
  });

  test.each([
    ['an error', (client: Client, one: ReturnType<Client['asked']>[number]) => { client.answer(one, new Uint8Array(0), ERRNO.ENODEV); }],
    ['too few bytes', (client: Client, one: ReturnType<Client['asked']>[number]) => { client.answer(one, new Uint8Array(19)); }],
  ])('%s is a bus error of the device', (_, answer) => {
    const { client, device } = ready();
    client.write(0, 0, word(0x10_0000), FLAG.noReply);
    client.write(0, 8, word(1), FLAG.noReply);
    answer(client, client.asked()[0]!);
    expect(device.outcomes).toEqual([false]);
  });

  test('memory that was never announced is not asked for', () => {
    const { client, device } = ready();
    client.write(0, 0, word(0x30_0000), FLAG.noReply);
    client.write(0, 8, word(1), FLAG.noReply);
    expect(device.outcomes).toEqual([false]);
    expect(client.asked().filter(({ command }) => command === COMMAND.dmaRead)).toEqual([]);
  });

  test('an address in a BAR of its own is the device\'s', () => {
    const { client, device } = ready();
    device.memory[0x40] = 6;
    client.write(0, 0, word(0xdead_0000), FLAG.noReply);
    device.config.write(CONFIG.bar0 + 4, 4, 0xd000_0000);
    device.config.write(CONFIG.bar0 + 8, 4, 0);
    client.write(0, 0, word(0xd000_0040), FLAG.noReply);
    client.write(0, 4, word(0xd000_0050), FLAG.noReply);
    client.write(0, 8, word(1), FLAG.noReply);
    expect([device.outcomes, device.memory[0x50]]).toEqual([[true], 7]);
  });

  test('without bus mastering nothing leaves the device', () => {
    const { client, device } = ready();
    client.writeConfig(CONFIG.command, 2, 2);
    client.heard.length = 0;
    client.write(0, 0, word(0x10_0000), FLAG.noReply);
    client.write(0, 8, word(1), FLAG.noReply);
    expect(device.outcomes).toEqual([false]);
    expect(client.heard).toEqual([]);
  });
});

describe('reset', () => {
  test('drops the jobs under way and clears the device', () => {
    const { client, device } = ready();
    client.write(0, 0, word(0x10_0000), FLAG.noReply);
    client.write(0, 8, word(1), FLAG.noReply);
    const [read] = client.asked();
    client.reply(client.request(COMMAND.deviceReset));
    client.answer(read!, new Uint8Array(20));
    expect(device.outcomes).toEqual([]);
    expect(device.resets).toEqual(['power-on', 'hot']);
    // The header stays as its client wrote it; interrupts are off.
    expect([device.config.read(CONFIG.command, 2), device.config.read(CONFIG.bar0, 4), device.config.barAddress(1)]).toEqual([6, BAR0, BAR1]);
    expect(device.config.msiEnabled).toBe(false);
    expect(client.data(client.read(0, 0, 4))).toEqual(word(0));
  });

  test('of the function is asked for in its configuration space', () => {
    const { client, device } = ready();
    client.writeConfig(device.config.capability(0x10)! + 8, 2, 0x8000);
    expect(device.resets).toEqual(['power-on', 'flr']);
  });
});

test('any bytes give replies or a VfioUserError, and touch no register that the device has not', () => {
  const messages = fc.array(fc.record({ command: fc.integer({ min: 1, max: 18 }), flags: fc.constantFrom(0, 0x10, 1, 0x21), body: fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.tuple(fc.nat(9), fc.nat(5000), fc.nat(5000)).map(([region, offset, count]) => access(region, offset, count))) }), { maxLength: 30 });
  fc.assert(fc.property(messages, fc.uint8Array({ maxLength: 40 }), (sent, noise) => {
    const { client, session } = ready();
    try {
      for (const { command, flags, body } of sent) client.request(command, body, flags);
      session.receive(noise);
    } catch (error) {
      expect(error).toBeInstanceOf(VfioUserError);
    }
    session.close();
  }), { numRuns: 500 });
});
