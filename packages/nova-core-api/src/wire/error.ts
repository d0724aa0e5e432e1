import { snake } from '../emit/form.ts';
import { ContractError, ERRORS, type ErrorCode } from '../errors.ts';
import { refuse } from './flaw.ts';
import type { FrameReader, FrameWriter } from './frame.ts';
import { Laid, namesOf, sharedNumbers } from './laid.ts';
import { textOf, utf8Within } from './utf8.ts';

const ERROR = new Laid('error');
const CATEGORIES = sharedNumbers('category');
const RETRIES = sharedNumbers('retry');
const CODES = namesOf(Object.fromEntries(Object.entries(ERRORS).map(([name, { number }]) => [name, number])) as Readonly<Record<ErrorCode, number>>);

/** The number of an error, which is the status of its frame. */
export function statusOf({ code }: ContractError): number {
  return ERRORS[code].number;
}

/** The text is what fits of the message; subject and reason are words here and have no place in C. */
export function writeError(frame: FrameWriter, error: ContractError): void {
  const at = ERROR.write(frame, { code: statusOf(error), category: CATEGORIES[snake(error.category)]!, retry: RETRIES[snake(error.retry)]! });
  const text = error.supportId === undefined ? error.message : `${error.message} (${error.supportId})`;
  ERROR.put(frame, at, 'text', utf8Within(text, ERROR.place('text').room));
}

/** What may come behind it is left for the caller. */
export function readError(frame: FrameReader): ContractError {
  const error = ERROR.read(frame);
  const text = error.raw('text');
  const end = !text.includes(0) ? text.length : text.indexOf(0);
  const code = CODES.get(error.number('code')) ?? refuse('error.code', String(error.number('code')), 'an error of the contract');
  return new ContractError(code, textOf(text.subarray(0, end)) ?? '');
}
