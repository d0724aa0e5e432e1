// Everything that a client of the second major of virtual GPUs can see, byte for byte: from one start of the device to the next, from one
// firmware version under which they can be hosted to the next, and word by word against the list of what must never cross the contract. Under the
// others there is nothing to see of them, which `leaks.test.ts` tries.
import { syntheticTypeFile } from '@nova-stack/firmware-files';
import { createMachine } from '@nova-stack/nova/machine';
import { CORE_ENDPOINT, type CoreEndpoint, type OperationV2 } from '@nova-stack/nova-core-api';
import { expect, test } from 'vitest';

import { HOSTING } from './nova-core-under-test.ts';
import { findLeaks } from './walls/leak-scan.ts';

const OWNER = new Uint8Array(16).fill(7);
const GUEST = { owner: OWNER, label: 'guest', process: 1 } as const;

/** What was seen, in order: a line each. */
async function everything(version: string, seed: number): Promise<readonly string[]> {
  const seen: string[] = [];
  const note = (name: string, value: unknown): void => {
    seen.push(`${name} ${JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? `${one}n` : one instanceof Uint8Array ? `bytes ${Buffer.from(one).toString('hex')}` : one))}`);
  };
  const failing = async (name: string, call: () => unknown): Promise<void> => {
    try {
      note(name, { gave: await call() });
    } catch (error) {
      note(name, { ...(error as object), message: (error as Error).message });
    }
  };
  const machine = createMachine({ board: 'l40', version, seed });
  let endpoint: CoreEndpoint | undefined;
  await machine.auxBus.registerDriver({ module: 'test', idTable: [{ name: 'nova-core.vgpu' }], probe: (device) => void (endpoint = device.endpoint(CORE_ENDPOINT)) });
  const core = await machine.core.probe(machine.pci.find({ vendor: 0x10de, baseClass: 0x03 })[0]!);
  const { offer } = endpoint!;
  const session = await endpoint!.attach({
    kind: 'vgpu-manager', name: 'leaks', epoch: offer.epoch, required: [], optional: offer.capabilities,
    wants: [{ interface: 'base', major: 1, minMinor: 0, maxMinor: 9 }, { interface: 'vgpu', major: 2, minMinor: 0, maxMinor: 9 }],
  }, ({ kind, payload, sequence }) => { note(`event ${sequence}`, { kind, payload }); });
  note('agreed', session.agreement);
  const vgpu = session.vgpu2!;
  note('support', vgpu.querySupport());
  await failing('damaged', () => vgpu.submitTypes({ data: Uint8Array.of(1, 2, 3), label: 'x' }));
  note('submitted', await vgpu.submitTypes({ data: syntheticTypeFile({ device: 0x26b5, version }), label: 'x' }));
  const { types, plan } = vgpu.listTypes();
  note('types', types);
  note('capacity', vgpu.capacity());
  for (const { typeId } of types) note(`places ${typeId}`, vgpu.placements({ plan, typeId }));
  const { typeId } = types[1]!;
  const { placement } = vgpu.placements({ plan, typeId }).placements[2]!;
  const assigned = await vgpu.assign({ typeId, owner: OWNER, plan, placement });
  note('assigned', assigned);
  const { vf } = assigned;
  await failing('stale', () => vgpu.assign({ typeId, owner: OWNER, plan }));
  await failing('taken', () => vgpu.assign({ typeId, owner: OWNER, placement }));
  await failing('no place', () => vgpu.assign({ typeId, owner: OWNER, placement: 1n }));
  await failing('other size', () => vgpu.assign({ typeId: types.find(({ profileSize }) => profileSize !== types[1]!.profileSize)!.typeId, owner: OWNER }));
  await failing('mode', () => vgpu.setMode({ mode: 'mixed' }));
  await failing('restore', () => vgpu.restore({ vf, ...GUEST, compatibility: new Uint8Array(32) }));
  note('then', vgpu.capacity());
  const ended = async (name: string, { operation, id }: { readonly operation: OperationV2; readonly id: bigint }): Promise<OperationV2> => {
    note(`${name} begun`, { id, status: operation.status() });
    note(`${name} ended`, { ...(await operation.wait()), status: operation.status() });
    await failing(`${name} outcome`, () => { operation.outcome(); });
    return operation;
  };
  const cancelled = await vgpu.open({ vf, ...GUEST });
  cancelled.operation.cancel();
  await ended('cancelled', cancelled);
  const opening = await ended('open', await vgpu.open({ vf, ...GUEST }));
  const { instance, identity } = await opening.instance();
  note('instance', { info: instance.info(), identity });
  await failing('again', () => vgpu.open({ vf, ...GUEST }));
  await failing('other', () => vgpu.open({ vf, ...GUEST, owner: new Uint8Array(16) }));
  await failing('stop', () => instance.stop());
  await failing('save', () => instance.save());
  await ended('reset', await instance.reset());
  await ended('close', await instance.close());
  await failing('closed', () => instance.info());
  note('assignment', vgpu.getAssignment({ vf, owner: OWNER }));
  const last = await vgpu.open({ vf, ...GUEST });
  machine.slot.remove();
  await core.unbind();
  await failing('gone', () => last.operation.status());
  await session.detach();
  return seen;
}

test('what a client sees of virtual GPUs is the same after every start of the device and under every firmware, and has none of the words that must not cross', async () => {
  const [version, ...others] = HOSTING;
  const first = await everything(version!, 5);
  expect(first.length).toBeGreaterThan(60);
  expect(await everything(version!, 6)).toEqual(first);
  expect(others.length).toBeGreaterThan(0);
  for (const other of others) expect(await everything(other, 5)).toEqual(first);
  expect(findLeaks(first.join('\n'))).toEqual([]);
});
