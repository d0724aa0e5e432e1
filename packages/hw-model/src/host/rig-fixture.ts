// For tests: host channels on a small GPU, their memory mapped, and pushbuffers put together by hand.
import { CHIPS, COPY_METHODS as C, DMA_OPERATIONS, GP_ENTRY_SIZE, NV_VIRTUAL_FUNCTION_DOORBELL, USERD } from '@nova-stack/gpu-regs';

import type { Board } from '../boards.ts';
import { TableBuilder } from '../mmu/table-fixture.ts';
import type { HostHardware } from '../port.ts';
import { MEMORY_START, testBoard, testGpu, type TestGpu } from '../testing/test-gpu.ts';

const MIB = 2 ** 20;
/** Video memory from 32 MiB on, and all of the test's system memory, as channels see them. */
export const VIDEO = 0x4000_0000;
export const SYSTEM = 0x8000_0000;
/** Bytes of either that tests may use as they like. */
export const VIDEO_SIZE: number = 64 * MIB;
export const SYSTEM_SIZE: number = 768 * 1024;
const VIDEO_AT = 32 * MIB;
const TABLES_AT = 8 * MIB;
const CHANNELS_AT = 16 * MIB;
const CHANNEL_SIZE = 64 * 1024;
const PUSH_AT = 16 * 1024;
const ENTRIES = 64;

export class HostRig {
  readonly test: TestGpu;
  readonly tables: TableBuilder;
  readonly host: HostHardware;

  constructor(board: Board = testBoard) {
    this.test = testGpu({ board });
    const { hardware } = this.test.firmware;
    this.host = hardware.host;
    this.tables = new TableBuilder(CHIPS[board.chip].family.gmmu, TABLES_AT, (address, value) => {
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setBigUint64(0, value, true);
      hardware.writeVram(address, bytes);
    });
    for (let at = 0; at < VIDEO_SIZE; at += 2 * MIB) this.tables.map({ va: (VIDEO + at) / 4096, size: 2 * MIB, address: VIDEO_AT + at, readOnly: false });
    for (let at = 0; at < MIB; at += 4096) this.tables.map({ va: (SYSTEM + at) / 4096, size: 4096, address: MEMORY_START + at, readOnly: false, system: true });
  }

  channel(id: number, options: Partial<{ class: number; copyClass: number; classes: readonly number[]; group: number; runlist: number; privileged: boolean; inSystem: boolean }> = {}): RigChannel {
    return new RigChannel(this, id, { class: 0xc56f, copyClass: 0xc7b5, classes: [], group: id, runlist: 1, privileged: false, inSystem: false, ...options });
  }

  /** Bytes as a channel sees them. */
  peek(va: number, length: number): Uint8Array {
    if (va >= SYSTEM) return this.test.memory.slice(va - SYSTEM, va - SYSTEM + length);
    return this.test.gpu.peekVram(VIDEO_AT + va - VIDEO, length);
  }

  poke(va: number, bytes: Uint8Array): void {
    if (va >= SYSTEM) this.test.memory.set(bytes, va - SYSTEM);
    else this.test.firmware.hardware.writeVram(VIDEO_AT + va - VIDEO, bytes);
  }

  /** Where in video memory an address of a channel lies. */
  physical(va: number): number {
    return VIDEO_AT + va - VIDEO;
  }

  word(va: number): number {
    return new DataView(this.peek(va, 4).buffer).getUint32(0, true);
  }

  /** Fires timers, one deadline after the other, until none is due within `limit` nanoseconds. */
  run(limit: number = 1_000_000): void {
    const { gpu, clock } = this.test;
    const until = clock.now + limit;
    for (let due = gpu.nextDue(); due !== undefined && due <= until; due = gpu.nextDue()) {
      clock.now = Math.max(clock.now, due);
      gpu.runDue(clock.now);
    }
  }
}

export class RigChannel {
  readonly #rig: HostRig;
  readonly #name: { readonly runlist: number; readonly id: number };
  /** In video memory, or in the test's system memory above what tests use. */
  readonly #base: number;
  readonly #inSystem: boolean;
  readonly #copyClass: number;
  #put = 0;

  constructor(rig: HostRig, id: number, options: { class: number; copyClass: number; classes: readonly number[]; group: number; runlist: number; privileged: boolean; inSystem: boolean }) {
    this.#rig = rig;
    this.#name = { runlist: options.runlist, id };
    this.#inSystem = options.inSystem;
    this.#copyClass = options.copyClass;
    this.#base = options.inSystem ? SYSTEM + SYSTEM_SIZE + (id % 4) * CHANNEL_SIZE : CHANNELS_AT + id * CHANNEL_SIZE;
    if (!options.inSystem) for (let at = 0; at < CHANNEL_SIZE; at += 4096) rig.tables.map({ va: (this.va + at) / 4096, size: 4096, address: this.#base + at, readOnly: false });
    rig.host.open({
      ...this.#name, class: options.class, group: options.group, ring: this.va, entries: ENTRIES, privileged: options.privileged, nonStall: 3,
      userd: options.inSystem ? { source: 'system', address: MEMORY_START + this.#base - SYSTEM + 0x1000 } : { source: 'vram', address: this.#base + 0x1000 },
    });
    rig.host.set(this.#name, { directory: { aperture: 'vram', address: rig.tables.root }, classes: [options.copyClass, ...options.classes], scheduled: true });
  }

  /** Where its ring begins. */
  get va(): number {
    return this.#inSystem ? this.#base : 0x1000_0000 + this.#base;
  }

  get fetched(): number {
    return this.#load(0x1000 + USERD.gpGet);
  }

  get faulted(): boolean {
    return this.#rig.test.events.some(({ point, args }) => point === 'hw-model.host.fault' && args['runlist'] === this.#name.runlist && args['channel'] === this.#name.id);
  }

  /** Puts a piece of pushbuffer into the ring without telling anybody. */
  put(words: readonly number[]): void {
    const at = PUSH_AT + (this.#put % 16) * 2048;
    const bytes = new Uint8Array(Uint32Array.from(words).buffer);
    if (bytes.length > 2048) throw new RangeError('a test pushes too much at a time');
    this.#store(at, bytes);
    const entry = new Uint8Array(GP_ENTRY_SIZE);
    const view = new DataView(entry.buffer);
    const address = this.va + at;
    view.setUint32(0, address % 2 ** 32, true);
    view.setUint32(4, Math.floor(address / 2 ** 32) + words.length * 1024, true);
    this.#store((this.#put % ENTRIES) * GP_ENTRY_SIZE, entry);
    this.#put++;
    this.#store(0x1000 + USERD.gpPut, new Uint8Array(Uint32Array.of(this.#put % ENTRIES).buffer));
  }

  ring(): void {
    this.#rig.test.write(NV_VIRTUAL_FUNCTION_DOORBELL, this.#name.runlist * 2 ** 16 + this.#name.id);
  }

  /** Puts it and rings, and gives it time. */
  submit(words: readonly number[]): void {
    this.put(words);
    this.ring();
    this.#rig.run();
  }

  bind(): readonly number[] {
    return methods(0, 0, this.#copyClass);
  }

  close(): void {
    this.#rig.host.close(this.#name);
  }

  #store(offset: number, bytes: Uint8Array): void {
    if (this.#inSystem) this.#rig.test.memory.set(bytes, this.#base - SYSTEM + offset);
    else this.#rig.test.firmware.hardware.writeVram(this.#base + offset, bytes);
  }

  #load(offset: number): number {
    const bytes = this.#inSystem ? this.#rig.test.memory.slice(this.#base - SYSTEM + offset, this.#base - SYSTEM + offset + 4) : this.#rig.test.gpu.peekVram(this.#base + offset, 4);
    return new DataView(bytes.buffer).getUint32(0, true);
  }
}

/** A header with its data: methods from `method` on, one after the other. */
export const methods = (subchannel: number, method: number, ...data: readonly number[]): number[] =>
  [((DMA_OPERATIONS.increment << 29) | (data.length << 16) | (subchannel << 13) | (method >> 2)) >>> 0, ...data];

const high = (address: number): number => Math.floor(address / 2 ** 32);
const low = (address: number): number => address % 2 ** 32;

/** Methods of one copy; `launch` is LAUNCH_DMA. */
export const copyWords = ({ from, to, length, lines = 1, pitchIn = length, pitchOut = length, launch }: {
  readonly from: number; readonly to: number; readonly length: number; readonly lines?: number; readonly pitchIn?: number; readonly pitchOut?: number; readonly launch: number;
}): number[] => [
  ...methods(0, C.offsetInUpper, high(from), low(from), high(to), low(to), pitchIn >>> 0, pitchOut >>> 0, length, lines), ...methods(0, C.launchDma, launch),
];

/** A released host semaphore of 32 bits. */
export const releaseWords = (address: number, payload: number): number[] => [...methods(0, 0x5c, low(address), high(address), payload, 0, 1)];
/** A host semaphore that is waited for until it has exactly that value. */
export const acquireWords = (address: number, payload: number): number[] => [...methods(0, 0x5c, low(address), high(address), payload, 0, 0)];

/** Bits of LAUNCH_DMA: not pipelined, from pitch to pitch. */
export const LINEAR = 0x182;
export const LINES = 0x382;
