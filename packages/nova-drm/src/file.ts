import { ContractError, type Region, type Session } from '@nova-stack/nova-core-api';

import { DrmError } from './errors.ts';
import { drm_gem_close, drm_nova_gem_create, drm_nova_gem_info, drm_nova_getparam, ERRNO, IOCTL, NOVA_GETPARAM_VRAM_BAR_SIZE } from './uapi.ts';

const PAGE = 4096n;
const NR_MASK = 0xff;

interface GemObject {
  readonly region: Region;
  readonly size: number;
}

/** An open of the device node. Handles belong to it and go with it. */
export interface DrmFile {
  /**
   * An ioctl by its bytes: `argument` is read, and written as the kernel writes it, also when the call fails.
   *
   * @returns 0, or a negative errno
   */
  ioctl(request: number, argument: Uint8Array): Promise<number>;
  /** Looks a buffer up, for access as if it were mapped. @throws {DrmError} `ENOENT`. */
  buffer(handle: number): { readonly size: number; read(offset: number, length: number): Uint8Array; write(offset: number, bytes: Uint8Array): void };
  readonly handles: readonly number[];
  /** Gives everything back. Always works. */
  close(): Promise<void>;
}

type Handler = (file: File, argument: Uint8Array) => void | Promise<void>;

/** By number alone, as the kernel looks them up. */
const HANDLERS: Readonly<Record<number, { readonly size: number; readonly run: Handler }>> = {
  [IOCTL.GEM_CLOSE & NR_MASK]: { size: drm_gem_close.size, run: (file, argument) => file.closeHandle(argument) },
  [IOCTL.NOVA_GETPARAM & NR_MASK]: { size: drm_nova_getparam.size, run: (file, argument) => { file.getparam(argument); } },
  [IOCTL.NOVA_GEM_CREATE & NR_MASK]: { size: drm_nova_gem_create.size, run: (file, argument) => file.gemCreate(argument) },
  [IOCTL.NOVA_GEM_INFO & NR_MASK]: { size: drm_nova_gem_info.size, run: (file, argument) => { file.gemInfo(argument); } },
};

export class File implements DrmFile {
  readonly #session: Session;
  readonly #closed: (file: File) => void;
  readonly #objects = new Map<number, GemObject>();
  #open = true;

  constructor(session: Session, closed: (file: File) => void) {
    this.#session = session;
    this.#closed = closed;
  }

  get handles(): readonly number[] {
    return [...this.#objects.keys()];
  }

  async ioctl(request: number, argument: Uint8Array): Promise<number> {
    try {
      if (!this.#open || this.#session.state === 'Lost') throw new DrmError('ENODEV', 'The device is gone');
      if (((request >>> 8) & 0xff) !== 0x64) throw new DrmError('ENOTTY', `Request 0x${request.toString(16)} is none of DRM`);
      const handler = HANDLERS[request & NR_MASK];
      if (!handler) throw new DrmError('EINVAL', `There is no ioctl 0x${request.toString(16)}`);
      const size = (request >>> 16) & 0x3fff;
      if (argument.length < size) throw new DrmError('EFAULT', `The argument has ${argument.length} bytes, the request says ${size}`);
      // What the caller does not give is zero; what it has no room for is left out.
      const kernel = new Uint8Array(Math.max(size, handler.size));
      kernel.set(argument.subarray(0, size));
      try {
        await handler.run(this, kernel);
      } finally {
        argument.set(kernel.subarray(0, size));
      }
      return 0;
    } catch (error) {
      return -ERRNO[errnoOf(error)];
    }
  }

  buffer(handle: number): ReturnType<DrmFile['buffer']> {
    const { region, size } = this.#lookup(handle);
    return {
      size,
      read: (offset, length) => region.read({ offset, length }).bytes,
      write: (offset, bytes) => { region.write({ offset, bytes }); },
    };
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    this.#closed(this);
    for (const [handle, { region }] of [...this.#objects].reverse()) {
      this.#objects.delete(handle);
      await region.release();
    }
  }

  getparam(argument: Uint8Array): void {
    const { param } = drm_nova_getparam.read(argument);
    // Linux compares the low 32 bits only.
    if (Number(param & 0xffffffffn) !== NOVA_GETPARAM_VRAM_BAR_SIZE) throw new DrmError('EINVAL', `There is no parameter ${String(param)}`);
    drm_nova_getparam.write(argument, 0, { param, value: BigInt(this.#session.base.deviceInfo().info.aperture) });
  }

  async gemCreate(argument: Uint8Array): Promise<void> {
    const { size: wanted } = drm_nova_gem_create.read(argument);
    const size = (wanted + PAGE - 1n) & ~(PAGE - 1n);
    if (wanted === 0n || size > BigInt(Number.MAX_SAFE_INTEGER)) throw new DrmError('EINVAL', `A buffer of ${String(wanted)} bytes cannot be made`);
    const { region, size: given } = await this.#session.base.allocate({ size: Number(size) });
    let handle = 1;
    while (this.#objects.has(handle)) handle++;
    this.#objects.set(handle, { region, size: given });
    drm_nova_gem_create.write(argument, 0, { handle, size: wanted });
  }

  gemInfo(argument: Uint8Array): void {
    const { handle } = drm_nova_gem_info.read(argument);
    drm_nova_gem_info.write(argument, 0, { handle, size: BigInt(this.#lookup(handle).size) });
  }

  async closeHandle(argument: Uint8Array): Promise<void> {
    const { handle } = drm_gem_close.read(argument);
    const object = this.#objects.get(handle);
    if (!object) throw new DrmError('EINVAL', `There is no handle ${handle}`);
    this.#objects.delete(handle);
    await object.region.release();
  }

  #lookup(handle: number): GemObject {
    const object = this.#objects.get(handle);
    if (!object) throw new DrmError('ENOENT', `There is no handle ${handle}`);
    return object;
  }
}

function errnoOf(error: unknown): keyof typeof ERRNO {
  if (error instanceof DrmError) return error.code;
  if (!(error instanceof ContractError)) throw error;
  if (error.category === 'lost' || error.code === 'InvalidState') return 'ENODEV';
  return error.category === 'resource' ? 'ENOMEM' : 'EINVAL';
}
