import { ContractError } from '../errors.ts';

/** Refuses bytes of the other side: which field, what it is, and what was expected. */
export function refuse(subject: string, is: string, expected: string): never {
  throw new ContractError('InvalidArgument', `${subject} is ${is}: expected ${expected}`, { subject });
}

/** Refuses a number outside its range. */
export function outside(subject: string, is: string, expected: string): never {
  throw new ContractError('Range', `${subject} is ${is}: expected ${expected}`, { subject });
}
