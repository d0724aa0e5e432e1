import { AuxBusError, endpoint, type AuxBus, type ReleaseStack } from '@nova-stack/aux-bus';
import { CORE_ENDPOINT, type Capability } from '@nova-stack/nova-core-api';
import { createEndpoint, type CoreBackend, type PublishedCore, type QuiesceCause } from '@nova-stack/nova-core-api/core';

import type { Running } from '../boot.ts';
import { report, type Device } from '../device.ts';
import { NovaCoreError } from '../errors.ts';
import { isAbsent, notInFirmware } from '../firmware/absent.ts';
import { canHost } from '../gsp/client.ts';
import { usableRanges, VramAllocator } from '../memory/vram.ts';
import { VramWindow } from '../memory/vram-window.ts';
import { hostableVfs } from '../system-facts.ts';
import { VgpuHost } from '../vgpu/host.ts';
import { baseBackend, type Services } from './base.ts';
import { drmBackend } from './drm.ts';
import { errorChain, Teller } from './errors.ts';
import { stateName, VgpuService } from './vgpu.ts';

/** Keeps clients from beginning anything while something is done to the device that they must not get in the way of. */
export interface QuietTimes {
  /** Sessions are `Quiescing` from now on. @returns whether all that was under way has ended within the bound */
  begin(cause: QuiesceCause, boundMilliseconds: number): Promise<boolean>;
  /** Sessions work as before. */
  end(): void;
}

/** What is published of one GPU. */
export interface Publication {
  /** Names on the auxiliary bus. */
  readonly names: readonly string[];
  /** What the board could do and is not published, with the reason. */
  readonly withheld: readonly NovaCoreError[];
  /** What clients are given is made of this. */
  readonly services: Services;
  /** Sessions, as the core handles them: to quiesce, to resume, to lose. */
  readonly sessions: Pick<PublishedCore, 'quiesce' | 'resume' | 'lose'>;
  /** Virtual GPUs that are open, by virtual function. */
  openVgpus(): readonly number[];
  /** Quiet times for clients, by cause and bound in milliseconds. */
  readonly quiet: QuietTimes;
}

export interface PublishOptions {
  readonly auxBus: AuxBus;
  /** Number of the GPU, in the devices' names. */
  readonly id: number;
  /** Takes everything that has to end before the firmware does, in order. */
  readonly held: ReleaseStack;
}

const MODULE = 'nova-core';
/** How long clients may take to leave when the core wants out. */
const LEAVE_MILLISECONDS = 1000;
const BASE: readonly Capability[] = ['device.info', 'device.events', 'memory.region', 'memory.clear', 'memory.cpu-window', 'drm.facts'];
const VGPU: readonly Capability[] = ['vgpu.types.list', 'vgpu.instance.basic', 'vgpu.guest-identity', 'vgpu.types.submit', 'vgpu.capacity.plan', 'vgpu.placement.explicit'];

/** Virtual GPUs where the board has the functions for it; every vGPU ends before the functions go. */
async function startVgpus(services: Services, held: ReleaseStack, core: () => PublishedCore | undefined): Promise<VgpuService | undefined> {
  const { device, running, vram, window, teller } = services;
  const { sriov } = device.pci;
  const { gsp } = running;
  if (sriov === undefined || running.layout.vfs === 0 || !canHost(gsp)) return undefined;
  let service: VgpuService | undefined;
  const host = await VgpuHost.create({ device, gsp, vram, window, functions: running.layout.vfs }, (vf, from, to) => {
    core()?.emit({ kind: 'instance.state', payload: { vf, from: stateName(from), to: stateName(to) } });
    if (service !== undefined && (from === 'unassigned' || to === 'unassigned' || to === 'quarantined')) {
      core()?.emit({ kind: 'capacity.changed', payload: { generation: service.changed() } });
    }
  });
  held.defer('virtual functions', () => {
    // What the bus says now: the view taken above is as old as this start.
    if (device.pci.present && device.pci.sriov!.numVfs > 0) device.pci.sriov!.setNumVfs(0);
  });
  held.defer('virtual GPUs', () => host.closeAll());
  return (service = new VgpuService(host, teller));
}

/** What this firmware keeps the board from doing. */
function withheldFrom({ pci, trace }: Device, { abi }: Running): readonly NovaCoreError[] {
  if (!isAbsent(abi.vgpu) || hostableVfs(pci) === 0) return [];
  report(trace, 'nova-core.vgpu.withheld', { version: abi.version, reason: abi.vgpu.absent });
  return [notInFirmware(abi.version, 'vgpu', 'virtual GPUs', abi.vgpu)];
}

/**
 * Implements the contract over a GPU that runs, and publishes one auxiliary device per kind of client. All of them
 * lead to the same endpoint: what a client may do is what it asks for in the handshake.
 *
 * @throws {@link NovaCoreError} `PUBLISH`, or what the firmware has against virtual GPUs
 */
export async function publish(device: Device, running: Running, { auxBus, id, held }: PublishOptions): Promise<Publication> {
  const { pci, trace, clock } = device;
  // It says which GPU of which start, and nothing about what the GPU is.
  const supportId = `g${id.toString(16)}`;
  const tell = (about: string, error: unknown): void => report(trace, 'nova-core.support', { id: about, error: errorChain(error) });
  const services: Services = {
    device, running, vram: new VramAllocator(usableRanges(running.info.regions)), window: new VramWindow(device, running.chip.family.praminWindow), teller: new Teller(supportId, tell), owed: new Set(),
  };
  let core: PublishedCore | undefined;
  const vgpu = await startVgpus(services, held, () => core);
  const withheld = withheldFrom(device, running);
  const backend: CoreBackend = {
    interfaces: { base: [{ major: 1, minor: 2 }], drm: [{ major: 1, minor: 0 }], ...(vgpu && { vgpu: [{ major: 1, minor: 1 }, { major: 2, minor: 0 }] }) },
    capabilities: [...BASE, ...(vgpu ? VGPU : [])],
    epoch: BigInt(id + 1),
    supportId,
    present: () => pci.present,
    now: () => clock.now(),
    trace,
    base: baseBackend(services),
    drm: drmBackend(services),
    ...(vgpu && { vgpus: vgpu }),
    report: tell,
  };
  const published = (core = createEndpoint(backend));
  // An error of the firmware's own is not laid at any client's door.
  running.gsp.onError(() => published.emit({ kind: 'device.fault', payload: { contained: false } }));
  held.defer('clients', () => published.withdraw(clock, LEAVE_MILLISECONDS));

  // Drivers of virtual functions come in by their physical one.
  if (vgpu) held.defer('publication to virtual functions', pci.publish(CORE_ENDPOINT, published.endpoint));

  const parent = auxBus.parent(pci.name);
  held.defer('auxiliary parent', () => parent.unbind());
  const names: string[] = [];
  for (const name of ['nova-drm', ...(vgpu ? ['vgpu'] : [])]) {
    try {
      const device = await auxBus.publish({ parent, module: MODULE, name, id, endpoint: endpoint(CORE_ENDPOINT, published.endpoint) });
      held.defer(device.name, async () => {
        await device.withdraw();
        report(trace, 'nova-core.aux.withdrawn', { name: device.name });
      });
      names.push(device.name);
    } catch (cause) {
      if (!(cause instanceof AuxBusError)) throw cause;
      throw new NovaCoreError('PUBLISH', 'publish', `the auxiliary bus does not take ${MODULE}.${name}.${id}`, { cause, detail: { reason: cause.code } });
    }
    report(trace, 'nova-core.aux.published', { name: names.at(-1)! });
  }
  return {
    names, withheld, services, sessions: published, openVgpus: () => vgpu?.live ?? [],
    quiet: { begin: (cause, boundMilliseconds) => published.quiesce(clock, cause, boundMilliseconds), end: () => { published.resume(); } },
  };
}
