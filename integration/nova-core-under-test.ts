// The real core over the modelled GPU, put to the test: what a case may do to it behind the contract's back.
import { syntheticTypeFile } from '@nova-stack/firmware-files';
import { NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_BOOTLOAD_GSP_VGPU_PLUGIN_TASK } from '@nova-stack/nvrm-headers/r570_144/ctrl2080vgpumgrinternal';
import { createMachine } from '@nova-stack/nova/machine';
import { CORE_ENDPOINT, type CoreEndpoint } from '@nova-stack/nova-core-api';
import type { CoreUnderTest } from '@nova-stack/nova-core-api/conformance';
import type { VirtualClock } from '@nova-stack/timebase';
import type { FaultRule, TraceEvent } from '@nova-stack/trace';

/** Starts the task of a virtual GPU. */
const BOOT_TASK = `gsp-rm.control.${NV2080_CTRL_CMD_VGPU_MGR_INTERNAL_BOOTLOAD_GSP_VGPU_PLUGIN_TASK.toString(16)}`;
/** Virtual GPUs can be had with these; the others do not offer them. */
export const HOSTING: readonly string[] = ['535.113.01', '570.144'];

/** A core, and the time that it lives in. */
export interface TimedCore extends CoreUnderTest {
  readonly clock: VirtualClock;
}

/** Boots a core with a firmware version. */
export async function novaCore(version: string): Promise<TimedCore> {
  const faults: FaultRule[] = [];
  const events: TraceEvent[] = [];
  const machine = createMachine({ board: 'l40', version, faults, sinks: [(event) => void events.push(event)] });
  let endpoint: CoreEndpoint | undefined;
  await machine.auxBus.registerDriver({ module: 'conformance', idTable: [{ name: 'nova-core.nova-drm' }], probe: (device) => void (endpoint = device.endpoint(CORE_ENDPOINT)) });
  const device = machine.pci.find({ vendor: 0x10de, baseClass: 0x03 })[0]!;
  const core = await machine.core.probe(device);
  const { session, free } = await watch(endpoint!);
  let present = true;

  /** Where a guest's memory begins. */
  const guestStart = (vf: number): number => {
    const label = `memory of virtual function ${vf}`;
    return events.filter(({ point, args }) => point === 'nova-core.memory.allocated' && args['label'] === label).at(-1)!.args['start'] as number;
  };
  const WINDOW = 0x1700;
  const PRAMIN = 0x70_0000;
  return {
    endpoint: endpoint!,
    clock: machine.clock,
    secrets: /\b(?:gsp|gfid|rpc|rm|vmmu|wpr|falcon|chid|runlist|fwsec|booter|ad102|ada|\d{3}\.\d{2,3}(?:\.\d+)?)\b/i,
    ...(HOSTING.includes(version) && { types: syntheticTypeFile({ device: 0x26b5, version }) }),
    lent: () => ({
      // When the core is down, memory that the device can still reach is what it forgot.
      bytes: session.state === 'Attached' || session.state === 'Revoking' ? free - session.base.limits().limits.memoryAvailable : device.dmaInUse().length,
      instances: events.reduce((count, { point }) => count + (point === 'nova-core.vgpu.opened' ? 1 : point === 'nova-core.vgpu.closed' ? -1 : 0), 0),
    }),
    guest: (vf) => ({
      read: (offset, length) => machine.gpu.peekVram(guestStart(vf) + offset, length),
      write: (offset, bytes) => {
        const [before, at] = [machine.gpu.read(0, WINDOW, 4), guestStart(vf) + offset];
        machine.gpu.write(0, WINDOW, 4, Math.floor(at / 0x1_0000));
        bytes.forEach((byte, i) => { machine.gpu.write(0, PRAMIN + (at % 0x1_0000) + i, 1, byte); });
        machine.gpu.write(0, WINDOW, 4, before);
      },
    }),
    mishap: (operation, how) => {
      if (how === 'refused') faults.push({ point: BOOT_TASK, action: 'status', value: 0x40 });
      else faults.push({ point: 'gsp-rm.reply', action: 'drop' });
    },
    breakInstance: (vf) => void machine.provoke.crashPlugin(vf + 1),
    fault: () => { machine.provoke.raise({ event: 'osError', xid: 79, text: 'provoked', channel: { runlist: 0, id: 0 } }); },
    // The firmware calls by interrupts, which take a while.
    delivered: async () => {
      await machine.clock.sleep(1e6, 'whatever comes');
      for (let i = 0; i < 20; i++) await Promise.resolve();
    },
    quiesce: () => core.quiet.begin('sriov', 10),
    resume: () => { core.quiet.end(); },
    // While time stands still, nothing that takes some ends.
    stall: () => machine.clock.hold(),
    // Its clients have a second.
    withdraw: async () => {
      present = false;
      await core.unbind();
    },
    remove: async () => {
      present = false;
      machine.slot.remove();
      await core.unbind();
    },
    close: async () => { if (present) await core.unbind(); },
  };
}

/** A session that looks at how much memory there is, and takes none. */
async function watch(endpoint: CoreEndpoint) {
  const session = await endpoint.attach({ kind: 'diagnostic', name: 'watch', epoch: endpoint.offer.epoch, wants: [{ interface: 'base', major: 1, minMinor: 0, maxMinor: 0 }], required: ['device.info'], optional: [] });
  return { session, free: session.base.limits().limits.memoryAvailable };
}
