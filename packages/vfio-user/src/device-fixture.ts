// For tests: a device that copies memory. It reads a word at the address in register 0 and writes it, plus one, to the
// address in register 4 when register 8 is written; then it interrupts. Register 12 counts the copies.
import { createConfigSpace, msi, msix, pcie, type BarSpec, type DeviceHost, type DmaJob, type PciFunction, type ResetKind } from '@nova-stack/pci';

const BARS: readonly BarSpec[] = [
  { index: 0, kind: 'mem32', prefetchable: false, size: 4096 },
  { index: 1, kind: 'mem64', prefetchable: true, size: 1 << 21 },
];

export const BAR0 = 0xe000_0000;
export const BAR1 = 0x10_0000_0000;

export interface CopyDevice extends PciFunction {
  readonly resets: ResetKind[];
  /** Whether the copies found their memory. */
  readonly outcomes: boolean[];
  readonly memory: Uint8Array;
  setTimer(due: number, run: () => void): void;
  /** Fires an interrupt. */
  fire(vector: number): void;
  /** Sets its line. */
  line(asserted: boolean): void;
}

export function copyDevice(): CopyDevice {
  const registers = new Uint32Array(1024);
  const memory = new Uint8Array(1 << 21);
  const resets: ResetKind[] = [];
  const outcomes: boolean[] = [];
  let host: DeviceHost | undefined;
  let timer: { readonly due: number; readonly run: () => void } | undefined;
  function* copy(): DmaJob {
    const word = new Uint8Array(4);
    const read = yield { op: 'read', address: registers[0]!, into: word };
    word[0]!++;
    const written = read && (yield { op: 'write', address: registers[1]!, from: word });
    outcomes.push(written);
    registers[3]!++;
    host?.interrupt(0);
  }
  const bytesOf = (bar: number): Uint8Array => (bar === 0 ? new Uint8Array(registers.buffer) : memory);
  const device: CopyDevice = {
    config: createConfigSpace({
      vendor: 0x1234, device: 0x5678, revision: 1, classCode: { base: 0x12, sub: 0, interface: 0 }, interruptPin: 1,
      subsystemVendor: 0, subsystem: 0, bars: BARS, capabilities: [msi({ vectors: 4 }), pcie(), msix({ vectors: 8, table: { bar: 0, offset: 0x800 }, pending: { bar: 0, offset: 0xc00 } })],
    }),
    bars: BARS, resets, outcomes, memory,
    plug: (given) => { host = given; },
    read: (bar, offset, size) => {
      const view = new DataView(bytesOf(bar).buffer);
      return size === 4 ? view.getUint32(offset, true) : size === 2 ? view.getUint16(offset, true) : view.getUint8(offset);
    },
    write(bar, offset, size, value) {
      const view = new DataView(bytesOf(bar).buffer);
      if (size === 4) view.setUint32(offset, value, true);
      else if (size === 2) view.setUint16(offset, value, true);
      else view.setUint8(offset, value);
      if (bar === 0 && offset === 8) host?.start(copy());
    },
    readBlock: (bar, offset, into) => { into.set(bytesOf(bar).subarray(offset, offset + into.length)); },
    writeBlock: (bar, offset, from) => { bytesOf(bar).set(from, offset); },
    reset(kind) {
      resets.push(kind);
      registers.fill(0);
      memory.fill(0);
    },
    nextDue: () => timer?.due,
    runDue(now) {
      if (timer === undefined || timer.due > now) return;
      const { run } = timer;
      timer = undefined;
      run();
    },
    fire: (vector) => { host?.interrupt(vector); },
    line: (asserted) => { host?.line(asserted); },
    setTimer: (due, run) => { timer = { due, run }; },
  };
  return device;
}
