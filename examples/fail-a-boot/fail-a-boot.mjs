// Makes single steps of a boot fail, by plan, and shows what the driver makes of it: a typed error within a bound,
// nothing left behind, and a device that boots again.
import { createMachine } from "@nova-stack/nova/machine";

const faults = [
  { point: "gsp-rm.fwsec.frts", action: "error", value: 3 },
  { point: "gsp-rm.riscv.start", action: "none" },
  { point: "gsp-rm.initDone", action: "drop" },
];

for (const fault of faults) {
  const machine = createMachine({ board: "l40", faults: [fault] });
  const [device] = machine.pci.find({ vendor: 0x10de });
  if (!device) throw new Error("there is no GPU on the bus");

  const error = await machine.core.probe(device).then(
    () => undefined,
    (/** @type {unknown} */ thrown) => thrown,
  );
  if (!(error instanceof Error)) throw new Error(`${fault.point} did not make the boot fail`);
  const seconds = (machine.clock.now() / 1e9).toFixed(3);
  console.log(`${fault.point}: after ${seconds} s of virtual time: ${error.message}; DMA in use: ${device.dmaInUse().length}`);

  const gpu = await machine.core.probe(device);
  await gpu.unbind();
}
console.log("each device booted afterwards");
