import type { BoardName } from '@nova-stack/hw-model/boards';
import { withAccessFaults, type AccessFault, type FaultyFunction } from '@nova-stack/hw-model';
import { NovaCoreError, type CoreDevice } from '@nova-stack/nova-core';
import { createMachine, type Machine } from '@nova-stack/nova/machine';
import type { PciDevice } from '@nova-stack/pci';

/** Virtual time by which a life with one fault is over, in nanoseconds: every step's own bound, each run into once. */
export const BOUND = 60e9;

/** What became of a life from probe to unbind. */
export interface Outcome {
  /** `up` where everything worked, else the code and step of the first error. */
  readonly result: string;
  /** What should not be; empty when all is well. */
  readonly wrong: readonly string[];
}

interface World {
  readonly machine: Machine;
  readonly device: PciDevice;
  readonly faulty: FaultyFunction;
}

export function world(board: BoardName, version: string, script: readonly AccessFault[]): World {
  let faulty: FaultyFunction | undefined;
  const machine = createMachine({ board, version, between: (gpu, remove) => (faulty = withAccessFaults(gpu, script, remove)).fn });
  return { machine, device: machine.pci.find({ vendor: 0x10de, baseClass: 0x03 })[0]!, faulty: faulty! };
}

/** Probe and unbind. @returns the first error */
async function live({ machine, device }: World): Promise<unknown> {
  let gpu: CoreDevice;
  try {
    gpu = await machine.core.probe(device);
  } catch (error) {
    return error;
  }
  return gpu.unbind().then(() => undefined, (error: unknown) => error);
}

/** How many accesses a life without a fault has. */
export async function accessesOf(board: BoardName, version: string): Promise<number> {
  const here = world(board, version, []);
  const error = await live(here);
  if (error !== undefined) throw error as Error;
  return here.faulty.accesses;
}

/**
 * One life with a fault: it ends within its bound, typed, with nothing left; and a device that is still there can be
 * used again after a reset.
 */
export async function runCase(board: BoardName, version: string, fault: AccessFault): Promise<Outcome> {
  const here = world(board, version, [fault]);
  const { machine, device, faulty } = here;
  const wrong: string[] = [];
  const error = await live(here);
  if (error !== undefined && !(error instanceof NovaCoreError)) wrong.push(`untyped: ${error instanceof Error ? error.stack ?? error.message : typeof error}`);
  if (machine.clock.now() > BOUND) wrong.push(`took ${machine.clock.now() / 1e9} s`);
  const left = (): void => {
    const memory = device.dmaInUse();
    if (memory.length > 0) wrong.push(`memory left: ${memory.map(({ label }) => label).join(', ')}`);
    const published = machine.auxBus.devices();
    if (published.length > 0) wrong.push(`published: ${published.map(({ name }) => name).join(', ')}`);
  };
  left();
  if (device.present) {
    faulty.heal();
    try {
      device.reset();
      await (await machine.core.probe(device)).unbind();
    } catch (again) {
      wrong.push(`not usable after a reset: ${again instanceof Error ? again.message : String(again)}`);
    }
    left();
  }
  const result = error === undefined ? 'up' : error instanceof NovaCoreError ? `${error.code} in ${error.step}` : 'untyped';
  return { result, wrong };
}
