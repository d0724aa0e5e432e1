import { createAuxBus, type AuxBus } from '@nova-stack/aux-bus';
import { syntheticPack, type FirmwareSource } from '@nova-stack/firmware-files';
import type { MessageTap } from '@nova-stack/gsp-rpc';
import { createNovaCore, type NovaCore } from '@nova-stack/nova-core';
import { createRealClock, type HostClock } from '@nova-stack/timebase';
import { createTrace, type Trace, type TraceSink } from '@nova-stack/trace';
import { connectDevice, type RemoteDevice } from '@nova-stack/vfio-user/client';

import { hostTime } from './host-time.ts';
import { DEFAULT_VERSION } from './machine.ts';

export interface RemoteMachineOptions {
  /** UNIX socket of a vfio-user server, such as `nova serve`. */
  readonly socket: string;
  /** Do not wait for writes to registers; default true. */
  readonly postedWrites?: boolean;
  /** Firmware files for the driver; by default the synthetic pack of whatever chip it finds. */
  readonly firmware?: FirmwareSource;
  /** Firmware version to boot; as for a machine. */
  readonly version?: string;
  readonly sinks?: readonly TraceSink[];
  /** As for a machine. */
  readonly tap?: (clock: HostClock) => MessageTap;
}

/** A GPU in another process, and a core driver that has not seen it yet. Time is the host's. */
export interface RemoteMachine {
  readonly clock: HostClock;
  readonly trace: Trace;
  readonly remote: RemoteDevice;
  readonly auxBus: AuxBus;
  readonly core: NovaCore;
}

/**
 * Connects to a served GPU. `remote.close()` ends that.
 *
 * @throws VfioUserError when there is no such server, or no device to be had of it
 */
export async function connectMachine({ socket, postedWrites = true, firmware, version, sinks = [], ...options }: RemoteMachineOptions): Promise<RemoteMachine> {
  const clock = createRealClock(hostTime());
  const trace = createTrace({ now: () => clock.now(), sinks });
  const remote = await connectDevice({ path: socket, postedWrites, trace });
  const auxBus = createAuxBus({ trace });
  const tap = options.tap?.(clock);
  const core = createNovaCore({
    clock, trace, auxBus, ...(tap && { tap: () => tap }),
    ...(firmware ? { firmware, ...(version !== undefined && { firmwareVersion: version }) } : { firmware: anyPack(version ?? DEFAULT_VERSION), firmwareVersion: version ?? DEFAULT_VERSION }),
  });
  return { clock, trace, remote, auxBus, core };
}

/** The synthetic packs of every chip: which one it is the driver finds out. */
function anyPack(version: string): FirmwareSource {
  return {
    name: `synthetic ${version}`,
    read: async (path) => syntheticPack({ chip: path.split('/')[1] ?? '', version }).read(path),
  };
}
