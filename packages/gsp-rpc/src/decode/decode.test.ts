import { ascii } from '@nova-stack/c-layout';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RpcMessage } from '../message.ts';
import { PENDING } from '../record.ts';
import { TraceError } from '../trace/errors.ts';
import { openDecoder, type DecodedMessage, type Decodable } from './decoder.ts';
import { jsonOf } from './json.ts';
import { RELEASES } from './tables.ts';
import { formatMessage } from './text.ts';

const VERSIONS = ['535.113.01', '570.144', '580.105.08'] as const;
type Version = (typeof VERSIONS)[number];

/** Bytes out of `[offset, bytes per number, number]` rows and texts. */
function bytes(length: number, ...rows: readonly (readonly [at: number, size: 1 | 2 | 4 | 8, value: number | bigint] | readonly [at: number, text: string])[]): Uint8Array {
  const out = new Uint8Array(length);
  const view = new DataView(out.buffer);
  for (const row of rows) {
    if (row.length === 2) out.set(ascii(row[1]), row[0]);
    else if (row[1] === 8) view.setBigUint64(row[0], BigInt(row[2]), true);
    else if (row[1] === 4) view.setUint32(row[0], Number(row[2]), true);
    else if (row[1] === 2) view.setUint16(row[0], Number(row[2]), true);
    else view.setUint8(row[0], Number(row[2]));
  }
  return out;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

async function decode(release: Version, message: Partial<RpcMessage> & Pick<Decodable, 'function' | 'payload'> & Partial<Decodable>): Promise<DecodedMessage> {
  const decoder = await openDecoder(release);
  const whole = { result: 0, sequence: 0, ...message };
  await decoder.prepare([whole]);
  return decoder.decode(whole);
}

/** Its body as plain data. */
const bodyOf = (message: DecodedMessage): unknown => (jsonOf(message) as { readonly body: unknown }).body;

describe('a control', () => {
  // NV2080_CTRL_CMD_GPU_GET_VMMU_SEGMENT_SIZE { vmmuSegmentSize u64 }; 580 puts flags, access right and a reserved word before the parameters.
  const head = [[0, 4, 0xc1d00000], [4, 4, 0x5d1d0000], [8, 4, 0x2080017e], [0xc, 4, 0x56], [0x10, 4, 8]] as const;
  const LAYOUT: Record<Version, { readonly payload: Uint8Array; readonly more: object }> = {
    '535.113.01': { payload: bytes(0x20, ...head, [0x18, 8, 0x2000000n]), more: { flags: 0 } },
    '570.144': { payload: bytes(0x20, ...head, [0x18, 8, 0x2000000n]), more: { flags: 0 } },
    '580.105.08': { payload: bytes(0x30, ...head, [0x18, 4, 0x10b], [0x1c, 4, 3], [0x28, 8, 0x2000000n]), more: { rmapiRpcFlags: 0, rmctrlFlags: 0x10b, rmctrlAccessRight: 3, reserved0: '0x0' } },
  };

  test.each(VERSIONS)('%s: header and parameters', async (version) => {
    const message = await decode(version, { function: 76, sequence: 9, payload: LAYOUT[version].payload });
    expect(message).toMatchObject({ name: 'GSP_RM_CONTROL', subject: 'NV2080_CTRL_CMD_GPU_GET_VMMU_SEGMENT_SIZE', status: 0x56, statusName: 'NV_ERR_NOT_SUPPORTED', unknown: { bytes: 0 }, missing: 0 });
    expect(bodyOf(message)).toEqual({
      hClient: 0xc1d00000, hObject: 0x5d1d0000, cmd: { value: 0x2080017e, name: 'NV2080_CTRL_CMD_GPU_GET_VMMU_SEGMENT_SIZE' },
      status: { value: 0x56, name: 'NV_ERR_NOT_SUPPORTED' }, paramsSize: 8, ...LAYOUT[version].more, params: { vmmuSegmentSize: '0x2000000' },
    });
  });

  test('the same bytes read by the wrong release do not pass for whole', async () => {
    expect(await decode('580.105.08', { function: 76, payload: LAYOUT['570.144'].payload })).toMatchObject({ missing: 16 });
    expect(await decode('570.144', { function: 76, payload: LAYOUT['580.105.08'].payload })).toMatchObject({ unknown: { bytes: 16 } });
  });

  test('a number that means one thing in 535 and another in 570', async () => {
    const of = (command: number, size: number): Uint8Array => bytes(0x18 + size, [8, 4, command], [0x10, 4, size], [0x18, 1, 1]);
    expect(await decode('535.113.01', { function: 76, payload: of(0x20800ac3, 0x28) })).toMatchObject({ subject: 'NV2080_CTRL_CMD_INTERNAL_FBSR_SEND_REGION_INFO', unknown: { bytes: 0 } });
    expect(await decode('570.144', { function: 76, payload: of(0x20800ac3, 1) })).toMatchObject({ subject: 'NV2080_CTRL_CMD_INTERNAL_FIFO_TOGGLE_ACTIVE_CHANNEL_SCHEDULING', unknown: { bytes: 0 } });
    expect(await decode('535.113.01', { function: 76, payload: of(0x730108, 0x10) })).toMatchObject({ subject: 'NV0073_CTRL_CMD_SYSTEM_GET_SCANLINE' });
    expect(await decode('570.144', { function: 76, payload: of(0x730108, 0x10) })).toMatchObject({ subject: 'NV0073_CTRL_CMD_SYSTEM_GET_CONNECT_STATE' });
  });

  test('parameters that nothing explains are shown and counted', async () => {
    const unknown = await decode('570.144', { function: 76, payload: bytes(0x1c, [8, 4, 0x20809999], [0x10, 4, 4], [0x18, 4, 0xdeadbeef]) });
    expect(unknown).toMatchObject({ subject: '0x20809999', unknown: { bytes: 4, where: ['params: unknown command 0x20809999'] } });
    expect(bodyOf(unknown)).toMatchObject({ params: { unknown: 'efbeadde', why: 'unknown command 0x20809999' } });
    const finn = await decode('570.144', { function: 76, payload: bytes(0x20, [8, 4, 0x2080017e], [0x10, 4, 8], [0x14, 4, 2]) });
    expect(finn.unknown).toEqual({ bytes: 8, where: ['params: serialised parameters'] });
    const behind = await decode('570.144', { function: 76, payload: bytes(0x22, [8, 4, 0x2080017e], [0x10, 4, 8], [0x21, 1, 1]) });
    expect(behind.unknown).toEqual({ bytes: 2, where: ['(rest): behind the 8 bytes of the parameters'] });
    const larger = await decode('570.144', { function: 76, payload: bytes(0x24, [8, 4, 0x2080017e], [0x10, 4, 12]) });
    expect(larger.unknown).toEqual({ bytes: 4, where: ['params.(rest): behind the 8 bytes of NV2080_CTRL_GPU_GET_VMMU_SEGMENT_SIZE_PARAMS'] });
  });
});

describe('an allocation', () => {
  const alloc = (cls: number, params: Uint8Array, told = params.length): Uint8Array =>
    joined(bytes(0x20, [0, 4, 0xc1d00000], [4, 4, 0xde1d0000], [8, 4, 0x5d1d0000], [0xc, 4, cls], [0x14, 4, told]), params);

  test.each(VERSIONS)('%s: the client, with what drivers give it instead of the handle that the class table names', async (version) => {
    const size = version === '535.113.01' ? 0x6c : 0x78;
    const message = await decode(version, { function: 103, payload: alloc(0, bytes(size, [0, 4, 0xc1d00000], [4, 4, 0xffffffff], [8, 'Xorg'])) });
    expect(message).toMatchObject({ subject: 'NV01_ROOT', unknown: { bytes: 0 }, missing: 0 });
    expect(bodyOf(message)).toMatchObject({ params: { hClient: 0xc1d00000, processID: 0xffffffff, processName: 'Xorg' } });
  });

  test('a class without parameters, one that is unknown, and parameters that are not there', async () => {
    expect(await decode('570.144', { function: 103, payload: alloc(0xc997, new Uint8Array(0)) })).toMatchObject({ subject: 'ADA_A', unknown: { bytes: 0 } });
    expect(await decode('570.144', { function: 103, payload: alloc(0xfffe, bytes(4)) })).toMatchObject({ subject: '0xfffe', unknown: { bytes: 4 } });
    expect(await decode('570.144', { function: 103, payload: alloc(0x2080, new Uint8Array(0), 4) })).toMatchObject({ missing: 4, unknown: { bytes: 0 } });
  });
});

describe('events', () => {
  const text = 'NVRM: GPU has fallen over';

  test.each([
    ['535.113.01', bytes(0x10c, [0, 4, 79], [4, 4, 3], [8, 4, 5], [0xc, text]), {}],
    ['570.144', bytes(0x110, [0, 4, 79], [4, 4, 3], [8, 4, 5], [0xc, text], [0x10c, 4, 13]), { preemptiveRemovalPreviousXid: 13 }],
    ['580.105.08', bytes(0x110, [0, 4, 79], [4, 4, 13], [8, 4, 3], [0xc, 4, 5], [0x10, text]), { preemptiveRemovalPreviousXid: 13 }],
  ] as const)('%s: OS_ERROR_LOG', async (version, payload, more) => {
    const message = await decode(version, { function: 0x1006, payload });
    expect(message).toMatchObject({ event: true, name: 'OS_ERROR_LOG', unknown: { bytes: 0 }, missing: 0 });
    expect(bodyOf(message)).toEqual({ exceptType: { value: 79, name: 'ROBUST_CHANNEL_GPU_HAS_FALLEN_OFF_THE_BUS' }, runlistId: 3, chid: 5, errString: text, ...more });
    expect(formatMessage(message).join('\n')).toContain(`errString  "${text}"`);
  });

  test.each([
    ['535.113.01', bytes(0x14, [0, 4, 1], [4, 4, 5], [8, 4, 13], [0xc, 4, 1], [0x10, 2, 7]), 'ROBUST_CHANNEL_GR_ERROR_SW_NOTIFY'],
    ['570.144', bytes(0x30, [0, 4, 1], [4, 4, 5], [0x10, 4, 13], [0x14, 4, 1], [0x18, 2, 7]), 'ROBUST_CHANNEL_GR_EXCEPTION'],
    ['580.105.08', bytes(0x30, [0, 4, 1], [4, 4, 5], [0x10, 4, 13], [0x14, 4, 1], [0x18, 2, 7]), 'ROBUST_CHANNEL_GR_EXCEPTION'],
  ] as const)('%s: RC_TRIGGERED', async (version, payload, exception) => {
    const message = await decode(version, { function: 0x1004, payload });
    expect(message).toMatchObject({ unknown: { bytes: 0 }, missing: 0 });
    expect(bodyOf(message)).toMatchObject({ chid: 5, exceptType: { value: 13, name: exception }, scope: 1, partitionAttributionId: 7 });
    expect(formatMessage(message).join('\n')).toContain('GR0 (1)');
  });

  test('numbers of events moved between 535 and 570', async () => {
    const name = async (version: Version): Promise<string> => (await decode(version, { function: 0x101c, payload: bytes(4) })).name;
    expect(await Promise.all(VERSIONS.map(name))).toEqual(['NVLINK_FAULT_UP', 'GSP_LOCKDOWN_NOTICE', 'GSP_LOCKDOWN_NOTICE']);
  });

  test('POST_EVENT: data by its notifier, three bytes of padding behind it', async () => {
    const head = [[0, 4, 0xc1d00000], [4, 4, 0x7e0000], [8, 4, 0x04000001], [0x18, 4, 8]] as const;
    const message = await decode('570.144', { function: 0x1003, payload: bytes(0x28, ...head, [0x1d, 4, 0x100], [0x21, 4, 0x200]) });
    expect(message).toMatchObject({ subject: 'HOTPLUG', unknown: { bytes: 0 } });
    expect(bodyOf(message)).toMatchObject({ notifyIndex: { value: 0x04000001, name: 'HOTPLUG | 0x4000000' }, eventData: { plugDisplayMask: 0x100, unplugDisplayMask: 0x200 } });
    const odd = await decode('570.144', { function: 0x1003, payload: bytes(0x28, [8, 4, 200], [0x18, 4, 8], [0x1d, 1, 1]) });
    expect(odd.unknown.bytes).toBe(8);
  });

  test('GSP_RUN_CPU_SEQUENCER: operations with their operands, up to the dwords in use', async () => {
    const words = [0, 0x110040, 0xffff, 2, 0x118128, 3, 1, 4000, 0, 3, 10, 8];
    const payload = bytes(0x28 + 4 * (words.length + 4), [0, 4, words.length + 4], [4, 4, words.length], ...words.map((word, i) => [0x28 + 4 * i, 4, word] as const));
    const message = await decode('570.144', { function: 0x1002, payload });
    expect(message).toMatchObject({ name: 'GSP_RUN_CPU_SEQUENCER', subject: '4 operations', unknown: { bytes: 0 } });
    expect(bodyOf(message)).toMatchObject({ commandBuffer: [
      { opCode: { value: 0, name: 'REG_WRITE' }, addr: 0x110040, val: 0xffff }, { opCode: { name: 'REG_POLL' }, addr: 0x118128, mask: 3, val: 1, timeout: 4000, error: 0 },
      { opCode: { name: 'DELAY_US' }, val: 10 }, { opCode: { name: 'CORE_RESUME' } },
    ] });
    payload[0x28] = 99;
    expect((await decode('570.144', { function: 0x1002, payload })).unknown).toEqual({ bytes: 4 * (words.length + 4), where: ['(rest): no operation of the sequencer'] });
  });

  test('UCODE_LIBOS_PRINT: the text', async () => {
    const line = 'pmu: hello\n';
    const message = await decode('570.144', { function: 0x100c, payload: bytes(8 + line.length, [0, 4, 0xf3d72200], [4, 4, line.length], [8, line]) });
    expect(bodyOf(message)).toEqual({ ucodeEngDesc: 0xf3d72200, libosPrintBufSize: line.length, libosPrintBuf: line });
  });

  test('MMU_FAULT_QUEUED and INIT_DONE have no body; bytes in one are unknown', async () => {
    expect(await decode('570.144', { function: 0x1005, payload: bytes(0) })).toMatchObject({ name: 'MMU_FAULT_QUEUED', body: undefined, unknown: { bytes: 0 } });
    expect(await decode('570.144', { function: 0x1001, payload: bytes(4) })).toMatchObject({ name: 'GSP_INIT_DONE', unknown: { bytes: 4 } });
  });
});

describe('other messages', () => {
  test('SET_REGISTRY: entries by name, of every type', async () => {
    const payload = bytes(0x60, [0, 4, 0x60], [4, 4, 3],
      [0x08, 4, 0x38], [0x0c, 1, 1], [0x10, 4, 7], [0x14, 4, 4],
      [0x18, 4, 0x3c], [0x1c, 1, 3], [0x20, 4, 0x44], [0x24, 4, 6],
      [0x28, 4, 0x40], [0x2c, 1, 2], [0x30, 4, 0x4c], [0x34, 4, 0x14],
      [0x38, 'One'], [0x3c, 'Two'], [0x40, 'Bin'], [0x44, 'value'], [0x4c, 8, 0x1122n]);
    const message = await decode('570.144', { function: 73, result: PENDING, payload });
    expect(message).toMatchObject({ direction: 'command', unknown: { bytes: 0 }, subject: '3 keys' });
    expect(bodyOf(message)).toMatchObject({ entries: [
      { name: 'One', type: { value: 1, name: 'DWORD' }, data: 7 }, { name: 'Two', type: { name: 'STRING' }, data: 'value' }, { name: 'Bin', type: { name: 'BINARY' }, data: '2211' + '00'.repeat(18) },
    ] });
    const cut = await decode('570.144', { function: 73, payload: bytes(0x18, [4, 4, 1], [8, 4, 0x99999], [0xc, 1, 1]) });
    expect(cut.unknown.where).toEqual(['entries.0.name: the name lies outside the table']);
  });

  test('ALLOC_MEMORY: the page list', async () => {
    const payload = bytes(0x48, [0, 4, 0xc1d00000], [0xc, 4, 0x81], [0x20, 8, 0x2000n], [0x28, 4, 2], [0x38, 8, 0x12345n], [0x40, 8, 0x12346n]);
    const message = await decode('570.144', { function: 4, payload });
    expect(message).toMatchObject({ subject: 'NV01_MEMORY_LIST_SYSTEM', unknown: { bytes: 0 } });
    expect(bodyOf(message)).toMatchObject({ pageCount: 2, pteDesc: { pte_pde: ['0x12345', '0x12346'] } });
  });

  test.each([['535.113.01', 0x298, 0x878, 0x6d8, 7], ['570.144', 0x3a0, 0x678, 0x4c8, 8], ['580.105.08', 0x3a8, 0x700, 0x548, 1]] as const)('%s: system info and static info are as long as the release says', async (version, system, info, fbLength, last) => {
    expect(await decode(version, { function: 72, result: PENDING, payload: bytes(system, [0, 8, 0xc0000000n]) })).toMatchObject({ missing: 0, unknown: { bytes: 0 } });
    const message = await decode(version, { function: 65, payload: bytes(info, [fbLength, 8, 0xc00000000n]) });
    expect(message).toMatchObject({ missing: 0, unknown: { bytes: 0 } });
    expect(bodyOf(message)).toMatchObject({ fb_length: '0xc00000000' });
    expect(await decode(version, { function: 65, payload: bytes(info - 8) })).toMatchObject({ missing: last });
  });

  test('results: a status, a code of the transport, none yet', async () => {
    const named = async (result: number): Promise<string | undefined> => (await decode('570.144', { function: 10, result, payload: bytes(16) })).resultName;
    expect([await named(0), await named(0x57), await named(0xff100001), await named(PENDING), await named(0x12345678)]).toEqual(['NV_OK', 'NV_ERR_OBJECT_NOT_FOUND', 'RPC_UNKNOWN_FUNCTION', 'PENDING', undefined]);
  });

  test('a number that the release does not know', async () => {
    expect(await decode('535.113.01', { function: 226, payload: bytes(3) })).toMatchObject({ name: '0xe2', unknown: { bytes: 3, where: ['payload: no function or event of 535.113.01'] } });
  });
});

describe('everything that a release has', () => {
  test.each(VERSIONS)('%s: every function, event, command and class that tells its structure is explained by it', async (version) => {
    const decoder = await openDecoder(version);
    const { functions, commands, classes } = decoder.tables;
    const short = version === '580.105.08' ? 0x28 : 0x18;
    let decoded = 0;
    const check = async (message: RpcMessage, what: string): Promise<void> => {
      await decoder.prepare([message]);
      const { unknown, missing, body } = decoder.decode(message);
      expect([what, unknown, missing, body?.fields.length === 0]).toEqual([what, { bytes: 0, where: [] }, 0, false]);
      decoded++;
    };
    const sizeOf = async (record: string | undefined): Promise<number | undefined> => (record === undefined ? undefined : (await decoder.tables.layout(record))?.size);
    for (const [number, entry] of functions) {
      const size = await sizeOf(entry.payload ?? entry.current);
      if (size !== undefined && size > 0) await check({ function: number, result: 0, sequence: 0, payload: new Uint8Array(size) }, entry.name);
    }
    for (const [id, entries] of commands) {
      for (const { name, params, record } of entries) {
        const size = await sizeOf(record ?? params);
        if (size !== undefined) await check({ function: 76, result: 0, sequence: 0, payload: bytes(short + size, [8, 4, id], [0x10, 4, size]) }, name);
      }
    }
    for (const [id, entries] of classes) {
      for (const { name, params, record } of entries) {
        const size = params === 'NvHandle' ? undefined : await sizeOf(record ?? params);
        if (size !== undefined) await check({ function: 103, result: 0, sequence: 0, payload: bytes(0x20 + size, [0xc, 4, id], [0x14, 4, size]) }, name);
      }
    }
    expect(decoded).toBeGreaterThan(version === '535.113.01' ? 1400 : 1600);
  });
});

describe('the decoder', () => {
  test('refuses a release without tables by name', async () => {
    await expect(openDecoder('999.99')).rejects.toMatchObject({ code: 'RELEASE', message: expect.stringContaining(Object.keys(RELEASES).join(', ')) as string });
    await expect(openDecoder('constructor')).rejects.toBeInstanceOf(TraceError);
  });

  test('takes tables of a release of one\'s own', async () => {
    const loaded: string[] = [];
    const decoder = await openDecoder('590.48.01', {
      namespace: 'r590_48_01',
      load: async (namespace, module) => {
        loaded.push(namespace);
        return (await import(/* @vite-ignore */ `@nova-stack/nvrm-headers/r580_105_08/${module}`)) as Record<string, unknown>;
      },
    });
    expect(decoder.release).toBe('590.48.01');
    expect(new Set(loaded)).toEqual(new Set(['r590_48_01']));
  });

  test('says so when a message was not prepared', async () => {
    const decoder = await openDecoder('570.144');
    const message = { function: 65, result: 0, sequence: 0, payload: bytes(8) };
    expect(decoder.prepared(message)).toBe(false);
    expect(() => decoder.decode(message)).toThrow(expect.objectContaining({ code: 'NOT_PREPARED' }));
  });

  test.each(VERSIONS)('%s: arbitrary bytes as any message are decoded, in bounded text', async (version) => {
    const decoder = await openDecoder(version);
    const commands = [...decoder.tables.commands.keys()];
    const classes = [...decoder.tables.classes.keys()];
    const anyMessage = fc.record({
      function: fc.oneof(fc.constantFrom(...decoder.tables.functions.keys()), fc.constantFrom(76, 103, 73, 4, 0x1002, 0x1003, 0x100c), fc.integer({ min: 0, max: 0xffffffff })),
      result: fc.integer({ min: 0, max: 0xffffffff }), sequence: fc.integer({ min: 0, max: 0xffffffff }),
      payload: fc.tuple(fc.uint8Array({ maxLength: 600 }), fc.constantFrom(...commands), fc.constantFrom(...classes), fc.integer({ min: 0, max: 700 }), fc.boolean()).map(([raw, command, cls, size, shaped]) => {
        if (!shaped || raw.length < 0x20) return raw;
        const view = new DataView(raw.buffer, raw.byteOffset, raw.length);
        view.setUint32(8, command, true);
        view.setUint32(0xc, cls, true);
        view.setUint32(0x10, size, true);
        view.setUint32(0x14, size & 0xfffd, true);
        return raw;
      }),
    });
    await fc.assert(fc.asyncProperty(anyMessage, async (message) => {
      await decoder.prepare([message]);
      const decoded = decoder.decode(message);
      expect(decoded.unknown.bytes).toBeLessThanOrEqual(message.payload.length);
      const lines = formatMessage(decoded, { fields: 'all', maxLines: 50 });
      expect(lines.length).toBeLessThanOrEqual(50);
      expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(4000);
      expect(JSON.parse(JSON.stringify(jsonOf(decoded)))).toBeTypeOf('object');
    }), { numRuns: 400 });
  });
});
