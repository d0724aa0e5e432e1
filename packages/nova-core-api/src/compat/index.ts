export { changesBetween, stepOf, versionStep, type Change, type Step } from './changes.ts';
export { checkRelease } from './release.ts';
