// Of the invariants that packages/aux-bus/INVARIANTS.md lists those of a client driver, each by itself; 51 and 52 are in vm/va-space.test.ts.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { errno, Process, setup, tick } from './process-fixture.ts';
import { createFence } from './sync/fence.ts';
import { JobQueue } from './sync/job-queue.ts';
import { drm_gem_close, drm_nouveau_channel_free, drm_nouveau_gem_cpu_prep, IOCTL } from './uapi/index.ts';

describe('a client driver', () => {
  it('49: after unplug every ioctl and open is ENODEV, close succeeds, no waiter is left blocked', async () => {
    const { core, plugged, device, p } = await setup();
    const handle = await p.syncobj();
    const waiter = p.wait([handle], { flags: 2, timeout: 2n ** 63n - 1n });
    await tick();
    await core.remove();
    expect((await waiter).result).toBe(errno('ENODEV'));
    for (const request of Object.values(IOCTL)) expect(await p.call(request, new Uint8Array(128))).toBe(errno('ENODEV'));
    for (const face of ['nova', 'nouveau'] as const) expect(() => device.open({ face })).toThrow(expect.objectContaining({ code: 'ENODEV' }));
    await p.file.close();
    await plugged.tearOut();
    expect(device.openFiles).toBe(0);
  });

  it('50: handles are the lowest free from 1, private per file; a double close is EINVAL, a foreign handle ENOENT', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 6 })), { maxLength: 30 }), async (steps) => {
      const { device, p } = await setup();
      const other = new Process(device);
      const free = new Set(Array.from({ length: 40 }, (_, i) => i + 1));
      for (const [create, handle] of steps) {
        if (create) {
          const lowest = Math.min(...free);
          expect(await p.gem(1)).toBe(lowest);
          free.delete(lowest);
        } else {
          expect(await p.call(IOCTL.GEM_CLOSE, drm_gem_close.create({ handle }))).toBe(free.has(handle) ? errno('EINVAL') : 0);
          free.add(handle);
        }
        expect(await other.call(IOCTL.NOUVEAU_GEM_CPU_PREP, drm_nouveau_gem_cpu_prep.create({ handle }))).toBe(errno('ENOENT'));
      }
      await p.file.close();
    }), { numRuns: 50 });
  });

  it('53: every out-fence signals exactly once, after all in-fences, with the error if any', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }), fc.boolean(), async (late, fails) => {
      const waits = late.map(() => createFence());
      for (const [i, wait] of waits.entries()) if (!late[i]) wait.signal('EIO');
      const done = new JobQueue().push({ waits: waits.map(({ fence }) => fence), run: () => { if (fails) throw new Error('broken'); } });
      let signals = 0;
      done.onSignal(() => {
        signals++;
        expect(waits.every(({ fence }) => fence.signalled)).toBe(true);
      });
      await tick();
      expect(done.signalled).toBe(!late.includes(true));
      for (const wait of waits) wait.signal();
      await tick();
      expect([signals, done.error]).toEqual([1, fails ? 'EIO' : undefined]);
    }));
  });

  it('54: VM_BIND and EXEC without operations still wait and signal', async () => {
    const { p } = await setup();
    const [channel, before, after] = [await p.channel(), await p.syncobj(1), await p.syncobj()];
    for (const [point, work] of [[1n, (signals: readonly { handle: number; point: bigint }[]) => p.bind([], { waits: [{ handle: before }], signals })], [2n, (signals: readonly { handle: number; point: bigint }[]) => p.exec(channel, { waits: [{ handle: before }], signals })]] as const) {
      expect(await work([{ handle: after, point }])).toBe(0);
      await tick();
      expect(await p.query(after)).toBe(point);
    }
    // Without the fence that it waits for there is nothing to do.
    expect(await p.exec(channel, { waits: [{ handle: after, point: 3n }], signals: [{ handle: after, point: 4n }] })).toBe(errno('EINVAL'));
    expect(await p.query(after, 1)).toBe(2n);
  });

  it('55: completions of a channel come in the order of submission; killing a channel fails exactly its pending fences', async () => {
    const [queue, bystander] = [new JobQueue(), new JobQueue()];
    const gates = [createFence(), createFence(), createFence()];
    const log: string[] = [];
    const push = (to: JobQueue, name: string, gate: number): void => {
      const fence = to.push({ waits: [gates[gate]!.fence] });
      fence.onSignal(() => log.push(`${name} ${fence.error ?? 'done'}`));
    };
    push(queue, 'a', 1);
    push(queue, 'b', 0);
    push(queue, 'c', 2);
    push(bystander, 'x', 2);
    gates[0]!.signal();
    await tick();
    expect(log).toEqual([]);
    gates[1]!.signal();
    await tick();
    queue.kill('ENODEV');
    gates[2]!.signal();
    await tick();
    expect(log).toEqual(['a done', 'b done', 'c ENODEV', 'x done']);
    // By the ioctl: the channel is gone, the other one works on.
    const { p } = await setup();
    const [first, second] = [await p.channel(), await p.channel()];
    expect(await p.call(IOCTL.NOUVEAU_CHANNEL_FREE, drm_nouveau_channel_free.create({ channel: first }))).toBe(0);
    expect([await p.exec(first), await p.exec(second)]).toEqual([errno('ENOENT'), 0]);
  });
});
