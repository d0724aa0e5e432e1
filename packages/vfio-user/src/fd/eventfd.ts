import { closeSync, openSync, readlinkSync } from 'node:fs';

import { SystemError } from './errors.ts';
import type { LibC } from './libc.ts';

/** Numbers of system calls (linux: arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h). */
const CALLS = process.arch === 'x64' ? { setup: 206, destroy: 207, getEvents: 208, submit: 209 } : { setup: 0, destroy: 1, getEvents: 4, submit: 2 };
/** struct iocb (linux: include/uapi/linux/aio_abi.h). */
const IOCB = { size: 64, fildes: 20, buffer: 24, flags: 56, resultFd: 60 } as const;
const IOCB_FLAG_RESFD = 1;
const RWF_NOWAIT = 8;
const [EINTR, EAGAIN] = [4, 11];

/**
 * Adds one to eventfds that belong to somebody else.
 *
 * A plain write waits while the counter is full, and the peer could fill it and clear O_NONBLOCK at any moment: the
 * whole process would stand still. The kernel's own signal at the end of an asynchronous read never waits, so each
 * signal is one: of no bytes of /dev/null.
 */
export class Signals {
  readonly #c: LibC;
  readonly #context: number;
  readonly #nothing: number;
  readonly #block: DataView;
  readonly #list: Uint8Array;
  readonly #events: Uint8Array = new Uint8Array(new ArrayBuffer(128));
  readonly #vector: Uint8Array = new Uint8Array(new ArrayBuffer(16));
  readonly #value: DataView = new DataView(new ArrayBuffer(8));

  /** @throws {@link SystemError} where the kernel has no asynchronous I/O. */
  constructor(c: LibC) {
    this.#c = c;
    const context = new DataView(new ArrayBuffer(8));
    if (c.ioSetup(CALLS.setup, 1, new Uint8Array(context.buffer)) < 0) throw new SystemError('io_setup', c.koffi.errno());
    this.#context = Number(context.getBigUint64(0, true));
    this.#nothing = openSync('/dev/null', 'r');
    this.#block = new DataView(new ArrayBuffer(IOCB.size));
    this.#block.setUint32(IOCB.fildes, this.#nothing, true);
    this.#block.setBigUint64(IOCB.buffer, c.koffi.address(this.#events.buffer), true);
    this.#block.setUint32(IOCB.flags, IOCB_FLAG_RESFD, true);
    const list = new DataView(new ArrayBuffer(8));
    list.setBigUint64(0, c.koffi.address(this.#block.buffer), true);
    this.#list = new Uint8Array(list.buffer);
    const vector = new DataView(this.#vector.buffer);
    vector.setBigUint64(0, c.koffi.address(this.#value.buffer), true);
    vector.setBigUint64(8, 8n, true);
  }

  /** @throws {@link SystemError} */
  signal(eventfd: number): void {
    this.#block.setUint32(IOCB.resultFd, eventfd, true);
    if (this.#c.ioCall(CALLS.submit, this.#context, 1, this.#list) < 1) throw new SystemError('io_submit', this.#c.koffi.errno());
    this.#c.ioGetEvents(CALLS.getEvents, this.#context, 0, 4, this.#events, null);
  }

  /** Takes the counter and sets it to 0, without waiting; 0 when it is 0. @throws {@link SystemError} */
  take(eventfd: number): number {
    if (this.#c.preadv2(eventfd, this.#vector, 1, -1, RWF_NOWAIT) === 8) return Number(this.#value.getBigUint64(0, true));
    const errno = this.#c.koffi.errno();
    if (errno === EAGAIN || errno === EINTR) return 0;
    throw new SystemError('preadv2', errno);
  }

  close(): void {
    this.#c.ioCall(CALLS.destroy, this.#context, 0, null);
    closeSync(this.#nothing);
  }
}

export const isEventfd = (fd: number): boolean => readlinkSync(`/proc/self/fd/${fd}`) === 'anon_inode:[eventfd]';
