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

// The table of the handshake's specification, row by row.
describe('negotiate() selects the highest common major at the smaller minor', () => {
  test.each<[string, readonly OfferedMajor[], readonly Partial<Want>[], unknown]>([
    ['same range', [{ major: 1, minor: 3 }], [{ major: 1, minMinor: 0, maxMinor: 3 }], { major: 1, minor: 3, deprecated: false }],
    ['an older client', [{ major: 1, minor: 3 }], [{ major: 1, maxMinor: 0 }], { major: 1, minor: 0, deprecated: false }],
    ['a client that stays on 1', [{ major: 1, minor: 3 }, { major: 2, minor: 0 }], [{ major: 1, maxMinor: 5 }], { major: 1, minor: 3, deprecated: false }],
    ['a client with both', [{ major: 1, minor: 3 }, { major: 2, minor: 0 }], [{ major: 1, maxMinor: 9 }, { major: 2, maxMinor: 9 }], { major: 2, minor: 0, deprecated: false }],
    ['2 required', [{ major: 1, minor: 3 }, { major: 2, minor: 1, required: true }], [{ major: 1, maxMinor: 9 }], 'VersionMismatch required-major'],
    ['1 deprecated', [{ major: 1, minor: 3, deprecated: true }, { major: 2, minor: 1 }], [{ major: 1, maxMinor: 9 }], { major: 1, minor: 3, deprecated: true }],
    ['minor too old', [{ major: 1, minor: 0 }], [{ major: 1, minMinor: 2, maxMinor: 4 }], 'VersionMismatch no-common-version'],
    ['major too new', [{ major: 2, minor: 0 }], [{ major: 3, maxMinor: 9 }], 'VersionMismatch no-common-version'],
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

const majors = fc.uniqueArray(fc.record({ major: fc.nat(4), minor: fc.nat(4), deprecated: fc.boolean() }), { selector: (one) => one.major, maxLength: 4 });
const wants = fc.array(fc.record({ major: fc.nat(4), minMinor: fc.nat(4), above: fc.nat(3), optional: fc.boolean() }), { maxLength: 4 })
  .map((list) => list.map(({ above, ...want }) => ({ ...want, maxMinor: want.minMinor + above })));
const capabilities = fc.subarray(Object.keys(CAPABILITIES) as Capability[]);

test('any offer and hello give what the specification says', () => {
  fc.assert(fc.property(majors, wants, capabilities, capabilities, capabilities, (offered, wanted, has, required, optional) => {
    const result = outcome(offer(offered, has), hello(wanted, { required, optional }));
    // The specification as a search over all pairs.
    const common = offered.flatMap((one) => wanted.filter((want) => want.major === one.major && want.minMinor <= one.minor).map((want) => ({ one, want })));
    const best = Math.max(...common.map(({ one }) => one.major));
    if (wanted.length > 0 && common.length === 0) {
      if (wanted.some((want) => !want.optional)) expect(result).toBe('VersionMismatch no-common-version');
    } else if (required.some((one) => !has.includes(one))) {
      expect(result).toMatch(/^MissingCapability/);
    } else if (common.length > 0) {
      const minor = Math.max(...common.filter(({ one }) => one.major === best).map(({ one, want }) => Math.min(one.minor, want.maxMinor)));
      expect(result).toMatchObject({ major: best, minor });
    }
  }));
});

test('any rejection is a ContractError, and an agreement never grants what was not offered or not asked for', () => {
  fc.assert(fc.property(majors, wants, capabilities, capabilities, fc.anything(), (offered, wanted, has, asked, name) => {
    try {
      const agreement = negotiate(offer(offered, has), hello(wanted, { optional: asked, name: typeof name }));
      for (const one of agreement.capabilities) expect(has.includes(one) && asked.includes(one)).toBe(true);
    } catch (error) {
      expect(error).toBeInstanceOf(ContractError);
    }
  }));
});
