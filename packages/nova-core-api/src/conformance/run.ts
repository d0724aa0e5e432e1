import type { ConformanceCase } from './case.ts';
import type { CoreUnderTest } from './core-under-test.ts';
import { HANDSHAKE_CASES } from './handshake-cases.ts';
import { MEMORY_CASES } from './memory-cases.ts';
import { SESSION_CASES } from './session-cases.ts';
import type { InterfaceName } from '../schema/interface.ts';
import { MIGRATION_CASES } from './migration-cases.ts';
import { OPERATION_CASES } from './operation-cases.ts';
import { PLACEMENT_CASES } from './placement-cases.ts';
import { VGPU_CASES } from './vgpu-cases.ts';

/** Every duty of a core, a case each. */
export const CASES: readonly ConformanceCase[] = [...HANDSHAKE_CASES, ...SESSION_CASES, ...MEMORY_CASES, ...VGPU_CASES, ...PLACEMENT_CASES, ...OPERATION_CASES, ...MIGRATION_CASES];

export interface CaseResult {
  readonly name: string;
  readonly duty: string;
  /** `not-tried` says why: the core does not offer it, or whoever made the core gave no means for it. */
  readonly outcome: 'passed' | 'failed' | 'not-tried';
  /** Why not, for people. */
  readonly text: string;
}

const versionOf = (name: InterfaceName | 'vgpu 2'): readonly [InterfaceName, number] => (name === 'vgpu 2' ? ['vgpu', 2] : [name, 1]);

/** Why a case cannot be tried on a core, or undefined. */
export function obstacle({ interfaces = [], capabilities = [], means = [] }: ConformanceCase, core: CoreUnderTest): string | undefined {
  const { offer } = core.endpoint;
  const absent = interfaces.map(versionOf).find(([name, major]) => !offer.interfaces[name]?.some((one) => one.major === major));
  if (absent !== undefined) return `the core does not offer ${absent.join(' ')}`;
  const missing = capabilities.find((name) => !offer.capabilities.includes(name));
  if (missing !== undefined) return `the core does not offer ${missing}`;
  const lacking = means.find((name) => core[name] === undefined);
  return lacking === undefined ? undefined : `whoever made the core gave no \`${lacking}\``;
}

/** Tries one case on a core of its own. Never rejects but when the core cannot be made. */
export async function runCase(one: ConformanceCase, make: () => CoreUnderTest | Promise<CoreUnderTest>): Promise<CaseResult> {
  const { name, duty } = one;
  const core = await make();
  try {
    const why = obstacle(one, core);
    if (why !== undefined) return { name, duty, outcome: 'not-tried', text: why };
    await one.run(core);
    return { name, duty, outcome: 'passed', text: '' };
  } catch (error) {
    return { name, duty, outcome: 'failed', text: error instanceof Error ? error.message : String(error) };
  } finally {
    await core.close().catch(() => undefined);
  }
}

/** Tries all cases, one after the other. */
export async function runCases(make: () => CoreUnderTest | Promise<CoreUnderTest>, cases: readonly ConformanceCase[] = CASES): Promise<readonly CaseResult[]> {
  const results: CaseResult[] = [];
  for (const one of cases) results.push(await runCase(one, make));
  return results;
}
