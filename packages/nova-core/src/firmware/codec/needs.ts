import type { Layout } from '@nova-stack/c-layout';

import type * as Known from '../r570_144/layouts.ts';

/**
 * What a codec needs of a version: structures and numbers by NVIDIA's names. A version whose structure differs in a
 * way that matters does not compile.
 */
export type Needs<Names extends keyof typeof Known> = {
  readonly [Name in Names]: (typeof Known)[Name] extends number ? number : (typeof Known)[Name] extends bigint ? bigint : (typeof Known)[Name];
};

/** A structure that versions have differently; only these fields of it are touched. */
export type Part<Value, Fields extends keyof Value = keyof Value> = Layout<Pick<Value, Fields>>;
