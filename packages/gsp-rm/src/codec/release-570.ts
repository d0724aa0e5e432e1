import type { Layout } from '@nova-stack/c-layout';
import type { FramingProfile } from '@nova-stack/gsp-rpc';
import { absent, type Absent } from '../absent.ts';
import type { GraphicsIntents, VgpuIntents } from '../control-intents.ts';
import type { ControlCodec, Release, ReleaseControls } from '../release.ts';
import type { PluginAbi } from '../vgpu/plugin-abi.ts';
import { allocCodecs, type AllocNeeds } from './allocs.ts';
import { bootCodec, type BootNeeds } from './boot.ts';
import { sequencerEncoder, systemInfoCodec } from './boot-messages.ts';
import { calls, type CallNeeds, type InvalidateTlb } from './calls.ts';
import { channelControls, type ChannelNeeds } from './channel-controls.ts';
import { classTable } from './classes.ts';
import { order } from './control.ts';
import { displayControls, type DisplayNeeds } from './display-controls.ts';
import type { EngineNumbers } from './engines.ts';
import { COMMON_EVENTS } from './event-numbers.ts';
import { eventCodec, type EventNeeds, type NocatLayout } from './events.ts';
import { gpuControls, type FalconNeeds, type GpuNeeds } from './gpu-controls.ts';
import { graphicsControls, type GraphicsNeeds } from './graphics-controls.ts';
import { memoryControls, type MemoryNeeds } from './memory-controls.ts';
import type { Needs } from './needs.ts';
import { powerControls, type PowerNeeds } from './power-controls.ts';
import { staticInfoCodec } from './static-info.ts';

/** What releases from 570 on have alike, given their structures. */
export interface NeedsFrom570 extends
  AllocNeeds, BootNeeds, CallNeeds, ChannelNeeds, DisplayNeeds, EventNeeds, GpuNeeds, GraphicsNeeds, MemoryNeeds, PowerNeeds,
  Needs<
    | 'rpc_run_cpu_sequencer_v' | 'CLASSES' | 'NV2080_CTRL_CMD_GPU_GET_CONSTRUCTED_FALCON_INFO'
    | 'NV2080_CTRL_CMD_INTERNAL_FIFO_TOGGLE_ACTIVE_CHANNEL_SCHEDULING' | 'NV2080_CTRL_CMD_INTERNAL_FIFO_TOGGLE_ACTIVE_CHANNEL_SCHEDULING_PARAMS'
  > {
  readonly NV2080_CTRL_GPU_GET_CONSTRUCTED_FALCON_INFO_PARAMS: FalconNeeds['layout'];
  readonly rpc_invalidate_tlb_v: InvalidateTlb;
  readonly NV2080CtrlNocatJournalInsertRecord: NocatLayout;
  readonly GspSystemInfo: Layout<SystemInfoFrom570>;
  readonly GspStaticConfigInfo: Layout<StaticInfoFrom570>;
}

type Value<L> = L extends { read(bytes: Uint8Array): infer V } ? V : never;
interface SystemInfoFrom570 extends Value<Parameters<typeof systemInfoCodec>[0]> {
  readonly PCIDeviceID: number;
}
interface StaticInfoFrom570 extends Value<Parameters<typeof staticInfoCodec>[0]> {
  readonly fbp_mask: bigint;
  readonly fwWprLayoutOffset: { readonly nonWprHeapOffset: bigint; readonly frtsOffset: bigint };
}

/** What they do not have alike. */
export interface OwnFrom570 {
  readonly version: string;
  readonly profile: FramingProfile;
  readonly engines: EngineNumbers;
  readonly scrubberTeardown: ControlCodec<GraphicsIntents['scrubberTeardown']['in'], undefined> | Absent;
  readonly vgpu: Pick<ReleaseControls, keyof VgpuIntents>;
  readonly plugin: PluginAbi | Absent;
}

/** A release from 570 on. */
export function releaseFrom570(rm: NeedsFrom570, own: OwnFrom570): Release {
  const { version, profile, engines, plugin } = own;
  return {
    version,
    profile,
    ...bootCodec(rm),
    systemInfo: systemInfoCodec(rm.GspSystemInfo, ({ PCIDeviceID }) => PCIDeviceID),
    staticInfo: staticInfoCodec(rm.GspStaticConfigInfo, engines, ({ memory, wprLayout }) => ({
      fbp_mask: BigInt(memory.fbpMask),
      fwWprLayoutOffset: { nonWprHeapOffset: BigInt(wprLayout.nonWprHeap), frtsOffset: BigInt(wprLayout.frts) },
    })),
    encodeSequencer: sequencerEncoder(rm),
    calls: calls(rm, rm.rpc_invalidate_tlb_v),
    events: eventCodec(rm, engines, { numbers: { ...COMMON_EVENTS, lockdown: 0x101c, nocat: 0x1020 }, nocat: rm.NV2080CtrlNocatJournalInsertRecord }),
    engines,
    classes: classTable(rm.CLASSES, rm),
    allocs: allocCodecs(rm, engines),
    controls: {
      ...gpuControls(rm, engines, {
        command: rm.NV2080_CTRL_CMD_GPU_GET_CONSTRUCTED_FALCON_INFO, layout: rm.NV2080_CTRL_GPU_GET_CONSTRUCTED_FALCON_INFO_PARAMS,
      }),
      ...memoryControls(rm),
      ...channelControls(rm, engines, order(
        rm.NV2080_CTRL_CMD_INTERNAL_FIFO_TOGGLE_ACTIVE_CHANNEL_SCHEDULING, rm.NV2080_CTRL_CMD_INTERNAL_FIFO_TOGGLE_ACTIVE_CHANNEL_SCHEDULING_PARAMS, 'subdevice',
        ({ bDisableActiveChannels }) => ({ disable: bDisableActiveChannels }),
      )),
      ...graphicsControls(rm, engines, own.scrubberTeardown),
      ...powerControls(rm, absent('from 570 on the firmware finds the regions by itself')),
      ...displayControls(rm),
      ...own.vgpu,
    },
    plugin,
  };
}
