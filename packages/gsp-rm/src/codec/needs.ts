import type { Layout } from '@nova-stack/c-layout';
import type * as Known from '../r570_144/layouts.ts';

/**
 * What a codec needs of a release: structures and numbers by NVIDIA's names. A release whose structure differs in a
 * field that the codec touches does not compile.
 */
export type Needs<Names extends keyof typeof Known> = {
  readonly [Name in Names]: (typeof Known)[Name] extends number ? number : (typeof Known)[Name];
};

/** A structure that releases have differently; only these fields of it are touched. */
export type Part<Value, Fields extends keyof Value> = Layout<Pick<Value, Fields>>;
