/**
 * What is kept of a provisioned virtual GPU. `making` and `removing` are written before the core is asked, so that whoever finds
 * them after a crash knows what was going on.
 */
export interface StoredAssignment {
  /** Its name, as in RFC 9562, lower case. */
  readonly uuid: string;
  /** The device that it is on, as 32 hexadecimal digits: the `uuid` of the contract's `DeviceInfo`. */
  readonly gpu: string;
  /** Product name of its type. */
  readonly type: string;
  /** What it is held with, as 32 hexadecimal digits. */
  readonly owner: string;
  /** Index of the virtual function; absent until the core has named one. */
  readonly vf?: number;
  readonly step: 'making' | 'made' | 'removing';
}

/**
 * Keeps assignments over restarts. Each call is atomic and durable: when it has resolved, a process that is killed at any moment
 * finds all of it, and when it has not, all or nothing of it.
 */
export interface AssignmentStore {
  /** All that is there, in any order. */
  load(): Promise<readonly StoredAssignment[]>;
  /** Puts one in the place of what has the same `uuid`. */
  put(assignment: StoredAssignment): Promise<void>;
  /** Forgets one; one that is not there is no error. */
  remove(uuid: string): Promise<void>;
}

/** A store that lasts as long as the process. */
export function createMemoryStore(): AssignmentStore {
  const all = new Map<string, StoredAssignment>();
  return {
    load: () => Promise.resolve([...all.values()]),
    put(one) {
      all.set(one.uuid, one);
      return Promise.resolve();
    },
    remove(uuid) {
      all.delete(uuid);
      return Promise.resolve();
    },
  };
}
