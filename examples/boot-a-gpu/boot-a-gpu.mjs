// Puts a modelled L40 on a bus, boots it with the core driver, and takes it down again.
import { createMachine } from "@nova-stack/nova/machine";

const machine = createMachine({ board: "l40" });
const [device] = machine.pci.find({ vendor: 0x10de });
if (!device) throw new Error("there is no GPU on the bus");

const gpu = await machine.core.probe(device);
console.log(`${device.name} is up after ${machine.clock.now() / 1e6} ms of virtual time`);
console.log("on the auxiliary bus:", machine.auxBus.devices().map((aux) => aux.name).join(", "));

await gpu.unbind();
console.log("unloaded; DMA still in use:", device.dmaInUse().length);
