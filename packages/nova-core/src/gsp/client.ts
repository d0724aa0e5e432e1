import { GspRpcError, type DriverEnd } from '@nova-stack/gsp-rpc';

import { present, report, S, type Device } from '../device.ts';
import { hex, NovaCoreError, type Step } from '../errors.ts';
import { isAbsent } from '../firmware/absent.ts';
import type { Call, ChannelError, Control, EventForm, FirmwareAbi, HostingAbi, InternalHandles, Notice, OsError, TaskNotice } from '../firmware/abi.ts';

/** Controls on the firmware's own subdevice: all that most of the driver needs of it. */
export type Controls = Pick<GspClient, 'abi' | 'control'>;

/** Steps in which the firmware is spoken to while clients have to wait. */
const POWER_STEPS: readonly Step[] = ['suspend', 'resume', 'unloading'];
/** Calls in a row without an answer after which the firmware counts as dead. */
const SILENT = 2;
/** Longest wait after a call without an answer. */
const PATIENCE = 5 * S;

/** The same of a firmware under which virtual GPUs can be hosted. */
export type HostingControls = Controls & { readonly abi: HostingAbi };
/** And what it tells of the tasks of virtual GPUs. */
export type HostingClient = HostingControls & Pick<GspClient, 'onTaskNotice'>;

export const canHost = (gsp: GspClient): gsp is GspClient & HostingClient => !isAbsent(gsp.abi.vgpu);

/** The driver's conversation with the firmware: intents in, typed answers out. */
export class GspClient {
  readonly #device: Device;
  readonly #end: DriverEnd;
  readonly abi: FirmwareAbi;
  /** Targets of internal controls; known once the static info was read. */
  #internal: InternalHandles | undefined;
  #alive = true;
  readonly #listeners: ((error: OsError) => void)[] = [];
  readonly #channelListeners = new Set<(error: ChannelError) => void>();
  readonly #taskListeners: ((notice: TaskNotice) => void)[] = [];
  #tend: () => void = () => undefined;
  /** Says why the firmware cannot run any more. */
  #look: (() => string | undefined) | undefined;
  #died: string | undefined;
  /** Calls in a row that ran into their bound. */
  #silent = 0;
  #resting = false;
  readonly #mourners: ((why: string) => void)[] = [];

  constructor(device: Device, end: DriverEnd, abi: FirmwareAbi) {
    this.#device = device;
    this.#end = end;
    this.abi = abi;
    const { osError, channelError, lockdown, journal, vgpuTask } = abi.messages.events;
    this.#hear(osError, (error) => {
      report(device.trace, 'nova-core.gsp.error', { ...error });
      for (const listener of this.#listeners) listener(error);
    });
    this.#hear(channelError, (error) => {
      report(device.trace, 'nova-core.gsp.channel-error', { ...error });
      for (const listener of this.#channelListeners) listener(error);
    });
    this.#hear(vgpuTask, (notice) => {
      for (const listener of this.#taskListeners) listener(notice);
    });
    this.#hear(lockdown, ({ engaged }) => report(device.trace, 'nova-core.gsp.lockdown', { engaged }));
    if (!isAbsent(journal)) this.#hear(journal, ({ source, engine, code }) => report(device.trace, 'nova-core.gsp.journal', { source, engine, code }));
  }

  /** False once a wait on the firmware has failed: it may be gone, or answer late. */
  get alive(): boolean {
    return this.#alive;
  }

  /** Why nothing is to be expected of the firmware any more; undefined while it lives. */
  get died(): string | undefined {
    return this.#died;
  }

  /** From now on waits look whether the firmware still runs. `look` says why not; @see {@link died} */
  watch(look: () => string | undefined): void {
    this.#look = look;
  }

  /** The firmware is about to stop: that it does is no accident. */
  unwatch(): void {
    this.#look = undefined;
  }

  /** Calls `mourner` once when the firmware has died. */
  onDeath(mourner: (why: string) => void): void {
    this.#mourners.push(mourner);
  }

  /** While it rests only the way to sleep and back is let through. */
  rest(resting: boolean): void {
    this.#resting = resting;
  }

  /** Calls `listener` with every error that the firmware reports by itself. */
  onError(listener: (error: OsError) => void): void {
    this.#listeners.push(listener);
  }

  /** Calls `listener` with every channel that the firmware has stopped. @returns takes the listener away */
  onChannelError(listener: (error: ChannelError) => void): () => void {
    this.#channelListeners.add(listener);
    return () => void this.#channelListeners.delete(listener);
  }

  /** Calls `listener` with everything that is told of tasks of virtual GPUs. */
  onTaskNotice(listener: (notice: TaskNotice) => void): void {
    this.#taskListeners.push(listener);
  }

  /** Calls `tend` before each call, for whoever keeps interrupts going. */
  tendBy(tend: () => void): void {
    this.#tend = tend;
  }

  /** Takes what the firmware has sent, for an interrupt handler. What is wrong with it is told. @returns messages taken */
  poll(): number {
    try {
      return this.#end.poll();
    } catch (error) {
      if (!(error instanceof GspRpcError)) throw error;
      report(this.#device.trace, 'nova-core.gsp.rejected', { code: error.code });
      return 0;
    }
  }

  useInternal(handles: InternalHandles): void {
    this.#internal = handles;
  }

  /** Lets nothing more through; waits end. */
  close(): void {
    this.#end.close();
  }

  async notify<Request>(step: Step, notice: Notice<Request>, request: Request): Promise<void> {
    const payload = notice.encode(request);
    await this.#guard(step, notice.name, () => this.#end.send(notice.function, payload, this.#options()));
    report(this.#device.trace, 'nova-core.rpc.sent', { name: notice.name, bytes: payload.length });
  }

  /** @throws {@link NovaCoreError} `TIMEOUT` or `RPC` when it is unknown what became of the call, else `REFUSED`. */
  async call<Request, Reply>(step: Step, call: Call<Request, Reply>, request: Request, bound?: number): Promise<Reply> {
    const payload = call.encode(request);
    const reply = await this.#guard(step, call.name, () => this.#end.call(call.function, payload, this.#options(bound)));
    report(this.#device.trace, 'nova-core.rpc.sent', { name: call.name, bytes: payload.length });
    if (reply.result !== 0) throw this.#refused(step, call.name, reply.result);
    return this.#decode(step, call.name, () => call.decode(reply.payload));
  }

  /** A control on the firmware's own subdevice. */
  async control<Request, Reply>(step: Step, control: Control<Request, Reply>, request: Request, bound?: number): Promise<Reply> {
    const internal = this.#internal;
    if (internal === undefined) throw new NovaCoreError('RPC', step, `${control.name} before the static info was read`);
    const reply = await this.call(step, { ...this.abi.messages.control, name: control.name }, {
      client: internal.client, object: internal.subdevice, command: control.command, params: control.encode(request),
    }, bound);
    if (reply.status !== 0) throw this.#refused(step, control.name, reply.status);
    return this.#decode(step, control.name, () => control.decode(reply.params));
  }

  /** Waits for an event. @throws {@link NovaCoreError} `REFUSED` when it carries an error. */
  async expect<T>(step: Step, { name, number, decode }: EventForm<T>, bound?: number): Promise<T> {
    const message = await this.#guard(step, name, () => this.#end.expect(number, this.#options(bound)));
    if (message.result !== 0) throw this.#refused(step, name, message.result);
    return this.#decode(step, name, () => decode(message.payload));
  }

  /** Waits for an event as long as `signal` lets it. @returns undefined when it did not come in time */
  async next<T>(step: Step, { name, number, decode }: EventForm<T>, signal: { readonly aborted: boolean }): Promise<T | undefined> {
    const { pci } = this.#device;
    const over = { get aborted(): boolean { return signal.aborted || !pci.present; } };
    try {
      const message = await this.#end.expect(number, { signal: over });
      return this.#decode(step, name, () => decode(message.payload));
    } catch (error) {
      if (error instanceof GspRpcError && (error.code === 'ABORTED' || error.code === 'TIMEOUT' || error.code === 'CLOSED')) return undefined;
      throw error;
    }
  }

  /** Serves an event whenever it comes. What cannot be decoded is told and goes no further: nobody waits for it. */
  #hear<T>({ name, number, decode }: EventForm<T>, handler: (event: T) => void): void {
    this.#end.on(number, ({ payload }) => {
      let event: T;
      try {
        event = decode(payload);
      } catch {
        report(this.#device.trace, 'nova-core.gsp.malformed', { name, bytes: payload.length });
        return;
      }
      handler(event);
    });
  }

  #options(bound?: number): { readonly bound?: number; readonly signal: { readonly aborted: boolean } } {
    const { pci } = this.#device;
    const gone = (): boolean => this.#examine() !== undefined;
    // Memory polls would go on to their bound after surprise removal.
    const signal = { get aborted(): boolean { return !pci.present || gone(); } };
    // One that was silent is not waited for as long as one that may be busy.
    const limit = this.#silent === 0 ? bound : Math.min(bound ?? PATIENCE, PATIENCE);
    return limit === undefined ? { signal } : { signal, bound: limit };
  }

  #refused(step: Step, name: string, status: number): NovaCoreError {
    return new NovaCoreError('REFUSED', step, `the firmware answers ${name} with status ${hex(status)}`, { detail: { status, name } });
  }

  async #guard<T>(step: Step, name: string, work: () => Promise<T>): Promise<T> {
    if (this.#resting && !POWER_STEPS.includes(step)) throw new NovaCoreError('BUSY', step, `${name} has to wait: the device is asleep`, { detail: { name } });
    try {
      if (this.#died === undefined) this.#tend();
      this.#requireLife(step, name);
      const result = await work();
      this.#silent = 0;
      return result;
    } catch (cause) {
      present(this.#device, step);
      this.#alive = false;
      const timeout = cause instanceof GspRpcError && cause.code === 'TIMEOUT';
      if (timeout && this.#look !== undefined && ++this.#silent >= SILENT) this.#die('it does not answer');
      if (timeout) this.#examine();
      if (!timeout) this.#requireLife(step, name, cause);
      throw new NovaCoreError(timeout ? 'TIMEOUT' : 'RPC', step, timeout ? `no answer to ${name}` : `${name} failed`, { cause, detail: { name } });
    }
  }

  #requireLife(step: Step, name: string, cause?: unknown): void {
    if (this.#died === undefined) return;
    throw new NovaCoreError('FIRMWARE_DIED', step, `${name}: the firmware has died, ${this.#died}`, { ...(cause !== undefined && { cause }), detail: { name } });
  }

  /** Looks whether the firmware still runs. */
  #examine(): string | undefined {
    if (this.#died === undefined && this.#look !== undefined && this.#device.pci.present) {
      const why = this.#look();
      if (why !== undefined) this.#die(why);
    }
    return this.#died;
  }

  #die(why: string): void {
    if (this.#died !== undefined) return;
    this.#died = why;
    this.#alive = false;
    report(this.#device.trace, 'nova-core.firmware.died', { why });
    for (const mourner of this.#mourners.splice(0)) mourner(why);
  }

  #decode<T>(step: Step, name: string, decode: () => T): T {
    try {
      return decode();
    } catch (cause) {
      throw new NovaCoreError('RPC', step, `the answer to ${name} cannot be decoded`, { cause, detail: { name } });
    }
  }
}
