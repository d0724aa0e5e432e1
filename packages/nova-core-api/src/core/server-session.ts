import { noTrace, type Trace } from '@nova-stack/trace';

import type { Capability } from '../capabilities.ts';
import { ContractError } from '../errors.ts';
import { agreedSchemas } from '../agreed.ts';
import type { Agreement } from '../handshake.ts';
import type { BASE_V1 } from '../schema/base-v1.ts';
import type { EventKind, Interface, InterfaceName } from '../schema/interface.ts';
import type { BaseClient, DrmClient, EventHandler, Session, VgpuClient, VgpuV2Client } from '../session.ts';
import { SESSION_STATES, type SessionState } from '../states.ts';
import type { CoreBackend } from './backend.ts';
import type { VgpuCore } from './vgpu-core.ts';
import { EventQueue, type RaisedEvent } from './event-queue.ts';
import { interfaceFacade, type Call, type Callable, type FacadeHost } from './facade.ts';
import { Keeping } from './keeping.ts';
import { Operations } from './operations.ts';
import { firstMajorOf } from './vgpu-v1-facade.ts';

/** Events that wait for a session's handler before some are lost. */
export const EVENT_QUEUE = 64;

export type LostCause = keyof typeof BASE_V1.enums.LostCause;
export type QuiesceCause = keyof typeof BASE_V1.enums.QuiesceCause;

export interface ServerSessionOptions {
  readonly id: bigint;
  readonly agreement: Agreement;
  readonly backend: CoreBackend;
  readonly onEvent: EventHandler | undefined;
  readonly translate: (error: unknown) => ContractError;
  readonly ended: (session: ServerSession) => void;
}

/** The core's side of a session: what it allows, what it has lent out, what it tells. */
export class ServerSession implements FacadeHost {
  /** What the client gets: nothing of the core's side can be reached through it. */
  readonly client: Session;
  readonly capabilities: readonly Capability[];
  readonly own: Callable = { counters: () => this.#counters(), sessionState: () => ({ state: this.#state }) };
  readonly #options: ServerSessionOptions;
  readonly #trace: Trace;
  readonly #schemas: Readonly<Partial<Record<InterfaceName, Interface>>>;
  readonly #events: EventQueue | undefined;
  readonly #keeping = new Keeping();
  #operations: Operations | undefined;
  readonly #counts = { calls: 0, failedCalls: 0 };
  #state: SessionState = 'Attached';
  #detaching: Promise<void> | undefined;

  constructor(options: ServerSessionOptions) {
    this.#options = options;
    const { backend, agreement, onEvent } = options;
    this.#trace = backend.trace ?? noTrace;
    this.capabilities = agreement.capabilities;
    this.#schemas = Object.fromEntries(agreedSchemas(agreement).map((schema) => [schema.name, schema]));
    this.#events = onEvent && new EventQueue({
      limit: EVENT_QUEUE, handler: onEvent, now: backend.now ?? (() => 0), failed: (error) => void this.translate('event handler', error),
    });
    this.client = this.#handle(backend);
  }

  get state(): SessionState {
    return this.#state;
  }

  permit({ name, operation, onObject }: Call): void {
    const over = this.over();
    if (over) throw over;
    const { calls } = SESSION_STATES[this.#state];
    if (calls === 'ending' && !operation.sync && !operation.ending && !onObject) {
      if (this.#state === 'Quiescing') throw new ContractError('Busy', `${name}: the core does nothing new for a while`);
      throw new ContractError('Revoked', `${name}: the core is ending the session`);
    }
    if (this.#events?.inHandler && !operation.sync) throw new ContractError('InvalidState', `${name} may not be called from an event handler`);
  }

  over(): ContractError | undefined {
    if (this.#state === 'Lost') return new ContractError('DeviceLost', 'The device is gone');
    if (SESSION_STATES[this.#state].calls === 'none') return new ContractError('InvalidState', 'The session has ended');
    return this.#options.backend.present?.() === false ? new ContractError('DeviceLost', 'The device is gone') : undefined;
  }

  begin({ operation }: Call): (failed: boolean) => void {
    this.#counts.calls++;
    const done = operation.sync ? undefined : this.#keeping.begin();
    return (failed) => {
      if (failed) this.#counts.failedCalls++;
      done?.();
    };
  }

  /** Giving back after the session gave back, or lost, the object is no error: there is nothing left to do. */
  keep(kind: string, release: () => Promise<void>): () => Promise<void> {
    const giveBack = this.#keeping.keep(() => release().catch((error: unknown) => { throw this.translate(`releasing a ${kind}`, error); }));
    return async () => {
      try {
        await giveBack();
      } catch (error) {
        if (this.#state !== 'Lost' && this.#state !== 'Detached') throw error;
      }
    };
  }

  translate(what: string, error: unknown): ContractError {
    const told = this.#options.translate(error);
    this.#trace.event('nova-core-api.session.failed', { session: this.#options.id, what, code: told.code });
    return told;
  }

  /** Something happened that the session may want to know. */
  raise(event: RaisedEvent, from: InterfaceName = 'base'): void {
    const kind = this.#schemas[from]?.events[event.kind];
    if (!kind || !this.#events || !this.capabilities.includes('device.events')) return;
    if (kind.needs !== undefined && !this.capabilities.includes(kind.needs)) return;
    if (!this.#events.push(event, isTerminal(kind, event))) this.#trace.event('nova-core-api.events.lost', { session: this.#options.id, kind: event.kind });
  }

  /** Calls under way. */
  get running(): number {
    return this.#keeping.running;
  }

  /** The core does nothing new for a while. */
  quiesce(cause: QuiesceCause): void {
    if (this.#state !== 'Attached') return;
    this.#enter('Quiescing');
    this.raise({ kind: 'device.quiesce', payload: { cause } });
  }

  /** The core works again. */
  resume(): void {
    if (this.#state !== 'Quiescing') return;
    this.#enter('Attached');
    this.raise({ kind: 'device.resumed', payload: {} });
  }

  /** The core wants out. */
  revoke(deadlineMilliseconds: number): void {
    if (this.#state !== 'Attached' && this.#state !== 'Quiescing') return;
    this.#enter('Revoking');
    this.raise({ kind: 'session.revoking', payload: { deadlineMilliseconds } });
  }

  /**
   * The device is gone, or the client did not leave in time. Resolves when all that was lent is back; the client
   * keeps dead handles.
   */
  async lose(cause: LostCause): Promise<void> {
    if (SESSION_STATES[this.#state].next.includes('Lost')) {
      this.#enter('Lost');
      this.raise({ kind: 'session.lost', payload: { cause } });
    }
    this.#operations?.cancelAll();
    await this.#keeping.end();
  }

  #detach(): Promise<void> {
    if (this.#events?.inHandler) return Promise.reject(new ContractError('InvalidState', 'A session cannot be detached from its event handler'));
    return (this.#detaching ??= (async () => {
      if (this.#state !== 'Lost') this.#enter('Draining');
      // Who waits for the end of an operation would keep the session.
      this.#operations?.cancelAll();
      await this.#keeping.end();
      await this.#events?.close();
      this.#enter('Detached');
      this.#options.ended(this);
    })());
  }

  #enter(to: SessionState): void {
    const from = this.#state;
    if (!SESSION_STATES[from].next.includes(to)) throw new Error(`A session does not go from ${from} to ${to}`);
    this.#state = to;
    this.#trace.event('nova-core-api.session.state', { session: this.#options.id, from, to });
  }

  #handle(backend: CoreBackend): Session {
    const { id, agreement } = this.#options;
    const state = (): SessionState => this.#state;
    return Object.freeze({
      id,
      agreement,
      get state() { return state(); },
      base: this.#facade('base', backend.base) as BaseClient,
      vgpu: this.#vgpu(1, backend, firstMajorOf) as VgpuClient | undefined,
      vgpu2: this.#vgpu(2, backend, (core) => (this.#operations = this.#operationsOver(core)).backend) as VgpuV2Client | undefined,
      drm: this.#facade('drm', backend.drm) as DrmClient | undefined,
      detach: () => this.#detach(),
    });
  }

  #vgpu(major: number, { vgpus }: CoreBackend, make: (core: VgpuCore) => object): object | undefined {
    return vgpus && this.#schemas.vgpu?.major === major ? this.#facade('vgpu', make(vgpus)) : undefined;
  }

  #operationsOver(core: VgpuCore): Operations {
    return new Operations(core, {
      capabilities: this.capabilities,
      done: (payload) => { this.raise({ kind: 'operation.done', payload }, 'vgpu'); },
      translate: (what, error) => this.translate(what, error),
    });
  }

  #facade(name: InterfaceName, backend: object | undefined): object | undefined {
    const schema = this.#schemas[name];
    return schema && backend && Object.freeze(interfaceFacade(schema, backend, this));
  }

  #counters(): ReturnType<BaseClient['counters']> {
    const { delivered = 0, lost = 0 } = this.#events?.counts ?? {};
    return { counters: { ...this.#counts, objectsHeld: this.#keeping.size, eventsDelivered: delivered, eventsLost: lost } };
  }
}

function isTerminal({ terminal }: EventKind, { payload }: RaisedEvent): boolean {
  if (typeof terminal !== 'object') return terminal === true;
  return terminal.values.includes(String((payload as Readonly<Record<string, unknown>>)[terminal.field]));
}
