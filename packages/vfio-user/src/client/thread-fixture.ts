// For tests: threads that run this package's sources. A caller sleeps while it waits, so its server lives in a thread.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';

import { buildSync } from 'esbuild';

/** A folder for sockets and bundles, and what runs in it. */
export class Threads {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'vfio-user-client-'));
  readonly #running = new Set<Worker>();

  /** The bundle of a source file of this folder. */
  bundle(name: string): string {
    const outfile = join(this.folder, `${name}.mjs`);
    buildSync({
      entryPoints: [fileURLToPath(new URL(`${name}.ts`, import.meta.url))], outfile,
      bundle: true, platform: 'node', format: 'esm', target: 'node20', conditions: ['@nova-stack/source'], logLevel: 'error',
    });
    return outfile;
  }

  /** Runs a bundle; resolves with its first message. */
  async start(file: string, data: unknown): Promise<Worker> {
    const worker = new Worker(file, { workerData: data });
    this.#running.add(worker);
    await new Promise<void>((resolve, reject) => {
      worker.once('message', () => { resolve(); });
      worker.once('error', reject);
    });
    return worker;
  }

  /** Ends what runs. */
  async stop(): Promise<void> {
    await Promise.all([...this.#running].map(async (worker) => worker.terminate()));
    this.#running.clear();
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true });
  }
}
