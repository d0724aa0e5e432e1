import type { Agreement } from './handshake.ts';
import { atMinor } from './schema/at-minor.ts';
import type { Interface } from './schema/interface.ts';
import { NEWEST } from './schema/newest.ts';

/** The interfaces that a session has, each at the minor that was agreed on. */
export function agreedSchemas({ interfaces }: Agreement): readonly Interface[] {
  return NEWEST.flatMap((schema) => {
    const agreed = interfaces[schema.name];
    return agreed?.major === schema.major ? [atMinor(schema, agreed.minor)] : [];
  });
}
