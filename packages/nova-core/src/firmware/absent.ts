import { NovaCoreError, type Step } from '../errors.ts';

/** Something that a firmware version does not have, or that is not known of it. */
export interface Absent {
  /** Why, as a sentence without subject that fits behind `firmware 1.2.3 …`. */
  readonly absent: string;
}

export const absent = (reason: string): Absent => ({ absent: reason });

export const isAbsent = (intent: object): intent is Absent => 'absent' in intent;

/** What a user is told who asks for it. */
export function notInFirmware(version: string, step: Step, what: string, { absent: reason }: Absent): NovaCoreError {
  return new NovaCoreError('NOT_IN_FIRMWARE', step, `no ${what}: firmware ${version} ${reason}`, { detail: { version, what, reason } });
}
