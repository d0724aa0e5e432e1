/** The job cannot be done, or did not do what it must: one line for the user, exit status 1. */
export class JobError extends Error {
  override readonly name = 'JobError';
}
