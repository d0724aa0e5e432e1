// A whole boot, model and driver together, against what its bytes cost: reading the image and copying it once, plus
// the 50 ms that model and driver are allowed.
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { syntheticPack } from "@nova-stack/firmware-files";
import { firmwareDirectory } from "@nova-stack/nova";

import { boot, realFirmware } from "../boot.ts";
import type { Measure, Suite } from "../comparison.ts";
import { perRun } from "../measures.ts";

const BUDGET_NS = 50e6;
const IMAGE = "nvidia/ad102/gsp/gsp-570.144.bin";

function bytesAndBudget(read: () => Promise<Uint8Array>): Measure {
  const measure = perRun(
    () => undefined,
    async () => new Uint8Array(await read()),
  );
  return async () => BUDGET_NS + (await measure());
}

const pack = syntheticPack({ chip: "ad102", version: "570.144" });
const dir = await realFirmware();

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
  ...(dir === undefined
    ? []
    : [
        {
          name: "boot, real 570.144 image",
          unit: "ns" as const,
          ours: {
            name: "model and driver",
            measure: perRun(
              () => firmwareDirectory(dir),
              (source) => boot(source),
            ),
          },
          rival: { name: "read + copy + 50 ms", measure: bytesAndBudget(() => readFile(join(dir, IMAGE))) },
          atMost: 1,
        },
      ]),
];
