export { CASES, obstacle, runCase, runCases, type CaseResult } from './run.ts';
export { ConformanceError, type ConformanceCase } from './case.ts';
export type { CoreUnderTest, Lent, Means, Mishap } from './core-under-test.ts';
