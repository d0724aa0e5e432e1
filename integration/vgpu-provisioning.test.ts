// Virtual GPUs by name, from the command line as built: each call is a host that starts, and any of them may be killed.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { main } from '@nova-stack/nova';
import { connectDevice } from '@nova-stack/vfio-user/client';
import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest';

const NOVA = fileURLToPath(new URL('../packages/nova/bin/nova.js', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'nova-vgpu-'));
afterAll(() => { rmSync(dir, { recursive: true, force: true }); });
let stores = 0;
const newStore = (): string => join(dir, String(stores++));
const UUIDS = Array.from({ length: 12 }, (_, i) => `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`);

async function nova(...args: string[]): Promise<{ status: number; out: string; err: string }> {
  const text = { out: '', err: '' };
  const status = await main(['vgpu', ...args], { out: (more) => { text.out += more; }, err: (more) => { text.err += more; } });
  return { status, ...text };
}

interface Row { readonly uuid: string; readonly vf: number; readonly state: string; readonly type: string }
async function listed(store: string): Promise<readonly Row[]> {
  const { status, out, err } = await nova('list', '--json', '--store', store);
  expect([status, err]).toEqual([0, '']);
  return JSON.parse(out) as Row[];
}

describe('nova vgpu', () => {
  test('remembers what was created until it is destroyed', async () => {
    const store = newStore();
    expect((await nova('create', 'L40-24Q', '--uuid', UUIDS[1]!, '--vf', '7', '--store', store)).out).toContain(`${UUIDS[1]!} `);
    expect((await nova('create', 'NVIDIA L40-24Q', '--uuid', UUIDS[0]!, '--store', store)).status).toBe(0);
    expect(await listed(store)).toMatchObject([{ uuid: UUIDS[0], vf: 0, state: 'Assigned', type: 'NVIDIA L40-24Q' }, { uuid: UUIDS[1], vf: 7, state: 'Assigned' }]);
    // The board is full, and a full board says so of each type.
    const types = JSON.parse((await nova('types', '--json', '--store', store)).out) as { name: string; creatable: number }[];
    expect(types.find(({ name }) => name === 'NVIDIA L40-24Q')).toMatchObject({ creatable: 0, maxInstances: 2 });
    expect(await nova('create', 'L40-24Q', '--store', store)).toMatchObject({ status: 1, out: '', err: expect.stringMatching(/^nova: .*\n$/) as string });
    expect((await nova('destroy', UUIDS[1]!, '--store', store)).out).not.toContain(UUIDS[1]);
    expect(await listed(store)).toHaveLength(1);
  });

  test('serves those that were created and others, side by side, and leaves what was there before', async () => {
    const store = newStore();
    await nova('create', 'L40-24Q', '--uuid', UUIDS[0]!, '--vf', '5', '--store', store);
    const [a, b] = [join(dir, 'a.sock'), join(dir, 'b.sock')];
    const server = spawn(process.execPath, [NOVA, 'vgpu', 'serve', `${UUIDS[0]!}=${a}`, `L40-24C=${b}`, '--quiet', '--store', store], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void server.kill('SIGKILL'));
    let said = '';
    server.stdout.setEncoding('utf8');
    while (said.split('\n').length < 3) said += (await once(server.stdout, 'data'))[0] as string;
    const [one, two] = [await connectDevice({ path: a }), await connectDevice({ path: b })];
    onTestFinished(async () => { await Promise.all([one.close(), two.close()]); });
    const ids = ({ device }: typeof one): readonly unknown[] => [device.readConfig(0, 4), device.readConfig(0x2c, 4), device.resources.map(({ index, size }) => [index, size])];
    const bars = [[0, 256 * 1024], [1, 256 * 2 ** 20], [3, 32 * 2 ** 20]];
    expect([ids(one), ids(two)]).toEqual([[0x26b5_10de, 0x1777_10de, bars], [0x26b5_10de, 0x1792_10de, bars]]);
    for (const [remote, value] of [[one, 1], [two, 2]] as const) {
      remote.device.enable();
      remote.device.mapBar(1).write32(4096, value);
    }
    const [inOne, inTwo] = [one.device.mapBar(1), two.device.mapBar(1)];
    expect([inOne.read32(4096), inTwo.read32(4096)]).toEqual([1, 2]);
    one.device.reset();
    await vi.waitUntil(() => inOne.read32(4096) !== 0xffff_ffff, 30_000);
    expect([inOne.read32(4096), inTwo.read32(4096)]).toEqual([0, 2]);
    await Promise.all([one.close(), two.close()]);
    // The next client finds nothing of what this one did.
    const next = await connectDevice({ path: b });
    next.device.enable();
    const inNext = next.device.mapBar(1);
    await vi.waitUntil(() => inNext.read32(4096) !== 0xffff_ffff, 30_000);
    expect(inNext.read32(4096)).toBe(0);
    await next.close();
    server.kill('SIGTERM');
    expect((await once(server, 'close'))[0]).toBe(0);
    expect(said).toMatch(new RegExp(`^ready: ${UUIDS[0]!} \\(VF 5, 10de:26b5 10de:[0-9a-f]{4}, aperture 268435456, .*\nready: L40-24C \\(VF 0, `));
    expect(await listed(store)).toMatchObject([{ uuid: UUIDS[0], vf: 5, state: 'Assigned' }]);
  });

  test.each([
    [[], 2, /^nova: a command is missing; the commands of nova vgpu are: types, list, create, destroy, serve\n$/],
    [['make'], 2, /unknown command "make"/],
    [['create'], 2, /wants a TYPE/],
    [['list', 'all'], 2, /does not take "all"/],
    [['list', '--vf', '1'], 2, /--uuid and --vf go with nova vgpu create/],
    [['create', 'L40-8Q', '--vf', '-1'], 2, /'--vf'|--vf wants a number/],
    [['create', 'L40-8Q', '--vf', '70000'], 2, /--vf wants a number from 0 to 65535, not "70000"/],
    [['list', '--board', 'voodoo'], 2, /unknown board "voodoo"/],
    [['list', '--board', 'rtx4090'], 1, /--board rtx4090 cannot host virtual GPUs/],
    [['create', 'L40-9Q'], 1, /There is no type "L40-9Q"; the types are: NVIDIA L40-1B/],
    [['create', 'L40-8Q', '--uuid', 'me'], 1, /"me" is no UUID/],
    [['destroy', UUIDS[0]!], 1, /There is no virtual GPU/],
    [['serve'], 2, /wants a WHAT=SOCKET/],
    [['serve', 'L40-8Q'], 2, /wants WHAT=SOCKET, such as L40-8Q=\/tmp\/guest.sock, not "L40-8Q"/],
    [['serve', 'L40-8Q=a', 'L40-8Q=a'], 2, /two virtual GPUs cannot be served on a/],
    [['list', '--quiet'], 2, /--quiet goes with nova vgpu serve/],
    [['serve', 'L40-9Q=a', '--quiet'], 1, /There is no type "L40-9Q"/],
    [['serve', `${UUIDS[0]!}=a`, '--quiet'], 1, /There is no virtual GPU/],
    [['serve', `L40-8Q=${'/tmp/'.repeat(30)}`, '--quiet'], 1, /107/],
  ] as const)('%j is refused in one line', async (args, status, message) => {
    expect(await nova(...args, ...(args.length > 0 ? ['--store', newStore()] : []))).toEqual({ status, out: '', err: expect.stringMatching(message) as string });
  });

  test('lets one process at its store at a time', async () => {
    const store = newStore();
    const both = await Promise.all(UUIDS.slice(0, 2).map((uuid) => new Promise<{ failed: boolean; text: string }>((resolve) => {
      execFile(process.execPath, [NOVA, 'vgpu', 'create', 'L40-8Q', '--uuid', uuid, '--store', store], (error, _, text) => { resolve({ failed: error !== null, text }); });
    })));
    for (const { failed, text } of both) if (failed) expect(text).toBe(`nova: --store ${store}: another process uses it\n`);
    expect(await listed(store)).toHaveLength(both.filter(({ failed }) => !failed).length);
  }, 60_000);

  test('loses nothing that it said, and doubles nothing, when it is killed', async () => {
    const store = newStore();
    const said = new Set<string>();
    for (const [i, uuid] of UUIDS.entries()) {
      // Spread over the life of such a process: from before the boot to after the last word.
      const answered = await new Promise<boolean>((resolve) => {
        let out = '';
        const child = spawn(process.execPath, [NOVA, 'vgpu', 'create', 'L40-4Q', '--uuid', uuid, '--store', store], { stdio: ['ignore', 'pipe', 'ignore'] });
        child.stdout.on('data', (text: Buffer) => { out += text.toString(); });
        const timer = setTimeout(() => child.kill('SIGKILL'), 200 + i * 40);
        child.once('close', () => {
          clearTimeout(timer);
          resolve(out.includes(uuid));
        });
      });
      if (answered) said.add(uuid);
    }
    const rows = await listed(store);
    const names = rows.map(({ uuid }) => uuid);
    expect(names).toEqual(expect.arrayContaining([...said]));
    expect([new Set(names).size, new Set(rows.map(({ vf }) => vf)).size]).toEqual([rows.length, rows.length]);
    expect(rows.every(({ state }) => state === 'Assigned')).toBe(true);
  }, 60_000);
});
