import type { ContractEvent } from '../session.ts';
import { attach, delivered, demand, demandEqual, demandError, shown, withRegion, type ConformanceCase } from './case.ts';

/** What holds for every session, whatever it is for. */
export const SESSION_CASES: readonly ConformanceCase[] = [
  {
    name: 'session.apart', duty: 'keeps sessions apart: what one holds and does is not the other\'s, also when one ends', capabilities: ['memory.region', 'memory.cpu-window'],
    async run(core) {
      const [one, other] = [await withRegion(core, 4096), await withRegion(core, 4096)];
      one.region.write({ offset: 0, bytes: Uint8Array.of(1, 2, 3) });
      other.region.write({ offset: 0, bytes: Uint8Array.of(4, 5, 6) });
      await one.session.detach();
      demandEqual(other.region.read({ offset: 0, length: 3 }).bytes, Uint8Array.of(4, 5, 6), 'what the other session reads after the first one left');
    },
  },
  {
    name: 'session.granted', duty: 'answers MissingCapability to what was not granted',
    async run(core) {
      const { base } = await attach(core, { optional: [] });
      await demandError(() => base.deviceInfo(), 'MissingCapability', 'deviceInfo without device.info');
      await demandError(() => base.allocate({ size: 1 }), 'MissingCapability', 'allocate without memory.region');
    },
  },
  {
    name: 'session.input', duty: 'refuses input outside the schema, naming the field, and nothing happens', capabilities: ['memory.region', 'device.info'],
    async run(core) {
      const { base } = await attach(core);
      const before = base.limits().limits.memoryAvailable;
      for (const input of [undefined, {}, { size: '1' }, { size: 1n }, { size: 1.5 }, { size: 0 }, { size: -1 }, { size: Number.NaN }, { size: 1, more: 1 }]) {
        const { subject } = await demandError(() => base.allocate(input as never), ['InvalidArgument', 'Range'], `allocate ${shown(input)}`);
        demand(subject?.startsWith('base.allocate') === true, `the refusal is about ${String(subject)}`);
      }
      demandEqual(base.limits().limits.memoryAvailable, before, 'memory afterwards');
    },
  },
  {
    name: 'session.copies', duty: 'hands out copies: what a client does to an answer changes nothing', capabilities: ['device.info'],
    async run(core) {
      const { base } = await attach(core);
      const { info } = base.deviceInfo();
      demand(Object.isFrozen(info), 'the answer of deviceInfo can be changed');
      info.uuid.fill(0xee);
      demand(base.deviceInfo().info.uuid.some((byte) => byte !== 0xee), 'what a client wrote into an answer came back');
    },
  },
  {
    name: 'session.released', duty: 'answers InvalidState to calls on what was given back; giving back twice is once', capabilities: ['memory.region', 'memory.cpu-window'],
    async run(core) {
      const { region } = await withRegion(core, 1);
      await region.release();
      await region.release();
      await demandError(() => region.read({ offset: 0, length: 1 }), 'InvalidState', 'reading a region that was given back');
    },
  },
  {
    name: 'session.detached', duty: 'takes back everything when a session detaches, and answers InvalidState from then on', capabilities: ['memory.region'], means: ['lent'],
    async run(core) {
      const free = core.lent!().bytes;
      const { session, region } = await withRegion(core, 4096);
      await session.base.allocate({ size: 10_000 });
      demand(core.lent!().bytes > free, 'two regions take no memory');
      await session.detach();
      await session.detach();
      demandEqual(core.lent!().bytes, free, 'bytes that are lent after detaching');
      demandEqual(session.state, 'Detached', 'state');
      await demandError(() => session.base.limits(), 'InvalidState', 'limits of a session that is over');
      await demandError(() => region.clear({ offset: 0, length: 1 }), 'InvalidState', 'clearing a region of a session that is over');
    },
  },
  {
    name: 'session.events', duty: 'delivers events in order, numbered without a gap, and none after detaching', capabilities: ['device.events'], means: ['fault'],
    async run(core) {
      const seen: ContractEvent[] = [];
      const session = await attach(core, {}, (event) => void seen.push(event));
      for (let i = 0; i < 3; i++) core.fault!();
      await delivered(core);
      demandEqual(seen.map(({ kind, sequence }) => [kind, sequence]), [0, 1, 2].map((i) => ['device.fault', i]), 'events');
      await session.detach();
      core.fault!();
      await delivered(core);
      demandEqual(seen.length, 3, 'events after detaching');
    },
  },
  {
    name: 'session.flood', duty: 'keeps no more events than its limit says, and counts what it dropped', capabilities: ['device.events', 'device.info'], means: ['fault'],
    async run(core) {
      const seen: ContractEvent[] = [];
      const session = await attach(core, {}, (event) => void seen.push(event));
      const { eventQueue } = session.base.limits().limits;
      for (let i = 0; i < 3 * eventQueue; i++) core.fault!();
      for (let i = 0; i < eventQueue; i++) await delivered(core);
      const lost = seen.reduce((sum, event) => sum + (event.kind === 'events.lost' ? event.payload.count : 0), 0);
      const told = seen.filter(({ kind }) => kind === 'device.fault').length;
      // Beside those that wait there is the one that the handler has. Where events take a while to come, some are handled before the next.
      demandEqual([told <= eventQueue + 1 || core.delivered !== undefined, told + lost], [true, 3 * eventQueue], 'events delivered within the limit, and all accounted for');
    },
  },
  {
    name: 'session.quiet', duty: 'does nothing new while it is quiet, goes on reading, and works again in the same session', capabilities: ['memory.region', 'memory.cpu-window'], means: ['quiesce', 'resume'],
    async run(core) {
      const { session, region } = await withRegion(core, 1);
      await core.quiesce!();
      demandEqual(session.state, 'Quiescing', 'state');
      await demandError(() => session.base.allocate({ size: 1 }), 'Busy', 'allocating while the core is quiet');
      demandEqual(region.read({ offset: 0, length: 1 }).bytes, Uint8Array.of(0), 'reading while the core is quiet');
      core.resume!();
      await session.base.allocate({ size: 1 });
    },
  },
  {
    name: 'session.revoked', duty: 'tells sessions to leave, lets them give back, and takes the rest when the deadline passes', capabilities: ['memory.region', 'device.events'], means: ['withdraw', 'lent'],
    async run(core) {
      const free = core.lent!().bytes;
      const seen: string[] = [];
      const session = await attach(core, {}, ({ kind }) => void seen.push(kind));
      const kept = await session.base.allocate({ size: 1 });
      const given = await session.base.allocate({ size: 1 });
      const over = core.withdraw!(10);
      // A core may have other things to do first.
      for (let i = 0; i < 5000 && session.state === 'Attached'; i++) await Promise.resolve();
      demandEqual(session.state, 'Revoking', 'state');
      await demandError(() => session.base.allocate({ size: 1 }), 'Revoked', 'allocating while the core wants out');
      await demandError(() => attach(core), 'Revoked', 'attaching while the core wants out');
      await given.region.release();
      await over;
      demandEqual([core.lent!().bytes, session.state], [free, 'Lost'], 'bytes that are lent, and the state, after the deadline');
      await demandError(() => kept.region.clear({ offset: 0, length: 1 }), 'DeviceLost', 'clearing a region after the deadline');
      await delivered(core);
      demandEqual(seen, ['session.revoking', 'session.lost'], 'events');
    },
  },
  {
    name: 'session.lost', duty: 'answers DeviceLost to everything when the device is gone, and lets go without fail', capabilities: ['memory.region', 'memory.cpu-window', 'device.events'], means: ['remove'],
    async run(core) {
      const seen: string[] = [];
      const session = await attach(core, {}, ({ kind }) => void seen.push(kind));
      const { region } = await session.base.allocate({ size: 1 });
      await core.remove!();
      demandEqual(session.state, 'Lost', 'state');
      await demandError(() => region.read({ offset: 0, length: 1 }), 'DeviceLost', 'reading a region of a device that is gone');
      await demandError(() => session.base.deviceInfo(), 'DeviceLost', 'deviceInfo of a device that is gone');
      await demandError(() => attach(core), 'DeviceLost', 'attaching to a device that is gone');
      await delivered(core);
      demandEqual(seen.at(-1), 'session.lost', 'the last event');
      await region.release();
      await session.detach();
      const count = seen.length;
      await delivered(core);
      demandEqual([session.state, seen.length], ['Detached', count], 'state and events after detaching');
    },
  },
  {
    name: 'session.silent', duty: 'names nothing of hardware or firmware in what a client can read', means: ['secrets'],
    async run(core) {
      const session = await attach(core);
      const texts: string[] = [core.endpoint.offer.supportId];
      const note = async (call: () => unknown): Promise<void> => {
        try {
          await call();
        } catch (error) {
          texts.push((error as Error).message, (error as { reason?: string }).reason ?? '');
        }
      };
      await note(() => session.base.allocate({ size: 2 ** 52 }));
      await note(() => attach(core, { wants: [{ interface: 'base', major: 9, minMinor: 0, maxMinor: 0 }] }));
      await note(() => session.vgpu?.submitTypes({ data: Uint8Array.of(1, 2, 3), label: 'x' }));
      await note(() => session.vgpu?.open({ vf: 0, owner: new Uint8Array(16), label: 'x', process: 1 }));
      for (const text of texts) demand(!core.secrets!.test(text), `a client can read "${text}"`);
    },
  },
];
