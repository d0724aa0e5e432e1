import { at, FALCONS, within, type Fields, type Register, type RegisterArray } from '@nova-stack/gpu-regs';
import { createTrace, faultPlan, type FaultRule, type TraceEvent } from '@nova-stack/trace';

import { BOARDS, type Board } from '../boards.ts';
import { createGpu } from '../create-gpu.ts';
import type { Gpu } from '../gpu.ts';
import type { EngineName, FalconStart, Firmware, FirmwareHardware, MemoryJob } from '../port.ts';

/** Where the test's system memory lies on the bus. */
export const MEMORY_START = 0x1_0000_0000;
const MEMORY_SIZE = 0x10_0000;

/** Firmware that writes down what it is told and halts whatever was started. */
export interface Recorder {
  readonly hardware: FirmwareHardware;
  readonly calls: string[];
  readonly starts: (Omit<FalconStart, 'imem' | 'dmem'> & { readonly imem: Uint8Array; readonly dmem: Uint8Array })[];
  /** What came to the FSP; it answers nothing by itself. */
  readonly messages: { readonly channel: number; readonly bytes: Uint8Array }[];
  /** Plain data that firmware keeps. */
  state: { doorbells: number };
  /** Instead of halting at once. */
  onStart: ((start: FalconStart, hardware: FirmwareHardware) => void) | undefined;
}

export interface TestGpu {
  readonly gpu: Gpu;
  readonly firmware: Recorder;
  readonly memory: Uint8Array;
  readonly events: TraceEvent[];
  readonly interrupts: () => number;
  /** Device time in nanoseconds; a register access through this object takes 100. */
  readonly clock: { now: number };
  /** Jobs wait here instead of running at once while `deferJobs` is set. */
  deferJobs: boolean;
  readonly jobs: MemoryJob[];
  runJobs(): void;
  read(register: Register): number;
  write(register: Register, value: number): void;
  /** The same for a register of an engine. */
  readFalcon(engine: EngineName, register: Register<Fields, 'falcon'> | RegisterArray<Fields, 'falcon'>, index?: number): number;
  writeFalcon(engine: EngineName, register: Register<Fields, 'falcon'> | RegisterArray<Fields, 'falcon'>, value: number, index?: number): void;
}

export const testBoard: Board = { ...BOARDS.l40, vramSize: 512 * 2 ** 20, bar1Size: 2 ** 30 };

export function testGpu({ board = testBoard, faults = [] }: { readonly board?: Board; readonly faults?: readonly FaultRule[] } = {}): TestGpu {
  const events: TraceEvent[] = [];
  const memory = new Uint8Array(MEMORY_SIZE);
  const jobs: MemoryJob[] = [];
  const clock = { now: 1_000_000 };
  let recorder: Recorder | undefined;
  let interrupts = 0;

  const firmware: Firmware = (hardware) => {
    const record: Recorder = { hardware, calls: [], starts: [], messages: [], state: { doorbells: 0 }, onStart: undefined };
    recorder = record;
    return {
      falconStarted(start) {
        record.calls.push(`start ${start.engine}`);
        record.starts.push({ ...start, imem: start.imem.slice(), dmem: start.dmem.slice() });
        if (record.onStart) record.onStart(start, hardware);
        else hardware.halt(start.engine);
      },
      engineReset: (engine) => void record.calls.push(`reset ${engine}`),
      doorbell(index) {
        record.state.doorbells++;
        record.calls.push(`doorbell ${index}`);
      },
      fspMessage: (channel, bytes) => void record.messages.push({ channel, bytes }),
      timer: (event, arg) => void record.calls.push(`timer ${event} ${arg}`),
      vfDoorbell: (value) => void record.calls.push(`vf ${value}`),
      deviceReset: () => void record.calls.push('device reset'),
      snapshot: () => record.state,
      restore: (state) => { record.state = state as Recorder['state']; },
    };
  };

  const perform = (request: { readonly op: string; readonly address: number; readonly into?: Uint8Array; readonly from?: Uint8Array }): boolean => {
    const bytes = request.into ?? request.from!;
    const start = request.address - MEMORY_START;
    if (start < 0 || start + bytes.length > memory.length) return false;
    if (request.into) request.into.set(memory.subarray(start, start + bytes.length));
    else memory.set(request.from!, start);
    return true;
  };
  const finish = (job: MemoryJob): void => {
    for (let step = job.next(); step.done !== true; step = job.next(perform(step.value)));
  };

  const trace = createTrace({ now: () => clock.now, sinks: [(event) => void events.push(event)], faults: faultPlan(faults) });
  const gpu = createGpu({ board, firmware, trace });
  const place = (engine: EngineName, register: Register<Fields, 'falcon'> | RegisterArray<Fields, 'falcon'>, index: number): Register =>
    within(FALCONS[engine], 'count' in register ? at(register, index) : register);
  const test: TestGpu = {
    gpu, memory, events, jobs,
    get firmware() { return recorder!; },
    interrupts: () => interrupts,
    clock,
    deferJobs: false,
    runJobs() {
      for (let job = jobs.shift(); job; job = jobs.shift()) finish(job);
    },
    read({ address }) {
      clock.now += 100;
      return gpu.read(0, address, 4);
    },
    write({ address }, value) {
      clock.now += 100;
      gpu.write(0, address, 4, value);
    },
    readFalcon(engine, register, index = 0) { return this.read(place(engine, register, index)); },
    writeFalcon(engine, register, value, index = 0) { this.write(place(engine, register, index), value); },
  };
  gpu.plug({
    now: () => clock.now,
    start: (job) => { if (test.deferJobs) jobs.push(job); else finish(job); },
    interrupt: () => { interrupts++; },
    line: () => undefined,
  });
  return test;
}
