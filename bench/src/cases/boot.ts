// A whole boot, model and driver together, against what its bytes cost: reading the image and copying it once.
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { firmwareDirectory } from "@nova-stack/nova";
import { createMachine } from "@nova-stack/nova/machine";
import { syntheticPack, type FirmwareSource } from "@nova-stack/firmware-files";

import { realFirmwareDir } from "../../../scripts/real-firmware.mjs";
import type { Suite } from "../comparison.ts";
import { perRun, resident } from "../measures.ts";

/** What model and driver may take beyond their bytes. */
const BUDGET_NS = 50e6;
const IMAGE = "nvidia/ad102/gsp/gsp-570.144.bin";

async function boot(firmware: FirmwareSource): Promise<unknown> {
  const machine = createMachine({ board: "l40", firmware });
  const [device] = machine.pci.find({ vendor: 0x10de });
  if (device === undefined) throw new Error("the bus has no GPU");
  return { machine, gpu: await machine.core.probe(device) };
}

/** Reads the bytes and copies them once, and is given the budget on top. */
function bytesAndBudget(read: () => Promise<Uint8Array>): () => Promise<number> {
  const measure = perRun(
    () => undefined,
    async () => (await read()).slice(),
  );
  return async () => BUDGET_NS + (await measure());
}

const pack = syntheticPack({ chip: "ad102", version: "570.144" });
const real = await realFirmwareDir();
if ("skipped" in real) console.error(`boot with the real image: skipped, ${real.skipped}`);

const realCases: Suite =
  "skipped" in real
    ? []
    : [
        {
          name: "boot, real 570.144 image",
          unit: "ns",
          ours: {
            name: "model and driver",
            measure: perRun(
              () => firmwareDirectory(real.dir),
              (source) => boot(source),
            ),
          },
          rival: { name: "read + copy + 50 ms", measure: bytesAndBudget(() => readFile(join(real.dir, IMAGE))) },
          atMost: 1,
        },
        {
          name: "memory after boot, real 570.144 image, 48 GiB card",
          unit: "bytes",
          ours: { name: "process", measure: resident(async () => boot(await firmwareDirectory(real.dir))) },
          rival: { name: "150 MB", measure: () => 150e6 },
          atMost: 1,
          rounds: 1,
        },
      ];

export const cases: Suite = [
  {
    name: "boot, synthetic pack",
    unit: "ns",
    ours: {
      name: "model and driver",
      measure: perRun(
        () => pack,
        (source) => boot(source),
      ),
    },
    rival: { name: "read + copy + 50 ms", measure: bytesAndBudget(() => pack.read(IMAGE)) },
    atMost: 1,
  },
  ...realCases,
];
