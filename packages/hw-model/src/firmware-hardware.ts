import type { TimerQueue } from '@nova-stack/timebase';
import type { Trace } from '@nova-stack/trace';

import type { Display } from './display/display.ts';
import type { Falcon } from './falcon/falcon.ts';
import type { Fsp } from './fsp/fsp.ts';
import type { Host } from './host/host.ts';
import type { ChipFacts, EngineName, FirmwareHardware, MemoryJob } from './port.ts';
import type { RegisterFile } from './register-file.ts';
import type { VirtualFunctions } from './virtual-function.ts';
import type { Vram } from './vram.ts';
import type { Wpr2 } from './wpr2.ts';

/** The parts of a GPU that firmware works on. */
export interface FirmwareParts {
  readonly facts: ChipFacts;
  readonly trace: Trace;
  readonly registers: RegisterFile;
  readonly vram: Vram;
  readonly wpr2: Wpr2;
  readonly falcons: Readonly<Record<EngineName, Falcon>>;
  readonly display: Display | undefined;
  readonly host: Host;
  readonly fsp: Fsp | undefined;
  readonly virtual: Pick<VirtualFunctions, 'setMemory'>;
  readonly now: () => number;
  readonly start: (job: MemoryJob) => void;
  readonly invalidateTlb: () => void;
  /** The queue is another object after a reset. */
  readonly timers: () => TimerQueue;
}

/** Timers of this unit go to the firmware. */
export const FIRMWARE_TIMERS = 'firmware';

/** What firmware is given of the GPU. */
export function firmwareHardware({ facts, trace, registers, vram, wpr2, falcons, display, host, fsp, virtual, now, start, invalidateTlb, timers }: FirmwareParts): FirmwareHardware {
  return {
    facts,
    now,
    start,
    arm: ({ at, event, arg }) => { timers().arm({ at, unit: FIRMWARE_TIMERS, event, arg }); },
    disarm: (event) => void timers().disarm(FIRMWARE_TIMERS, event),
    mailbox: (engine, index) => falcons[engine].mailbox(index),
    setMailbox: (engine, index, value) => { falcons[engine].setMailbox(index, value); },
    halt: (engine) => { falcons[engine].halt(); },
    fetch: (engine, request) => falcons[engine].fetch(request),
    setRiscv: (engine, state) => { falcons[engine].setRiscv(state); },
    raiseFalconInterrupt: (engine, bits) => { falcons[engine].raise(bits); },
    display,
    host,
    invalidateTlb,
    fsp,
    setLockdown: (lockdown) => { falcons.gsp.setLockdown(lockdown); },
    setScratch: (address, value) => { registers.set({ address }, value); },
    scratch: (address) => registers.get({ address }),
    setWpr2(from, end) {
      wpr2.set({ start: from, end });
      trace.event('hw-model.wpr2.set', { start: from, end });
    },
    clearWpr2() {
      wpr2.clear();
      trace.event('hw-model.wpr2.cleared');
    },
    wpr2: () => wpr2.region,
    setFunctionMemory: (gfid, ranges) => { virtual.setMemory(gfid, ranges); },
    readVram: (address, into) => { vram.read(address, into); },
    writeVram: (address, from) => { vram.write(address, from); },
    fillVram: (address, length, byte) => { vram.fill(address, length, byte); },
    vramSpan: (address, length) => vram.span(address, length),
    trace: (point, args) => { trace.event(point, args); },
    fault: (point) => trace.fault(point),
  };
}
