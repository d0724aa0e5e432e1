// Boots from the containers (TLV) that Linux's nova-core takes: made of synthetic packs and of NVIDIA's own files.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { binToTlv, memorySource, syntheticPack, type FirmwareSource } from '@nova-stack/firmware-files';
import { BOARDS, type BoardName } from '@nova-stack/hw-model/boards';
import { firmwareDirectory, main } from '@nova-stack/nova';
import { createMachine } from '@nova-stack/nova/machine';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { realFirmwareDir } from '../../scripts/real-firmware.mjs';
import { hasFiles } from './support.ts';

const real = await realFirmwareDir();
const there = 'dir' in real ? real.dir : undefined;
if (there === undefined) console.warn("Boots from containers with NVIDIA's own files are SKIPPED");

/** One board per family. */
const FAMILIES: readonly BoardName[] = ['rtx2080ti', 'gtx1660ti', 'a100', 'rtx3070', 'rtx4080'];
const VERSIONS = ['535.113.01', '570.144'] as const;

const containers = async (source: FirmwareSource, chip: string, version: string): Promise<FirmwareSource> =>
  memorySource(Object.fromEntries((await binToTlv({ source, chip, version })).map(({ path, bytes }) => [path, bytes])), 'containers');

async function boots(board: BoardName, firmware: FirmwareSource, version?: string): Promise<string> {
  const machine = createMachine({ board, firmware, ...(version !== undefined && { version }) });
  const [device] = machine.pci.find({ vendor: 0x10de, baseClass: 0x03 });
  const core = await machine.core.probe(device!);
  await core.unbind();
  expect(device!.dmaInUse()).toEqual([]);
  return core.firmwareVersion;
}

describe.each(VERSIONS.flatMap((version) => FAMILIES.map((board) => ({ board, version }))))('$board from containers of $version', ({ board, version }) => {
  const { chip } = BOARDS[board];

  test('boots with a synthetic pack', async () => {
    const source = await containers(syntheticPack({ chip, version }), chip, version);
    expect(await boots(board, source)).toBe(version);
    expect(await boots(board, source, version)).toBe(version);
  });

  test.skipIf(there === undefined || !hasFiles(there, { chip, board, version, files: 'real', mode: 'message' }))("boots with NVIDIA's own files", async () => {
    expect(await boots(board, await containers(await firmwareDirectory(there!), chip, version))).toBe(version);
  });
});

describe('containers', () => {
  test('of another version than the one asked for, or of several, are refused', async () => {
    const [older, newer] = await Promise.all(VERSIONS.map((version) => containers(syntheticPack({ chip: 'ad102', version }), 'ad102', version))) as [FirmwareSource, FirmwareSource];
    await expect(boots('rtx4090', older, '570.144')).rejects.toMatchObject({ code: 'VERSION_MISMATCH', step: 'firmware-files' });
    const mixed: FirmwareSource = { name: 'mixed', read: (path) => (path.includes('booter') ? older : newer).read(path) };
    await expect(boots('rtx4090', mixed)).rejects.toMatchObject({ code: 'VERSION_MISMATCH', detail: { file: 'nvidia/ad102/gsp/booter_load.tlv' } });
    const damaged: FirmwareSource = { name: 'damaged', read: async (path) => (path.endsWith('gsp.tlv') ? (await newer.read(path)).slice(0, 99) : newer.read(path)) };
    await expect(boots('rtx4090', damaged)).rejects.toMatchObject({ code: 'FIRMWARE_FILE', detail: { reason: 'TRUNCATED' } });
  });
});

describe('nova firmware', () => {
  let dir = '';
  beforeAll(() => { dir = mkdtempSync(join(tmpdir(), 'nova-containers-')); });
  afterAll(() => { rmSync(dir, { recursive: true, force: true }); });

  const nova = async (...args: string[]): Promise<{ readonly status: number; readonly out: string; readonly err: string }> => {
    let [out, err] = ['', ''];
    const status = await main(args, { out: (text) => void (out += text), err: (text) => void (err += text) });
    return { status, out, err };
  };

  test('writes a tree from which nova boots, and from that one again', async () => {
    const [first, second, third] = ['bin', 'tlv', 'again'].map((name) => join(dir, name)) as [string, string, string];
    // The first tree comes from a pack, by the same writer.
    const pack = await containers(syntheticPack({ chip: 'ga102', version: '570.144' }), 'ga102', '570.144');
    const { mkdirSync, writeFileSync } = await import('node:fs');
    const { tlvToBin } = await import('@nova-stack/firmware-files');
    mkdirSync(join(first, 'nvidia/ga102/gsp'), { recursive: true });
    for (const { path, bytes } of await tlvToBin({ source: pack, chip: 'ga102' })) writeFileSync(join(first, path), bytes);

    expect(await nova('firmware', '--to', 'tlv', '--chip', 'ga102', '--firmware', first, '--out', second)).toMatchObject({ status: 0, err: '' });
    expect(await nova('firmware', '--to', 'bin', '--chip', 'ga102', '--firmware', second, '--out', third)).toMatchObject({ status: 0, err: '' });
    for (const tree of [first, second, third]) {
      const { status, out } = await nova('boot', '--board', 'rtx3090', '--firmware', tree);
      expect([status, /running firmware is (\S+)/.exec(out)?.[1]], tree).toEqual([0, '570.144']);
    }
  });

  test.each([
    [['--to', 'tlv'], 2, /--chip is missing/],
    [['--to', 'elf', '--chip', 'ad102', '--firmware', '.', '--out', '.'], 2, /unknown --to "elf"/],
    [['--to', 'tlv', '--chip', 'nv1', '--firmware', '.', '--out', '.'], 2, /unknown chip "nv1"/],
    [['--to', 'tlv', '--chip', 'ad102', '--firmware', '.', '--out', '.'], 2, /has no firmware for ad102/],
    [['--to', 'bin', '--chip', 'ad102', '--firmware', '.', '--out', '.'], 1, /gsp\.tlv: cannot read/],
    [['--to', 'bin', '--chip', 'ad102', '--firmware-version', '1', '--firmware', '.', '--out', '.'], 2, /goes with --to tlv/],
  ])('%j is refused in one line', async (args, status, why) => {
    expect(await nova('firmware', ...args)).toMatchObject({ status, out: '', err: expect.stringMatching(why) as string });
    expect((await nova('firmware', '--help')).out).toContain('Usage: nova firmware');
  });
});
