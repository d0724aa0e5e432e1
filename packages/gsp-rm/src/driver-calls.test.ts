import type { Layout } from '@nova-stack/c-layout';
import { describe, expect, test } from 'vitest';
import { INTERNAL } from './resources/tree.ts';
import { DRIVER_CALLS, type DriverCalls, type Step } from './testing/driver-calls.ts';
import { driver, type Driver } from './testing/driver.ts';
import { FORMATS, type Version } from './testing/formats.ts';

const COMMANDS = {
  '535.113.01': () => import('@nova-stack/nvrm-headers/r535_113_01/registry/commands'),
  '570.144': () => import('@nova-stack/nvrm-headers/r570_144/registry/commands'),
  '580.105.08': () => import('@nova-stack/nvrm-headers/r580_105_08/registry/commands'),
} as const;

/** A monitor whose EDID and DPCD are recognisable. */
const MONITOR = { edid: Uint8Array.from({ length: 128 }, (_, i) => i + 1), dpcd: Uint8Array.of(0x14, 0x1e, 0x84) };

const FACTS = {
  engines: ['GR0', 'COPY0', 'COPY1', 'COPY2', 'NVDEC0', 'NVENC0', 'SEC2'], displayDisabled: false,
  display: { heads: 4, sors: 4, outputs: [{ connector: 'DP', monitor: MONITOR }, { connector: 'HDMI' }] },
} as const;

type AnyLayout = Layout<Record<string, unknown>>;
type Records = Readonly<Record<string, AnyLayout | undefined>>;
type Commands = Awaited<ReturnType<(typeof COMMANDS)[Version]>>['COMMANDS'];

/** Carries out steps in one release's own numbers and structures. */
class Player {
  readonly self: Driver;
  readonly #records: Records;
  readonly #commands: Commands;
  readonly #handles: Readonly<Record<string, number>>;

  constructor(self: Driver, version: Version, commands: Commands, handles: DriverCalls['handles']) {
    this.self = self;
    this.#records = FORMATS[version].rm as unknown as Records;
    this.#commands = commands;
    this.#handles = {
      ...handles, nobody: 0, internal: INTERNAL.client, internalDevice: INTERNAL.device, internalSubdevice: INTERNAL.subdevice,
    };
  }

  #handle(name: string): number {
    const handle = this.#handles[name];
    if (handle === undefined) throw new Error(`no handle ${name}`);
    return handle;
  }

  #record(name: string): AnyLayout {
    const layout = this.#records[name];
    if (layout === undefined) throw new Error(`no record ${name}`);
    return layout;
  }

  #class(name: string): number {
    const found = (this.#records as unknown as { readonly CLASSES: readonly { readonly name: string; readonly id: number }[] }).CLASSES.find((each) => each.name === name);
    if (found === undefined) throw new Error(`no class ${name}`);
    return found.id;
  }

  async play(step: Step): Promise<void> {
    if (step.op === 'alloc') {
      const params = step.record === undefined ? new Uint8Array(0) : this.#record(step.record).create(step.params);
      expect(await this.self.alloc(this.#handle(step.client), this.#handle(step.under), this.#handle(step.as), this.#class(step.class), params)).toEqual({ status: 0, result: 0 });
    } else if (step.op === 'free') {
      const payload = this.#record('rpc_free_v').create({ params: { hRoot: this.#handle(step.client), hObjectOld: this.#handle(step.object) } });
      expect((await this.self.end.call(10, payload)).result).toBe(0);
    } else if (step.op === 'call') {
      const head = this.#record(step.record).create(step.params);
      const payload = new Uint8Array(head.length + (step.tail ?? 0));
      payload.set(head);
      expect((await this.self.end.call(step.function, payload)).result).toBe(0);
    } else await this.#control(step);
  }

  async #control(step: Extract<Step, { readonly op: 'control' }>): Promise<void> {
    const entry = this.#commands.find(({ name }) => name === step.command);
    if (entry === undefined) throw new Error(`no command ${step.command}`);
    const name = entry.record ?? entry.params;
    const layout = name === undefined ? undefined : this.#record(name);
    const { status, params } = await this.self.control(this.#handle(step.client), this.#handle(step.on), entry.id, layout?.create(step.params) ?? new Uint8Array(0));
    expect(status).toBe(0);
    const answer = layout?.read(params) ?? {};
    for (const field of step.wants ?? []) expect(JSON.stringify(answer[field], (_key, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)), field).toMatch(/[1-9]|true/);
  }
}

describe.each(DRIVER_CALLS.flatMap((calls) => calls.versions.map((version) => ({ calls, version, name: `${calls.driver} with ${version}` }))))('$name', ({ calls, version }) => {
  test('every call is answered, and everything is given back', async () => {
    const self = driver({ version, facts: FACTS });
    await self.boot();
    const info = await self.end.call(65, new Uint8Array(self.rm.GspStaticConfigInfo.size));
    expect([info.result, info.payload.length]).toEqual([0, self.rm.GspStaticConfigInfo.size]);
    const { COMMANDS: commands } = await COMMANDS[version]();
    const player = new Player(self, version, commands, calls.handles);
    for (const [index, step] of calls.steps.entries()) {
      try {
        await player.play(step);
      } catch (error) {
        throw new Error(`step ${index}: ${JSON.stringify(step, (_key, value: unknown) => (typeof value === 'bigint' ? Number(value) : value))}`, { cause: error });
      }
    }
    const odd = self.hardware.events.filter(({ point }) => point.endsWith('.unknown') || point.endsWith('.rejected'));
    expect(odd).toEqual([]);
    expect((await self.end.call(47, new Uint8Array(8))).result).toBe(0);
    expect(self.hardware.mailboxes.gsp[0]).toBe(0x80000000);
  });
});
