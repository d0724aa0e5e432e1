import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createMemoryBus, createMemoryCore } from '@nova-stack/nova-core-api/testing';
import { expect, test } from 'vitest';

import { registerCoreServer } from './index.ts';
import { RawClient } from './raw-client-fixture.ts';

test('cores on a bus are served as long as they are there', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nova-core-socket-'));
  try {
    const { bus, plug } = createMemoryBus();
    const log: string[] = [];
    const driver = await registerCoreServer(bus, {
      devices: ['nova-core.nova-drm'], path: (device) => join(folder, device),
      onServer: (_, device) => void log.push(device), onFailure: (error, device) => void log.push(`${device}: ${(error as Error).message}`),
    });
    const first = await plug(createMemoryCore({ epoch: 5n }));
    writeFileSync(join(folder, 'nova-core.nova-drm.1'), '');
    const second = await plug(createMemoryCore());
    expect(log).toEqual(['nova-core.nova-drm.0', `nova-core.nova-drm.1: ${join(folder, 'nova-core.nova-drm.1')} exists and is no socket`]);
    expect(second.refusal('nova-core-socket', 'nova-core.nova-drm.1')).toContain('is no socket');
    const client = new RawClient(join(folder, 'nova-core.nova-drm.0'));
    expect((await client.greet()).epoch).toBe(5n);
    await first.unplug();
    await client.closed;
    expect(existsSync(join(folder, 'nova-core.nova-drm.0'))).toBe(false);
    await second.unplug();
    await driver.unregister();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
