// What one record of NVIDIA's adds to somebody's bundle: its own code and what of c-layout it needs, minified.
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

import { MODULES } from "@nova-stack/nvrm-headers/r570_144/registry/modules";
import type * as Esbuild from "esbuild";

import type { Comparison, Measure, Suite } from "../comparison.ts";

// Bundled into this file it would not find its own program.
const { build } = createRequire(import.meta.url)("esbuild") as typeof Esbuild;

const RECORDS = {
  msgqTxHeader: "r570_144/msgq_priv",
  rpc_gsp_rm_control_v03_00: "r570_144/rpc/gsp_rm_control_v03_00",
  NV2080_CTRL_GSP_GET_FEATURES_PARAMS: "r570_144/ctrl2080gsp",
};

/** Bytes of a bundle that exports `record` alone. */
function bundled(record: string, subject: string): () => Promise<number> {
  return async () => {
    const { outputFiles } = await build({
      stdin: { contents: `export { ${record} } from "@nova-stack/nvrm-headers/${subject}";`, resolveDir: fileURLToPath(new URL(".", import.meta.url)) },
      bundle: true,
      minify: true,
      format: "esm",
      write: false,
    });
    return outputFiles[0]!.contents.length;
  };
}

/** Every record is too many to wait for; one in so many is not. */
const SAMPLE = 20;

/** Bytes that `share` of all records stay below, from a sample of them. */
function quantile(share: number): () => Promise<number> {
  return async () => {
    const sizes: number[] = [];
    for (const [i, [record, module]] of [...MODULES].entries()) if (i % SAMPLE === 0) sizes.push(await bundled(record, `r570_144/${module}`)());
    return sizes.sort((a, b) => a - b)[Math.floor(share * (sizes.length - 1))]!;
  };
}

function comparison(name: string, measure: Measure, budget: number): Comparison {
  return { name: `bundle of ${name}`, unit: "bytes", ours: { name: "esbuild", measure }, rival: { name: `${budget / 1000} kB`, measure: () => budget }, atMost: 1, rounds: 1 };
}

export const cases: Suite = [
  ...Object.entries(RECORDS).map(([record, subject]) => comparison(record, bundled(record, subject), 8000)),
  comparison("the median record", quantile(0.5), 8000),
  comparison("95 % of the records", quantile(0.95), 11_000),
];
