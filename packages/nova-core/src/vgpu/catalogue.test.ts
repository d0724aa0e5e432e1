import { parseAnyVgpuTypeFile, syntheticTypeFile, writeVgpuTypeFile } from '@nova-stack/firmware-files';
import { HEADER } from '@nova-stack/pci';
import { beforeEach, describe, expect, it } from 'vitest';

import { NovaCoreError } from '../errors.ts';
import type { Control } from '../firmware/abi.ts';
import { r570_144 } from '../firmware/r570_144.ts';
import type { HostingControls } from '../gsp/client.ts';
import { GiB, MiB } from '../sizes.ts';
import { fakeDevice, type FakeDevice } from '../testing/fake-device.ts';
import { TypeCatalogue, TypeFileRejected } from './catalogue.ts';

const L40 = { vendor: 0x10de, device: 0x26b5, subsystemVendor: 0x10de, subsystem: 0x169d };
const file = (profiles?: string[], change: object = {}): Uint8Array => syntheticTypeFile({ device: L40.device, version: '570.144', ...(profiles && { profiles }), ...change });
/** Where the first record of a file starts. */
const FIRST_RECORD = 160 + 32;

describe('TypeCatalogue', () => {
  let device: FakeDevice;
  let uploads: { discardOthers: boolean; ids: number[] }[];
  /** Ids that the firmware refuses. */
  let refuses: Set<number>;
  let inUse: Set<number>;
  let catalogue: TypeCatalogue;

  beforeEach(() => {
    device = fakeDevice();
    Object.assign(device.pci, {
      readConfig: (offset: number) => Object.entries(L40).find(([name]) => HEADER[name as keyof typeof L40] === offset)![1],
    });
    uploads = [];
    refuses = new Set();
    inUse = new Set();
    const gsp: HostingControls = {
      abi: r570_144,
      async control<Request, Reply>(_step: unknown, control: Control<Request, Reply>, request: Request): Promise<Reply> {
        await Promise.resolve();
        const { discardOthers, records } = request as { discardOthers: boolean; records: Uint8Array[] };
        const ids = records.map((record) => r570_144.vgpu.decodeType(record).id);
        uploads.push({ discardOthers, ids });
        if (ids.some((id) => refuses.has(id))) throw new NovaCoreError('REFUSED', 'vgpu', 'no');
        return control.decode(new Uint8Array(0));
      },
    };
    catalogue = new TypeCatalogue(device, gsp, { memory: 47 * GiB, segment: 32 * MiB, channels: 2048 }, (id) => inUse.has(id));
  });

  it('takes all types of a file in one upload, and does not send again what is held', async () => {
    const verdicts = await catalogue.submit(file(), 'types');
    expect(verdicts.length).toBeGreaterThan(20);
    expect(verdicts.every(({ rejection }) => rejection === undefined)).toBe(true);
    expect(uploads).toHaveLength(1);
    expect(catalogue.types.map(({ id }) => id)).toEqual(verdicts.map(({ id }) => id).sort((a, b) => a! - b!));
    await catalogue.submit(file(['L40-4Q']), 'types');
    expect(uploads).toHaveLength(1);
  });

  it('rejects a file of another release as incompatible and a broken one as damaged', async () => {
    await expect(catalogue.submit(file(undefined, { gspVersion: '580.105.08' }), 'x')).rejects.toMatchObject({ reason: 'incompatible' });
    const broken = file();
    broken[500] = broken[500]! ^ 1;
    await expect(catalogue.submit(broken, 'x')).rejects.toMatchObject({ reason: 'damaged' });
    await expect(catalogue.submit(new Uint8Array(0), 'x')).rejects.toBeInstanceOf(TypeFileRejected);
    expect(uploads).toEqual([]);
  });

  it('has no verdict on types for another board', async () => {
    L40.subsystem = 0x1234;
    expect(await catalogue.submit(file(), 'x')).toEqual([]);
    L40.subsystem = 0x169d;
  });

  it('finds the one that the firmware refuses', async () => {
    const [first] = await catalogue.submit(file(['L40-4Q']), 'x');
    refuses.add(first!.id! + 1);
    const verdicts = await catalogue.submit(file(['L40-3Q', 'L40-4Q', 'L40-6Q']), 'y');
    expect(verdicts.filter(({ rejection }) => rejection === 'refused')).toHaveLength(1);
    expect(catalogue.types).toHaveLength(2);
    expect(uploads.map(({ ids }) => ids.length)).toEqual([1, 2, 1, 1]);
  });

  it('replaces a type by sending what stays again, but never one that is in use', async () => {
    await catalogue.submit(file(['L40-4Q', 'L40-6Q']), 'x');
    const [changed] = catalogue.types;
    const parsed = parseAnyVgpuTypeFile(file(['L40-4Q']), 'x') as Parameters<typeof writeVgpuTypeFile>[0];
    const [group] = parsed.groups;
    if (group?.kind !== 'types') throw new Error('no types');
    const [record] = group.records;
    record![340] = record![340]! ^ 1;
    const other = writeVgpuTypeFile(parsed);
    inUse.add(changed!.id);
    expect(await catalogue.submit(other, 'y')).toMatchObject([{ id: changed!.id, rejection: 'in-use' }]);
    inUse.clear();
    expect(await catalogue.submit(other, 'y')).toMatchObject([{ id: changed!.id, rejection: undefined }]);
    expect(uploads.at(-1)).toMatchObject({ discardOthers: true });
    expect(uploads.at(-1)!.ids).toHaveLength(2);
  });

  it('keeps its own copy of what a client hands over', async () => {
    const bytes = file(['L40-4Q']);
    await catalogue.submit(bytes, 'x');
    bytes.fill(0, FIRST_RECORD);
    expect(catalogue.types[0]?.name).toBe('NVIDIA L40-4Q');
  });

  it('accepts nothing that the board cannot hold', async () => {
    const small = new TypeCatalogue(device, { abi: r570_144, control: () => Promise.reject(new Error('not asked')) }, { memory: GiB, segment: 32 * MiB, channels: 64 }, () => false);
    expect((await small.submit(file(['L40-1Q']), 'x'))[0]).toMatchObject({ rejection: 'too-large' });
  });
});
