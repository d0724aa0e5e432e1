/**
 * Why an error came about, where its code leaves that open: a stable word here, its number in C. Open: more may come, and
 * who reads one that it does not know goes by the code.
 */
export const REASONS = {
  'not-offered': 1,
  'core-too-old': 2,
  'client-too-old': 3,
  'required-major': 4,
  'other-release': 5,
  'other-size': 6,
  'memory-protection': 7,
  'no-capacity': 8,
  'no-function': 9,
  'no-placement': 10,
  'other-mode': 11,
} as const;

export type Reason = keyof typeof REASONS;
