import { VgpuError } from '../errors.ts';
import type { StoredAssignment } from './assignment-store.ts';
import { parseUuid } from './octets.ts';

const STEPS: readonly unknown[] = ['making', 'made', 'removing'];
const isHex = (value: unknown): boolean => typeof value === 'string' && /^[0-9a-f]{32}$/.test(value);

/** What each field must be, in words and in code. */
const FIELDS: Readonly<Record<keyof StoredAssignment, readonly [string, (value: unknown) => boolean]>> = {
  uuid: ['a UUID in lower case', (value) => typeof value === 'string' && parseUuid(value) === value],
  gpu: ['32 hexadecimal digits', isHex],
  type: ['a name', (value) => typeof value === 'string' && value.length > 0 && value.length <= 64],
  owner: ['32 hexadecimal digits', isHex],
  vf: ['0 to 65535', (value) => value === undefined || (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0xffff)],
  step: ['making, made or removing', (value) => STEPS.includes(value)],
};

/**
 * What a store gave, checked: files are edited, and go bad.
 *
 * @throws {VgpuError} `BAD_STORE`, naming the field
 */
export function checkStored(value: unknown): StoredAssignment {
  if (typeof value !== 'object' || value === null) throw new VgpuError('BAD_STORE', `The store holds ${JSON.stringify(value)}, which is no assignment`);
  const one = value as Partial<Record<keyof StoredAssignment, unknown>>;
  const name = typeof one.uuid === 'string' ? one.uuid : 'an assignment';
  for (const [field, [wanted, fits]] of Object.entries(FIELDS)) {
    const found = one[field as keyof StoredAssignment];
    if (!fits(found)) throw new VgpuError('BAD_STORE', `The store has ${JSON.stringify(found)} as ${field} of ${name}; expected ${wanted}`);
  }
  const stored = one as StoredAssignment;
  if (stored.step === 'made' && stored.vf === undefined) throw new VgpuError('BAD_STORE', `The store has no vf of ${name}, which was made`);
  return stored;
}
