import { CHANNEL_CLASSES } from '@nova-stack/gpu-regs';
import type { ChannelFault, FirmwareHardware, HostChannelSpec, HostDirectory } from '@nova-stack/hw-model/port';
import type { FirmwareEvent } from './events.ts';
import { findEngine } from './facts/topology.ts';
import type { Aperture, ChannelData, VaspaceData } from './resources/objects.ts';
import type { ObjectKind } from './resources/kinds.ts';
import { dataOf, findObject, objectsOf, type ResourceObject } from './resources/tree.ts';
import type { GspRmState } from './state.ts';

/** Host channels as the hardware has them: what the objects say, as long as they are there. */

/** Kinds of objects that decide what channels do. */
const DECIDING: ReadonlySet<ObjectKind> = new Set([
  'client', 'device', 'channelGroup', 'channel', 'contextShare', 'vaspace', 'copyObject', 'graphicsObject', 'videoObject', 'softwareObject',
]);
export const decidesChannels = (kind: ObjectKind): boolean => DECIDING.has(kind);

const SOURCES: Readonly<Partial<Record<Aperture, 'vram' | 'system'>>> = { vram: 'vram', system: 'system' };

/** Brings the hardware's channels in line with the objects. */
export function settleHostChannels(hardware: FirmwareHardware, state: GspRmState): void {
  const { resources, hostChannels } = state;
  for (const open of hostChannels.slice()) {
    const data = dataOf(resources, findObject(resources, open.client, open.handle), 'channel');
    if (data?.id === open.id && data.runlist === open.runlist) continue;
    hardware.host.close(open);
    hostChannels.splice(hostChannels.indexOf(open), 1);
  }
  for (const { client, object, data } of objectsOf(resources, 'channel')) {
    if (!hostChannels.some((open) => open.client === client && open.handle === object.handle)) {
      const spec = specOf(hardware, state, client, object, data);
      if (spec === undefined) continue;
      hardware.host.open(spec);
      hostChannels.push({ client, handle: object.handle, runlist: data.runlist, id: data.id });
    }
    hardware.host.set(data, { directory: directoryOf(dataOf(resources, findObject(resources, client, data.vaspace), 'vaspace')), classes: classesOf(state, client, object.handle), scheduled: data.scheduled });
  }
}

/** Undefined for a channel that hardware cannot run: its class is none, or nobody said where its USERD is. */
function specOf({ facts }: FirmwareHardware, { resources }: GspRmState, client: number, object: ResourceObject, data: ChannelData): HostChannelSpec | undefined {
  const source = SOURCES[data.userd.aperture];
  const engine = findEngine(facts, data.bound ?? data.engine);
  if (source === undefined || engine === undefined || CHANNEL_CLASSES[object.class] === undefined) return undefined;
  const parent = findObject(resources, client, object.parent);
  return {
    runlist: data.runlist, id: data.id, class: object.class, group: parent?.kind === 'channelGroup' ? parent.body : object.body,
    ring: data.ring, entries: data.entries, userd: { source, address: data.userd.address }, privileged: data.privileged, nonStall: engine.nonStall,
  };
}

const classesOf = ({ resources }: GspRmState, client: number, channel: number): number[] =>
  [...resources.clients.get(client)?.values() ?? []].filter(({ parent }) => parent === channel).map((child) => child.class);

/** The root of an address space: the driver's own, or the one that it laid under the firmware's. */
function directoryOf(space: VaspaceData | undefined): HostDirectory | undefined {
  if (space?.directory !== undefined) return { aperture: space.directory.aperture === 'vram' ? 'vram' : 'coherent', address: space.directory.address };
  const root = space?.levels[0];
  return root && { aperture: 'vram', address: root.address };
}

/** ROBUST_CHANNEL_*, which are Xids too. Source: open-gpu-kernel-modules 570.144: src/common/sdk/nvidia/inc/nverror.h */
const ERRORS = { mmu: 31, pbdma: 32, graphics: 13 } as const;
const COPY_ERRORS: readonly number[] = [39, 40, 41, 70, 71, 72, 75, 76, 77, 85, 126, 127, 128, 129, 130, 131, 132, 133, 134, 135];

/** What a driver is told of a channel that was stopped. */
export function faultEvents({ facts }: FirmwareHardware, { resources }: GspRmState, fault: ChannelFault): readonly FirmwareEvent[] {
  const found = [...objectsOf(resources, 'channel')].find(({ data }) => data.runlist === fault.runlist && data.id === fault.id);
  if (found === undefined) return [];
  const { id, runlist, bound, engine } = found.data;
  const name = bound ?? engine;
  const xid = fault.kind === 'copy' ? COPY_ERRORS[findEngine(facts, name)?.instance ?? 0] ?? COPY_ERRORS[0]! : ERRORS[fault.kind];
  const where = fault.address === undefined ? '' : `, ${fault.access ?? 'access'} of 0x${fault.address.toString(16)}`;
  return [
    ...(fault.kind === 'mmu' ? [{ event: 'mmuFault', faults: 1 } as const] : []),
    { event: 'osError', xid, text: `channel ${id} of ${name}: ${fault.reason}${where}`, channel: { runlist, id } },
    { event: 'rcTriggered', engine: name, channel: id, exception: xid, scope: 1 },
  ];
}
