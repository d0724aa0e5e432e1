// What one record of NVIDIA's adds to somebody's bundle: its own code and what of c-layout it needs, minified.
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

import type * as Esbuild from "esbuild";

import type { Suite } from "../comparison.ts";

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

export const cases: Suite = Object.entries(RECORDS).map(([record, subject]) => ({
  name: `bundle of ${record}`,
  unit: "bytes",
  ours: { name: "esbuild", measure: bundled(record, subject) },
  rival: { name: "8 kB", measure: () => 8000 },
  atMost: 1,
  rounds: 1,
}));
