import type { AccessSize, DeviceHost, DmaRequest, PciFunction } from '@nova-stack/pci';
import { createRandom } from '@nova-stack/timebase';

/** What goes wrong at an access to a BAR, or from it on. */
export type AccessFaultKind =
  /** The device is pulled out before the access. */
  | 'remove'
  /** The read runs into a time-out of the bus and gives all ones; a write vanishes. */
  | 'ones'
  /** The read gives zero; a write vanishes. */
  | 'zero'
  /** One bit of what is read or written is wrong: `value` is its number, 0 to 31. */
  | 'flip'
  /** The register accessed reads from now on what it would read now, and takes no notice of writes. */
  | 'stuck'
  /** Memory requests of the device fail from now on, as many as `value` says. */
  | 'dma'
  /** Interrupt messages are lost from now on, as many as `value` says. */
  | 'interrupt-lost'
  /** `value` messages that nothing has caused are sent. */
  | 'interrupt-spurious';

export const ACCESS_FAULTS: readonly AccessFaultKind[] = ['remove', 'ones', 'zero', 'flip', 'stuck', 'dma', 'interrupt-lost', 'interrupt-spurious'];

export interface AccessFault {
  readonly kind: AccessFaultKind;
  /** Which access to any BAR, counted from 1; a block is one. */
  readonly access: number;
  readonly value?: number;
}

/** A device to which faults happen. */
export interface FaultyFunction {
  /** To be plugged in instead of the device. */
  readonly fn: PciFunction;
  /** Accesses so far. */
  readonly accesses: number;
  /** Lets nothing happen any more; what is stuck or lost comes back. */
  heal(): void;
}

const ONES = { 1: 0xff, 2: 0xffff, 4: 0xffff_ffff } as const;
const STUCK_AT_VALUE = -1;

/**
 * Puts a script of faults between a device and whoever drives it. What happens is a function of the script and of the
 * accesses; nothing in the device knows of it.
 *
 * @param remove - pulls the device out of its slot
 */
export function withAccessFaults(device: PciFunction, script: readonly AccessFault[], remove: () => void): FaultyFunction {
  const faulty = new Faulty(device, script, remove);
  return { fn: faulty, get accesses() { return faulty.accesses; }, heal: () => { faulty.heal(); } };
}

/** A fault of a kind drawn from the seed, at an access of 1 to `accesses`. */
export function randomAccessFault(seed: number, accesses: number): AccessFault {
  const random = createRandom(seed).fork('access-fault');
  const kind = ACCESS_FAULTS[random.below(ACCESS_FAULTS.length)]!;
  return { kind, access: 1 + random.below(accesses), value: kind === 'flip' ? random.below(32) : 1 + random.below(8) };
}

const place = (bar: number, offset: number): string => `${String(bar)}.${String(offset & ~3)}`;

class Faulty implements PciFunction {
  accesses = 0;
  readonly #device: PciFunction;
  readonly #remove: () => void;
  /** Not struck yet, by access. */
  readonly #script: Map<number, AccessFault>;
  /** By BAR and offset of a register: its value. */
  readonly #stuck = new Map<string, number>();
  #failing = 0;
  #losing = 0;
  #host: DeviceHost | undefined;

  constructor(device: PciFunction, script: readonly AccessFault[], remove: () => void) {
    this.#device = device;
    this.#remove = remove;
    this.#script = new Map(script.map((fault) => [fault.access, fault]));
  }

  get config(): PciFunction['config'] { return this.#device.config; }
  get bars(): PciFunction['bars'] { return this.#device.bars; }

  heal(): void {
    this.#script.clear();
    this.#stuck.clear();
    this.#failing = 0;
    this.#losing = 0;
  }

  plug(host: DeviceHost): void {
    this.#host = host;
    this.#device.plug({
      now: () => host.now(),
      start: (job) => { host.start(this.#withFailures(job)); },
      line: (...args) => { host.line(...args); },
      interrupt: (vector) => {
        if (this.#losing > 0) this.#losing--;
        else host.interrupt(vector);
      },
    });
  }

  read(bar: number, offset: number, size: AccessSize): number {
    const kind = this.#strike(bar, offset);
    if (kind === 'remove' || kind === 'ones') return ONES[size];
    const stuck = this.#stuckAt(bar, offset);
    const value = stuck ?? this.#device.read(bar, offset, size);
    if (kind === 'zero') return 0;
    return typeof kind === 'number' ? (value ^ 2 ** (kind % (8 * size))) >>> 0 : value;
  }

  write(bar: number, offset: number, size: AccessSize, value: number): void {
    const kind = this.#strike(bar, offset);
    if (kind === 'remove' || kind === 'ones' || kind === 'zero' || this.#stuckAt(bar, offset) !== undefined) return;
    this.#device.write(bar, offset, size, typeof kind === 'number' ? (value ^ 2 ** (kind % (8 * size))) >>> 0 : value);
  }

  readBlock(bar: number, offset: number, into: Uint8Array): void {
    const kind = this.#strike(bar, offset);
    if (kind === 'remove' || kind === 'ones') into.fill(0xff);
    else if (kind === 'zero') into.fill(0);
    else {
      this.#device.readBlock(bar, offset, into);
      if (typeof kind === 'number' && into.length > 0) into[0]! ^= 2 ** (kind % 8);
    }
  }

  writeBlock(bar: number, offset: number, from: Uint8Array): void {
    const kind = this.#strike(bar, offset);
    if (kind === 'remove' || kind === 'ones' || kind === 'zero') return;
    this.#device.writeBlock(bar, offset, from);
  }

  reset(kind: Parameters<PciFunction['reset']>[0]): void { this.#device.reset(kind); }
  nextDue(): number | undefined { return this.#device.nextDue(); }
  runDue(now: number): void { this.#device.runDue(now); }
  virtualFunctions(): readonly PciFunction[] { return this.#device.virtualFunctions?.() ?? []; }

  /** @returns what happens to this access: a kind, or the bit that flips */
  #strike(bar: number, offset: number): AccessFaultKind | number | undefined {
    const fault = this.#script.get(++this.accesses);
    if (fault === undefined) return undefined;
    this.#script.delete(fault.access);
    const { kind, value = 1 } = fault;
    switch (kind) {
      case 'flip':
        return value;
      case 'remove':
        this.#remove();
        return kind;
      case 'stuck':
        this.#stuck.set(place(bar, offset), STUCK_AT_VALUE);
        return undefined;
      case 'dma':
        this.#failing += value;
        return undefined;
      case 'interrupt-lost':
        this.#losing += value;
        return undefined;
      case 'interrupt-spurious':
        for (let i = 0; i < value; i++) this.#host?.interrupt(0);
        return undefined;
      default:
        return kind;
    }
  }

  #stuckAt(bar: number, offset: number): number | undefined {
    if (this.#stuck.size === 0) return undefined;
    const at = place(bar, offset);
    const value = this.#stuck.get(at);
    if (value !== STUCK_AT_VALUE) return value;
    const now = this.#device.read(bar, offset & ~3, 4);
    this.#stuck.set(at, now);
    return now;
  }

  /** A job some of whose requests are told that they failed, without being carried out. */
  *#withFailures(job: Generator<DmaRequest, void, boolean>): Generator<DmaRequest, void, boolean> {
    let step = job.next();
    while (step.done !== true) {
      if (this.#failing > 0) {
        this.#failing--;
        step = job.next(false);
      } else step = job.next(yield step.value);
    }
  }
}
