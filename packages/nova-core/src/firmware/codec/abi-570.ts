import type { FirmwareAbi } from '../abi.ts';
import { bootAbi, type ArgumentsRecord, type BootNeeds } from './boot.ts';
import { calls, type CallNeeds } from './calls.ts';
import { channels, type ChannelNeeds } from './channels.ts';
import { controls, type ControlNeeds } from './controls.ts';
import { events, journal, type EventNeeds, type JournalNeeds } from './events.ts';
import type { Needs } from './needs.ts';
import { setRegistry, type RegistryNeeds } from './registry.ts';
import { staticInfo, type StaticInfoNeeds } from './static-info.ts';
import { pciIdentity, systemInfo, type PciIdentity, type SystemInfoNeeds, type SystemInfoRecord } from './system-info.ts';

/** Structures and numbers that versions from 570 on are made of. */
export interface Needs570 extends
  BootNeeds<ArgumentsRecord & { readonly bDmemStack: boolean }>, CallNeeds, ChannelNeeds, ControlNeeds, EventNeeds, JournalNeeds, RegistryNeeds, StaticInfoNeeds,
  SystemInfoNeeds<SystemInfoRecord & PciIdentity>, Needs<'GSP_FW_HEAP_PARAM_OS_SIZE_LIBOS3_BAREMETAL'> {}

/** What they do not have alike. */
export interface Own570<Vgpu extends FirmwareAbi['vgpu']> extends Pick<FirmwareAbi, 'version' | 'framing'> {
  readonly vgpu: Vgpu;
  /** Heap that each GiB of framebuffer adds, in bytes; its name has changed. */
  readonly heapPerGiB: number;
}

/** A version from 570 on. */
export function abiFrom570<Vgpu extends FirmwareAbi['vgpu']>(rm: Needs570, { version, framing, vgpu, heapPerGiB }: Own570<Vgpu>): FirmwareAbi & { readonly vgpu: Vgpu } {
  return {
    version,
    framing,
    boot: bootAbi(rm, {
      heap: { carveout: rm.GSP_FW_HEAP_PARAM_OS_SIZE_LIBOS3_BAREMETAL, perGiB: heapPerGiB },
      wprMeta: ({ pmuReserved }) => ({ pmuReservedSize: pmuReserved }),
      rmArguments: { bDmemStack: true },
    }),
    messages: {
      setSystemInfo: systemInfo(rm, pciIdentity),
      setRegistry: setRegistry(rm),
      staticInfo: staticInfo(rm),
      ...calls(rm),
      events: events(rm, journal(rm)),
    },
    controls: controls(rm),
    channels: channels(rm),
    vgpu,
  };
}
