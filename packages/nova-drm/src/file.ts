import type { Session } from '@nova-stack/nova-core-api';

import type { DrmClock } from './clock.ts';
import { dispatch } from './dispatch.ts';
import { DrmError, errnoOf } from './errors.ts';
import type { Face } from './face.ts';
import { MapOffsets, type GemObject } from './gem/object.ts';
import type { SystemMemory } from './gem/memory.ts';
import { Handles } from './handles.ts';
import { createFence, type Fence, type Signal } from './sync/fence.ts';
import type { JobQueue } from './sync/job-queue.ts';
import type { Syncobj } from './sync/syncobj.ts';
import { ERRNO } from './uapi/errno.ts';
import type { UserMemory } from './user-memory.ts';
import type { VaSpace } from './vm/va-space.ts';

/** A buffer as the CPU sees it. */
export interface DrmBuffer {
  /** Bytes, a multiple of 4096. */
  readonly size: number;
  /** @throws {DrmError} `EINVAL` outside the buffer, `ENODEV`, `EIO`. */
  read(offset: number, length: number): Uint8Array;
  /** @throws {DrmError} as `read`. */
  write(offset: number, bytes: Uint8Array): void;
}

/** What `mmap` gave. It keeps its buffer until it is unmapped. */
export interface DrmMapping extends DrmBuffer {
  unmap(): Promise<void>;
}

/** An open of the device node. Handles belong to it and go with it. */
export interface DrmFile {
  /**
   * An ioctl by its bytes: `argument` is read, and written as the kernel writes it, also when the call fails.
   *
   * @param request - as userspace computes it; see `IOCTL`
   * @returns 0, or a negative errno
   */
  ioctl(request: number, argument: Uint8Array): Promise<number>;
  /** Looks a buffer up; it goes with its handle. @throws {DrmError} `EBADF`, `ENOENT`. */
  buffer(handle: number): DrmBuffer;
  /**
   * Maps a buffer, or its first bytes, at the offset that `GEM_INFO` told (`map_handle`).
   *
   * @throws {DrmError} `EBADF`; `ENODEV`; `EINVAL` where no buffer of this file is shown, as always in nova's interface
   */
  mmap(offset: bigint, length: number): DrmMapping;
  /** From 1; of those that are free the lowest is given first. */
  readonly handles: readonly number[];
  /** Waits for calls under way, then gives everything back, last first. Always works; twice is once. */
  close(): Promise<void>;
}

/** What a file works with. */
export interface FileParts {
  readonly session: Session;
  readonly face: Face;
  readonly memory: UserMemory;
  readonly clock: DrmClock;
  /** Of the device, for all its files. */
  readonly system: SystemMemory;
  readonly closed: (file: File) => void;
}

/** An address space, and the queue of the work on it. */
export interface Vm {
  readonly space: VaSpace<GemObject>;
  readonly binds: JobQueue;
}

export class File implements DrmFile {
  readonly parts: FileParts;
  readonly objects: Handles<GemObject>;
  readonly syncobjs: Handles<Syncobj>;
  readonly channels: Handles<JobQueue>;
  readonly mapOffsets: MapOffsets = new MapOffsets();
  vm: Vm | undefined;
  /** Whether it is too late for an address space of its own. */
  vmDisabled: boolean = false;
  readonly #gone: Signal = createFence();
  readonly #mappings = new Set<GemObject>();
  readonly #running = new Set<Promise<number>>();
  #closing: Promise<void> | undefined;

  constructor(parts: FileParts) {
    this.parts = parts;
    this.objects = new Handles('buffer');
    this.syncobjs = new Handles('sync object');
    this.channels = new Handles('channel');
  }

  /** Signals when the device has gone, or the file is being closed: nobody waits any longer. */
  get gone(): Fence {
    return this.#gone.fence;
  }

  get handles(): readonly number[] {
    return this.objects.numbers;
  }

  ioctl(request: number, argument: Uint8Array): Promise<number> {
    const call = this.#ioctl(request, argument).finally(() => this.#running.delete(call));
    this.#running.add(call);
    return call;
  }

  buffer(handle: number): DrmBuffer {
    if (this.#closing) throw new DrmError('EBADF', 'The file is closed');
    return seen(this.objects.get(handle));
  }

  mmap(offset: bigint, length: number): DrmMapping {
    this.#usable();
    const object = this.objects.numbers.map((handle) => this.objects.get(handle)).find(({ facts }) => facts.domain !== 0 && facts.mapOffset === offset);
    if (!object || !(length > 0 && length <= object.size)) throw new DrmError('EINVAL', `No ${length} bytes are shown at 0x${offset.toString(16)}`);
    object.hold();
    this.#mappings.add(object);
    let unmapped: Promise<void> | undefined;
    const usable = (): void => {
      if (unmapped) throw new DrmError('EINVAL', 'The mapping is gone');
      if (this.#closing) throw new DrmError('ENODEV', 'The device is gone');
    };
    const view = seen(object, length, usable);
    return { ...view, unmap: () => (unmapped ??= this.#mappings.delete(object) ? object.drop() : Promise.resolve()) };
  }

  /** @throws {DrmError} `ENODEV`: the device has gone; every wait and every job of this file ends with it. */
  lost(): void {
    for (const channel of this.#queues()) channel.kill('ENODEV');
    this.#gone.signal('ENODEV');
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #ioctl(request: number, argument: Uint8Array): Promise<number> {
    try {
      this.#usable();
      await dispatch(this.parts.face.ioctls, this, request, argument);
      return 0;
    } catch (error) {
      return -ERRNO[errnoOf(error)];
    }
  }

  async #close(): Promise<void> {
    // Whoever waits for something that nobody can submit any more is let go.
    this.#gone.signal('ENODEV');
    await Promise.allSettled(this.#running);
    // Jobs wait for jobs before them alone, so all of them end.
    await Promise.all(this.#queues().map((queue) => queue.idle()));
    for (const channel of this.channels.clear()) channel.kill('ENODEV');
    if (this.vm) {
      this.vm.binds.kill('ENODEV');
      for (const { object } of [...this.vm.space.clear()].reverse()) await object.drop();
    }
    this.syncobjs.clear();
    for (const object of this.#mappings) await object.drop();
    this.#mappings.clear();
    for (const object of this.objects.clear()) await object.drop();
    this.parts.closed(this);
  }

  #queues(): JobQueue[] {
    return [...this.channels.numbers.map((number) => this.channels.get(number)), ...(this.vm ? [this.vm.binds] : [])];
  }

  #usable(): void {
    if (this.#closing) throw new DrmError('EBADF', 'The file is closed');
    if (this.parts.session.state !== 'Attached' || this.#gone.fence.signalled) throw new DrmError('ENODEV', 'The device is gone');
  }
}

function seen(object: GemObject, size: number = object.size, usable: () => void = () => undefined): DrmBuffer {
  const inside = (offset: number, length: number): void => {
    usable();
    object.inside(offset, length);
    if (offset + length > size) throw new DrmError('EINVAL', `${length} bytes at ${offset} are outside the mapping of ${size} bytes`);
  };
  return {
    size,
    read: (offset, length) => translated(() => { inside(offset, length); return object.memory.read(offset, length); }),
    write: (offset, bytes) => { translated(() => { inside(offset, bytes.length); object.memory.write(offset, bytes); }); },
  };
}

function translated<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const code = errnoOf(error);
    throw error instanceof DrmError ? error : new DrmError(code, (error as Error).message);
  }
}
