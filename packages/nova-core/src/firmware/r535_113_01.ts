import { PROFILE_535_113_01 } from '@nova-stack/gsp-rpc';

import type { HostingAbi } from './abi.ts';
import { absent } from './absent.ts';
import { bootAbi } from './codec/boot.ts';
import { calls } from './codec/calls.ts';
import { channels } from './codec/channels.ts';
import { controls } from './codec/controls.ts';
import { events } from './codec/events.ts';
import { setRegistry } from './codec/registry.ts';
import { staticInfo } from './codec/static-info.ts';
import { systemInfo } from './codec/system-info.ts';
import * as rm from './r535_113_01/layouts.ts';
import { vgpu } from './r535_113_01/vgpu.ts';

/** How firmware 535.113.01 spells every intent. */
export const r535_113_01: HostingAbi = {
  version: '535.113.01',
  framing: PROFILE_535_113_01,
  boot: bootAbi(rm, {
    heap: { carveout: rm.GSP_FW_HEAP_PARAM_OS_SIZE_LIBOS3, perGiB: rm.GSP_FW_HEAP_PARAM_SIZE_PER_GB_FB },
    // A second pair of queues for an interrupt task can be told of here; as all drivers of release builds, we have none.
    rmArguments: {},
  }),
  messages: {
    setSystemInfo: systemInfo(rm, () => ({})),
    setRegistry: setRegistry(rm),
    staticInfo: staticInfo(rm),
    ...calls(rm),
    events: events(rm, absent('keeps its error journal to itself')),
  },
  controls: controls(rm),
  channels: channels(rm),
  vgpu,
};
