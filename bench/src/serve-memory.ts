// A process that serves 1 MiB of memory as BAR 0: serve-memory PATH descriptors|sockets
import { createConfigSpace, type BarSpec, type PciFunction } from "@nova-stack/pci";
import { serveDevice } from "@nova-stack/vfio-user";

const [, , path = "", how] = process.argv;
const SIZE = 1 << 20;
const bars: readonly BarSpec[] = [{ index: 0, kind: "mem32", prefetchable: false, size: SIZE }];
const bytes = new Uint8Array(SIZE);
const words = new Uint32Array(bytes.buffer);
const device: PciFunction = {
  config: createConfigSpace({
    vendor: 0x1234, device: 0x5678, revision: 0, classCode: { base: 0x12, sub: 0, interface: 0 },
    subsystemVendor: 0, subsystem: 0, bars,
  }),
  bars,
  plug: () => undefined,
  read: (_bar, offset) => words[offset >> 2]!,
  write: (_bar, offset, _size, value) => void (words[offset >> 2] = value),
  readBlock: (_bar, offset, into) => { into.set(bytes.subarray(offset, offset + into.length)); },
  writeBlock: (_bar, offset, from) => { bytes.set(from, offset); },
  reset: () => undefined,
  nextDue: () => undefined,
  runDue: () => undefined,
};

const { missing } = await serveDevice({ device, path, descriptors: how === "descriptors" });
process.stdout.write(how === "descriptors" && missing !== undefined ? `missing: ${missing}\n` : "ready\n");
