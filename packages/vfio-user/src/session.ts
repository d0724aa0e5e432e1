import { CAPABILITY, HEADER as CONFIG, type PciFunction } from '@nova-stack/pci';
import type { Trace } from '@nova-stack/trace';

import { inside, type DevicePort, type Peer } from './device-port.ts';
import { DmaMap } from './dma-map.ts';
import { Refusal, VfioUserError } from './errors.ts';
import { FrameReader, message, type Frame } from './frames.ts';
import { fileMemory, messageMemory, type GuestMemory } from './guest-memory.ts';
import { BODY, COMMAND, DEVICE_FLAG, DMA_FLAG, ERRNO, FLAG, IRQ, IRQ_FLAG, MAX_TRANSFER, REGION, REGION_FLAG, SET_IRQS } from './protocol.ts';
import { readVersion, versionReply } from './version.ts';

export interface SessionOptions {
  readonly port: DevicePort;
  readonly trace: Trace;
  /** Path of the client's memory; without one memory is reached by messages. */
  readonly memoryFile?: string | undefined;
  /** Sends bytes to the client, in order. */
  readonly send: (bytes: Uint8Array) => void;
}

const CONFIG_SIZE = 4096;

/** One client's conversation, over whatever carries its bytes. */
export class Session {
  readonly #port: DevicePort;
  readonly #trace: Trace;
  readonly #send: (bytes: Uint8Array) => void;
  readonly #frames = new FrameReader();
  readonly #ranges = new DmaMap();
  readonly #memory: GuestMemory;
  #agreed = false;
  #messageId = 0;

  constructor({ port, trace, memoryFile, send }: SessionOptions) {
    this.#port = port;
    this.#trace = trace;
    this.#send = send;
    this.#memory = memoryFile === undefined ? messageMemory(send) : fileMemory(memoryFile);
    const peer: Peer = { memory: this.#memory, ranges: this.#ranges, sendMessage: (address, data) => this.#sendMessage(address, data) };
    port.attach(peer);
  }

  /**
   * Takes what the client sent.
   *
   * @throws {@link VfioUserError} when the conversation cannot go on.
   */
  receive(bytes: Uint8Array): void {
    this.#frames.push(bytes, (frame) => this.#handle(frame));
  }

  /** The client is gone. */
  close(): void {
    this.#port.attach(undefined);
    this.#memory.close();
    this.#ranges.clear();
  }

  #handle(frame: Frame): void {
    if ((frame.flags & FLAG.typeMask) === FLAG.reply) {
      // Nobody waits for answers that nobody asked for.
      this.#memory.answered?.(frame.id, frame.command, frame.flags & FLAG.error ? frame.errno || ERRNO.EIO : 0, frame.body);
      return;
    }
    if (!this.#agreed && frame.command !== COMMAND.version) throw new VfioUserError('PROTOCOL', `The first message is command ${frame.command}: expected ${COMMAND.version}, the version`);
    let answer: Uint8Array | undefined;
    try {
      answer = this.#answer(frame);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#trace.event('vfio-user.request.refused', { command: frame.command, errno: error.errno, why: error.message });
      if ((frame.flags & FLAG.noReply) === 0) this.#send(message({ id: frame.id, command: frame.command, flags: FLAG.reply | FLAG.error, errno: error.errno }, 0).bytes);
      return;
    }
    if ((frame.flags & FLAG.noReply) === 0) this.#reply(frame, answer);
  }

  #reply({ id, command }: Frame, body: Uint8Array = NOTHING): void {
    const { bytes } = message({ id, command, flags: FLAG.reply }, body.length);
    bytes.set(body, bytes.length - body.length);
    this.#send(bytes);
  }

  /** The body of the reply. @throws Refusal */
  #answer({ command, body }: Frame): Uint8Array | undefined {
    switch (command) {
      case COMMAND.version: return this.#version(body);
      case COMMAND.dmaMap: { this.#map(body); return; }
      case COMMAND.dmaUnmap: return this.#unmap(body);
      case COMMAND.deviceInfo: return words(BODY.deviceInfo, DEVICE_FLAG.reset | DEVICE_FLAG.pci, REGION.count, IRQ.count);
      case COMMAND.regionInfo: return this.#regionInfo(body);
      case COMMAND.irqInfo: return this.#irqInfo(body);
      case COMMAND.setIrqs: { this.#setIrqs(body); return; }
      case COMMAND.regionRead: return this.#read(body);
      case COMMAND.regionWrite: return this.#write(body);
      case COMMAND.regionWriteMulti: return this.#writeMulti(body);
      case COMMAND.deviceReset:
        this.#trace.event('vfio-user.device.reset', { device: 'the device' });
        this.#port.hotReset();
        return undefined;
      default: throw new Refusal(ERRNO.ENOSYS, 'no such command');
    }
  }

  #version(body: DataView): Uint8Array {
    if (this.#agreed) throw new Refusal(ERRNO.EINVAL, 'the version was agreed on before');
    const { major, minor, maxTransfer } = readVersion(body, 'client');
    this.#agreed = true;
    this.#memory.limit?.(maxTransfer);
    this.#trace.event('vfio-user.client.agreed', { major, minor, transfer: maxTransfer });
    return versionReply(0);
  }

  #map(body: DataView): undefined {
    atLeast(body, BODY.dmaMap);
    const flags = body.getUint32(4, true);
    const range = {
      offset: whole(body, 8, 'offset'), address: whole(body, 16, 'address'), size: whole(body, 24, 'size'),
      readable: (flags & DMA_FLAG.read) !== 0, writable: (flags & DMA_FLAG.write) !== 0,
    };
    this.#ranges.map(range);
    this.#trace.event('vfio-user.dma.mapped', { address: range.address, size: range.size, how: this.#memory.how });
  }

  #unmap(body: DataView): Uint8Array {
    atLeast(body, BODY.dmaUnmap);
    const [address, size] = [whole(body, 8, 'address'), whole(body, 16, 'size')];
    const count = body.getUint32(4, true) & DMA_FLAG.unmapAll ? this.#ranges.clear() : this.#ranges.unmap(address, size);
    this.#trace.event('vfio-user.dma.unmapped', { count, address, size });
    return new Uint8Array(body.buffer, body.byteOffset, BODY.dmaUnmap).slice();
  }

  #regionInfo(body: DataView): Uint8Array {
    atLeast(body, 12);
    const index = body.getUint32(8, true);
    if (index >= REGION.count) throw new Refusal(ERRNO.EINVAL, `region ${index}: expected 0 to ${REGION.count - 1}`);
    const size = this.#sizeOf(index);
    const reply = words(BODY.regionInfo, size > 0 ? REGION_FLAG.read | REGION_FLAG.write : 0, index);
    new DataView(reply.buffer).setBigUint64(16, BigInt(size), true);
    return reply;
  }

  #irqInfo(body: DataView): Uint8Array {
    atLeast(body, 12);
    const index = body.getUint32(8, true);
    if (index >= IRQ.count) throw new Refusal(ERRNO.EINVAL, `interrupt ${index}: expected 0 to ${IRQ.count - 1}`);
    const count = interruptsOf(this.#port.device, index);
    const flags = count === 0 ? 0 : IRQ_FLAG.eventfd | (index === IRQ.intx ? IRQ_FLAG.maskable | IRQ_FLAG.autoMasked : IRQ_FLAG.noResize);
    return words(BODY.irqInfo, flags, index, count);
  }

  /** Checked and accepted: without descriptors an interrupt is a write to the address that the guest programmed. */
  #setIrqs(body: DataView): undefined {
    atLeast(body, BODY.setIrqs);
    const [flags, index, start, count] = [body.getUint32(4, true), body.getUint32(8, true), body.getUint32(12, true), body.getUint32(16, true)];
    if (index >= IRQ.count) throw new Refusal(ERRNO.EINVAL, `interrupt ${index}: expected 0 to ${IRQ.count - 1}`);
    const there = interruptsOf(this.#port.device, index);
    if (start + count > there && count > 0) throw new Refusal(ERRNO.EINVAL, `vectors ${start} to ${start + count - 1} of interrupt ${index}, which has ${there}`);
    const isOne = (bits: number): boolean => bits !== 0 && (bits & (bits - 1)) === 0;
    if (!isOne(flags & SET_IRQS.dataMask) || !isOne(flags & SET_IRQS.actionMask)) throw new Refusal(ERRNO.EINVAL, `flags 0x${flags.toString(16)}: expected one kind of data and one action`);
  }

  #read(body: DataView): Uint8Array {
    const { offset, region, count } = this.#access(body);
    const reply = new Uint8Array(BODY.regionAccess + count);
    reply.set(new Uint8Array(body.buffer, body.byteOffset, BODY.regionAccess));
    const into = reply.subarray(BODY.regionAccess);
    if (region === REGION.config) this.#port.readConfig(offset, into);
    else this.#port.readBar(region, offset, into);
    return reply;
  }

  #write(body: DataView): Uint8Array {
    const { offset, region, count } = this.#access(body);
    if (body.byteLength < BODY.regionAccess + count) throw new Refusal(ERRNO.EINVAL, `${body.byteLength - BODY.regionAccess} bytes of data: expected ${count}`);
    this.#put(region, offset, new Uint8Array(body.buffer, body.byteOffset + BODY.regionAccess, count));
    return new Uint8Array(body.buffer, body.byteOffset, BODY.regionAccess).slice();
  }

  #writeMulti(body: DataView): Uint8Array {
    atLeast(body, BODY.multiHead);
    const writes = whole(body, 0, 'count of writes');
    if (writes * BODY.multiEntry > body.byteLength - BODY.multiHead) throw new Refusal(ERRNO.EINVAL, `${writes} writes in ${body.byteLength - BODY.multiHead} bytes: each needs ${BODY.multiEntry}`);
    for (let i = 0; i < writes; i++) {
      const at = BODY.multiHead + i * BODY.multiEntry;
      const [offset, region, count] = [whole(body, at, 'offset'), body.getUint32(at + 8, true), body.getUint32(at + 12, true)];
      if (count > 8) throw new Refusal(ERRNO.EINVAL, `write ${i} has ${count} bytes: expected at most 8`);
      inside(offset, count, this.#sizeOf(region), `region ${region}`);
      this.#put(region, offset, new Uint8Array(body.buffer, body.byteOffset + at + BODY.regionAccess, count));
    }
    return new Uint8Array(body.buffer, body.byteOffset, BODY.multiHead).slice();
  }

  #put(region: number, offset: number, from: Uint8Array): void {
    if (region === REGION.config) this.#port.writeConfig(offset, from);
    else this.#port.writeBar(region, offset, from);
  }

  #access(body: DataView): { readonly offset: number; readonly region: number; readonly count: number } {
    atLeast(body, BODY.regionAccess);
    const access = { offset: whole(body, 0, 'offset'), region: body.getUint32(8, true), count: body.getUint32(12, true) };
    if (access.count > MAX_TRANSFER) throw new Refusal(ERRNO.E2BIG, `${access.count} bytes: expected at most ${MAX_TRANSFER}`);
    inside(access.offset, access.count, this.#sizeOf(access.region), `region ${access.region}`);
    return access;
  }

  #sizeOf(region: number): number {
    if (region === REGION.config) return CONFIG_SIZE;
    return this.#port.device.bars.find(({ index }) => index === region)?.size ?? 0;
  }

  #sendMessage(address: number, data: number): void {
    const { bytes, body } = message({ id: this.#messageId, command: COMMAND.dmaWrite, flags: FLAG.request | FLAG.noReply }, BODY.dmaAccess + 4);
    this.#messageId = (this.#messageId + 1) & 0xffff;
    body.setBigUint64(0, BigInt(address), true);
    body.setBigUint64(8, 4n, true);
    body.setUint32(BODY.dmaAccess, data, true);
    this.#send(bytes);
  }
}

const NOTHING = new Uint8Array(0);

/** How many vectors there are of an interrupt. */
function interruptsOf({ config }: PciFunction, index: number): number {
  if (index === IRQ.intx) return config.read(CONFIG.interruptPin, 1) === 0 ? 0 : 1;
  if (index === IRQ.msi) return config.capability(CAPABILITY.msi) === undefined ? 0 : 1;
  return index === IRQ.error || index === IRQ.request ? 1 : 0;
}

function atLeast(body: DataView, size: number): void {
  if (body.byteLength < size) throw new Refusal(ERRNO.EINVAL, `a body of ${body.byteLength} bytes: expected at least ${size}`);
}

/** A 64-bit number that is exact here. @throws Refusal EINVAL */
function whole(body: DataView, at: number, what: string): number {
  const value = Number(body.getBigUint64(at, true));
  if (!Number.isSafeInteger(value)) throw new Refusal(ERRNO.EINVAL, `${what} 0x${value.toString(16)}: expected less than 2^53`);
  return value;
}

/** A body of `size` bytes that begins with its size and some words. */
function words(size: number, ...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  [size, ...values].forEach((value, index) => view.setUint32(4 * index, value, true));
  return bytes;
}
