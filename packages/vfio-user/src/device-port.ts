import { CAPABILITY, COMMAND, HEADER, MSI, MSIX, type AccessSize, type DmaRequest, type PciFunction } from '@nova-stack/pci';
import type { Trace } from '@nova-stack/trace';

import type { DmaMap } from './dma-map.ts';
import { Refusal } from './errors.ts';
import type { Done, GuestMemory } from './guest-memory.ts';
import type { Interrupts } from './interrupts.ts';
import { JobQueue } from './jobs.ts';
import { ERRNO, IRQ } from './protocol.ts';

/** What a device needs of whoever is connected now; nobody when nobody is. */
export interface Peer {
  readonly memory: GuestMemory;
  readonly ranges: DmaMap;
  readonly interrupts: Interrupts;
  /** Writes `data` to `address` as a message of its own, without an answer. */
  sendMessage(address: number, data: number): void;
}

/** A device with its clock, its jobs and its interrupts, whichever client is connected. */
export class DevicePort {
  readonly device: PciFunction;
  readonly #trace: Trace;
  readonly #now: () => number;
  readonly #jobs: JobQueue;
  #peer: Peer | undefined;
  /** The level of the line; undefined for a device that never said. */
  #line: boolean | undefined;
  #timer: { cancel(): void; readonly due: number } | undefined;

  constructor(device: PciFunction, now: () => number, trace: Trace) {
    this.device = device;
    this.#now = now;
    this.#trace = trace;
    this.#jobs = new JobQueue((request, done) => this.#carryOut(request, done));
    device.plug({ now, start: (job) => this.#jobs.start(job), interrupt: (vector) => this.#interrupt(vector), line: (asserted) => { this.#setLine(asserted); } });
  }

  /** A client comes or goes; it finds the device as after power-on. */
  attach(peer: Peer | undefined): void {
    this.#jobs.drop();
    this.#peer = peer;
    if (peer) this.#reset('power-on');
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /**
   * A reset that a client asked for by a message. What it wrote to the header stays, as when vfio resets a function: a client
   * need not place the BARs again. linux: drivers/vfio/pci/vfio_pci_core.c, drivers/pci/pci.c (pci_try_reset_function)
   */
  hotReset(): void {
    this.#jobs.drop();
    const { config } = this.device;
    const kept = KEPT.map(([offset, size]) => [offset, size, config.read(offset, size)] as const);
    this.#reset('hot');
    for (const [offset, size, value] of kept) config.write(offset, size, value);
  }

  readConfig(offset: number, into: Uint8Array): void {
    this.pump();
    for (let at = 0; at < into.length;) {
      const size = step(offset + at, into.length - at);
      put(into, at, size, this.device.config.read(offset + at, size));
      at += size;
    }
    // The status register shows the line (PCI Local Bus 3.0, 6.2.3), which is the host's.
    const status = HEADER.status - offset;
    if (status >= 0 && status < into.length && (this.#line ?? this.#peer?.interrupts.asserted) === true) into[status]! |= INTERRUPT_STATUS;
  }

  writeConfig(offset: number, from: Uint8Array): void {
    this.pump();
    for (let at = 0; at < from.length;) {
      const size = step(offset + at, from.length - at);
      if (this.device.config.write(offset + at, size, get(from, at, size)) === 'flr') {
        this.#jobs.drop();
        this.#reset('flr');
      }
      at += size;
    }
    // The line may have been switched on or off, or messages.
    if (this.#line !== undefined) this.#showLine();
  }

  /** Reads one register of a BAR: 1, 2 or 4 bytes, aligned. */
  readRegister(bar: number, offset: number, size: AccessSize): number {
    this.pump();
    if (!this.#decodes()) return size === 4 ? 0xffff_ffff : size === 2 ? 0xffff : 0xff;
    return this.device.read(bar, offset, size);
  }

  writeRegister(bar: number, offset: number, size: AccessSize, value: number): void {
    this.pump();
    if (this.#decodes()) this.device.write(bar, offset, size, value);
  }

  readBlock(bar: number, offset: number, into: Uint8Array): void {
    this.pump();
    if (this.#decodes()) this.device.readBlock(bar, offset, into);
    else into.fill(0xff);
  }

  writeBlock(bar: number, offset: number, from: Uint8Array): void {
    this.pump();
    if (this.#decodes()) this.device.writeBlock(bar, offset, from);
  }

  /** Lets the device's timers that are due run, and sees that the next one does. */
  pump(): void {
    const due = this.device.nextDue();
    if (due === undefined) return;
    const now = this.#now();
    if (due <= now) this.device.runDue(now);
    this.#arm();
  }

  #decodes(): boolean {
    const { config } = this.device;
    return config.memoryEnabled && config.powered;
  }

  #reset(kind: 'power-on' | 'hot' | 'flr'): void {
    this.#peer?.interrupts.reset();
    this.device.config.reset();
    this.#line &&= false;
    this.device.reset(kind);
  }

  #arm(): void {
    const due = this.device.nextDue();
    if (due === undefined || this.#timer?.due === due) return;
    this.#timer?.cancel();
    const run = (): void => {
      this.#timer = undefined;
      this.pump();
    };
    // A timer of the host is a millisecond coarse; what is due sooner is looked at in every turn.
    const wait = (due - this.#now()) / 1e6;
    if (wait > 1) {
      const handle = setTimeout(run, wait);
      this.#timer = { due, cancel: () => { clearTimeout(handle); } };
    } else {
      const handle = setImmediate(run);
      this.#timer = { due, cancel: () => { clearImmediate(handle); } };
    }
  }

  #carryOut(request: DmaRequest, done: Done): void {
    const settle = (why: string | undefined): void => {
      if (why !== undefined) {
        const size = (request.op === 'read' ? request.into : request.from).length;
        this.#trace.event('vfio-user.dma.error', { op: request.op, address: request.address, size, why });
      }
      done(why === undefined);
    };
    const peer = this.#peer;
    const refused = this.#mayNot(request);
    const routed = refused === undefined ? this.#route(request) : undefined;
    if (peer === undefined || refused !== undefined || routed !== undefined) {
      settle(refused ?? (routed === false ? 'it leaves the BAR' : undefined));
      return;
    }
    peer.memory.perform(request, peer.ranges, (carriedOut) => {
      settle(carriedOut ? undefined : 'nothing that the device may access is mapped there');
      this.#arm();
    });
  }

  /** Why a request may not be made at all. */
  #mayNot({ address }: DmaRequest): string | undefined {
    const { config } = this.device;
    if (this.#peer === undefined) return 'no client is connected';
    if (!config.busMaster || !config.powered) return 'bus mastering is off';
    return Number.isSafeInteger(address) && address >= 0 ? undefined : 'no such address';
  }

  /** Hands a request to one of the device's own BARs; undefined when it aims at none. */
  #route(request: DmaRequest): boolean | undefined {
    if (!this.#decodes()) return undefined;
    const bytes = request.op === 'read' ? request.into : request.from;
    for (const { index, kind, size } of this.device.bars) {
      if (kind === 'io') continue;
      const start = this.device.config.barAddress(index);
      if (start === 0 || request.address + bytes.length <= start || request.address >= start + size) continue;
      if (request.address < start || request.address + bytes.length > start + size) return false;
      if (request.op === 'read') this.device.readBlock(index, request.address - start, bytes);
      else this.device.writeBlock(index, request.address - start, bytes);
      return true;
    }
    return undefined;
  }

  #setLine(asserted: boolean): void {
    this.#line = asserted;
    this.#showLine();
  }

  /** Lets the client see the line as it is: high only where nothing stands in its way. */
  #showLine(): void {
    const { config } = this.device;
    this.#peer?.interrupts.level(this.#line === true && messagesOf(config)[0] === IRQ.intx && lineObstacle(config) === undefined);
  }

  /** By what is enabled: MSI-X, MSI, or the line. A message is a memory write, so it needs bus mastering; the line does not. */
  #interrupt(vector: number): void {
    const { config } = this.device;
    const [index, count] = messagesOf(config);
    if (index === IRQ.intx && this.#line !== undefined) return;
    const why = this.#peer === undefined ? 'no client is connected'
      : index === IRQ.intx ? lineObstacle(config)
        : !config.busMaster ? 'bus mastering is off'
          : vector >= count ? `there are ${count} vectors` : undefined;
    if (why === undefined) this.#peer?.interrupts.deliver(index, index === IRQ.intx ? 0 : vector);
    else this.#lost(vector, why);
  }

  /** An interrupt that no eventfd was given for: MSI goes as the message that it is, anything else is lost. */
  unsignalled(index: number, vector: number): void {
    const { config } = this.device;
    const at = config.capability(CAPABILITY.msi);
    if (index !== IRQ.msi || at === undefined || this.#peer === undefined) {
      this.#lost(vector, 'the client gave no eventfd for it, or file descriptors do not arrive');
      return;
    }
    const address = config.read(at + MSI.addressHigh, 4) * 2 ** 32 + config.read(at + MSI.addressLow, 4);
    const data = config.read(at + MSI.data, 2) + vector;
    this.#peer.sendMessage(address, data);
    if (this.#trace.on) this.#trace.event('vfio-user.interrupt.sent', { address, data });
  }

  #lost(vector: number, why: string): void {
    this.#trace.event('vfio-user.interrupt.lost', { vector, why });
  }
}

/** Registers of the header that stay over a reset by message, decoding last. */
const KEPT: readonly (readonly [offset: number, size: AccessSize])[] = [
  ...[0, 1, 2, 3, 4, 5].map((bar) => [HEADER.bar0 + 4 * bar, 4] as const), [HEADER.cacheLineSize, 1], [HEADER.interruptLine, 1], [HEADER.command, 2],
];

const INTERRUPT_STATUS = 0x08;

/** Which message interrupts are enabled, and how many vectors there are; the line where none are. */
function messagesOf(config: PciFunction['config']): readonly [index: number, count: number] {
  const msix = config.capability(CAPABILITY.msix);
  if (msix !== undefined) {
    const control = config.read(msix + MSIX.control, 2);
    if (control & MSIX_ENABLE) return [IRQ.msix, (control & MSIX_LAST) + 1];
  }
  const msi = config.capability(CAPABILITY.msi);
  if (msi === undefined || !config.msiEnabled) return [IRQ.intx, 1];
  // Multiple Message Enable: so many vectors, as a power of two.
  return [IRQ.msi, 1 << ((config.read(msi + MSI.control, 2) >> 4) & 7)];
}

const MSIX_ENABLE = 0x8000;
const MSIX_LAST = 0x7ff;

function lineObstacle(config: PciFunction['config']): string | undefined {
  if (config.read(HEADER.interruptPin, 1) === 0) return 'message interrupts are off, and there is no line';
  return config.read(HEADER.command, 2) & COMMAND.interruptDisable ? 'message interrupts are off, and so is the line' : undefined;
}

export const isRegister = (offset: number, length: number): length is AccessSize => (length === 4 || length === 2 || length === 1) && offset % length === 0;

/** The largest aligned access that fits. */
function step(offset: number, left: number): AccessSize {
  if (offset % 4 === 0 && left >= 4) return 4;
  return offset % 2 === 0 && left >= 2 ? 2 : 1;
}

function put(into: Uint8Array, at: number, size: AccessSize, value: number): void {
  for (let i = 0; i < size; i++) into[at + i] = value >>> (8 * i);
}

function get(from: Uint8Array, at: number, size: AccessSize): number {
  let value = 0;
  for (let i = size - 1; i >= 0; i--) value = value * 256 + from[at + i]!;
  return value;
}

/** Whether an access lies inside a region of `size` bytes. @throws Refusal EINVAL */
export function inside(offset: number, count: number, size: number, region: number): void {
  if (count > 0 && offset + count <= size) return;
  throw new Refusal(ERRNO.EINVAL, `${count} bytes at 0x${offset.toString(16)} of region ${region}, which has ${size}`);
}
