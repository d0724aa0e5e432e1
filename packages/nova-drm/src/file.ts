import { ContractError, type Region, type Session } from '@nova-stack/nova-core-api';

import { dispatch, type Ioctl } from './dispatch.ts';
import { DrmError, errnoOf } from './errors.ts';
import { drm_gem_close, drm_nova_gem_create, drm_nova_gem_info, drm_nova_getparam, ERRNO, IOCTL, NOVA_GETPARAM_VRAM_BAR_SIZE } from './uapi.ts';

const PAGE = 4096n;
const U64 = 2n ** 64n;

interface GemObject {
  readonly region: Region;
  /** What was asked for, rounded up to pages; the region may have more. */
  readonly size: number;
}

/** A buffer as if it were mapped. It goes with its handle. */
export interface DrmBuffer {
  /** Bytes, a multiple of 4096. */
  readonly size: number;
  /** @throws {DrmError} `EINVAL` outside the buffer, `ENODEV`, `EIO`. */
  read(offset: number, length: number): Uint8Array;
  /** @throws {DrmError} as `read`. */
  write(offset: number, bytes: Uint8Array): void;
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
  /** Looks a buffer up. @throws {DrmError} `EBADF`, `ENOENT`. */
  buffer(handle: number): DrmBuffer;
  /** From 1; of those that are free the lowest is given first. */
  readonly handles: readonly number[];
  /** Waits for calls under way, then gives everything back, last first. Always works; twice is once. */
  close(): Promise<void>;
}

/** linux: drivers/gpu/drm/nova/driver.rs, and GEM_CLOSE of drivers/gpu/drm/drm_gem.c */
const IOCTLS: readonly Ioctl<File>[] = [
  { request: IOCTL.GEM_CLOSE, run: (file, argument) => file.gemClose(argument) },
  { request: IOCTL.NOVA_GETPARAM, run: (file, argument) => { file.getparam(argument); } },
  { request: IOCTL.NOVA_GEM_CREATE, run: (file, argument) => file.gemCreate(argument) },
  { request: IOCTL.NOVA_GEM_INFO, run: (file, argument) => { file.gemInfo(argument); } },
];

export class File implements DrmFile {
  readonly #session: Session;
  readonly #closed: (file: File) => void;
  readonly #objects = new Map<number, GemObject>();
  readonly #running = new Set<Promise<number>>();
  #closing: Promise<void> | undefined;

  constructor(session: Session, closed: (file: File) => void) {
    this.#session = session;
    this.#closed = closed;
  }

  get handles(): readonly number[] {
    return [...this.#objects.keys()];
  }

  ioctl(request: number, argument: Uint8Array): Promise<number> {
    const call = this.#ioctl(request, argument).finally(() => this.#running.delete(call));
    this.#running.add(call);
    return call;
  }

  buffer(handle: number): DrmBuffer {
    const { region, size } = this.#lookup(handle);
    const inside = (offset: number, length: number): void => {
      if (!(offset >= 0 && offset + length <= size)) throw new DrmError('EINVAL', `${length} bytes at ${offset} are outside the buffer of ${size} bytes`);
    };
    return {
      size,
      read: (offset, length) => translated(() => { inside(offset, length); return region.read({ offset, length }).bytes; }),
      write: (offset, bytes) => { translated(() => { inside(offset, bytes.length); region.write({ offset, bytes }); }); },
    };
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  getparam(argument: Uint8Array): void {
    const asked = drm_nova_getparam.read(argument);
    // Linux compares the low 32 bits only.
    if (BigInt.asUintN(32, asked.param) !== BigInt(NOVA_GETPARAM_VRAM_BAR_SIZE)) throw new DrmError('EINVAL', `There is no parameter ${asked.param}`);
    drm_nova_getparam.write(argument, 0, { ...asked, value: BigInt(this.#session.base.deviceInfo().info.aperture) });
  }

  /** Every call makes a new handle. The size is not written back; GEM_INFO has it. */
  async gemCreate(argument: Uint8Array): Promise<void> {
    const asked = drm_nova_gem_create.read(argument);
    const size = ((asked.size + PAGE - 1n) / PAGE) * PAGE;
    if (size === 0n || size >= U64) throw new DrmError('EINVAL', `A buffer of ${asked.size} bytes cannot be made`);
    if (size > BigInt(Number.MAX_SAFE_INTEGER)) throw new DrmError('ENOMEM', `There are no ${size} bytes`);
    const { region } = await this.#session.base.allocate({ size: Number(size) });
    let handle = 1;
    while (this.#objects.has(handle)) handle++;
    this.#objects.set(handle, { region, size: Number(size) });
    drm_nova_gem_create.write(argument, 0, { ...asked, handle });
  }

  gemInfo(argument: Uint8Array): void {
    const asked = drm_nova_gem_info.read(argument);
    drm_nova_gem_info.write(argument, 0, { ...asked, size: BigInt(this.#lookup(asked.handle).size) });
  }

  async gemClose(argument: Uint8Array): Promise<void> {
    const { handle } = drm_gem_close.read(argument);
    const object = this.#objects.get(handle);
    if (!object) throw new DrmError('EINVAL', `There is no handle ${handle}`);
    this.#objects.delete(handle);
    await giveBack(object);
  }

  async #ioctl(request: number, argument: Uint8Array): Promise<number> {
    try {
      this.#usable();
      await dispatch(IOCTLS, this, request, argument);
      return 0;
    } catch (error) {
      return -ERRNO[errnoOf(error)];
    }
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#running);
    for (const object of [...this.#objects.values()].reverse()) await giveBack(object);
    this.#objects.clear();
    this.#closed(this);
  }

  #lookup(handle: number): GemObject {
    if (this.#closing) throw new DrmError('EBADF', 'The file is closed');
    const object = this.#objects.get(handle);
    if (!object) throw new DrmError('ENOENT', `There is no handle ${handle}`);
    return object;
  }

  #usable(): void {
    if (this.#closing) throw new DrmError('EBADF', 'The file is closed');
    if (this.#session.state !== 'Attached') throw new DrmError('ENODEV', 'The device is gone');
  }
}

function translated<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const code = errnoOf(error);
    throw error instanceof DrmError ? error : new DrmError(code, (error as ContractError).message);
  }
}

/** Memory that cannot be given back stays with the core, which knows; for userspace the handle is gone either way. */
async function giveBack({ region }: GemObject): Promise<void> {
  try {
    await region.release();
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
  }
}
