import { memorySource, parseGspImage, SYNTHETIC_VERSIONS, syntheticPack, syntheticTypeFile, writeGspImage, type FirmwareSource } from '@nova-stack/firmware-files';
import { createMachine } from '@nova-stack/nova/machine';
import { NovaCoreError, SUPPORTED_FIRMWARE } from '@nova-stack/nova-core';
import type { PciDevice } from '@nova-stack/pci';
import type { FaultRule } from '@nova-stack/trace';
import { createVgpuDriver } from '@nova-stack/vgpu';
import { describe, expect, test } from 'vitest';

import { HOSTING } from '../nova-core-under-test.ts';
import { runScript, type Extra } from './driver-script.ts';

const deviceOf = (machine: ReturnType<typeof createMachine>): PciDevice => machine.pci.find({ vendor: 0x10de, baseClass: 0x03 })[0]!;

/** A virtual GPU comes and goes where there can be any; otherwise the reason why not. */
const useVgpu: Extra = async (machine, core) => {
  const driver = await createVgpuDriver({ bus: machine.auxBus });
  try {
    const [manager] = driver.managers;
    if (manager === undefined) return { withheld: core.withheld.map(({ code }) => code) };
    await manager.submitTypes(syntheticTypeFile({ device: 0x26b5, version: core.firmwareVersion }), 'types');
    const vgpu = await manager.create({ type: 'NVIDIA L40-4Q', owner: new Uint8Array(16) });
    await vgpu.reset();
    await vgpu.close();
    return { type: vgpu.type.name };
  } finally {
    await driver.unregister();
  }
};

test('every version that the driver speaks has a synthetic pack, and none else', () => {
  expect(SYNTHETIC_VERSIONS).toEqual(SUPPORTED_FIRMWARE);
});

describe.each(SUPPORTED_FIRMWARE)('the driver script on firmware %s', (version) => {
  test('does without virtual functions what it does on any other', async () => {
    const [ran, other] = [await runScript('rtx4090', version), await runScript('rtx4090', '570.144')];
    expect(ran.core).toMatchObject({ firmwareVersion: version, published: ['nova-core.nova-drm.0'], withheld: [] });
    expect(ran.neutral).toEqual(other.neutral);
    expect(ran.neutral).toMatchObject({
      chip: 'ad102', name: 'NVIDIA GeForce RTX 4090',
      buffer: { created: 0, handle: 1, asked: 0, kept: true, closed: 0, twice: -22 },
      contract: {
        info: { memoryTotal: 24 * 2 ** 30 }, allFree: true, inOnePiece: true, region: { size: 3_014_656 }, refused: 'NoMemory',
        told: { raised: [true, true, true], events: [{ kind: 'device.fault', payload: { contained: false } }] }, givenBack: true,
      },
      left: { dma: [], devices: [] }, again: { sameVersion: true, buffer: { kept: true } }, dma: [],
    });
    // Releases keep more or less for their heap, by some MiB.
    expect(Math.abs(ran.usable - other.usable)).toBeLessThanOrEqual(4 * 2 ** 20);
  });

  test('on a board with virtual functions, which it publishes or says why not', async () => {
    const ran = await runScript('l40', version, useVgpu);
    const { more, contract: { hosts, ...contract }, ...rest } = ran.neutral;
    const { more: _, contract: { hosts: __, ...otherContract }, ...others } = (await runScript('l40', '570.144', useVgpu)).neutral;
    expect([rest, contract]).toEqual([others, otherContract]);
    expect(hosts).toBe(HOSTING.includes(version));
    if (hosts) {
      expect(ran.core).toMatchObject({ published: ['nova-core.nova-drm.0', 'nova-core.vgpu.0'], withheld: [] });
      expect(more).toEqual({ type: 'NVIDIA L40-4Q' });
      return;
    }
    expect(ran.core.published).toEqual(['nova-core.nova-drm.0']);
    expect(more).toEqual({ withheld: ['NOT_IN_FIRMWARE'] });
    const [reason] = ran.core.withheld;
    expect(reason).toBeInstanceOf(NovaCoreError);
    expect(reason!.message).toContain(`firmware ${version} shares memory with its vGPU tasks`);
    expect(ran.trace.filter(({ point }) => point === 'nova-core.vgpu.withheld')).toHaveLength(2);
    // What cannot be hosted is not enabled behind the user's back.
    expect(ran.device.sriov!.numVfs).toBe(0);
  });

  test('hears what this version reports by itself', async () => {
    const ran = await runScript('rtx4090', version, async (machine) => {
      const journal = machine.provoke.raise({ event: 'nocat', at: 1, source: 'test', engine: 'GR0', code: 0x2a, diagnosis: new Uint8Array(0) });
      await Promise.resolve();
      return { journal };
    });
    const of = (point: string): readonly unknown[] => ran.trace.filter((event) => event.point === point).map(({ args }) => args);
    expect(of('nova-core.gsp.error')).toEqual([{ xid: 79, text: 'GPU has fallen off the bus' }]);
    expect(of('nova-core.gsp.lockdown')).toEqual([{ engaged: true }, { engaged: false }]);
    // Nothing waits after it but the way down.
    expect(of('nova-core.gsp.journal')).toEqual(version === '535.113.01' ? [] : [{ source: 'test', engine: 'GR0', code: 0x2an }]);
    expect(ran.neutral).toMatchObject({ more: { journal: version !== '535.113.01' } });
    expect(of('nova-core.gsp.malformed')).toEqual([]);
  });

  test.each<[string, FaultRule, string, string]>([
    ['is never ready', { point: 'gsp-rm.initDone', action: 'drop' }, 'TIMEOUT', 'init-done'],
    ['is ready with an error', { point: 'gsp-rm.initDone', action: 'error', value: 0x65 }, 'REFUSED', 'init-done'],
    ['refuses to say what it is', { point: 'gsp-rm.control.20803601', action: 'status', value: 0x56 }, 'REFUSED', 'features'],
    ['sends a wrong checksum', { point: 'gsp-rm.rpc.checksum', action: 'corrupt' }, 'RPC', 'sequencer'],
    ['does not answer', { point: 'gsp-rm.reply', action: 'drop' }, 'TIMEOUT', 'static-info'],
    ['crashes at the first call', { point: 'gsp-rm.request', action: 'crash', nth: 3 }, 'TIMEOUT', 'static-info'],
  ])('fails in the same way when the firmware %s, and boots again', async (_, rule, code, step) => {
    const machine = createMachine({ board: 'rtx4090', version, faults: [rule] });
    const device = deviceOf(machine);
    await expect(machine.core.probe(device)).rejects.toMatchObject({ name: 'NovaCoreError', code, step });
    expect(device.dmaInUse()).toEqual([]);
    await (await machine.core.probe(device)).unbind();
    expect(device.dmaInUse()).toEqual([]);
  });
});

/** A source with files of several others; the first that has a path wins. */
function together(...sources: readonly FirmwareSource[]): FirmwareSource {
  return {
    name: 'several',
    async read(path) {
      for (const source of sources.slice(0, -1)) {
        const bytes = await source.read(path).catch(() => undefined);
        if (bytes !== undefined) return bytes;
      }
      return sources.at(-1)!.read(path);
    },
    list: async (folder) => (await Promise.all(sources.map((source) => source.list!(folder)))).flat(),
  };
}

/** The image of a pack, with another release in `.fwversion`, under a path of its own. */
async function renamed(version: string, says: string, under: string): Promise<FirmwareSource> {
  const pack = syntheticPack({ chip: 'ad102', version });
  const path = `nvidia/ad102/gsp/gsp-${version}.bin`;
  const gsp = parseGspImage(await pack.read(path), path);
  const sections = gsp.elf.sections.map((section) => (section.name === '.fwversion' ? { ...section, bytes: new TextEncoder().encode(`${says}\0`.padEnd(section.bytes.length, '\0')) } : section));
  const file = writeGspImage({ elf: { ...gsp.elf, sections } });
  const name = `gsp-${under}.bin`;
  return { name: 'renamed', read: (wanted) => (wanted.endsWith(name) ? Promise.resolve(file) : pack.read(wanted.replace('/gsp/gsp-', '/gsp/none-'))), list: () => Promise.resolve([name]) };
}

describe('the version that is booted', () => {
  /** Nobody speaks it, and as long as one that is spoken. */
  const UNSPOKEN = '999.999.99';
  const [newest, next] = SUPPORTED_FIRMWARE as [string, string];
  const spoken = SUPPORTED_FIRMWARE.join(', ');
  const packs = SUPPORTED_FIRMWARE.map((version) => syntheticPack({ chip: 'ad102', version }));
  const probe = async (firmware: FirmwareSource, version?: string): Promise<string> => {
    const machine = createMachine({ board: 'rtx4090', firmware, ...(version !== undefined && { version }) });
    const core = await machine.core.probe(deviceOf(machine));
    await core.unbind();
    return core.firmwareVersion;
  };

  test('is the newest that there is, or the one asked for', async () => {
    expect(await probe(together(...packs))).toBe(newest);
    expect(await probe(together(...packs.slice(1)))).toBe(next);
    for (const version of SUPPORTED_FIRMWARE) expect(await probe(together(...packs), version)).toBe(version);
  });

  test('is refused by name when it is not spoken, with those that are', async () => {
    const says = { code: 'VERSION_NOT_SUPPORTED', step: 'firmware-files', detail: { version: UNSPOKEN, supported: spoken } };
    await expect(probe(packs[0]!, UNSPOKEN)).rejects.toMatchObject(says);
    await expect(probe(await renamed('535.113.01', UNSPOKEN, UNSPOKEN))).rejects.toMatchObject(says);
    const error = await probe(await renamed('535.113.01', UNSPOKEN, '535.113.01')).catch((thrown: unknown) => thrown as NovaCoreError);
    expect(error).toMatchObject(says);
    expect((error as NovaCoreError).message).toContain(`gsp-535.113.01.bin is firmware ${UNSPOKEN}, which this driver does not speak; it speaks ${spoken}`);
  });

  test('is what the file says: a name that says otherwise is refused', async () => {
    await expect(probe(await renamed('535.113.01', '570.144', '535.113.01'))).rejects.toMatchObject({ code: 'VERSION_MISMATCH', step: 'firmware-files' });
  });

  test('is missing: what is looked for is told, and what is there instead', async () => {
    const error = await probe(syntheticPack({ chip: 'ad102', version: '535.113.01' }), '570.144').catch((thrown: unknown) => thrown as NovaCoreError);
    expect(error).toMatchObject({ code: 'FIRMWARE_FILE', step: 'firmware-files', detail: { reason: 'NOT_FOUND', file: 'nvidia/ad102/gsp/gsp-570.144.bin' } });
    expect((error as NovaCoreError).message).toMatch(/it has 535\.113\.01 for ad102$/);
    await expect(probe(memorySource({}, 'nothing'), '570.144')).rejects.toThrow(/nothing lacks nvidia\/ad102\/gsp\/gsp-570\.144\.bin$/);
  });
});
