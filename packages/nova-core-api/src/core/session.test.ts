import { describe, expect, test, vi } from 'vitest';

import { ContractError } from '../errors.ts';
import type { Hello } from '../handshake.ts';
import type { ContractEvent, Session } from '../session.ts';
import { createMemoryCore, memoryTypes, type MemoryCore, type MemoryCoreOptions } from '../testing.ts';
import { createEndpoint } from './endpoint.ts';
import { EVENT_QUEUE } from './server-session.ts';

const ALL: Omit<Hello, 'epoch'> = {
  kind: 'diagnostic', name: 'test', required: [],
  optional: [
    'device.info', 'device.events', 'memory.region', 'memory.clear', 'memory.cpu-window', 'diagnostics.counters', 'drm.facts',
    'vgpu.types.list', 'vgpu.types.submit', 'vgpu.instance.basic', 'vgpu.guest-identity',
  ],
  wants: [
    { interface: 'base', major: 1, minMinor: 0, maxMinor: 9 }, { interface: 'vgpu', major: 1, minMinor: 0, maxMinor: 9, optional: true },
    { interface: 'drm', major: 1, minMinor: 0, maxMinor: 9, optional: true },
  ],
};
const attach = (core: MemoryCore, hello: Partial<Hello> = {}, onEvent?: (event: ContractEvent) => void | Promise<void>): Promise<Session> =>
  core.endpoint.attach({ ...ALL, epoch: core.endpoint.offer.epoch, ...hello }, onEvent);
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const coded = (code: string, more: object = {}): unknown => expect.objectContaining({ name: 'ContractError', code, ...more });

/** A core whose operations of one name wait until they are let go. */
function held(operation: string, options: MemoryCoreOptions = {}): { readonly core: MemoryCore; readonly log: string[]; readonly go: () => void } {
  const log: string[] = [];
  let go = (): void => undefined;
  const gate = new Promise<void>((resolve) => (go = resolve));
  const core = createMemoryCore({ ...options, before: (name) => { log.push(name); return name === operation ? gate : undefined; } });
  return { core, log, go: () => { go(); } };
}

describe('a session', () => {
  test('gives a client nothing of the core but what the contract says', async () => {
    const core = createMemoryCore();
    expect(Object.keys(core.endpoint).sort()).toEqual(['attach', 'offer']);
    const session = await attach(core);
    expect(Object.keys(session).sort()).toEqual(['agreement', 'base', 'detach', 'drm', 'id', 'state', 'vgpu', 'vgpu2']);
    for (const object of [core.endpoint, core.endpoint.offer, core.endpoint.offer.interfaces.vgpu, core.endpoint.offer.capabilities, session, session.base, session.agreement]) {
      expect(Object.isFrozen(object)).toBe(true);
    }
  });

  test('needs base, the right epoch, and a core that takes clients', async () => {
    const core = createMemoryCore({ epoch: 3n });
    await expect(attach(core, { wants: [] })).rejects.toEqual(coded('InvalidArgument', { subject: 'hello.wants' }));
    await expect(attach(core, { epoch: 2n })).rejects.toEqual(coded('StaleGeneration'));
    await expect(core.endpoint.attach(undefined as unknown as Hello)).rejects.toEqual(coded('InvalidArgument'));
    await core.published.withdraw(core.clock, 0);
    await expect(attach(core)).rejects.toEqual(coded('Revoked'));
    await core.remove();
    await expect(attach(core)).rejects.toEqual(coded('DeviceLost'));
  });

  test('has what was agreed on and no more', async () => {
    const core = createMemoryCore();
    const session = await attach(core, {
      wants: [{ interface: 'base', major: 1, minMinor: 0, maxMinor: 0 }, { interface: 'vgpu', major: 1, minMinor: 0, maxMinor: 0 }], optional: ['vgpu.types.list'],
    });
    expect(session.drm).toBeUndefined();
    // Came with 1.1, so a 1.0 client does not see it.
    expect(session.vgpu).not.toHaveProperty('submitTypes');
    expect(session.vgpu!.listTypes().types).toEqual([]);
    expect(() => session.base.deviceInfo()).toThrow(coded('MissingCapability', { subject: 'device.info' }));
    await expect(session.base.allocate({ size: 1 })).rejects.toEqual(coded('MissingCapability', { subject: 'memory.region' }));
  });

  test('checks what comes in, and names the field, the value and the range', async () => {
    const log: string[] = [];
    const core = createMemoryCore({ before: (name) => void log.push(name) });
    const { base } = await attach(core);
    await expect(base.allocate({ size: 0 })).rejects.toEqual(coded('Range', { subject: 'base.allocate.size', message: 'base.allocate.size is 0: expected 1 to 9007199254740991' }));
    await expect(base.allocate({ size: '1' } as never)).rejects.toEqual(coded('InvalidArgument'));
    await expect(base.allocate({ size: 1, kind: 2 } as never)).rejects.toEqual(coded('InvalidArgument', { subject: 'base.allocate.kind' }));
    await expect(base.allocate(undefined as never)).rejects.toEqual(coded('InvalidArgument'));
    const { region, size } = await base.allocate({ size: 5000 });
    expect(size).toBe(8192);
    expect(() => region.read({ offset: -1, length: 1 })).toThrow(coded('Range', { subject: 'region.read.offset' }));
    expect(() => region.read({ offset: 8190, length: 3 })).toThrow(coded('Range'));
    expect(() => { region.write({ offset: 0, bytes: [1] as never }); }).toThrow(coded('InvalidArgument'));
    expect(log).toEqual(['base.allocate', 'region.read']);
  });

  test('hides what the core threw behind a support id', async () => {
    const secret = new Error('channel 7 of the third engine');
    const core = createMemoryCore({ before: (name) => { if (name === 'base.limits' || name === 'base.allocate') throw secret; } });
    const { base } = await attach(core);
    const error = await base.allocate({ size: 1 }).catch((thrown: unknown) => thrown as ContractError);
    expect(error).toEqual(coded('DeviceError', { message: 'The device failed to do what was asked' }));
    expect(Object.hasOwn(error, 'cause')).toBe(false);
    expect(() => base.limits()).toThrow(coded('DeviceError'));
    expect(core.reports).toEqual([{ supportId: (error as ContractError).supportId, error: secret }, { supportId: expect.any(String) as string, error: secret }]);
    expect(core.reports[0]!.supportId).not.toBe(core.reports[1]!.supportId);
  });

  test('checks what a core answers, hands out copies, and keeps what it was not promised', async () => {
    const core = createMemoryCore();
    const facts = [{ key: 1, value: 2n, secret: 'x' }];
    const release = vi.fn(() => Promise.resolve());
    const broken = createEndpoint({
      ...core.backend,
      drm: { facts: () => ({ facts }) },
      base: { ...core.backend.base, limits: () => ({ limits: { totalVfs: -1 } as never }), allocate: () => Promise.resolve({ region: { release } as never, size: 0.5 }) },
    });
    const session = await broken.endpoint.attach({ ...ALL, epoch: 1n });
    const answer = session.drm!.facts();
    expect(answer).toEqual({ facts: [{ key: 1, value: 2n }] });
    expect(Object.isFrozen(answer.facts[0])).toBe(true);
    expect(() => session.base.limits()).toThrow(coded('DeviceError'));
    await expect(session.base.allocate({ size: 1 })).rejects.toEqual(coded('DeviceError'));
    expect(String(core.reports.at(-1)!.error)).toContain('base.allocate.size is 0.5');
    // The client never saw the region, but it was made.
    await session.detach();
    expect(release).toHaveBeenCalledTimes(1);
  });

  test('hands out bytes that are the client\'s own', async () => {
    const core = createMemoryCore();
    const info = { ...core.backend.base.deviceInfo().info, uuid: new Uint8Array(16).fill(5) };
    const { endpoint } = createEndpoint({ ...core.backend, base: { ...core.backend.base, deviceInfo: () => ({ info }) } });
    const { base } = await endpoint.attach({ ...ALL, epoch: 1n });
    base.deviceInfo().info.uuid.fill(0);
    expect(base.deviceInfo().info.uuid[0]).toBe(5);
  });

  test('counts what went on', async () => {
    const core = createMemoryCore();
    const events: ContractEvent[] = [];
    const { base } = await attach(core, {}, (event) => void events.push(event));
    await base.allocate({ size: 1 });
    await base.allocate({ size: 2 ** 40 }).catch(() => undefined);
    core.published.emit({ kind: 'device.fault', payload: { contained: true } });
    await settle();
    expect(base.counters().counters).toEqual({ calls: 3, failedCalls: 1, objectsHeld: 1, eventsDelivered: 1, eventsLost: 0 });
    expect(events).toEqual([{ kind: 'device.fault', sequence: 0, time: 0, payload: { contained: true } }]);
  });
});

describe('what a session obtained', () => {
  test('is released last first when it ends, each once, whatever fails', async () => {
    const order: number[] = [];
    const core = createMemoryCore();
    let next = 0;
    const endpoint = createEndpoint({
      ...core.backend,
      base: {
        ...core.backend.base,
        allocate: () => {
          const id = next++;
          const release = (): Promise<void> => { order.push(id); return id === 2 ? Promise.reject(new Error('stuck')) : Promise.resolve(); };
          return Promise.resolve({ region: { clear: () => Promise.resolve(), read: () => ({ bytes: new Uint8Array() }), write: () => undefined, release }, size: 1 });
        },
      },
    });
    const session = await endpoint.endpoint.attach({ ...ALL, epoch: 1n });
    const regions = [];
    for (let i = 0; i < 5; i++) regions.push((await session.base.allocate({ size: 1 })).region);
    await Promise.all([regions[1]!.release(), regions[1]!.release()]);
    await Promise.all([session.detach(), session.detach()]);
    expect(order).toEqual([1, 4, 3, 2, 0]);
    expect(session.state).toBe('Detached');
    expect(endpoint.sessions).toBe(0);
    await regions[0]!.release();
    expect(order).toHaveLength(5);
  });

  test('is dead once given back', async () => {
    const core = createMemoryCore();
    const { base } = await attach(core);
    const { region } = await base.allocate({ size: 1 });
    await region.release();
    expect(() => region.read({ offset: 0, length: 1 })).toThrow(coded('InvalidState', { subject: 'region' }));
    await expect(region.clear({ offset: 0, length: 1 })).rejects.toEqual(coded('InvalidState'));
    expect(core.lent()).toMatchObject({ regions: 0, bytes: 0 });
  });

  test('is given back only after the calls on it', async () => {
    const { core, log, go } = held('region.clear');
    const { base } = await attach(core);
    const { region } = await base.allocate({ size: 1 });
    const clearing = region.clear({ offset: 0, length: 1 });
    const releasing = region.release();
    await settle();
    expect(log).toEqual(['base.allocate', 'region.clear']);
    await expect(region.clear({ offset: 0, length: 1 })).rejects.toEqual(coded('InvalidState'));
    go();
    await Promise.all([clearing, releasing]);
    expect(log).toEqual(['base.allocate', 'region.clear', 'region.release']);
  });

  test('that cannot be given back is told of, and stays with the core', async () => {
    const core = createMemoryCore({ before: (name) => { if (name === 'region.release') throw new ContractError('Quarantined', 'It is set aside'); } });
    const session = await attach(core);
    const { region } = await session.base.allocate({ size: 1 });
    await expect(region.release()).rejects.toEqual(coded('Quarantined'));
    await session.detach();
    expect(core.lent()).toMatchObject({ regions: 1 });
  });
});

describe('a session that ends', () => {
  test('by detaching waits for calls under way and takes no more', async () => {
    const { core, go } = held('base.allocate');
    const session = await attach(core);
    const late = session.base.allocate({ size: 1 });
    const detaching = session.detach();
    expect(session.state).toBe('Draining');
    expect(() => session.base.limits()).toThrow(coded('InvalidState'));
    go();
    await expect(late).rejects.toEqual(coded('InvalidState'));
    await detaching;
    expect(core.lent()).toMatchObject({ regions: 0, bytes: 0 });
  });

  test('by loss answers every call alike and touches nothing', async () => {
    const { core, log, go } = held('region.clear');
    const events: string[] = [];
    const session = await attach(core, {}, (event) => void events.push(event.kind));
    const { region } = await session.base.allocate({ size: 1 });
    const clearing = region.clear({ offset: 0, length: 1 }).catch((error: unknown) => error);
    const removing = core.remove();
    expect(session.state).toBe('Lost');
    const before = [...log];
    expect(() => session.base.limits()).toThrow(coded('DeviceLost'));
    expect(() => region.read({ offset: 0, length: 1 })).toThrow(coded('DeviceLost'));
    await expect(session.base.allocate({ size: 1 })).rejects.toEqual(coded('DeviceLost'));
    await expect(session.vgpu!.unassign({ vf: 0, owner: new Uint8Array(16) })).rejects.toEqual(coded('DeviceLost'));
    go();
    expect(await clearing).toEqual(coded('DeviceLost'));
    await removing;
    await region.release();
    await session.detach();
    expect(log).toEqual(before);
    expect(events).toEqual(['session.lost']);
    expect(core.lent()).toMatchObject({ regions: 0, instances: 0, bytes: 0 });
  });

  test('by the core\'s wish has until the deadline, and may give back until then', async () => {
    const core = createMemoryCore();
    const kinds: string[] = [];
    const session = await attach(core, {}, (event) => void kinds.push(event.kind));
    await session.vgpu!.submitTypes({ data: memoryTypes([{ typeId: 1, name: 'one', profileSize: 2 ** 20 }]), label: 'x' });
    const owner = new Uint8Array(16);
    const { vf } = await session.vgpu!.assign({ typeId: 1, owner });
    const { instance } = await session.vgpu!.open({ vf, owner, label: 'g', process: 1 });
    await settle();
    kinds.length = 0;
    const withdrawing = core.published.withdraw(core.clock, 1000);
    expect(session.state).toBe('Revoking');
    await expect(session.base.allocate({ size: 1 })).rejects.toEqual(coded('Revoked'));
    expect(instance.info().state).toBe('Active');
    await instance.reset();
    await instance.release();
    await session.vgpu!.unassign({ vf, owner });
    await session.detach();
    await withdrawing;
    expect(kinds[0]).toBe('session.revoking');
    expect(kinds).not.toContain('session.lost');
    expect(core.lent()).toEqual({ regions: 0, instances: 0, assignments: 0, bytes: 0, dirty: 0 });
  });

  test('does not wait for a client that stays', async () => {
    const core = createMemoryCore();
    const lost: ContractEvent[] = [];
    const session = await attach(core, {}, (event) => { if (event.kind === 'session.lost') lost.push(event); });
    await session.base.allocate({ size: 1 });
    await core.published.withdraw(core.clock, 250);
    expect(core.clock.now()).toBe(250e6);
    expect(session.state).toBe('Lost');
    expect(core.lent().regions).toBe(0);
    await settle();
    expect(lost).toMatchObject([{ payload: { cause: 'deadline' }, time: 250e6 }]);
    // A second time there is nobody to wait for.
    await core.published.withdraw(core.clock, 250);
    expect(core.clock.now()).toBe(250e6);
    await session.detach();
    expect(core.published.sessions).toBe(0);
  });
});

describe('events', () => {
  test('come one at a time, in order, and never inside a call', async () => {
    const core = createMemoryCore();
    const seen: number[] = [];
    let running = 0;
    await attach(core, {}, async ({ sequence }) => {
      expect(running++).toBe(0);
      await settle();
      seen.push(sequence);
      running--;
    });
    for (let i = 0; i < 5; i++) core.published.emit({ kind: 'device.fault', payload: { contained: true } });
    expect(seen).toEqual([]);
    await vi.waitFor(() => { expect(seen).toEqual([0, 1, 2, 3, 4]); });
  });

  test('are dropped when nobody takes them, and the gap is told where it is', async () => {
    const core = createMemoryCore();
    const seen: ContractEvent[] = [];
    await attach(core, {}, (event) => void seen.push(event));
    const fault = (): void => { core.published.emit({ kind: 'device.fault', payload: { contained: true } }); };
    for (let i = 0; i < EVENT_QUEUE + 3; i++) fault();
    core.published.emit({ kind: 'instance.state', payload: { vf: 1, from: 'Active', to: 'Failed' } });
    fault();
    await settle();
    fault();
    await settle();
    expect(seen.slice(EVENT_QUEUE).map(({ kind, sequence, payload }) => [kind, sequence, 'count' in payload ? payload.count : 0])).toEqual([
      ['events.lost', EVENT_QUEUE + 3, 3], ['instance.state', EVENT_QUEUE + 4, 0], ['events.lost', EVENT_QUEUE + 6, 1], ['device.fault', EVENT_QUEUE + 7, 0],
    ]);
  });

  test('reach those who asked for them and know their kind', async () => {
    const core = createMemoryCore();
    const [deaf, base] = [vi.fn(), vi.fn()];
    await attach(core, { optional: [] }, deaf);
    await attach(core, { wants: [{ interface: 'base', major: 1, minMinor: 0, maxMinor: 0 }] }, base);
    core.published.emit({ kind: 'capacity.changed', payload: { generation: 2n } });
    core.published.emit({ kind: 'device.fault', payload: { contained: false } });
    await settle();
    expect(deaf).not.toHaveBeenCalled();
    expect(base.mock.calls).toMatchObject([[{ kind: 'device.fault', sequence: 0 }]]);
  });

  test('let a handler call what answers at once, and nothing else', async () => {
    const core = createMemoryCore();
    const results: unknown[] = [];
    const session: Session = await attach(core, {}, async () => {
      results.push(session.base.limits().limits.totalVfs);
      const [first, second] = [session.base.allocate({ size: 1 }), session.detach()];
      results.push(await first.catch((error: unknown) => error), await second.catch((error: unknown) => error));
    });
    core.published.emit({ kind: 'device.fault', payload: { contained: true } });
    await settle();
    expect(results).toEqual([8, coded('InvalidState'), coded('InvalidState')]);
  });

  test('of a handler that throws go on, and the core is told', async () => {
    const core = createMemoryCore();
    const seen: number[] = [];
    await attach(core, {}, ({ sequence }) => { seen.push(sequence); throw new Error('mine'); });
    core.published.emit({ kind: 'device.fault', payload: { contained: true } });
    core.published.emit({ kind: 'device.fault', payload: { contained: true } });
    await settle();
    expect(seen).toEqual([0, 1]);
    expect(core.reports).toHaveLength(2);
  });

  test('stop before detaching is over', async () => {
    const core = createMemoryCore();
    let go = (): void => undefined;
    let running = false;
    const session = await attach(core, {}, async () => { running = true; await new Promise<void>((resolve) => (go = resolve)); running = false; });
    core.published.emit({ kind: 'device.fault', payload: { contained: true } });
    core.published.emit({ kind: 'device.fault', payload: { contained: true } });
    await settle();
    const detaching = session.detach();
    await settle();
    expect([running, session.state]).toEqual([true, 'Draining']);
    go();
    await detaching;
    expect(running).toBe(false);
  });
});

describe('while the core is quiet', () => {
  test('nothing new begins, reading and giving back go on, and afterwards all is as before', async () => {
    const { core, go } = held('region.clear');
    const seen: string[] = [];
    const session = await attach(core, { optional: [...ALL.optional, 'device.suspend-notify'] }, ({ kind, payload }) => void seen.push(`${kind} ${JSON.stringify(payload)}`));
    const { region } = await session.base.allocate({ size: 4096 });
    const clearing = region.clear({ offset: 0, length: 1 });
    const quiet = core.published.quiesce(core.clock, 'suspend', 5);
    expect(session.state).toBe('Quiescing');
    // What was under way did not end in time; the core is told and decides.
    expect(await quiet).toBe(false);
    await expect(session.base.allocate({ size: 1 })).rejects.toEqual(coded('Busy', { retry: 'later' }));
    await expect(attach(core)).rejects.toEqual(coded('Busy'));
    expect(session.base.deviceInfo().info.name).toBe('Memory');
    expect(region.read({ offset: 0, length: 1 }).bytes).toEqual(new Uint8Array(1));
    go();
    await clearing;
    expect(await core.published.quiesce(core.clock, 'suspend', 5)).toBe(true);
    await region.release();
    core.published.resume();
    expect(session.state).toBe('Attached');
    expect((await session.base.allocate({ size: 1 })).size).toBe(4096);
    await settle();
    expect(seen).toEqual(['device.quiesce {"cause":"suspend"}', 'device.resumed {}']);
  });

  test('a client may leave, the core may want out, the device may go', async () => {
    for (const [end, state] of [
      [(core: MemoryCore, session: Session) => session.detach(), 'Detached'],
      [(core: MemoryCore) => core.published.withdraw(core.clock, 0), 'Lost'],
      [(core: MemoryCore) => core.remove(), 'Lost'],
    ] as const) {
      const core = createMemoryCore();
      const session = await attach(core);
      await session.base.allocate({ size: 1 });
      await core.published.quiesce(core.clock, 'reset', 5);
      await end(core, session);
      expect(session.state).toBe(state);
      expect(core.lent()).toMatchObject({ regions: 0, bytes: 0, dirty: 0 });
    }
  });

  test('who did not ask for it, and who speaks 1.0, is not told, and waits all the same', async () => {
    const core = createMemoryCore();
    const seen: string[] = [];
    const note = ({ kind }: ContractEvent): void => void seen.push(kind);
    await attach(core, {}, note);
    const old = await attach(core, { optional: [...ALL.optional, 'device.suspend-notify'], wants: [{ interface: 'base', major: 1, minMinor: 0, maxMinor: 0 }] }, note);
    await core.published.quiesce(core.clock, 'sriov', 5);
    await expect(old.base.allocate({ size: 1 })).rejects.toEqual(coded('Busy'));
    await settle();
    expect(seen).toEqual([]);
  });
});

test('a device that has left is gone for every call, before the core says so', async () => {
  const core = createMemoryCore();
  let present = true;
  const published = createEndpoint({ ...core.backend, present: () => present });
  const session = await published.endpoint.attach({ ...ALL, epoch: 1n });
  const { region } = await session.base.allocate({ size: 1 });
  const late = region.clear({ offset: 0, length: 1 });
  present = false;
  await expect(late).rejects.toEqual(coded('DeviceLost'));
  for (const call of [() => session.base.deviceInfo(), () => session.vgpu!.listTypes(), () => region.read({ offset: 0, length: 1 })]) expect(call).toThrow(coded('DeviceLost'));
  await region.release();
  await session.detach();
  expect(() => session.base.deviceInfo()).toThrow(coded('InvalidState'));
});
