import type { BoardName } from '@nova-stack/hw-model/boards';
import { createMachine, type Machine } from '@nova-stack/nova/machine';
import type { CoreDevice } from '@nova-stack/nova-core';
import { registerClient, type ContractEvent, type Session } from '@nova-stack/nova-core-api';
import { createNovaDrm, drm_gem_close, drm_nova_gem_create, drm_nova_gem_info, IOCTL, type DrmDevice } from '@nova-stack/nova-drm';
import type { PciDevice } from '@nova-stack/pci';
import type { TraceEvent } from '@nova-stack/trace';

/**
 * What a user does with a GPU, from boot to unload and boot again, without a word about firmware: the same script
 * for every version, with results in which no version can be told from another.
 */

const SIZE = 3_000_000;
const PATTERN = Uint8Array.from({ length: 2_100_000 }, (_, i) => (i * 7 + (i >>> 12)) & 0xff);

/** What a user gets to see. */
export interface Neutral {
  readonly chip: string;
  readonly name: string;
  readonly vbios: string | undefined;
  readonly buffer: unknown;
  readonly contract: object & { readonly hosts: boolean };
  readonly more: unknown;
  readonly left: unknown;
  readonly again: unknown;
  readonly dma: unknown;
}

export interface Ran {
  /** The same for every version, but for `contract.hosts` and `more`. */
  readonly neutral: Neutral;
  /** Bytes of device memory for clients: what the firmware keeps for itself differs. */
  readonly usable: number;
  readonly core: CoreDevice;
  readonly machine: Machine;
  readonly device: PciDevice;
  readonly trace: readonly TraceEvent[];
}

/** A step that may be done while the GPU is up; its result joins the neutral ones. */
export type Extra = (machine: Machine, core: CoreDevice) => Promise<unknown>;

export async function runScript(board: BoardName, version: string, extra: Extra = () => Promise.resolve(undefined)): Promise<Ran> {
  const trace: TraceEvent[] = [];
  const machine = createMachine({ board, version, sinks: [(event) => void trace.push(event)] });
  const device = machine.pci.find({ vendor: 0x10de, baseClass: 0x03 })[0]!;
  const core = await machine.core.probe(device);
  const buffer = await withDrm(machine, useBuffer);
  const seen = await withContract(machine, (session, events) => useContract(machine, session, events));
  const more = await extra(machine, core);
  await core.unbind();
  const left = { dma: device.dmaInUse(), devices: machine.auxBus.devices() };

  const second = await machine.core.probe(device);
  const again = { name: second.name, sameVersion: second.firmwareVersion === core.firmwareVersion, buffer: await withDrm(machine, useBuffer) };
  await second.unbind();
  const { usable, ...contract } = seen;
  return {
    neutral: { chip: core.chip, name: core.name, vbios: core.vbiosVersion, buffer, contract, more, left, again, dma: device.dmaInUse() },
    usable, core, machine, device, trace,
  };
}

/** nova-drm attaches to the GPU, works, and leaves it to the next. */
async function withDrm<T>(machine: Machine, work: (device: DrmDevice) => Promise<T>): Promise<T> {
  const drm = await createNovaDrm({ bus: machine.auxBus });
  try {
    return await work(drm.devices[0]!);
  } finally {
    await drm.unregister();
  }
}

/** The same with a client of all that the core offers. */
async function withContract<T>(machine: Machine, work: (session: Session, events: readonly ContractEvent[]) => Promise<T>): Promise<T> {
  let session: Session | undefined;
  const events: ContractEvent[] = [];
  const client = await registerClient(machine.auxBus, {
    module: 'script', devices: ['nova-core.nova-drm'],
    hello: {
      kind: 'diagnostic', name: 'script',
      wants: [{ interface: 'base', major: 1, minMinor: 0, maxMinor: 0 }, { interface: 'drm', major: 1, minMinor: 0, maxMinor: 0 }],
      required: ['device.info', 'device.events', 'memory.region', 'memory.cpu-window', 'memory.clear', 'drm.facts'], optional: [],
    },
    attached: (given) => void (session = given),
    onEvent: () => (event) => void events.push(event),
  });
  try {
    return await work(session!, events);
  } finally {
    await client.unregister();
  }
}

/** Facts, memory and events through the contract. */
async function useContract(machine: Machine, session: Session, events: readonly ContractEvent[]) {
  const { base, drm } = session;
  const { memoryUsable: usable, ...info } = base.deviceInfo().info;
  const { memoryAvailable, largestRegion, totalVfs, ...limits } = base.limits().limits;
  const region = await useRegion(session);
  const refused = await base.allocate({ size: 2 ** 50 }).catch((error: unknown) => (error as { readonly code: string }).code);
  return {
    // How many virtual functions can be used is for the firmware to say; everything else is the board's.
    usable, info, limits, hosts: totalVfs > 0, facts: drm!.facts().facts,
    allFree: memoryAvailable === usable, inOnePiece: largestRegion <= usable,
    region, refused, told: await provoke(machine, session, events),
    givenBack: base.limits().limits.memoryAvailable === memoryAvailable,
  };
}

/** A buffer through nova-drm's ioctls. */
async function useBuffer(device: DrmDevice): Promise<unknown> {
  const file = device.open();
  const create = drm_nova_gem_create.create({ size: BigInt(SIZE) });
  const created = await file.ioctl(IOCTL.NOVA_GEM_CREATE, create);
  const { handle } = drm_nova_gem_create.read(create);
  const info = drm_nova_gem_info.create({ handle });
  const asked = await file.ioctl(IOCTL.NOVA_GEM_INFO, info);
  const buffer = file.buffer(handle);
  buffer.write(12_345, PATTERN);
  const kept = Buffer.compare(buffer.read(12_345, PATTERN.length), PATTERN) === 0;
  const closed = await file.ioctl(IOCTL.GEM_CLOSE, drm_gem_close.create({ handle }));
  const twice = await file.ioctl(IOCTL.GEM_CLOSE, drm_gem_close.create({ handle }));
  await file.close();
  return { created, handle, asked, size: drm_nova_gem_info.read(info).size, kept, closed, twice };
}

/** Memory through the contract. */
async function useRegion({ base }: Session): Promise<unknown> {
  const { region, size } = await base.allocate({ size: SIZE });
  region.write({ offset: 100, bytes: PATTERN.subarray(0, 1000) });
  await region.clear({ offset: 200, length: 300 });
  const { bytes } = region.read({ offset: 0, length: 1200 });
  await region.release();
  return { size, bytes: Buffer.from(bytes).toString('base64') };
}

/** The firmware speaks up by itself; the driver hears it when it next listens. */
async function provoke(machine: Machine, session: Session, events: readonly ContractEvent[]): Promise<unknown> {
  const raised = [
    machine.provoke.raise({ event: 'lockdown', engaging: true }),
    machine.provoke.raise({ event: 'lockdown', engaging: false }),
    machine.provoke.raise({ event: 'osError', xid: 79, text: 'GPU has fallen off the bus' }),
  ];
  await useRegion(session);
  return { raised, events: events.map(({ kind, payload }) => ({ kind, payload })) };
}
