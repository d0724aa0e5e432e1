// What the benchmarks of a boot share.
import { createMachine } from "@nova-stack/nova/machine";
import type { FirmwareSource } from "@nova-stack/firmware-files";

import { realFirmwareDir } from "../../scripts/real-firmware.mjs";

/** Boots board l40; what is given keeps the machine and the driver's hold on it alive. */
export async function boot(firmware: FirmwareSource): Promise<unknown> {
  const machine = createMachine({ board: "l40", firmware });
  const [device] = machine.pci.find({ vendor: 0x10de });
  if (device === undefined) throw new Error("the bus has no GPU");
  return { machine, gpu: await machine.core.probe(device) };
}

/** The directory of NVIDIA's own files, or undefined, which is said aloud. */
export async function realFirmware(): Promise<string | undefined> {
  const real = await realFirmwareDir();
  if ("dir" in real) return real.dir;
  console.error(`benchmarks with the real files: skipped, ${real.skipped}`);
  return undefined;
}
