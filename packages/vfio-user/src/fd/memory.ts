import { fstatSync, readSync, statfsSync, writeSync } from 'node:fs';

import { SystemError } from './errors.ts';
import type { LibC } from './libc.ts';

/** A piece of somebody's memory file. */
export interface FileMemory {
  /** `mapped` or `file`. */
  readonly how: string;
  /** Fills `into` from `start`, `length` bytes, with what is at `at`; false when it isn't there any more. */
  read(at: number, into: Uint8Array, start: number, length: number): boolean;
  write(at: number, from: Uint8Array, start: number, length: number): boolean;
  close(): void;
}

export interface Piece {
  /** First byte in the file, a multiple of 4096, and bytes. */
  readonly offset: number;
  readonly size: number;
  readonly writable: boolean;
}

const ERRNO = { EACCES: 13, EINVAL: 22, EMFILE: 24 } as const;
const [F_GETFL, F_ADD_SEALS, F_GET_SEALS] = [3, 1033, 1034];
const O_ACCMODE = { mask: 3, write: 1, both: 2 } as const;
const F_SEAL_SHRINK = 2;
const [PROT_READ, PROT_WRITE, MAP_SHARED] = [1, 2, 1];

/**
 * File systems whose files answer at once (linux: include/uapi/linux/magic.h). Those behind a process or a network could
 * keep this one waiting for ever, so their files are not touched.
 */
const TMPFS = 0x0102_1994;
const PROMPT: ReadonlySet<number> = new Set([TMPFS, 0x8584_58f6, 0xef53, 0x5846_5342, 0x9123_683e]);
/** Most different files of which descriptors are kept. */
const MAX_FILES = 64;
/** Most pieces and bytes that are mapped at a time: a process has only so many mappings (linux: vm.max_map_count, 65530) and addresses. */
const MAX_MAPPED = { pieces: 8192, bytes: 2 ** 44 } as const;

interface OpenFile {
  readonly fd: number;
  uses: number;
}

/**
 * Opens pieces of memory files that peers passed.
 *
 * A mapping of a file that gets shorter kills the process that touches it (SIGBUS), so only what can never get shorter
 * is mapped: a memory file that is sealed so, or lets itself be. Anything else is read and written by system calls,
 * which fail instead. Descriptors of one file are kept once, however many pieces there are.
 */
export class MemoryFiles {
  readonly #c: LibC;
  readonly #files = new Map<string, OpenFile>();
  readonly #mapped = { pieces: 0, bytes: 0 };

  constructor(c: LibC) {
    this.#c = c;
  }

  /** Takes `fd` over, also when it throws. undefined: no file that can be used. @throws {@link SystemError} */
  open(fd: number, piece: Piece): FileMemory | undefined {
    let kept = false;
    try {
      const { size, dev, ino } = usable(fd) ?? {};
      if (size === undefined) return undefined;
      if (piece.offset % 4096 !== 0 || piece.offset + piece.size > size) throw new SystemError('the memory file is too short, or the offset is odd', ERRNO.EINVAL);
      const access = this.#c.fcntl(fd, F_GETFL, 0) & O_ACCMODE.mask;
      if (access === O_ACCMODE.write || (piece.writable && access !== O_ACCMODE.both)) throw new SystemError('the descriptor does not allow what the range does', ERRNO.EACCES);
      if (this.#hasRoom(piece) && this.#keepsItsLength(fd)) return this.#map(fd, piece);
      const key = `${dev} ${ino} ${access}`;
      let file = this.#files.get(key);
      if (file === undefined) {
        if (this.#files.size >= MAX_FILES) throw new SystemError(`${MAX_FILES} memory files are open already`, ERRNO.EMFILE);
        this.#files.set(key, file = { fd, uses: 0 });
        kept = true;
      }
      return this.#called(key, file, piece);
    } finally {
      if (!kept) this.#c.close(fd);
    }
  }

  #hasRoom({ size }: Piece): boolean {
    return this.#mapped.pieces < MAX_MAPPED.pieces && this.#mapped.bytes + size <= MAX_MAPPED.bytes;
  }

  #map(fd: number, piece: Piece): FileMemory {
    const memory = mapped(this.#c, fd, piece, () => {
      this.#mapped.pieces--;
      this.#mapped.bytes -= piece.size;
    });
    this.#mapped.pieces++;
    this.#mapped.bytes += piece.size;
    return memory;
  }

  #keepsItsLength(fd: number): boolean {
    const seals = this.#c.fcntl(fd, F_GET_SEALS, 0);
    return seals >= 0 && ((seals & F_SEAL_SHRINK) !== 0 || this.#c.fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) === 0);
  }

  /** A piece that is reached by system calls. */
  #called(key: string, file: OpenFile, { offset }: Piece): FileMemory {
    file.uses++;
    const whole = (call: () => number, length: number): boolean => {
      try {
        return call() === length;
      } catch {
        return false;
      }
    };
    return {
      how: 'file',
      read: (at, into, start, length) => whole(() => readSync(file.fd, into, start, length, offset + at), length),
      write: (at, from, start, length) => whole(() => writeSync(file.fd, from, start, length, offset + at), length),
      close: () => {
        if (--file.uses > 0) return;
        this.#files.delete(key);
        this.#c.close(file.fd);
      },
    };
  }
}

/** Size and identity of a file that answers at once; undefined for anything else. */
function usable(fd: number): { readonly size: number; readonly dev: number; readonly ino: number } | undefined {
  const status = fstatSync(fd);
  return status.isFile() && PROMPT.has(statfsSync(`/proc/self/fd/${fd}`).type) ? status : undefined;
}

/** A piece that is part of this process's own memory. @throws {@link SystemError} */
function mapped(c: LibC, fd: number, { offset, size, writable }: Piece, gone: () => void): FileMemory {
  const pointer = c.mmap(null, size, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, offset);
  // MAP_FAILED is the highest address there is.
  if (pointer === null || BigInt.asIntN(64, pointer) === -1n) throw new SystemError('mmap', c.koffi.errno());
  const base = Number(pointer);
  let live = true;
  const moves = (bytes: Uint8Array, at: number, start: number, length: number): Uint8Array | undefined => {
    if (!live || at < 0 || start < 0 || length < 0 || at + length > size || start + length > bytes.length) return undefined;
    return start === 0 ? bytes : bytes.subarray(start);
  };
  return {
    how: 'mapped',
    read(at, into, start, length) {
      const bytes = moves(into, at, start, length);
      if (bytes) c.copyOut(bytes, base + at, length);
      return bytes !== undefined;
    },
    write(at, from, start, length) {
      const bytes = writable ? moves(from, at, start, length) : undefined;
      if (bytes) c.copyIn(base + at, bytes, length);
      return bytes !== undefined;
    },
    close() {
      if (!live) return;
      live = false;
      c.munmap(base, size);
      gone();
    },
  };
}
