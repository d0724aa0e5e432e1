import { createRequire } from 'node:module';

import type koffi from 'koffi';

type Koffi = typeof koffi;
type Int = number;
type Memory = Uint8Array | null;

/** What of the C library is called. Pointers are bytes here; an address given as a number is a `uint64_t`. */
export interface LibC {
  readonly koffi: Koffi;
  socket(domain: Int, type: Int, protocol: Int): Int;
  bind(socket: Int, address: Uint8Array, length: Int): Int;
  listen(socket: Int, backlog: Int): Int;
  connect(socket: Int, address: Uint8Array, length: Int): Int;
  accept4(socket: Int, address: null, length: null, flags: Int): Int;
  setsockopt(socket: Int, level: Int, option: Int, value: Uint8Array, length: Int): Int;
  recvmsg(socket: Int, message: Int, flags: Int): Int;
  sendmsg(socket: Int, message: Int, flags: Int): Int;
  send(socket: Int, bytes: Int, length: Int, flags: Int): Int;
  mmap(address: null, length: Int, protection: Int, flags: Int, fd: Int, offset: Int): bigint | null;
  munmap(address: Int, length: Int): Int;
  copyIn(address: Int, from: Uint8Array, length: Int): void;
  copyOut(into: Uint8Array, address: Int, length: Int): void;
  close(fd: Int): Int;
  fcntl(fd: Int, command: Int, value: Int): Int;
  eventfd(initial: Int, flags: Int): Int;
  memfd_create(name: string, flags: Int): Int;
  preadv2(fd: Int, vectors: Uint8Array, count: Int, offset: Int, flags: Int): Int;
  ioSetup(number: Int, count: Int, context: Uint8Array): Int;
  /** io_submit and io_destroy. */
  ioCall(number: Int, context: Int, count: Int, list: Memory): Int;
  ioGetEvents(number: Int, context: Int, least: Int, most: Int, events: Uint8Array, timeout: null): Int;
}

const PROTOTYPES: Readonly<Record<Exclude<keyof LibC, 'koffi'>, readonly [name: string, result: string, ...parameters: string[]]>> = {
  socket: ['socket', 'int', 'int', 'int', 'int'],
  bind: ['bind', 'int', 'int', 'void *', 'uint32_t'],
  listen: ['listen', 'int', 'int', 'int'],
  connect: ['connect', 'int', 'int', 'void *', 'uint32_t'],
  accept4: ['accept4', 'int', 'int', 'void *', 'void *', 'int'],
  setsockopt: ['setsockopt', 'int', 'int', 'int', 'int', 'void *', 'uint32_t'],
  recvmsg: ['recvmsg', 'int64_t', 'int', 'uint64_t', 'int'],
  sendmsg: ['sendmsg', 'int64_t', 'int', 'uint64_t', 'int'],
  send: ['send', 'int64_t', 'int', 'uint64_t', 'size_t', 'int'],
  mmap: ['mmap', 'void *', 'void *', 'size_t', 'int', 'int', 'int', 'int64_t'],
  munmap: ['munmap', 'int', 'uint64_t', 'size_t'],
  copyIn: ['memcpy', 'void *', 'uint64_t', 'void *', 'size_t'],
  copyOut: ['memcpy', 'void *', 'void *', 'uint64_t', 'size_t'],
  close: ['close', 'int', 'int'],
  fcntl: ['fcntl', 'int', 'int', 'int', 'int64_t'],
  eventfd: ['eventfd', 'int', 'uint32_t', 'int'],
  memfd_create: ['memfd_create', 'int', 'const char *', 'uint32_t'],
  preadv2: ['preadv2', 'int64_t', 'int', 'void *', 'int', 'int64_t', 'int'],
  ioSetup: ['syscall', 'int64_t', 'int64_t', 'uint64_t', 'void *'],
  ioCall: ['syscall', 'int64_t', 'int64_t', 'uint64_t', 'int64_t', 'void *'],
  ioGetEvents: ['syscall', 'int64_t', 'int64_t', 'uint64_t', 'int64_t', 'int64_t', 'void *', 'void *'],
};

/** Processors whose structures are laid out as this folder writes them: 64 bits, least byte first. */
const PROCESSORS: readonly string[] = ['x64', 'arm64', 'riscv64', 'loong64'];

/**
 * Opens the C library through the package koffi, which is optional.
 *
 * @returns the library, or why it can't be had
 */
export function openLibC(): LibC | string {
  if (process.platform !== 'linux' || !PROCESSORS.includes(process.arch)) return `file descriptors are passed on Linux with 64 bits only, this is ${process.platform} on ${process.arch}`;
  try {
    const koffi = createRequire(import.meta.url)('koffi') as Koffi;
    const library = koffi.load(null);
    const functions = Object.entries(PROTOTYPES).map(([name, [symbol, result, ...parameters]]) => [name, library.func(symbol, result, parameters)]);
    return { koffi, ...Object.fromEntries(functions) } as LibC;
  } catch (error) {
    return `the optional package koffi cannot be used: ${(error as Error).message.split('\n')[0]}`;
  }
}
