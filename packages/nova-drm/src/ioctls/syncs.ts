import type { File } from '../file.ts';
import { DrmError } from '../errors.ts';
import type { Fence } from '../sync/fence.ts';
import type { Syncobj } from '../sync/syncobj.ts';
import { drm_nouveau_sync, SYNC_TYPE } from '../uapi/nouveau.ts';
import { readRecords } from '../user-memory.ts';

/** The arrays of VM_BIND and EXEC that say what is waited for and what signals. */
export interface SyncArrays {
  readonly wait_count: number;
  readonly sig_count: number;
  readonly wait_ptr: bigint;
  readonly sig_ptr: bigint;
}

type Sync = ReturnType<typeof drm_nouveau_sync.read>;

export interface Syncs {
  readonly waits: readonly Fence[];
  /** Hands the fence of the work to those who are to have it; cannot fail. */
  readonly attach: (done: Fence) => void;
}

/** Copies both arrays in. @throws {DrmError} `EFAULT`, `ENOMEM` */
export function readSyncs({ parts: { memory } }: File, { wait_count, sig_count, wait_ptr, sig_ptr }: SyncArrays): { readonly waits: readonly Sync[]; readonly signals: readonly Sync[] } {
  return { waits: readRecords(memory, wait_ptr, wait_count, drm_nouveau_sync), signals: readRecords(memory, sig_ptr, sig_count, drm_nouveau_sync) };
}

/**
 * Finds what they name. linux: drivers/gpu/drm/nouveau/nouveau_sched.c
 *
 * @throws {DrmError} `EOPNOTSUPP` or `EINVAL` for an unknown type, `ENOENT`; `EINVAL` to wait for what nobody has submitted
 */
export function findSyncs(file: File, { waits, signals }: ReturnType<typeof readSyncs>): Syncs {
  const fences = waits.map((sync) => objectOf(file, sync, 'EOPNOTSUPP').require(pointOf(sync)));
  const out = signals.map((sync) => [objectOf(file, sync, 'EINVAL'), sync] as const);
  return {
    waits: fences,
    attach(done) {
      for (const [object, sync] of out) {
        if ((sync.flags & SYNC_TYPE.MASK) === SYNC_TYPE.TIMELINE_SYNCOBJ) object.add(sync.timeline_value, done);
        else object.replace(done);
      }
    },
  };
}

function objectOf({ syncobjs }: File, { flags, handle }: Sync, unknown: 'EOPNOTSUPP' | 'EINVAL'): Syncobj {
  const type = flags & SYNC_TYPE.MASK;
  if (type !== SYNC_TYPE.SYNCOBJ && type !== SYNC_TYPE.TIMELINE_SYNCOBJ) throw new DrmError(unknown, `There is no sync object of type ${type}`);
  return syncobjs.get(handle);
}

const pointOf = ({ flags, timeline_value }: Sync): bigint => ((flags & SYNC_TYPE.MASK) === SYNC_TYPE.TIMELINE_SYNCOBJ ? timeline_value : 0n);
