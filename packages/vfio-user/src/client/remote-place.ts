import {
  checkConfigAccess, COMMAND as CONFIG_COMMAND, HEADER, MappedBar, PciError, SRIOV, SRIOV_CONTROL, formatAddress,
  type AccessSize, type BarMapping, type BarResource, type FunctionPlace, type MessageTarget, type PciAddress, type Registers,
} from '@nova-stack/pci';
import type { Trace } from '@nova-stack/trace';

import { VfioUserError } from '../errors.ts';
import { COMMAND, REGION } from '../protocol.ts';
import type { Caller } from './caller.ts';

export interface PlaceOptions {
  readonly caller: Caller;
  readonly trace: Trace;
  readonly address: PciAddress;
  /** Bytes of configuration space. */
  readonly configSize: number;
  /** Most bytes in one read or write. */
  readonly maxTransfer: number;
  /** Writes to memory BARs need not be waited for. */
  readonly posted: boolean;
  readonly resettable: boolean;
  /** Lets `handler` hear of interrupt messages. @throws PciError `BUSY`. */
  readonly listen: (handler: () => void) => MessageTarget;
}

const ONES = { 1: 0xff, 2: 0xffff, 4: 0xffff_ffff } as const;

/** Accesses to a BAR take what they take; no time is added. */
const NO_CLOCK = { spend: (): void => undefined };

/**
 * A function behind a socket. What the server refuses reads all ones, as on a bus; when the server is gone the device has
 * left.
 */
export class RemotePlace implements FunctionPlace, Registers {
  readonly address: PciAddress;
  readonly name: string;
  resources: readonly BarResource[] = [];
  virtualResources: readonly BarResource[] = [];
  readonly reset?: () => void;
  readonly #options: PlaceOptions;
  readonly #caller: Caller;
  /** Offset of the SR-IOV capability, where there is one. */
  sriovAt: number | undefined;

  constructor(options: PlaceOptions) {
    this.#options = options;
    this.#caller = options.caller;
    this.address = options.address;
    this.name = formatAddress(options.address);
    if (options.resettable) this.reset = () => { this.#reset(); };
  }

  get present(): boolean {
    return !this.#caller.gone;
  }

  get numVfs(): number {
    const at = this.sriovAt;
    if (at === undefined || !this.present) return 0;
    const on = this.readConfig(at + SRIOV.control, 2) & SRIOV_CONTROL.vfEnable;
    return on ? Math.min(this.readConfig(at + SRIOV.numVfs, 2), this.readConfig(at + SRIOV.totalVfs, 2)) : 0;
  }

  readConfig(offset: number, size: AccessSize): number {
    checkConfigAccess(offset, size);
    return offset + size <= this.#options.configSize ? this.#read(REGION.config, offset, size) : ONES[size];
  }

  writeConfig(offset: number, size: AccessSize, value: number): void {
    checkConfigAccess(offset, size);
    if (offset + size > this.#options.configSize) return;
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, value, true);
    this.#write(REGION.config, offset, bytes.subarray(0, size));
  }

  /** @throws PciError `NO_DEVICE`, `NO_BAR`, `DECODE_OFF`. */
  mapBar(index: number): BarMapping {
    if (!this.present) throw new PciError('NO_DEVICE', `${this.name} has left the bus`);
    const bar = this.resources.find((one) => one.index === index);
    if (!bar || bar.kind === 'io') throw new PciError('NO_BAR', `${this.name} has no memory BAR ${index}`);
    if ((this.readConfig(HEADER.command, 2) & CONFIG_COMMAND.memory) === 0) throw new PciError('DECODE_OFF', `Cannot map BAR ${index} of ${this.name}: memory decoding is off`);
    return new MappedBar({ name: this.name, bar: index, size: bar.size, start: bar.start }, this, NO_CLOCK, 0, () => undefined);
  }

  listen(handler: () => void): MessageTarget {
    return this.#options.listen(handler);
  }

  /** The server's answer comes when it is done. */
  settle(): void {
    return undefined;
  }

  read(bar: number, offset: number, size: AccessSize): number {
    return this.#read(bar, offset, size);
  }

  write(bar: number, offset: number, size: AccessSize, value: number): void {
    if (!this.present) return;
    if (this.#options.posted) {
      this.#unlessLost(() => { this.#caller.post(bar, offset, size, value); });
      return;
    }
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, value, true);
    this.#write(bar, offset, bytes.subarray(0, size));
  }

  readBlock(bar: number, offset: number, into: Uint8Array): void {
    const { maxTransfer } = this.#options;
    for (let at = 0; at < into.length; at += maxTransfer) {
      const part = into.subarray(at, at + maxTransfer);
      const body = this.#ask(bar, offset + at, part.length);
      if (body) part.set(new Uint8Array(body.buffer, body.byteOffset, part.length));
      else part.fill(0xff);
    }
  }

  writeBlock(bar: number, offset: number, from: Uint8Array): void {
    const { maxTransfer, posted } = this.#options;
    for (let at = 0; at < from.length && this.present; at += maxTransfer) {
      const part = from.subarray(at, at + maxTransfer);
      if (posted) this.#unlessLost(() => { this.#caller.postBlock(bar, offset + at, part); });
      else this.#write(bar, offset + at, part);
    }
  }

  #read(region: number, offset: number, size: AccessSize): number {
    const body = this.#ask(region, offset, size);
    if (!body) return ONES[size];
    return size === 4 ? body.getUint32(0, true) : size === 2 ? body.getUint16(0, true) : body.getUint8(0);
  }

  /** The bytes; undefined where nothing answers. */
  #ask(region: number, offset: number, count: number): DataView | undefined {
    if (!this.present) return undefined;
    return this.#unlessLost(() => {
      const { errno, body } = this.#caller.read(region, offset, count);
      if (errno === 0) return body;
      this.#options.trace.event('vfio-user.remote.error', { device: this.name, op: 'read', region, offset, errno });
      return undefined;
    });
  }

  #write(region: number, offset: number, from: Uint8Array): void {
    if (!this.present) return;
    this.#unlessLost(() => {
      const { errno } = this.#caller.write(region, offset, from);
      if (errno !== 0) this.#options.trace.event('vfio-user.remote.error', { device: this.name, op: 'write', region, offset, errno });
    });
  }

  #reset(): void {
    this.#unlessLost(() => {
      const { errno } = this.#caller.request(COMMAND.deviceReset, new Uint8Array(0));
      if (errno !== 0) throw new VfioUserError('REFUSED', `The server refused to reset ${this.name} with errno ${errno}`);
    });
  }

  /** A server that dies meanwhile is a device that has left: no error of an access. */
  #unlessLost<T>(access: () => T): T | undefined {
    try {
      return access();
    } catch (error) {
      if (error instanceof VfioUserError && error.code === 'LOST') return undefined;
      throw error;
    }
  }
}
