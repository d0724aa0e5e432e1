/** What a release does not have, or what this model does not know of it, with the reason in words. */
export interface Absent {
  readonly absent: string;
}

/** Declares that a release lacks something. */
export const absent = (reason: string): Absent => ({ absent: reason });

export function isAbsent(value: object): value is Absent {
  return 'absent' in value;
}
