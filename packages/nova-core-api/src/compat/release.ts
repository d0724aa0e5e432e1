import type { Interface } from '../schema/interface.ts';
import { changesBetween, versionStep, type Change } from './changes.ts';

const RANK = { none: 0, minor: 1, major: 2 } as const;

/**
 * What an interface changes about a version of it that was released, beyond what its own version number allows; nothing when it is right.
 * A new major may change everything.
 */
export function checkRelease(released: Interface, today: Interface): Change[] {
  if (released.major !== today.major) return [];
  if (released.minor > today.minor) return [{ path: '', step: 'major', what: `${released.name} ${released.major}.${released.minor} was released, and today's is ${today.major}.${today.minor}` }];
  const allowed = RANK[versionStep(released, today)];
  return changesBetween(released, today).filter(({ step }) => RANK[step] > allowed);
}
