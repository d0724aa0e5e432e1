import { CAPABILITY, HEADER as CONFIG, MSI, MSIX, type PciFunction } from '@nova-stack/pci';
import type { Trace } from '@nova-stack/trace';

import { inside, isRegister, type DevicePort, type Peer } from './device-port.ts';
import { DmaMap } from './dma-map.ts';
import { Refusal, VfioUserError } from './errors.ts';
import type { Descriptors } from './fd/descriptors.ts';
import { SystemError } from './fd/errors.ts';
import { MAX_DESCRIPTORS } from './fd/messages.ts';
import { FrameReader, message, type Frame, type Take } from './frames.ts';
import { fileMemory, messageMemory, passedMemory, type GuestMemory } from './guest-memory.ts';
import { Interrupts } from './interrupts.ts';
import { BODY, COMMAND, DEVICE_FLAG, DMA_FLAG, ERRNO, FLAG, HEADER, IRQ, IRQ_FLAG, MAX_TRANSFER, PIECE, REGION, REGION_FLAG, SET_IRQS } from './protocol.ts';
import { readVersion, versionReply } from './version.ts';

export interface SessionOptions {
  readonly port: DevicePort;
  readonly trace: Trace;
  /** Path of the client's memory; without one memory is reached as `dma` says. */
  readonly memoryFile?: string | undefined;
  /** By what the client passes, which is the default, or by messages only. */
  readonly dma?: 'fd' | 'messages' | undefined;
  /** What can be done with the client's descriptors; without it they do not arrive. */
  readonly descriptors?: Descriptors | undefined;
  /** Sends the first `length` bytes, which are only lent, to the client, in order; `last`: nothing more is about to be sent. */
  readonly send: (bytes: Uint8Array, length: number, last: boolean) => void;
  /** So much waits for the client that no more of its requests should be worked on; default never. */
  readonly congested?: (() => boolean) | undefined;
}

const CONFIG_SIZE = 4096;
const NONE: readonly number[] = [];

/** One client's conversation, over whatever carries its bytes. */
export class Session {
  readonly #port: DevicePort;
  readonly #trace: Trace;
  readonly #send: (bytes: Uint8Array, length: number, last: boolean) => void;
  readonly #frames: FrameReader;
  readonly #take: Take = (frame, last) => { this.#taken(frame, last); };
  readonly #ranges = new DmaMap();
  readonly #memory: GuestMemory;
  readonly #interrupts: Interrupts;
  readonly #descriptors: Descriptors | undefined;
  readonly #mapsPassed: boolean;
  /** Bytes of each region. */
  readonly #sizes: readonly number[];
  /** The reply that is being written, its header and the head of an access included; it grows to the largest. */
  #reply = new Uint8Array(4096);
  #replyView = new DataView(this.#reply.buffer);
  /** Descriptors that came with the bytes that are worked on, and those of a message that has only begun. */
  #arrived: readonly number[] = NONE;
  #held: number[] = [];
  #agreed = false;
  /** No byte that came with the message that is worked on belongs to a later one. */
  #last = false;
  /** What the device sent while a reply was under way that goes out in pieces; undefined when none is. */
  #behind: Uint8Array[] | undefined;
  #messageId = 0;

  constructor({ port, trace, memoryFile, dma = 'fd', descriptors, send, congested }: SessionOptions) {
    this.#frames = new FrameReader(congested);
    this.#port = port;
    this.#trace = trace;
    this.#send = send;
    this.#descriptors = descriptors;
    this.#mapsPassed = descriptors !== undefined && memoryFile === undefined && dma === 'fd';
    const memory = memoryFile === undefined ? messageMemory((bytes, length) => { this.#say(bytes, length); }) : fileMemory(memoryFile);
    this.#memory = this.#mapsPassed ? passedMemory(memory) : memory;
    this.#interrupts = new Interrupts(descriptors, trace, (index, vector) => { port.unsignalled(index, vector); });
    this.#sizes = Array.from({ length: REGION.count }, (_, index) => (index === REGION.config ? CONFIG_SIZE : (port.device.bars.find((bar) => bar.index === index)?.size ?? 0)));
    const peer: Peer = { memory: this.#memory, ranges: this.#ranges, interrupts: this.#interrupts, sendMessage: (address, data) => this.#sendMessage(address, data) };
    port.attach(peer);
  }

  /**
   * Takes the first `length` bytes of what the client sent, which are only lent, and the descriptors that came with the
   * last of them: they belong to the message that this byte is of, and to the session.
   *
   * @throws {@link VfioUserError} when the conversation cannot go on.
   */
  receive(bytes: Uint8Array, length: number = bytes.length, descriptors: readonly number[] = NONE): void {
    this.#arrived = descriptors;
    try {
      this.#frames.push(bytes, this.#take, length);
    } finally {
      this.#keepArrived();
    }
    this.#limitHeld();
  }

  /** Goes on with what was received while the client was congested; true when that is done. @throws as {@link receive} */
  resume(): boolean {
    try {
      return this.#frames.resume(this.#take);
    } finally {
      this.#keepArrived();
    }
  }

  /** What came with the beginning of a message waits for the rest of it. */
  #keepArrived(): void {
    if (this.#frames.stopped || this.#arrived.length === 0) return;
    this.#held.push(...this.#arrived);
    this.#arrived = NONE;
  }

  /** The client is gone. */
  close(): void {
    this.#port.attach(undefined);
    this.#memory.close();
    this.#ranges.clear();
    this.#interrupts.close();
    this.#held.push(...this.#arrived);
    this.#arrived = NONE;
    this.#closeHeld();
  }

  #taken(frame: Frame, last: boolean): void {
    this.#last = last;
    if (last && this.#arrived.length > 0) {
      this.#held.push(...this.#arrived);
      this.#arrived = NONE;
    }
    if (this.#held.length === 0) {
      this.#handle(frame);
      return;
    }
    this.#limitHeld();
    try {
      this.#handle(frame);
    } finally {
      this.#closeHeld();
    }
  }

  #limitHeld(): void {
    if (this.#held.length > MAX_DESCRIPTORS) throw new VfioUserError('PROTOCOL', `A message with ${this.#held.length} descriptors: expected at most ${MAX_DESCRIPTORS}`);
  }

  #closeHeld(): void {
    for (const fd of this.#held.splice(0)) this.#descriptors?.close(fd);
  }

  #handle(frame: Frame): void {
    if ((frame.flags & FLAG.typeMask) === FLAG.reply) {
      // Nobody waits for answers that nobody asked for.
      this.#memory.answered?.(frame.id, frame.command, frame.flags & FLAG.error ? frame.errno || ERRNO.EIO : 0, frame.body);
      return;
    }
    if (!this.#agreed && frame.command !== COMMAND.version) throw new VfioUserError('PROTOCOL', `The first message is command ${frame.command}: expected ${COMMAND.version}, the version`);
    let length: number;
    try {
      length = this.#answer(frame);
    } catch (error) {
      this.#refuse(frame, error);
      return;
    }
    if (length !== SENT && (frame.flags & FLAG.noReply) === 0) this.#finish(frame, length, FLAG.reply, 0);
  }

  #refuse(frame: Frame, error: unknown): void {
    if (!(error instanceof Refusal) && !(error instanceof SystemError)) throw error;
    const { errno, message: why } = error;
    this.#trace.event('vfio-user.request.refused', { command: frame.command, errno, why });
    if ((frame.flags & FLAG.noReply) === 0) this.#finish(frame, 0, FLAG.reply | FLAG.error, errno);
  }

  /** Writes the header before `length` bytes of body, and sends both. */
  #finish(frame: Frame, length: number, flags: number, errno: number): void {
    this.#head(frame, length, flags, errno);
    this.#send(this.#reply, HEADER.size + length, this.#last);
  }

  #head(frame: Frame, length: number, flags: number, errno: number): void {
    const view = this.#replyView;
    view.setUint16(HEADER.id, frame.id, true);
    view.setUint16(HEADER.command, frame.command, true);
    view.setUint32(HEADER.length, HEADER.size + length, true);
    view.setUint32(HEADER.flags, flags, true);
    view.setUint32(HEADER.errno, errno, true);
  }

  /** Sends a request of the device's own. */
  #say(bytes: Uint8Array, length: number): void {
    if (this.#behind) this.#behind.push(bytes.slice(0, length));
    else this.#send(bytes, length, false);
  }

  /** Writes the body of the reply; tells its length, or {@link SENT}. @throws Refusal */
  #answer(frame: Frame): number {
    switch (frame.command) {
      case COMMAND.regionRead: return this.#read(frame);
      case COMMAND.regionWrite: return this.#write(frame);
      case COMMAND.regionWriteMulti: return this.#writeMulti(frame);
      case COMMAND.version: return this.#put(this.#version(frame.body));
      case COMMAND.dmaMap: this.#map(frame); return 0;
      case COMMAND.dmaUnmap: return this.#unmap(frame);
      case COMMAND.deviceInfo: return this.#words(BODY.deviceInfo, DEVICE_FLAG.reset | DEVICE_FLAG.pci, REGION.count, IRQ.count);
      case COMMAND.regionInfo: return this.#regionInfo(frame);
      case COMMAND.irqInfo: return this.#irqInfo(frame);
      case COMMAND.setIrqs: this.#setIrqs(frame); return 0;
      case COMMAND.deviceReset:
        this.#trace.event('vfio-user.device.reset', { device: 'the device' });
        this.#port.hotReset();
        return 0;
      default: throw new Refusal(ERRNO.ENOSYS, 'no such command');
    }
  }

  #version(body: DataView): Uint8Array {
    if (this.#agreed) throw new Refusal(ERRNO.EINVAL, 'the version was agreed on before');
    const { major, minor, maxTransfer } = readVersion(body, 'client');
    this.#agreed = true;
    this.#memory.limit?.(maxTransfer);
    this.#trace.event('vfio-user.client.agreed', { major, minor, transfer: maxTransfer });
    return versionReply(this.#descriptors ? MAX_DESCRIPTORS : 0);
  }

  #map(frame: Frame): void {
    atLeast(frame, BODY.dmaMap);
    const flags = frame.u32(4);
    const [offset, address, size] = [whole(frame, 8, 'offset'), whole(frame, 16, 'address'), whole(frame, 24, 'size')];
    const range = { offset, address, size, readable: (flags & DMA_FLAG.read) !== 0, writable: (flags & DMA_FLAG.write) !== 0 };
    if (this.#held.length > 1) throw new Refusal(ERRNO.EINVAL, `${this.#held.length} descriptors: expected one at most`);
    this.#ranges.check(range);
    const fd = this.#mapsPassed ? this.#held.shift() : undefined;
    const memory = fd === undefined ? undefined : this.#descriptors?.memory(fd, range);
    this.#ranges.map(memory === undefined ? range : { ...range, memory });
    this.#trace.event('vfio-user.dma.mapped', { address, size, how: memory?.how ?? this.#memory.how });
  }

  #unmap(frame: Frame): number {
    atLeast(frame, BODY.dmaUnmap);
    const [address, size] = [whole(frame, 8, 'address'), whole(frame, 16, 'size')];
    const count = frame.u32(4) & DMA_FLAG.unmapAll ? this.#ranges.clear() : this.#ranges.unmap(address, size);
    this.#trace.event('vfio-user.dma.unmapped', { count, address, size });
    return this.#put(frame.bytes(0, BODY.dmaUnmap));
  }

  #regionInfo(frame: Frame): number {
    atLeast(frame, 12);
    const index = frame.u32(8);
    const size = this.#sizes[index];
    if (size === undefined) throw new Refusal(ERRNO.EINVAL, `region ${index}: expected 0 to ${REGION.count - 1}`);
    const length = this.#words(BODY.regionInfo, size > 0 ? REGION_FLAG.read | REGION_FLAG.write : 0, index, 0, size % 2 ** 32, Math.floor(size / 2 ** 32));
    return length;
  }

  #irqInfo(frame: Frame): number {
    atLeast(frame, 12);
    const index = frame.u32(8);
    if (index >= IRQ.count) throw new Refusal(ERRNO.EINVAL, `interrupt ${index}: expected 0 to ${IRQ.count - 1}`);
    const count = interruptsOf(this.#port.device, index);
    const flags = count === 0 ? 0 : IRQ_FLAG.eventfd | (index === IRQ.intx ? IRQ_FLAG.maskable | IRQ_FLAG.autoMasked : IRQ_FLAG.noResize);
    return this.#words(BODY.irqInfo, flags, index, count);
  }

  #setIrqs(frame: Frame): void {
    atLeast(frame, BODY.setIrqs);
    const [flags, index, start, count] = [frame.u32(4), frame.u32(8), frame.u32(12), frame.u32(16)];
    if (index >= IRQ.count) throw new Refusal(ERRNO.EINVAL, `interrupt ${index}: expected 0 to ${IRQ.count - 1}`);
    const there = interruptsOf(this.#port.device, index);
    if (start + count > there && count > 0) throw new Refusal(ERRNO.EINVAL, `vectors ${start} to ${start + count - 1} of interrupt ${index}, which has ${there}`);
    if (flags & SET_IRQS.dataBool) atLeast(frame, BODY.setIrqs + count);
    this.#interrupts.set({ flags, index, start, count, chosen: (i) => frame.u8(BODY.setIrqs + i) !== 0, descriptors: this.#held });
  }

  #read(frame: Frame): number {
    const offset = this.#access(frame);
    const [region, count] = [frame.u32(8), frame.u32(12)];
    if (count > PIECE) return this.#readInPieces(frame, region, offset, count);
    this.#room(DATA + count);
    this.#echo(frame);
    const view = this.#replyView;
    if (region !== REGION.config && isRegister(offset, count)) {
      const value = this.#port.readRegister(region, offset, count);
      if (count === 4) view.setUint32(DATA, value, true);
      else if (count === 2) view.setUint16(DATA, value, true);
      else view.setUint8(DATA, value);
      return BODY.regionAccess + count;
    }
    const into = this.#reply.subarray(DATA, DATA + count);
    if (region === REGION.config) this.#port.readConfig(offset, into);
    else this.#port.readBlock(region, offset, into);
    return BODY.regionAccess + count;
  }

  /**
   * Answers a large read piece by piece: each is sent while the processor's cache still has it. What the device itself
   * sends meanwhile goes out behind the reply.
   */
  #readInPieces(frame: Frame, region: number, offset: number, count: number): number {
    this.#room(DATA + PIECE);
    this.#echo(frame);
    this.#head(frame, BODY.regionAccess + count, FLAG.reply, 0);
    const behind: Uint8Array[] = this.#behind = [];
    try {
      for (let at = 0; at < count; at += PIECE) {
        const start = at === 0 ? DATA : 0;
        const length = Math.min(PIECE, count - at);
        this.#port.readBlock(region, offset + at, this.#reply.subarray(start, start + length));
        if ((frame.flags & FLAG.noReply) === 0) this.#send(this.#reply, start + length, false);
      }
    } catch (cause) {
      // There is no way back from a reply that has begun.
      throw new VfioUserError('DEVICE', `A read of ${count} bytes of region ${region} failed half way: ${(cause as Error).message}`, { cause });
    } finally {
      this.#behind = undefined;
    }
    for (const bytes of behind) this.#send(bytes, bytes.length, false);
    return SENT;
  }

  #write(frame: Frame): number {
    const offset = this.#access(frame);
    const [region, count] = [frame.u32(8), frame.u32(12)];
    if (frame.length < BODY.regionAccess + count) throw new Refusal(ERRNO.EINVAL, `${frame.length - BODY.regionAccess} bytes of data: expected ${count}`);
    this.#store(frame, region, offset, BODY.regionAccess, count);
    this.#echo(frame);
    return BODY.regionAccess;
  }

  #writeMulti(frame: Frame): number {
    atLeast(frame, BODY.multiHead);
    const writes = whole(frame, 0, 'count of writes');
    if (writes * BODY.multiEntry > frame.length - BODY.multiHead) throw new Refusal(ERRNO.EINVAL, `${writes} writes in ${frame.length - BODY.multiHead} bytes: each needs ${BODY.multiEntry}`);
    for (let at = BODY.multiHead; at < BODY.multiHead + writes * BODY.multiEntry; at += BODY.multiEntry) {
      const [offset, region, count] = [whole(frame, at, 'offset'), frame.u32(at + 8), frame.u32(at + 12)];
      if (count > 8) throw new Refusal(ERRNO.EINVAL, `a write of ${count} bytes among many: expected at most 8`);
      inside(offset, count, this.#sizes[region] ?? 0, region);
      this.#store(frame, region, offset, at + BODY.regionAccess, count);
    }
    return this.#put(frame.bytes(0, BODY.multiHead));
  }

  /** Writes `count` bytes, which lie at `at` in the message. */
  #store(frame: Frame, region: number, offset: number, at: number, count: number): void {
    if (region === REGION.config) this.#port.writeConfig(offset, frame.bytes(at, count));
    else if (isRegister(offset, count)) this.#port.writeRegister(region, offset, count, count === 4 ? frame.u32(at) : count === 2 ? frame.u16(at) : frame.u8(at));
    else this.#port.writeBlock(region, offset, frame.bytes(at, count));
  }

  /** The offset of an access that is inside its region. @throws Refusal */
  #access(frame: Frame): number {
    atLeast(frame, BODY.regionAccess);
    const [offset, region, count] = [whole(frame, 0, 'offset'), frame.u32(8), frame.u32(12)];
    if (count > MAX_TRANSFER) throw new Refusal(ERRNO.E2BIG, `${count} bytes: expected at most ${MAX_TRANSFER}`);
    inside(offset, count, this.#sizes[region] ?? 0, region);
    return offset;
  }

  /** A reply begins with what the access began with. */
  #echo(frame: Frame): void {
    const view = this.#replyView;
    for (let at = 0; at < BODY.regionAccess; at += 4) view.setUint32(HEADER.size + at, frame.u32(at), true);
  }

  #put(body: Uint8Array): number {
    this.#reply.set(body, HEADER.size);
    return body.length;
  }

  /** A body of `size` bytes that begins with its size and some words. */
  #words(size: number, ...values: readonly number[]): number {
    this.#reply.fill(0, HEADER.size, HEADER.size + size);
    [size, ...values].forEach((value, index) => { this.#replyView.setUint32(HEADER.size + 4 * index, value, true); });
    return size;
  }

  /** Sees to it that a reply of `size` bytes has room. */
  #room(size: number): void {
    if (size <= this.#reply.length) return;
    this.#reply = new Uint8Array(size);
    this.#replyView = new DataView(this.#reply.buffer);
  }

  #sendMessage(address: number, data: number): void {
    const { bytes, body } = message({ id: this.#messageId, command: COMMAND.dmaWrite, flags: FLAG.request | FLAG.noReply }, BODY.dmaAccess + 4);
    this.#messageId = (this.#messageId + 1) & 0xffff;
    body.setBigUint64(0, BigInt(address), true);
    body.setBigUint64(8, 4n, true);
    body.setUint32(BODY.dmaAccess, data, true);
    this.#say(bytes, bytes.length);
  }
}

/** The length of a reply that was sent already. */
const SENT = -1;
/** Where the data of a read's reply begins. */
const DATA = HEADER.size + BODY.regionAccess;

/** How many vectors there are of an interrupt. */
function interruptsOf({ config }: PciFunction, index: number): number {
  if (index === IRQ.intx) return config.read(CONFIG.interruptPin, 1) === 0 ? 0 : 1;
  if (index === IRQ.msi) {
    const at = config.capability(CAPABILITY.msi);
    return at === undefined ? 0 : 1 << ((config.read(at + MSI.control, 2) >> 1) & 7);
  }
  if (index === IRQ.msix) {
    const at = config.capability(CAPABILITY.msix);
    return at === undefined ? 0 : (config.read(at + MSIX.control, 2) & 0x7ff) + 1;
  }
  return index === IRQ.error || index === IRQ.request ? 1 : 0;
}

function atLeast(frame: Frame, size: number): void {
  if (frame.length < size) throw new Refusal(ERRNO.EINVAL, `a body of ${frame.length} bytes: expected at least ${size}`);
}

/** A 64-bit number that is exact here. @throws Refusal EINVAL */
function whole(frame: Frame, at: number, what: string): number {
  const value = frame.u64(at);
  if (!Number.isSafeInteger(value)) throw new Refusal(ERRNO.EINVAL, `${what} 0x${value.toString(16)}: expected less than 2^53`);
  return value;
}
