// Everything that a client can see, under every firmware version, byte for byte: which one runs must not show.
import { createMachine } from '@nova-stack/nova/machine';
import { CORE_ENDPOINT, type CoreEndpoint } from '@nova-stack/nova-core-api';
import { expect, test } from 'vitest';

import { HOSTING } from './nova-core-under-test.ts';
import { CoresOverSockets } from './socket/cores-over-sockets.ts';

const VERSIONS = ['535.113.01', '570.144', '580.105.08'] as const;

/** Differences that the contract allows and says: how much memory firmware keeps, and that some cannot host virtual GPUs. */
const DECLARED: ReadonlySet<string> = new Set([
  'offer.interfaces.vgpu', 'mismatch.offered.vgpu', 'offer.capabilities', 'agreed.capabilities', 'agreed.interfaces.vgpu',
  'info.memoryUsable', 'limits.memoryAvailable', 'limits.largestRegion', 'limits.totalVfs',
  'afterwards.memoryAvailable', 'afterwards.largestRegion', 'afterwards.totalVfs', 'session',
]);

type Seen = Map<string, string>;

/** Notes a value by its parts: every number, text and list of bytes has a name. */
function note(seen: Seen, name: string, value: unknown): void {
  if (value instanceof Uint8Array) seen.set(name, `bytes ${Buffer.from(value).toString('hex')}`);
  else if (typeof value === 'object' && value !== null && !DECLARED.has(name)) {
    const parts = Object.entries(value).concat(value instanceof Error ? [['message', value.message]] : []);
    for (const [part, one] of parts) if (typeof one !== 'function') note(seen, `${name}.${part}`, one);
  } else if (typeof value !== 'function') seen.set(name, typeof value === 'bigint' ? `${value}n` : JSON.stringify(value));
}

/** A core, and a way to pull its device out. */
interface Place {
  readonly endpoint: CoreEndpoint;
  readonly remove: () => Promise<void>;
}

async function here(version: string): Promise<Place> {
  const machine = createMachine({ board: 'l40', version, seed: 5 });
  let endpoint: CoreEndpoint | undefined;
  await machine.auxBus.registerDriver({ module: 'test', idTable: [{ name: 'nova-core.nova-drm' }], probe: (device) => { expect(device.name).toBe('nova-core.nova-drm.0'); endpoint = device.endpoint(CORE_ENDPOINT); } });
  const core = await machine.core.probe(machine.pci.find({ vendor: 0x10de, baseClass: 0x03 })[0]!);
  return {
    endpoint: endpoint!,
    remove: async () => {
      machine.slot.remove();
      await core.unbind();
    },
  };
}

/** A client that tries everything once, also what must fail. */
async function everything(version: string, { endpoint, remove }: Place): Promise<Seen> {
  const seen: Seen = new Map();
  const failing = async (name: string, call: () => unknown): Promise<void> => {
    note(seen, name, await Promise.resolve().then(call).then((value) => ({ gave: value }), (error: unknown) => error));
  };

  const { offer } = endpoint;
  note(seen, 'offer', offer);
  const hello = { kind: 'diagnostic', name: 'leaks', epoch: offer.epoch, wants: [{ interface: 'base', major: 1, minMinor: 0, maxMinor: 9 }, { interface: 'drm', major: 1, minMinor: 0, maxMinor: 9 }, { interface: 'vgpu', major: 2, minMinor: 0, maxMinor: 9, optional: true }], required: [], optional: offer.capabilities } as const;
  await failing('mismatch', () => endpoint.attach({ ...hello, wants: [{ interface: 'base', major: 7, minMinor: 0, maxMinor: 0 }] }));
  await failing('epoch', () => endpoint.attach({ ...hello, epoch: 99n }));
  const session = await endpoint.attach(hello, (event) => { note(seen, `event ${event.sequence}`, { kind: event.kind, payload: event.payload }); });
  note(seen, 'agreed', session.agreement);
  // Where there are virtual GPUs, `leaks-vgpu.test.ts` looks at them.
  expect(session.vgpu2 === undefined).toBe(!HOSTING.includes(version));
  note(seen, 'info', session.base.deviceInfo().info);
  note(seen, 'limits', session.base.limits().limits);
  note(seen, 'facts', session.drm!.facts());
  const { region, size } = await session.base.allocate({ size: 100_000 });
  note(seen, 'region', { size, start: region.read({ offset: 0, length: 64 }).bytes });
  region.write({ offset: 7, bytes: Uint8Array.of(1, 2, 3) });
  await region.clear({ offset: 8, length: 1 });
  note(seen, 'written', region.read({ offset: 0, length: 16 }).bytes);
  await failing('bounds', () => region.read({ offset: size, length: 1 }));
  await failing('too much', () => session.base.allocate({ size: 2 ** 52 }));
  await failing('no size', () => session.base.allocate({} as never));
  note(seen, 'counters', session.base.counters().counters);
  await region.release();
  await failing('released', () => region.read({ offset: 0, length: 1 }));
  note(seen, 'afterwards', session.base.limits().limits);
  await remove();
  await failing('gone', () => session.base.deviceInfo());
  await failing('gone too', () => session.base.allocate({ size: 1 }));
  await session.detach();
  await failing('detached', () => session.base.deviceInfo());
  return seen;
}

test('nothing that a client sees tells which firmware runs, but for what is declared', async () => {
  const [first, ...others] = await Promise.all(VERSIONS.map(async (version) => everything(version, await here(version))));
  expect(first!.size).toBeGreaterThan(80);
  const undeclared = ([name]: readonly [string, string]): boolean => !DECLARED.has(name);
  for (const other of others) expect([...other].filter(undeclared)).toEqual([...first!].filter(undeclared));
});

test('nor does it through a socket', async () => {
  const cores = new CoresOverSockets();
  await cores.start();
  try {
    const all: Seen[] = [];
    for (const version of VERSIONS) {
      const { core } = await cores.make(version);
      all.push(await everything(version, { endpoint: core.endpoint, remove: async () => { await core.remove!(); await core.delivered!(); } }));
      await core.close();
    }
    const undeclared = ([name]: readonly [string, string]): boolean => !DECLARED.has(name);
    expect(all[0]!.size).toBeGreaterThan(80);
    // Events come when they come, in between: what was seen is compared by name.
    const sorted = (seen: Seen): readonly (readonly [string, string])[] => [...seen].filter(undeclared).sort(([a], [b]) => (a < b ? -1 : 1));
    for (const other of all.slice(1)) expect(sorted(other)).toEqual(sorted(all[0]!));
  } finally {
    await cores.stop();
  }
});

test('what is declared is numbers and lists of what there is, and names no version', async () => {
  for (const version of VERSIONS) {
    const seen = await everything(version, await here(version));
    for (const [name, value] of seen) expect(`${name} ${value}`).not.toMatch(/\b(?:535|570|580)\b|gsp|firmware|r5[378]0/i);
    for (const name of ['info.memoryUsable', 'limits.memoryAvailable']) expect(Number(seen.get(name))).toBeGreaterThan(40e9);
  }
});
