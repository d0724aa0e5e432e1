import fc from 'fast-check';

import type { LinkOptions } from '../binding/links.ts';
import type { Errno } from '../errno.ts';
import { POWER_CALLBACKS, type PowerCallback } from '../power/steps.ts';

/** Devices that drivers publish have this id and higher ones. */
export const NESTED = 100;

/** What probe answers. `needs`: waits until another device is bound. */
export type Answer = 'ok' | 'ENODEV' | 'ENXIO' | 'EIO' | 'throw' | 'EPROBE_DEFER' | 'needs';

/** How a driver behaves. */
export interface Script {
  readonly answer: Answer;
  /** Device that must be bound, for `needs`. */
  readonly needs: string;
  /** Step into sleep that it refuses. */
  readonly refuses: PowerCallback | undefined;
  /** It publishes a device of its own in probe. */
  readonly nests: boolean;
}

/** One step of a plan. Devices and drivers that a step picks are counted over those that there are. */
export type Op =
  | { readonly op: 'init'; readonly name: string; readonly id: number; readonly parent: string }
  | { readonly op: 'add' | 'delete' | 'uninit' | 'get' | 'put' | 'unregister' | 'use' | 'steal' | 'bind one' | 'unbind one'; readonly pick: number }
  | { readonly op: 'register'; readonly driver: number; readonly table: readonly string[]; readonly script: Script }
  | { readonly op: 'bind' | 'unbind'; readonly driver: number; readonly device: string }
  | { readonly op: 'probe'; readonly device: string }
  | { readonly op: 'autoprobe'; readonly on: boolean }
  | { readonly op: 'unbind parent'; readonly parent: string }
  | { readonly op: 'link'; readonly pick: number; readonly supplier: number; readonly options: LinkOptions }
  | { readonly op: 'block' | 'unblock' | 'suspend' | 'resume' | 'shutdown' };

export type Code = Errno | 'OK';

const NAMES = ['a', 'b', 'c'] as const;
const IDS = [0, 1] as const;
export const FOREIGN: readonly string[] = ['p', 'q'];
export const DEVICES: readonly string[] = NAMES.flatMap((name) => IDS.map((id) => `m.${name}.${id}`));
const LINKS: readonly LinkOptions[] = [{}, { autoremove: 'consumer' }, { autoremove: 'supplier' }, { autoprobe: true }, { stateless: true }, { stateless: true, autoprobe: true }];

const pick = fc.nat(9);
const driver = fc.nat(3);
const device = fc.constantFrom(...DEVICES);

const script = (answers: readonly Answer[], nests: boolean): fc.Arbitrary<Script> => fc.record({
  answer: fc.constantFrom(...answers), needs: device,
  refuses: fc.option(fc.constantFrom<PowerCallback>('prepare', 'suspend', 'suspendLate', 'suspendNoirq'), { nil: undefined, freq: 6 }),
  nests: nests ? fc.boolean() : fc.constant(false),
});

/** Answers that a plan draws from, acceptance more often than refusals. */
export const ANSWERS: readonly Answer[] = ['ok', 'ok', 'ok', 'ok', 'needs', 'needs', 'ENODEV', 'ENXIO', 'EIO', 'throw', 'EPROBE_DEFER'];

/** Every step that there is, with how often it is drawn. `nests`: drivers may publish devices in probe. */
export function ops(options: { readonly nests: boolean }): { readonly weight: number; readonly arbitrary: fc.Arbitrary<Op> }[] {
  const just = (op: 'block' | 'unblock' | 'suspend' | 'resume' | 'shutdown'): fc.Arbitrary<Op> => fc.constant({ op });
  const picks = (...names: ('add' | 'delete' | 'uninit' | 'get' | 'put' | 'unregister' | 'use' | 'steal' | 'bind one' | 'unbind one')[]): fc.Arbitrary<Op> => fc.record({ op: fc.constantFrom(...names), pick });
  const parent = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...FOREIGN) }, { weight: 1, arbitrary: device });
  const table = fc.subarray(NAMES.map((name) => `m.${name}`), { minLength: 1 });
  return [
    { weight: 10, arbitrary: fc.record({ op: fc.constant('init' as const), name: fc.constantFrom(...NAMES), id: fc.constantFrom(...IDS), parent }) },
    { weight: 10, arbitrary: picks('add') },
    { weight: 4, arbitrary: picks('delete', 'uninit', 'get', 'put') },
    { weight: 3, arbitrary: picks('use', 'steal') },
    { weight: 8, arbitrary: fc.record({ op: fc.constant('register' as const), driver, table, script: script(ANSWERS, options.nests) }) },
    { weight: 2, arbitrary: picks('unregister') },
    { weight: 6, arbitrary: picks('bind one', 'unbind one') },
    { weight: 5, arbitrary: fc.record({ op: fc.constantFrom('bind' as const, 'unbind' as const), driver, device }) },
    { weight: 1, arbitrary: fc.record({ op: fc.constant('probe' as const), device }) },
    { weight: 1, arbitrary: fc.record({ op: fc.constant('autoprobe' as const), on: fc.boolean() }) },
    { weight: 8, arbitrary: fc.record({ op: fc.constant('link' as const), pick, supplier: pick, options: fc.constantFrom(...LINKS) }) },
    { weight: 1, arbitrary: fc.record({ op: fc.constant('unbind parent' as const), parent: fc.constantFrom(...FOREIGN) }) },
    { weight: 2, arbitrary: just('suspend') },
    { weight: 3, arbitrary: just('resume') },
    { weight: 1, arbitrary: fc.oneof(just('block'), just('unblock')) },
    { weight: 1, arbitrary: just('unblock') },
    { weight: 1, arbitrary: fc.oneof({ weight: 4, arbitrary: just('unblock') }, { weight: 1, arbitrary: just('shutdown') }) },
  ];
}

/** Which way a callback goes. */
export const isDown = (callback: PowerCallback): boolean => POWER_CALLBACKS.indexOf(callback) % 2 === 0;
