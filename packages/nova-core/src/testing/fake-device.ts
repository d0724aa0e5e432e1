import type { BarMapping, DmaBuffer, PciDevice } from '@nova-stack/pci';
import { createVirtualClock } from '@nova-stack/timebase';
import { createTrace, type TraceEvent } from '@nova-stack/trace';

import type { Device } from '../device.ts';

/** A device whose registers are a map, for this package's tests only. */
export interface FakeDevice extends Device {
  readonly registers: Map<number, number>;
  /** Called after each write with the written value; may change {@link FakeDevice.registers}. */
  onWrite: (offset: number, value: number) => void;
  /** Answers a read instead of the map where it returns a number. */
  onRead: (offset: number) => number | undefined;
  readonly writes: readonly (readonly [offset: number, value: number])[];
  readonly events: readonly TraceEvent[];
  /** Buffers that were not freed. */
  readonly live: ReadonlySet<DmaBuffer>;
  /** Surprise removal. */
  remove(): void;
}

export function fakeDevice(): FakeDevice {
  const registers = new Map<number, number>();
  const writes: (readonly [number, number])[] = [];
  const events: TraceEvent[] = [];
  const live = new Set<DmaBuffer>();
  const clock = createVirtualClock();
  let present = true;
  let next = 0x1_2345_0000_0000 / 0x1000;
  const hooks = { onWrite: (_offset: number, _value: number): void => {}, onRead: (_offset: number): number | undefined => undefined };

  const bar0 = {
    size: 0x100_0000,
    read32: (offset: number) => (present ? (hooks.onRead(offset) ?? registers.get(offset) ?? 0) : 0xffff_ffff),
    write32: (offset: number, value: number) => {
      if (!present) return;
      writes.push([offset, value]);
      registers.set(offset, value);
      hooks.onWrite(offset, value);
    },
  } as unknown as BarMapping;
  const pci = {
    name: '0000:01:00.0',
    get present() {
      return present;
    },
    allocDma(size: number, { label }: { label: string }) {
      const buffer: DmaBuffer = {
        address: next * 0x1000,
        bytes: new Uint8Array(size),
        free() {
          if (!live.delete(buffer)) throw new Error(`${label} freed twice`);
        },
      };
      next += Math.ceil(size / 0x1000) + 1;
      live.add(buffer);
      return buffer;
    },
  } as unknown as PciDevice;

  return Object.assign(hooks, {
    pci, bar0, clock, sleep: { on: false }, registers, writes, events, live,
    trace: createTrace({ now: () => clock.now(), sinks: [(event: TraceEvent) => void events.push(event)] }),
    remove() {
      present = false;
    },
  });
}
