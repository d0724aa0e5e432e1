/** Invariants that the model's properties look at in every run, beside the tests of their own. */
export const MODELLED: readonly number[] = [
  1, 2, 6, 7, 8, 11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48,
];
