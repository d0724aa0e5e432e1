// What a 48 GiB card with the real image costs once it is up and the driver's copies of the files are released.
import { firmwareDirectory } from "@nova-stack/nova";

import { boot, realFirmware } from "../boot.ts";
import type { Suite } from "../comparison.ts";
import { resident } from "../measures.ts";

const dir = await realFirmware();

export const cases: Suite =
  dir === undefined
    ? []
    : [
        {
          name: "memory after boot, real image, 48 GiB card",
          unit: "bytes",
          ours: { name: "process", measure: resident(async () => boot(await firmwareDirectory(dir))) },
          rival: { name: "150 MB", measure: () => 150e6 },
          atMost: 1,
          rounds: 1,
        },
      ];
