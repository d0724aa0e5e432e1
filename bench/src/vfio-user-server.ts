// A process that serves a BAR of memory on the socket that its argument names.
import { createConfigSpace, type BarSpec, type PciFunction } from "@nova-stack/pci";
import { serveDevice } from "@nova-stack/vfio-user";

const bars: readonly BarSpec[] = [{ index: 0, kind: "mem32", prefetchable: false, size: 1 << 20 }];
const memory = new Uint8Array(1 << 20);
const registers = new Uint32Array(memory.buffer);
const device: PciFunction = {
  config: createConfigSpace({
    vendor: 0x1234, device: 0x5678, revision: 0, classCode: { base: 0x12, sub: 0, interface: 0 },
    subsystemVendor: 0, subsystem: 0, bars,
  }),
  bars,
  plug: () => undefined,
  read: (_bar, offset) => registers[offset >> 2]!,
  write: (_bar, offset, _size, value) => void (registers[offset >> 2] = value),
  readBlock: (_bar, offset, into) => { into.set(memory.subarray(offset, offset + into.length)); },
  writeBlock: (_bar, offset, from) => { memory.set(from, offset); },
  reset: () => undefined,
  nextDue: () => undefined,
  runDue: () => undefined,
};
await serveDevice({ device, path: process.argv[2] ?? "" });
process.stdout.write("ready\n");
