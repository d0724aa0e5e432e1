import { createAuxBus } from '@nova-stack/aux-bus';
import { syntheticPack, syntheticTypeFile } from '@nova-stack/firmware-files';
import { createGspRm } from '@nova-stack/gsp-rm';
import { PROFILE_535_113_01, PROFILE_570_144 as profile, PROFILE_580_105_08 } from '@nova-stack/gsp-rpc';
import { callsOf, compareFields, decodeTrace, diffTraces, filterTrace, formatDivergence, formatTrace, openDecoder, type DecodedMessage } from '@nova-stack/gsp-rpc/decode';
import { createRecorder, createReplay, messagesOf, readTrace, type Replay, type Trace } from '@nova-stack/gsp-rpc/trace';
import { createGpu } from '@nova-stack/hw-model';
import { BOARDS } from '@nova-stack/hw-model/boards';
import { createMachine } from '@nova-stack/nova/machine';
import { createNovaCore } from '@nova-stack/nova-core';
import { createNovaDrm } from '@nova-stack/nova-drm';
import { createBus, type PciBus } from '@nova-stack/pci';
import { createVirtualClock } from '@nova-stack/timebase';
import { createTrace } from '@nova-stack/trace';
import { createVgpuDriver, type VgpuDriver } from '@nova-stack/vgpu';
import { expect, test } from 'vitest';
import { replayFirmware } from './replay-firmware.ts';

const gpuOf = (pci: PciBus) => pci.find({ vendor: 0x10de, baseClass: 0x03 })[0]!;

/** What is done between boot and unload. */
type Work = (vgpu: VgpuDriver) => Promise<void>;

/** A virtual GPU comes and goes. */
const openVgpu: Work = async ({ managers: [manager] }) => {
  await manager!.submitTypes(syntheticTypeFile({ device: BOARDS.l40.pci.device, version: '570.144' }), 'types');
  const vgpu = await manager!.create({ type: 'NVIDIA L40-4Q', owner: new Uint8Array(16), label: 'guest' });
  await vgpu.reset();
  await vgpu.close();
};

/** Boots the board with both clients and unloads it, twice, with a recorder listening. */
async function record(seed = 1, work: Work = async () => {}, version = '570.144'): Promise<{ trace: Trace; bytes: number }> {
  const chunks: Uint8Array[] = [];
  const machine = createMachine({ board: 'l40', version, seed, tap: (clock) => createRecorder({ now: () => clock.now(), write: (bytes) => chunks.push(bytes) }).tap });
  const drm = await createNovaDrm({ bus: machine.auxBus });
  const vgpu = await createVgpuDriver({ bus: machine.auxBus });
  for (let boot = 0; boot < 2; boot++) {
    const gpu = await machine.core.probe(gpuOf(machine.pci));
    await work(vgpu);
    await gpu.unbind();
  }
  await vgpu.unregister();
  await drm.unregister();
  const file = Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));
  return { trace: readTrace(file), bytes: file.length };
}

/** The same driver on the same board, with a recording where the firmware's queues are. */
function replayed(replay: Replay, seed = 1, framing = profile) {
  const board = BOARDS.l40;
  const clock = createVirtualClock({ seed });
  const trace = createTrace({ now: () => clock.now(), sinks: [] });
  const gpu = createGpu({ board, firmware: replayFirmware(createGspRm(), framing, replay), trace, seed });
  const pci = createBus({ clock, trace });
  pci.plug(gpu);
  const core = createNovaCore({ clock, trace, auxBus: createAuxBus({ trace }), firmware: syntheticPack({ chip: board.chip, version: framing.release }), firmwareVersion: framing.release });
  return { core, pci };
}

test('a trace of the board booting, opening a virtual GPU and unloading decodes without one unknown byte', async () => {
  const { trace, bytes } = await record(1, openVgpu);
  expect(trace.stopped).toBeUndefined();
  const decoded = (await decodeTrace(trace.entries)).filter((entry): entry is DecodedMessage => entry.kind === 'message');
  expect(decoded.length).toBeGreaterThan(20);
  expect(decoded.flatMap(({ name, subject, unknown }) => unknown.where.map((where) => `${name} ${subject ?? ''} ${where}`))).toEqual([]);
  expect(decoded.filter(({ body, length }) => length > 0 && body === undefined)).toEqual([]);
  expect(bytes).toBe(16 + 16 + '570.144'.length + decoded.reduce((sum, { length }) => sum + 28 + length, 0));

  // Twice the same conversation, each call answered.
  const calls = callsOf(decoded);
  expect(calls.filter(({ key }) => key === 'GET_GSP_STATIC_INFO')).toHaveLength(2);
  expect(calls.filter(({ request, answer }) => request !== undefined && answer === undefined).map(({ key }) => key.split(' ')[0])).toEqual([
    'GSP_SET_SYSTEM_INFO', 'SET_REGISTRY', 'GSP_SET_SYSTEM_INFO', 'SET_REGISTRY',
  ]);
  expect(filterTrace(decoded, { failed: true })).toEqual([]);
  const text = [...formatTrace(filterTrace(decoded, { function: 'STATIC_INFO', direction: 'status' }))].join('\n');
  expect(text).toContain('gpuNameString  "NVIDIA L40"');
});

test('the same boot twice is the same trace; another seed differs in nothing but the UUID of the GPU', async () => {
  const [first, again, other] = await Promise.all([1, 1, 2].map(async (seed) => decodeTrace((await record(seed)).trace.entries)));
  expect(diffTraces(first!, again!).differences).toEqual([]);
  const { common, differences } = diffTraces(first!, other!);
  expect(common).toBe(callsOf(first!).length);
  expect([...new Set(differences.flatMap(({ kind, key, fields }) => fields.map(({ path }) => `${kind}: ${key} ${path}`)))]).toEqual(['differs: GET_GSP_STATIC_INFO answer.gidInfo.data']);
});

test.each([PROFILE_535_113_01, profile, PROFILE_580_105_08].map((framing) => [framing.release, framing] as const))('a recording of %s has nothing unknown and boots the driver again, as often as it was recorded', async (version, framing) => {
  const { trace } = await record(1, undefined, version);
  const messages = (await decodeTrace(trace.entries)).filter((entry): entry is DecodedMessage => entry.kind === 'message');
  expect(messages.filter(({ unknown }) => unknown.bytes > 0).map(({ name }) => name)).toEqual([]);
  const replay = createReplay(trace.entries, { profile: framing });
  const { core, pci } = replayed(replay, 1, framing);
  for (let boot = 0; boot < 2; boot++) {
    const gpu = await core.probe(gpuOf(pci));
    expect(gpu.name).toBe('NVIDIA L40');
    await gpu.unbind();
  }
  expect(replay.divergence).toBeUndefined();
  expect(replay.remaining).toBe(0);
  expect(gpuOf(pci).dmaInUse()).toEqual([]);
});

test('a driver that says something else is told apart at its first message that differs', async () => {
  const { trace } = await record();
  const changed = trace.entries.map((entry) => {
    if (entry.kind !== 'message' || entry.function !== 73) return entry;
    const payload = entry.payload.slice();
    payload[16] = 9; // The first key's value.
    return { ...entry, payload };
  });
  const decoder = await openDecoder('570.144');
  await decoder.prepare(messagesOf(changed));
  const replay = createReplay(changed, { profile, compare: compareFields(decoder, { ignore: ['addresses'] }) });
  const { core, pci } = replayed(replay);
  await expect(core.probe(gpuOf(pci))).rejects.toMatchObject({ code: 'TIMEOUT' });
  expect(replay.divergence).toMatchObject({ index: 1, differences: ['request.entries.0.data is 1 instead of 9'] });
  const text = await formatDivergence(replay.divergence!, decoder);
  expect(text[0]).toBe('message 1 differs from the recording:');
  expect(text.filter((line) => line.includes('RMSecBusResetEnable'))).toHaveLength(2);
});

test('a running firmware that is not the one in the image is not driven', async () => {
  const { trace } = await record();
  // Of the recorded firmware, what it says about itself is changed.
  const said = new TextEncoder().encode('570.144');
  let changes = 0;
  const changed = trace.entries.map((entry) => {
    if (entry.kind !== 'message' || entry.direction !== 'status') return entry;
    const at = entry.payload.findIndex((_, i) => said.every((byte, j) => entry.payload[i + j] === byte));
    if (at < 0) return entry;
    changes++;
    const payload = entry.payload.slice();
    payload[at + said.length - 1] = '5'.charCodeAt(0);
    return { ...entry, payload };
  });
  expect(changes).toBe(2);
  const { core, pci } = replayed(createReplay(changed, { profile: profile }));
  await expect(core.probe(gpuOf(pci))).rejects.toMatchObject({ code: 'VERSION_MISMATCH' });
  expect(gpuOf(pci).dmaInUse()).toEqual([]);
});
