import { describe, expect, test } from 'vitest';
import { isAbsent } from './absent.ts';
import { RELEASES } from './releases.ts';
import type { Release } from './release.ts';

/**
 * The numbers that drivers of others put on the wire, as they stand in their sources and not in our tables, so that a table that lost
 * one is found out. `driver-calls.ts` plays the calls with their parameters.
 *
 * Sources: linux 7.3: drivers/gpu/drm/nouveau/nvkm/subdev/gsp/rm/{r535,r570}, drivers/gpu/nova-core/gsp/fw;
 * tinygrad a9069c17: tinygrad/runtime/support/nv/ip.py, tinygrad/runtime/ops_nv.py
 */
interface Numbers {
  readonly driver: string;
  readonly versions: readonly string[];
  readonly controls: readonly number[];
  /** Classes that every chip has; those of its engines are in `chip-classes.ts`. */
  readonly classes: readonly number[];
  readonly functions: readonly number[];
}

/** Calls that both back ends of nouveau make, from probe to a lit display. */
const NOUVEAU_CONTROLS = [
  0x20800a5c, 0x20801112, 0x20802a08, 0x20800a32, 0x2080012b, 0x801813, 0x801814, 0x90f10106, 0xa06f0104, 0xa06f0103,
  0x20800a49, 0x20800a01, 0x20800ac6, 0x731365, 0x730102, 0x730287, 0x73028b, 0x730250, 0x731369, 0x20800301, 0x20800a58,
  0x731140, 0x730245, 0x731341, 0x731152, 0x731343, 0x20800ac2, 0x20800ac3,
];
const NOUVEAU_CLASSES = [0x0000, 0x0080, 0x2080, 0x90f1, 0x0073, 0x007e, 0xc46f, 0xc56f, 0xc5b5, 0xc7b5, 0xc597, 0xc997, 0xc570, 0xc770, 0xc57d, 0xc77d, 0xc67e, 0xc67b, 0xc67a];
const BOOT_FUNCTIONS = [72, 73, 65, 47];

const DRIVERS: readonly Numbers[] = [
  { driver: 'nova-core', versions: ['570.144'], controls: [], classes: [], functions: BOOT_FUNCTIONS },
  {
    driver: 'nouveau r535', versions: ['535.113.01'], classes: NOUVEAU_CLASSES, functions: [...BOOT_FUNCTIONS, 70, 10, 4, 71, 76, 103],
    controls: [...NOUVEAU_CONTROLS, 0x20800a42, 0x730120, 0x730122, 0x730126],
  },
  {
    driver: 'nouveau r570', versions: ['570.144'], classes: NOUVEAU_CLASSES, functions: [...BOOT_FUNCTIONS, 70, 10, 4, 71, 76, 103],
    controls: [...NOUVEAU_CONTROLS, 0x20800137, 0x20800138, 0x20800a1c, 0x208001b0, 0x20801206, 0x20800a46, 0x20800a6f, 0x801306, 0x2080a7d7, 0x730107, 0x730108, 0x73010c],
  },
  {
    driver: 'tinygrad', versions: ['570.144'], classes: [0x0000, 0x0080, 0x2080, 0x90f1, 0x0070, 0xa06c, 0x9067, 0xc56f, 0xc7c0, 0xc9c0, 0xc7b5, 0x83de], functions: [...BOOT_FUNCTIONS, 54, 76, 103],
    controls: [0x20801112, 0x90f10106, 0x20800a32, 0x2080012b, 0x2080200a, 0xc36f0108, 0xa06c0101, 0x20800a2a, 0x20800a70],
  },
];

const rows = DRIVERS.flatMap((numbers) => RELEASES.filter(({ version }) => numbers.versions.includes(version)).map((release) => ({ ...numbers, release, version: release.version })));
const hex = (number: number): string => `0x${number.toString(16)}`;
const commandsOf = ({ controls }: Release): Set<number> => new Set(Object.values(controls).flatMap((codec) => (isAbsent(codec) ? [] : [codec.command])));

describe.each(rows)('what $driver sends to $version', ({ controls, classes, functions, release }) => {
  test('every control has an answer', () => {
    const there = commandsOf(release);
    expect(controls.filter((id) => !there.has(id)).map(hex)).toEqual([]);
  });

  test('every class can be allocated', () => {
    expect(classes.filter((id) => !release.classes.has(id)).map(hex)).toEqual([]);
  });

  test('every function is one of the release', () => {
    expect(functions.filter((id) => id >= release.profile.functionLimit)).toEqual([]);
  });
});

test('virtual GPUs are hosted by 535.113.01 and 570.144; the other says why not', () => {
  const hosting = RELEASES.map(({ version, plugin }) => [version, isAbsent(plugin) ? plugin.absent : 'yes']);
  expect(hosting).toEqual([
    ['535.113.01', 'yes'], ['570.144', 'yes'], ['580.105.08', expect.stringMatching(/535\.113\.01 and 570\.144 only/) as string],
  ]);
});
