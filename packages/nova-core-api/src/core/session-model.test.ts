import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { ContractError } from '../errors.ts';
import { INSTANCE_STATES } from '../states.ts';
import type { ContractEvent, Instance, Region, Session } from '../session.ts';
import { createMemoryCore, memoryTypes, type MemoryCore } from '../testing.ts';

const MiB = 2 ** 20;
const OWNERS = [new Uint8Array(16).fill(1), new Uint8Array(16).fill(2)] as const;
/** Mostly the one whom the virtual function is assigned to. */
const ownerOf = (pick: number): Uint8Array => OWNERS[pick > 5 ? pick % 2 : (pick % 3) % 2]!;
const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Everything that clients, core and device may do, with small numbers to choose among what there is. */
const STEPS = [
  'attach', 'detach', 'allocate', 'write', 'clear', 'releaseRegion', 'assign', 'unassign', 'open', 'reset', 'guestWrite', 'break', 'releaseInstance',
  'goOn', 'refuse', 'timeOut',
] as const;
const step = fc.record({ what: fc.constantFrom(...STEPS), pick: fc.nat(7) });
const end = fc.constantFrom('detach', 'withdraw', 'remove');

interface Waiting {
  readonly name: string;
  readonly go: () => void;
  readonly fail: (error: Error) => void;
}

interface Client {
  readonly session: Session;
  readonly events: ContractEvent[];
  readonly regions: Region[];
  readonly instances: Instance[];
}

/** A core whose every operation waits until a step lets it go on, and clients that call as they please. */
class World {
  readonly core: MemoryCore;
  readonly clients: Client[] = [];
  readonly waiting: Waiting[] = [];
  readonly running: Promise<unknown>[] = [];
  readonly failures: unknown[] = [];
  removed = false;
  /** Names of operations that reached the core after the device had left. */
  readonly touched: string[] = [];
  #open = true;

  constructor() {
    this.core = createMemoryCore({
      memory: 8 * MiB, vfs: 4,
      before: (name) => {
        if (this.removed) this.touched.push(name);
        if (!this.#open || /info|limits|read|write|list|get|query|submit|assign/i.test(name)) return undefined;
        return new Promise<void>((go, fail) => this.waiting.push({ name, go, fail }));
      },
    });
  }

  /** From now on nothing waits. */
  letGo(): void {
    this.#open = false;
    for (const { go } of this.waiting.splice(0)) go();
  }

  call(work: () => Promise<unknown>): void {
    this.running.push(work().catch((error: unknown) => void this.failures.push(error)));
  }

  async attach(): Promise<void> {
    const { core } = this;
    const events: ContractEvent[] = [];
    const session = await core.endpoint.attach({
      kind: 'diagnostic', name: `client ${this.clients.length}`, epoch: 1n, required: [], optional: core.endpoint.offer.capabilities,
      wants: [{ interface: 'base', major: 1, minMinor: 0, maxMinor: 0 }, { interface: 'vgpu', major: 1, minMinor: 1, maxMinor: 1 }],
    }, (event) => void events.push(event));
    this.clients.push({ session, events, regions: [], instances: [] });
  }
}

/** The one of a list that a small number stands for. */
const chosen = <T>(list: readonly T[], pick: number): T | undefined => list[pick % Math.max(list.length, 1)];

function resume(world: World, pick: number, use: (one: Waiting) => void): void {
  const one = chosen(world.waiting, pick);
  if (one) use(world.waiting.splice(world.waiting.indexOf(one), 1)[0]!);
}

type Step = (world: World, client: Client, pick: number) => void;
const RUN: Readonly<Record<Exclude<(typeof STEPS)[number], 'attach'>, Step>> = {
  detach: (world, { session }) => { world.call(() => session.detach()); },
  allocate: (world, { session, regions }, pick) => {
    world.call(async () => { regions.push((await session.base.allocate({ size: 1 + pick * 3000 })).region); });
  },
  write: (world, { regions }, pick) => {
    world.call(async () => {
      await Promise.resolve();
      chosen(regions, pick)?.write({ offset: pick, bytes: Uint8Array.of(1, 2, 3) });
    });
  },
  clear: (world, { regions }, pick) => { world.call(async () => chosen(regions, pick)?.clear({ offset: 0, length: 1 })); },
  releaseRegion: (world, { regions }, pick) => { world.call(async () => chosen(regions, pick)?.release()); },
  assign: (world, { session }, pick) => { world.call(() => session.vgpu!.assign({ vf: pick % 3, typeId: 1, owner: ownerOf(pick) })); },
  unassign: (world, { session }, pick) => { world.call(() => session.vgpu!.unassign({ vf: pick % 3, owner: ownerOf(pick) })); },
  open: (world, { session, instances }, pick) => {
    world.call(async () => { instances.push((await session.vgpu!.open({ vf: pick % 3, owner: ownerOf(pick), label: 'guest', process: 1 })).instance); });
  },
  reset: (world, { instances }, pick) => { world.call(async () => chosen(instances, pick)?.reset()); },
  releaseInstance: (world, { instances }, pick) => { world.call(async () => chosen(instances, pick)?.release()); },
  break: ({ core }, _client, pick) => { core.breakInstance(pick % 3); },
  guestWrite: ({ core }, _client, pick) => {
    try {
      core.guestWrite(pick % 3, pick, Uint8Array.of(9));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  },
  goOn: (world, _client, pick) => { resume(world, pick, ({ go }) => { go(); }); },
  refuse: (world, _client, pick) => { resume(world, pick, ({ fail }) => { fail(new Error('the device says no')); }); },
  timeOut: (world, _client, pick) => { resume(world, pick, ({ fail }) => { fail(new ContractError('Timeout', 'No answer in time')); }); },
};

async function take(world: World, { what, pick }: { readonly what: (typeof STEPS)[number]; readonly pick: number }): Promise<void> {
  if (what !== 'attach') RUN[what](world, chosen(world.clients, pick)!, pick);
  else if (world.clients.length < 3) await world.attach();
}

describe('whatever clients, core and device do, in whatever order', () => {
  test('nothing is lent out twice, used late, left behind or handed on uncleared', async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 80, size: 'max' }), end, async (steps, ending) => {
      const world = new World();
      const { core, clients } = world;
      await world.attach();
      await clients[0]!.session.vgpu!.submitTypes({ data: memoryTypes([{ typeId: 1, name: 'one', profileSize: MiB }]), label: 'types' });
      for (const one of steps) {
        await take(world, one);
        await tick();
        expect(core.lent().dirty).toBe(0);
      }

      if (ending === 'remove') {
        world.removed = true;
        const removing = core.remove();
        const call = (): unknown => clients[0]!.session.base.limits();
        if (clients[0]!.session.state === 'Lost') expect(call).toThrow(expect.objectContaining({ code: 'DeviceLost' }) as Error);
        world.letGo();
        await removing;
        expect(world.touched).toEqual([]);
      } else {
        world.letGo();
        if (ending === 'withdraw') await core.published.withdraw(core.clock, 10);
      }
      await Promise.all(clients.map(({ session }) => session.detach()));
      await Promise.all(world.running);

      // Something stays with the core only where giving back failed, or where it cannot tell what runs there.
      const { regions, instances, dirty } = core.lent();
      if (!steps.some(({ what }) => what === 'refuse' || what === 'timeOut')) expect({ regions, instances }).toEqual({ regions: 0, instances: 0 });
      expect(dirty).toBe(0);
      expect(core.published.sessions).toBe(0);
      for (const { session, events } of clients) {
        expect(session.state).toBe('Detached');
        expect(events.map(({ sequence }) => sequence)).toEqual(events.map(({ sequence }) => sequence).sort((a, b) => a - b));
        for (const { kind, payload } of events) if (kind === 'instance.state') expect(INSTANCE_STATES[payload.from]).toContain(payload.to);
      }
      for (const failure of world.failures) expect(failure).toBeInstanceOf(ContractError);

      // Nobody hears or gets anything any more.
      const heard = clients.map(({ events }) => events.length);
      core.published.emit({ kind: 'device.fault', payload: { contained: true } });
      await tick();
      expect(clients.map(({ events }) => events.length)).toEqual(heard);
    }), { numRuns: 150 });
  }, 60_000);
});
