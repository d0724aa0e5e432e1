import type { Trace } from '@nova-stack/trace';

import { Refusal } from './errors.ts';
import type { Descriptors, Watch } from './fd/descriptors.ts';
import { ERRNO, IRQ, SET_IRQS } from './protocol.ts';

/** What a client asks for with SET_IRQS. */
export interface IrqRequest {
  readonly flags: number;
  readonly index: number;
  readonly start: number;
  readonly count: number;
  /** Of the vector `start + i`: whether the action is for it; for data of bytes only. */
  readonly chosen: (i: number) => boolean;
  /** Descriptors of the message; those that are taken are removed. */
  readonly descriptors: number[];
}

/** One vector, and what is signalled when it fires. */
interface Vector {
  trigger?: number;
  masked: boolean;
  pending: boolean;
  /** Eventfds of the client's that mask or unmask it, by the action that they stand for. */
  readonly controls: Map<number, Control>;
}
interface Control {
  readonly fd: number;
  readonly watch: Watch;
}

const KINDS = ['INTx', 'MSI', 'MSI-X', 'error', 'request'] as const;
const isOne = (bits: number): boolean => bits !== 0 && (bits & (bits - 1)) === 0;

/** The interrupts that a client asked for, each with its eventfd (linux: drivers/vfio/pci/vfio_pci_intrs.c does the same). */
export class Interrupts {
  readonly #descriptors: Descriptors | undefined;
  readonly #trace: Trace;
  readonly #unset: (index: number, number: number) => void;
  readonly #vectors: Map<number, Vector>[] = Array.from({ length: IRQ.count }, () => new Map<number, Vector>());
  /** An interrupt on the line was not served yet; or the level of the line, where the device says what that is. */
  #asserted = false;
  #level = false;

  /** `unset` is called for what fires and has no eventfd. */
  constructor(descriptors: Descriptors | undefined, trace: Trace, unset: (index: number, number: number) => void) {
    this.#descriptors = descriptors;
    this.#trace = trace;
    this.#unset = unset;
  }

  /** The INTx line is asserted: from when it fires until the client says that it was served. */
  get asserted(): boolean {
    return this.#asserted;
  }

  /** @throws Refusal EINVAL; `SystemError`. */
  set(request: IrqRequest): void {
    const { flags, index, start, count, descriptors } = request;
    const [data, action] = [flags & SET_IRQS.dataMask, flags & SET_IRQS.actionMask];
    if (!isOne(data) || !isOne(action)) throw new Refusal(ERRNO.EINVAL, `flags 0x${flags.toString(16)}: expected one kind of data and one action`);
    if (count === 0) {
      if (data !== SET_IRQS.dataNone || action !== SET_IRQS.trigger) throw new Refusal(ERRNO.EINVAL, 'no vectors: expected at least one, but to switch all off');
      this.#drop(index);
    } else if (data === SET_IRQS.dataEventfd) {
      // A client without shared descriptors, or a server without: there is nothing to signal.
      if (descriptors.length !== 0 && descriptors.length !== count) throw new Refusal(ERRNO.EINVAL, `${descriptors.length} descriptors for ${count} vectors`);
      if (!descriptors.every((fd) => this.#descriptors?.isEventfd(fd))) throw new Refusal(ERRNO.EINVAL, 'a descriptor that is no eventfd');
      for (let i = 0; i < count; i++) this.#assign(index, start + i, action, descriptors.shift());
    } else {
      for (let i = 0; i < count; i++) if (data === SET_IRQS.dataNone || request.chosen(i)) this.#act(index, start + i, action);
    }
  }

  /** The device fires. */
  deliver(index: number, number: number): void {
    if (index === IRQ.intx) this.#asserted = true;
    const vector = this.#vectors[index]!.get(number);
    if (vector?.masked) vector.pending = true;
    else this.#raise(index, number, vector);
  }

  /** The device sets the level of its line. While it is high, the client is told once, and again whenever it says that it is done. */
  level(high: boolean): void {
    if (high === this.#level) return;
    this.#level = high;
    this.#asserted = high;
    if (high) this.#raiseLevel();
    else this.#vectors[IRQ.intx]!.forEach((vector) => { vector.pending = false; });
  }

  #raiseLevel(): void {
    const vector = this.#vectors[IRQ.intx]!.get(0);
    if (this.#level && vector?.trigger !== undefined && !vector.masked) this.#raise(IRQ.intx, 0, vector);
  }

  /** After a reset of the device nothing is pending; who is signalled stays. */
  reset(): void {
    this.#asserted = false;
    this.#level = false;
    for (const [index, vectors] of this.#vectors.entries()) {
      for (const vector of vectors.values()) {
        vector.pending = false;
        if (index === IRQ.intx) vector.masked = false;
      }
    }
  }

  close(): void {
    for (let index = 0; index < IRQ.count; index++) this.#drop(index);
  }

  #raise(index: number, number: number, vector: Vector | undefined): void {
    if (vector) vector.pending = false;
    if (vector?.trigger === undefined) {
      this.#unset(index, number);
      return;
    }
    this.#descriptors?.signal(vector.trigger);
    // The line stays asserted until the client says that it was served: it is signalled once.
    if (index === IRQ.intx) vector.masked = true;
    if (this.#trace.on) this.#trace.event('vfio-user.interrupt.raised', { kind: KINDS[index]!, vector: number });
  }

  #act(index: number, number: number, action: number): void {
    if (action === SET_IRQS.trigger) {
      this.deliver(index, number);
      return;
    }
    const vector = this.#vector(index, number);
    vector.masked = action === SET_IRQS.mask;
    if (vector.masked) return;
    if (index === IRQ.intx) this.#asserted = vector.pending || this.#level;
    if (vector.pending) this.#raise(index, number, vector);
    else if (index === IRQ.intx) this.#raiseLevel();
  }

  /** Gives a vector the eventfd of one action, or takes it away. */
  #assign(index: number, number: number, action: number, fd: number | undefined): void {
    const vector = this.#vector(index, number);
    if (action === SET_IRQS.trigger) {
      if (vector.trigger !== undefined) this.#descriptors?.close(vector.trigger);
      delete vector.trigger;
      if (fd !== undefined) vector.trigger = fd;
      // A line that is high already is seen by whoever begins to look.
      if (index === IRQ.intx) this.#raiseLevel();
      return;
    }
    this.#end(vector.controls.get(action));
    vector.controls.delete(action);
    if (fd === undefined || !this.#descriptors) return;
    const descriptors = this.#descriptors;
    const watch = descriptors.watch(fd, { readable: true }, () => {
      if (descriptors.take(fd) > 0) this.#act(index, number, action);
    });
    vector.controls.set(action, { fd, watch });
  }

  #vector(index: number, number: number): Vector {
    let vector = this.#vectors[index]!.get(number);
    if (!vector) this.#vectors[index]!.set(number, vector = { masked: false, pending: false, controls: new Map() });
    return vector;
  }

  #drop(index: number): void {
    if (index === IRQ.intx) this.#asserted = this.#level;
    for (const vector of this.#vectors[index]!.values()) {
      if (vector.trigger !== undefined) this.#descriptors?.close(vector.trigger);
      for (const control of vector.controls.values()) this.#end(control);
    }
    this.#vectors[index]!.clear();
  }

  #end(control: Control | undefined): void {
    control?.watch.close();
    if (control) this.#descriptors?.close(control.fd);
  }
}
