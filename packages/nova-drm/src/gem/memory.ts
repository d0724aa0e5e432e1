import { ContractError, type Region, type Session } from '@nova-stack/nova-core-api';

import { DrmError } from '../errors.ts';

/** Where the bytes of an object are. */
export interface Memory {
  read(offset: number, length: number): Uint8Array;
  write(offset: number, bytes: Uint8Array): void;
  /** Never throws: memory that cannot be given back stays with the core, which knows; for userspace it is gone either way. */
  release(): Promise<void>;
}

/** Memory of the device. @throws {ContractError} `NoMemory`, `DeviceLost`, … */
export async function deviceMemory({ base }: Session, size: number): Promise<Memory> {
  const { region } = await base.allocate({ size });
  return {
    read: (offset, length) => region.read({ offset, length }).bytes,
    write: (offset, bytes) => { region.write({ offset, bytes }); },
    release: () => giveBack(region),
  };
}

async function giveBack(region: Region): Promise<void> {
  try {
    await region.release();
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
  }
}

/** Memory of this process, up to a limit that all files of a device share. It is the CPU's alone until queues reach it. */
export class SystemMemory {
  readonly limit: number;
  #used = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  get used(): number {
    return this.#used;
  }

  /** @throws {DrmError} `ENOMEM` */
  take(size: number): Memory {
    if (this.#used + size > this.limit) throw new DrmError('ENOMEM', `${size} bytes do not fit into ${this.limit} bytes of system memory, of which ${this.#used} are used`);
    this.#used += size;
    const bytes = new Uint8Array(size);
    return {
      read: (offset, length) => bytes.slice(offset, offset + length),
      write: (offset, from) => { bytes.set(from, offset); },
      release: () => {
        this.#used -= size;
        return Promise.resolve();
      },
    };
  }
}
