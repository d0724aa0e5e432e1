import { createMemoryBus, createMemoryCore, type MemoryCore, type MemoryCoreOptions, type PluggedCore } from '@nova-stack/nova-core-api/testing';

import type { DrmClock } from './clock.ts';
import { createNovaDrm, type DrmDevice } from './driver.ts';
import type { DrmFile } from './file.ts';
import {
  drm_nouveau_channel_alloc, drm_nouveau_exec, drm_nouveau_exec_push, drm_nouveau_gem_info, drm_nouveau_gem_new, drm_nouveau_getparam, drm_nouveau_sync, drm_nouveau_vm_bind,
  drm_nouveau_vm_bind_op, drm_nouveau_vm_init, drm_syncobj_array, drm_syncobj_create, drm_syncobj_timeline_array, drm_syncobj_timeline_wait, drm_syncobj_wait, ERRNO, GEM_DOMAIN,
  IOCTL, type Errno,
} from './uapi/index.ts';
import { createUserMemory } from './user-memory.ts';

export const MiB: number = 2 ** 20;
export const NOTHING: ReturnType<MemoryCore['lent']> = { regions: 0, instances: 0, assignments: 0, bytes: 0, dirty: 0 };
export const PAGE: bigint = 0x1000n;
export const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
export const errno = (code: Errno): number => -ERRNO[code];

/** Time that stands until it is moved. */
export class Hand implements DrmClock {
  #now = 1000;
  #timers: { readonly due: number; readonly then: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(nanoseconds: number, then: () => void): () => void {
    const timer = { due: this.#now + nanoseconds, then };
    this.#timers.push(timer);
    return () => { this.#timers = this.#timers.filter((one) => one !== timer); };
  }

  get timers(): number {
    return this.#timers.length;
  }

  move(to: number): void {
    this.#now = to;
    for (const timer of this.#timers.filter(({ due }) => due <= to)) {
      this.#timers.splice(this.#timers.indexOf(timer), 1);
      timer.then();
    }
  }
}

/** A process with a file: its calls in words instead of bytes. */
export class Process {
  readonly memory: ReturnType<typeof createUserMemory> = createUserMemory(0x10000);
  readonly file: DrmFile;
  #top = 0n;

  constructor(device: DrmDevice) {
    this.file = device.open({ face: 'nouveau', memory: this.memory });
  }

  /** Puts bytes somewhere; from the start again after a while, for calls do not keep them. */
  place(...parts: readonly Uint8Array[]): bigint {
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    if (this.#top + BigInt(length) > 0x8000n) this.#top = 0n;
    const address = this.memory.base + this.#top;
    let at = address;
    for (const part of parts) {
      this.memory.write(at, part);
      at += BigInt(part.length);
    }
    this.#top += BigInt((length + 15) & ~15);
    return address;
  }

  words(width: 4 | 8, values: readonly (number | bigint)[]): bigint {
    return this.place(...values.map((value) => {
      const bytes = new Uint8Array(width);
      if (width === 4) new DataView(bytes.buffer).setUint32(0, Number(value), true);
      else new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
      return bytes;
    }));
  }

  call(request: number, argument: Uint8Array): Promise<number> {
    return this.file.ioctl(request, argument);
  }

  vmInit(addr = 0x80_0000_0000n, size = 0x80_0000_0000n): Promise<number> {
    return this.call(IOCTL.NOUVEAU_VM_INIT, drm_nouveau_vm_init.create({ kernel_managed_addr: addr, kernel_managed_size: size }));
  }

  async gem(size: number, domain: number = GEM_DOMAIN.VRAM): Promise<number> {
    const argument = drm_nouveau_gem_new.create({ info: { ...drm_nouveau_gem_info.read(new Uint8Array(40)), size: BigInt(size), domain } });
    const result = await this.call(IOCTL.NOUVEAU_GEM_NEW, argument);
    return result < 0 ? result : drm_nouveau_gem_new.read(argument).info.handle;
  }

  async syncobj(flags = 0): Promise<number> {
    const argument = drm_syncobj_create.create({ flags });
    const result = await this.call(IOCTL.SYNCOBJ_CREATE, argument);
    return result < 0 ? result : drm_syncobj_create.read(argument).handle;
  }

  async channel(engine = 1, modern = 0xffff_ffff): Promise<number> {
    const argument = drm_nouveau_channel_alloc.create({ fb_ctxdma_handle: modern, tt_ctxdma_handle: engine });
    const result = await this.call(IOCTL.NOUVEAU_CHANNEL_ALLOC, argument);
    return result < 0 ? result : drm_nouveau_channel_alloc.read(argument).channel;
  }

  syncs(syncs: readonly Sync[]): { readonly count: number; readonly ptr: bigint } {
    return { count: syncs.length, ptr: syncs.length === 0 ? 0n : this.place(...syncs.map(({ handle, point, flags }) => drm_nouveau_sync.create({ flags: flags ?? (point === undefined ? 0 : 1), handle, timeline_value: point ?? 0n }))) };
  }

  bind(ops: readonly Op[], { waits = [], signals = [], flags = waits.length + signals.length > 0 ? 1 : 0 }: Work & { readonly flags?: number } = {}): Promise<number> {
    const op_ptr = ops.length === 0 ? 0n : this.place(...ops.map(({ op = 0, flags: opFlags = 0, handle = 0, addr, offset = 0n, range }) => drm_nouveau_vm_bind_op.create({ op, flags: opFlags, handle, addr, bo_offset: offset, range })));
    const [wait, sig] = [this.syncs(waits), this.syncs(signals)];
    return this.call(IOCTL.NOUVEAU_VM_BIND, drm_nouveau_vm_bind.create({ op_count: ops.length, op_ptr, flags, wait_count: wait.count, wait_ptr: wait.ptr, sig_count: sig.count, sig_ptr: sig.ptr }));
  }

  exec(channel: number, { waits = [], signals = [] }: Work = {}, pushes: readonly number[] = []): Promise<number> {
    const push_ptr = pushes.length === 0 ? 0n : this.place(...pushes.map((va_len) => drm_nouveau_exec_push.create({ va: 0x1000n, va_len })));
    const [wait, sig] = [this.syncs(waits), this.syncs(signals)];
    return this.call(IOCTL.NOUVEAU_EXEC, drm_nouveau_exec.create({ channel, push_count: pushes.length, push_ptr, wait_count: wait.count, wait_ptr: wait.ptr, sig_count: sig.count, sig_ptr: sig.ptr }));
  }

  async wait(handles: readonly number[], { points, timeout = 0n, flags = 0 }: { readonly points?: readonly bigint[]; readonly timeout?: bigint; readonly flags?: number } = {}): Promise<{ readonly result: number; readonly first: number }> {
    const common = { handles: this.words(4, handles), timeout_nsec: timeout, count_handles: handles.length, flags, first_signaled: 77 };
    const layout = points ? drm_syncobj_timeline_wait : drm_syncobj_wait;
    const argument = points ? drm_syncobj_timeline_wait.create({ ...common, points: this.words(8, points) }) : drm_syncobj_wait.create(common);
    const result = await this.call(points ? IOCTL.SYNCOBJ_TIMELINE_WAIT : IOCTL.SYNCOBJ_WAIT, argument);
    return { result, first: layout.read(argument).first_signaled };
  }

  async query(handle: number, flags = 0): Promise<bigint | number> {
    const points = this.words(8, [0n]);
    const result = await this.call(IOCTL.SYNCOBJ_QUERY, drm_syncobj_timeline_array.create({ handles: this.words(4, [handle]), points, count_handles: 1, flags }));
    return result < 0 ? result : new DataView(this.memory.read(points, 8).buffer).getBigUint64(0, true);
  }

  signal(handle: number, point?: bigint): Promise<number> {
    return point === undefined
      ? this.call(IOCTL.SYNCOBJ_SIGNAL, drm_syncobj_array.create({ handles: this.words(4, [handle]), count_handles: 1 }))
      : this.call(IOCTL.SYNCOBJ_TIMELINE_SIGNAL, drm_syncobj_timeline_array.create({ handles: this.words(4, [handle]), points: this.words(8, [point]), count_handles: 1 }));
  }

  async param(param: bigint): Promise<bigint | number> {
    const argument = drm_nouveau_getparam.create({ param });
    const result = await this.call(IOCTL.NOUVEAU_GETPARAM, argument);
    return result < 0 ? result : drm_nouveau_getparam.read(argument).value;
  }
}

export interface Sync { readonly handle: number; readonly point?: bigint; readonly flags?: number }
export interface Work { readonly waits?: readonly Sync[]; readonly signals?: readonly Sync[] }
export interface Op { readonly op?: number; readonly flags?: number; readonly handle?: number; readonly addr: bigint; readonly offset?: bigint; readonly range: bigint }

export interface Setup {
  readonly core: MemoryCore;
  readonly plugged: PluggedCore;
  readonly device: DrmDevice;
  readonly clock: Hand;
  readonly p: Process;
}

export async function setup(options: MemoryCoreOptions & { readonly vm?: boolean; readonly systemMemory?: number } = {}): Promise<Setup> {
  const { bus, plug } = createMemoryBus();
  const core = createMemoryCore({ memory: 8 * MiB, ...options });
  const clock = new Hand();
  const drm = await createNovaDrm({ bus, clock, ...(options.systemMemory !== undefined && { systemMemory: options.systemMemory }) });
  const plugged = await plug(core);
  const device = drm.devices[0]!;
  const p = new Process(device);
  if (options.vm !== false && (await p.vmInit()) !== 0) throw new Error('VM_INIT failed');
  return { core, plugged, device, clock, p };
}

