import { ClassicLevel } from 'classic-level';
import type { AssignmentStore, StoredAssignment } from '@nova-stack/vgpu/provisioning';

import { JobError } from './job-error.ts';

export interface AssignmentFiles extends AssignmentStore {
  close(): Promise<void>;
}

/**
 * Assignments in the files of a folder: a LevelDB, which takes each change whole or not at all, has it on the disk before it says so,
 * and lets one process in at a time; a process that is killed lets go of it.
 *
 * @throws {JobError} for a folder that somebody else uses, that cannot be written, or whose files are damaged
 */
export async function openAssignmentFiles(folder: string): Promise<AssignmentFiles> {
  const files = new ClassicLevel<string, StoredAssignment>(folder, { valueEncoding: 'json' });
  try {
    await files.open();
  } catch (error) {
    throw new JobError(`--store ${folder}: ${reason(error)}`);
  }
  const durable = { sync: true };
  return {
    load: async () => (await files.values().all().catch((error: unknown) => {
      throw new JobError(`--store ${folder}: ${reason(error)}`);
    })),
    put: (one) => files.put(one.uuid, one, durable),
    remove: (uuid) => files.del(uuid, durable),
    close: () => files.close(),
  };
}

interface LevelError {
  readonly code?: string;
  readonly message: string;
  readonly cause?: LevelError;
}

/** What lies at the bottom, in words. */
function reason(thrown: unknown): string {
  let error = thrown as LevelError;
  while (error.cause) error = error.cause;
  if (error.code === 'LEVEL_LOCKED') return 'another process uses it';
  return error.message;
}
