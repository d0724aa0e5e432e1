import { defineConfig } from "vitest/config";

// vitest resolves through both settings, so the source condition is needed twice.
const conditions = ["@nova-stack/source"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["packages/*/src/**/*.test.ts", "integration/**/*.test.ts", "bench/**/*.test.ts"],
    // Tests leave no global state behind, so they can share workers: a third of the time.
    pool: "threads",
    // How long something takes is no test's business; this ends only what hangs.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    isolate: false,
    coverage: { provider: "v8", include: ["packages/*/src/**/*.ts"] },
  },
});
