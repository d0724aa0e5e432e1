import { createAuxBus, type AuxBus } from '@nova-stack/aux-bus';
import { syntheticPack, type FirmwareSource } from '@nova-stack/firmware-files';
import { createGspRm, type Provocation } from '@nova-stack/gsp-rm';
import type { MessageTap } from '@nova-stack/gsp-rpc';
import { createGpu, type Gpu } from '@nova-stack/hw-model';
import { BOARDS, type BoardName } from '@nova-stack/hw-model/boards';
import { createNovaCore, type NovaCore } from '@nova-stack/nova-core';
import { createBus, type PciBus, type PciFunction, type Slot } from '@nova-stack/pci';
import { createVirtualClock, type VirtualClock } from '@nova-stack/timebase';
import { createTrace, faultPlan, type FaultRule, type Trace, type TraceSink } from '@nova-stack/trace';

export interface MachineOptions {
  /** Board to model. */
  readonly board: BoardName;
  /** Firmware files for the driver; by default the synthetic pack of the board's chip. */
  readonly firmware?: FirmwareSource;
  /**
   * Firmware version to boot. By default {@link DEFAULT_VERSION} of the synthetic pack; of {@link firmware} the newest
   * that the driver speaks.
   */
  readonly version?: string;
  /** Seed of everything random, 0 to 2^32 - 1; default 1. */
  readonly seed?: number;
  readonly sinks?: readonly TraceSink[];
  /** Gives what sees every message between driver and firmware, at the driver's end: `(clock) => recorder.tap`. */
  readonly tap?: (clock: VirtualClock) => MessageTap;
  /** Faults to inject, in any layer. */
  readonly faults?: readonly FaultRule[];
  /** How the driver learns of the firmware's messages; default: by message interrupts. */
  readonly interrupts?: 'message' | 'polled';
  /** Puts something between the GPU and its slot, such as `withAccessFaults` of `@nova-stack/hw-model`; `remove` pulls it out. */
  readonly between?: (gpu: Gpu, remove: () => void) => PciFunction;
}

/** A modelled GPU in a slot, and a core driver that has not seen it yet. */
export interface Machine {
  readonly clock: VirtualClock;
  readonly trace: Trace;
  readonly gpu: Gpu;
  /** Makes the GPU's firmware do what no driver asks for: report an error, hang, crash. */
  readonly provoke: Provocation;
  readonly pci: PciBus;
  readonly slot: Slot;
  readonly auxBus: AuxBus;
  readonly core: NovaCore;
}

/** Firmware version of the synthetic pack that a machine boots by default: the one under which vGPUs can be hosted. */
export const DEFAULT_VERSION = '570.144';

/**
 * Puts every layer together: model and firmware on one side of the PCI seam, driver and auxiliary bus on the other.
 *
 * @throws FirmwareFileError `UNSUPPORTED` for a version that there is no synthetic pack of
 */
export function createMachine(options: MachineOptions): Machine {
  const { board: name, seed = 1 } = options;
  const board = BOARDS[name];
  const clock = createVirtualClock({ seed });
  const trace = createTrace({
    now: () => clock.now(),
    sinks: options.sinks ?? [],
    ...(options.faults && { faults: faultPlan(options.faults) }),
  });
  let provoke: Provocation | undefined;
  const firmwareModel = createGspRm({ provoke: (given) => { provoke = given; } });
  const gpu = createGpu({ board, firmware: firmwareModel, trace, seed });
  const pci = createBus({ clock, trace });
  const slot: Slot = pci.plug(options.between?.(gpu, () => { slot.remove(); }) ?? gpu);
  const auxBus = createAuxBus({ trace });
  const { version } = options;
  const tap = options.tap?.(clock);
  const firmware = options.firmware ?? syntheticPack({ chip: board.chip, version: version ?? DEFAULT_VERSION });
  const core = createNovaCore({ clock, trace, auxBus, firmware, ...(version !== undefined && { firmwareVersion: version }), ...(tap && { tap: () => tap }), ...(options.interrupts && { interrupts: options.interrupts }) });
  return { clock, trace, gpu, provoke: provoke!, pci, slot, auxBus, core };
}
