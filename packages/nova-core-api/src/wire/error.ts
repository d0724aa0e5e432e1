import { REASONS } from '../reasons.ts';
import { snake } from '../emit/form.ts';
import { ContractError, ERRORS, type ErrorCode } from '../errors.ts';
import type { Offer } from '../handshake.ts';
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

/** Text and subject are what fits of them; the reason is its number. */
export function writeError(frame: FrameWriter, error: ContractError): void {
  const at = ERROR.write(frame, { code: statusOf(error), category: CATEGORIES[snake(error.category)]!, retry: RETRIES[snake(error.retry)]!, reason: error.reason === undefined ? 0 : REASONS[error.reason] });
  const text = error.supportId === undefined ? error.message : `${error.message} (${error.supportId})`;
  ERROR.put(frame, at, 'text', utf8Within(text, ERROR.place('text').room));
  ERROR.put(frame, at, 'about', utf8Within(error.subject ?? '', ERROR.place('about').room));
}

/** Members up to the text were there from the first; what came later counts as empty where it is not. */
const LEAST = ERROR.place('about').at;
const REASON_NAMES = namesOf(REASONS);

/**
 * What may come behind it is left for the caller.
 *
 * @param offered - of the core, which a refusal for versions carries
 */
export function readError(frame: FrameReader, offered?: Offer['interfaces']): ContractError {
  const error = ERROR.read(frame, LEAST);
  const words = (member: string): string => {
    const bytes = error.raw(member);
    return textOf(bytes.subarray(0, !bytes.includes(0) ? bytes.length : bytes.indexOf(0))) ?? '';
  };
  const code = CODES.get(error.number('code')) ?? refuse('error.code', String(error.number('code')), 'an error of the contract');
  const [subject, reason] = [words('about'), REASON_NAMES.get(error.number('reason'))];
  return new ContractError(code, words('text'), { ...(subject !== '' && { subject }), ...(reason !== undefined && { reason }), ...(code === 'VersionMismatch' && offered && { offered }) });
}
