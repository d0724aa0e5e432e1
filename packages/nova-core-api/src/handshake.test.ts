import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { CAPABILITIES, type Capability } from './capabilities.ts';
import { ContractError } from './errors.ts';
import { negotiate, type Agreement, type Hello, type Offer, type OfferedMajor, type Want } from './handshake.ts';

const offer = (vgpu: readonly OfferedMajor[], capabilities: readonly Capability[] = []): Offer => ({
  epoch: 1n, interfaces: { base: [{ major: 1, minor: 0 }], vgpu }, capabilities, supportId: 'x',
});
const hello = (wants: readonly Partial<Want>[], more: Partial<Hello> = {}): Hello => ({
  kind: 'vgpu-manager', name: 'test', required: [], optional: [], epoch: 1n,
  wants: wants.map((want) => ({ interface: 'vgpu', major: 1, minMinor: 0, maxMinor: 0, ...want })),
  ...more,
});
const outcome = (of: Offer, by: Hello): Agreement['interfaces'][keyof Agreement['interfaces']] | string => {
  try {
    return negotiate(of, by).interfaces.vgpu ?? 'absent';
  } catch (error) {
    return error instanceof ContractError ? `${error.code} ${error.reason ?? error.subject ?? ''}`.trim() : String(error);
  }
};

function catching(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

// The table of the handshake's specification, row by row.
describe('negotiate() selects the highest common major at the smaller minor', () => {
  test.each<[string, readonly OfferedMajor[], readonly Partial<Want>[], unknown]>([
    ['same range', [{ major: 1, minor: 3 }], [{ major: 1, minMinor: 0, maxMinor: 3 }], { major: 1, minor: 3, deprecated: false }],
    ['an older client', [{ major: 1, minor: 3 }], [{ major: 1, maxMinor: 0 }], { major: 1, minor: 0, deprecated: false }],
    ['a client that stays on 1', [{ major: 1, minor: 3 }, { major: 2, minor: 0 }], [{ major: 1, maxMinor: 5 }], { major: 1, minor: 3, deprecated: false }],
    ['a client with both', [{ major: 1, minor: 3 }, { major: 2, minor: 0 }], [{ major: 1, maxMinor: 9 }, { major: 2, maxMinor: 9 }], { major: 2, minor: 0, deprecated: false }],
    ['2 required', [{ major: 1, minor: 3 }, { major: 2, minor: 1, required: true }], [{ major: 1, maxMinor: 9 }], 'VersionMismatch required-major'],
    ['1 deprecated', [{ major: 1, minor: 3, deprecated: true }, { major: 2, minor: 1 }], [{ major: 1, maxMinor: 9 }], { major: 1, minor: 3, deprecated: true }],
    ['minor too old', [{ major: 1, minor: 0 }], [{ major: 1, minMinor: 2, maxMinor: 4 }], 'VersionMismatch core-too-old'],
    ['major too new', [{ major: 2, minor: 0 }], [{ major: 3, maxMinor: 9 }], 'VersionMismatch core-too-old'],
    ['major too old', [{ major: 2, minor: 0 }], [{ major: 1, maxMinor: 9 }], 'VersionMismatch client-too-old'],
    ['not there', [], [{ major: 1, maxMinor: 9 }], 'VersionMismatch not-offered'],
    ['2 required and spoken', [{ major: 1, minor: 3 }, { major: 2, minor: 1, required: true }], [{ major: 1, maxMinor: 9 }, { major: 2, maxMinor: 0 }], { major: 2, minor: 0, deprecated: false }],
    ['optional and absent', [{ major: 2, minor: 0 }], [{ major: 3, maxMinor: 9, optional: true }], 'absent'],
  ])('%s', (_, offered, wants, expected) => {
    expect(outcome(offer(offered), hello(wants))).toEqual(expected);
  });

  test('another epoch is stale', () => {
    expect(outcome(offer([{ major: 1, minor: 0 }]), hello([{}], { epoch: 2n }))).toBe('StaleGeneration epoch');
  });

  test('a required capability that is not there is named', () => {
    expect(outcome(offer([{ major: 1, minor: 0 }]), hello([{}], { required: ['memory.clear'] }))).toBe('MissingCapability memory.clear');
  });
});

describe('a rejection helps whoever gets it', () => {
  test('with all that is offered, so that one more hello can fit', () => {
    const offered = [{ major: 1, minor: 3, deprecated: true }, { major: 2, minor: 1, required: true }];
    const error = catching(() => negotiate(offer(offered), hello([{ major: 1, maxMinor: 9 }])));
    expect(error).toMatchObject({ code: 'VersionMismatch', category: 'version', subject: 'vgpu', offered: { vgpu: offered } });
    expect((error as Error).message).toContain('2.1 (required)');
  });

  test('what only the other side knows is passed by', () => {
    const newer = hello([{ interface: 'later' as 'vgpu', optional: true }, {}], { optional: ['later.service' as Capability], more: 1 } as Partial<Hello>);
    expect(outcome(offer([{ major: 1, minor: 0 }]), newer)).toEqual({ major: 1, minor: 0, deprecated: false });
    expect(outcome(offer([{ major: 1, minor: 0 }]), hello([{ interface: 'toString' as 'vgpu' }]))).toBe('VersionMismatch not-offered');
    expect(outcome(offer([]), hello([], { required: ['later.service' as Capability] }))).toBe('MissingCapability later.service');
  });
});

const majors = fc.uniqueArray(fc.record({ major: fc.nat(4), minor: fc.nat(4), deprecated: fc.boolean(), required: fc.boolean() }, { requiredKeys: ['major', 'minor'] }), {
  selector: (one) => one.major, maxLength: 4,
});
const wants = fc.array(fc.record({ major: fc.nat(4), minMinor: fc.nat(4), above: fc.nat(3), optional: fc.boolean() }), { maxLength: 4 })
  .map((list) => list.map(({ above, ...want }) => ({ ...want, maxMinor: want.minMinor + above })));
const capabilities = fc.subarray(Object.keys(CAPABILITIES) as Capability[]);

/** The specification, written as a search over all pairs of versions (major, minor) that both sides can speak. */
function specified(offered: readonly OfferedMajor[], wanted: readonly Omit<Want, 'interface'>[], missing: boolean): string {
  if (wanted.length > 0) {
    const pairs = wanted.flatMap((want) => offered.flatMap((one) => Array.from({ length: 12 }, (_, minor) => ({ want, one, major: one.major, minor }))))
      .filter(({ want, one, minor }) => want.major === one.major && want.minMinor <= one.minor && minor <= one.minor && minor <= want.maxMinor);
    const insisted = offered.filter((one) => one.required).map((one) => one.major);
    const reached = insisted.length === 0 || pairs.some(({ major }) => major === Math.max(...insisted));
    const [best] = reached ? pairs.sort((a, b) => b.major - a.major || b.minor - a.minor) : [];
    if (!best && !wanted.every((want) => want.optional)) return reached ? 'VersionMismatch' : 'VersionMismatch required-major';
    if (best && !missing) return `${best.major}.${best.minor}`;
  }
  return missing ? 'MissingCapability' : 'absent';
}

test('any offer and hello give what the specification says', () => {
  fc.assert(fc.property(majors, wants, capabilities, capabilities, capabilities, (offered, wanted, has, required, optional) => {
    const result = outcome(offer(offered, has), hello(wanted, { required, optional }));
    const told = typeof result === 'string' ? result : `${result!.major}.${result!.minor}`;
    expect(told.startsWith(specified(offered, wanted, required.some((one) => !has.includes(one))))).toBe(true);
    if (typeof result === 'object') expect(result.deprecated).toBe(offered.find((one) => one.major === result.major)!.deprecated === true);
  }), { numRuns: 1000 });
});

test('the order of an offer or a hello does not matter', () => {
  const shuffled = fc.tuple(majors, wants).chain(([offered, wanted]) => fc.tuple(
    fc.constant(offered), fc.constant(wanted),
    fc.shuffledSubarray(offered, { minLength: offered.length }), fc.shuffledSubarray(wanted, { minLength: wanted.length }),
  ));
  fc.assert(fc.property(shuffled, ([offered, wanted, offeredAgain, wantedAgain]) => {
    expect(outcome(offer(offeredAgain), hello(wantedAgain))).toEqual(outcome(offer(offered), hello(wanted)));
  }));
});

test('reasons are symmetric: who changes sides hears the opposite', () => {
  const MIRROR: Readonly<Record<string, string>> = { 'core-too-old': 'client-too-old', 'client-too-old': 'core-too-old' };
  const numbers = fc.uniqueArray(fc.nat(6), { minLength: 1, maxLength: 3 });
  fc.assert(fc.property(numbers, numbers, (left, right) => {
    const meet = (core: readonly number[], client: readonly number[]): string => {
      const result = outcome(offer(core.map((major) => ({ major, minor: 0 }))), hello(client.map((major) => ({ major }))));
      return typeof result === 'object' ? `${result.major}` : String(result).replace('VersionMismatch ', '');
    };
    const there = meet(left, right);
    expect(meet(right, left)).toBe(MIRROR[there] ?? there);
  }));
});

test('any rejection is a ContractError, whatever a hello is; nothing is granted that was not offered and asked for', () => {
  const junk = fc.record({
    kind: fc.oneof(fc.constant('drm'), fc.anything()), name: fc.oneof(fc.string(), fc.anything()), wants: fc.oneof(wants, fc.array(fc.anything()), fc.anything()),
    required: fc.oneof(fc.constant([]), fc.anything()), optional: fc.oneof(capabilities, fc.anything()), epoch: fc.oneof(fc.constant(1n), fc.anything()),
  }, { requiredKeys: [] });
  fc.assert(fc.property(majors, capabilities, fc.oneof(junk, fc.anything()), (offered, has, given) => {
    try {
      const agreement = negotiate(offer(offered, has), given as Hello);
      const { optional, required } = given as Hello;
      for (const one of agreement.capabilities) expect(has.includes(one) && [...optional, ...required].includes(one)).toBe(true);
    } catch (error) {
      expect(error).toBeInstanceOf(ContractError);
    }
  }), { numRuns: 1000 });
});
