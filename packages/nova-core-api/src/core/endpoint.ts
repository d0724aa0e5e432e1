import { noTrace, type Trace } from '@nova-stack/trace';
import type { Clock } from '@nova-stack/timebase';

import type { Capability } from '../capabilities.ts';
import { ContractError } from '../errors.ts';
import { negotiate, type Agreement, type Hello, type Offer } from '../handshake.ts';
import type { CoreEndpoint, EventHandler, Session } from '../session.ts';
import type { BackendEvent, CoreBackend } from './backend.ts';
import { ServerSession, type LostCause, type QuiesceCause } from './server-session.ts';

/** The core's handle of what it published. */
export interface PublishedCore {
  /** For clients: goes on the auxiliary bus. Nothing else of the core can be reached through it. */
  readonly endpoint: CoreEndpoint;
  /** Sessions that have not detached. */
  readonly sessions: number;
  /** Tells all sessions that want to know. Synchronous; no handler runs before the caller comes to a stop. */
  emit(event: BackendEvent): void;
  /**
   * Nothing new begins until {@link resume}: sessions are told, and what would create or change is `Busy`, for new clients too. What reads,
   * gives back, or is called on an object goes on.
   *
   * @returns whether everything that was under way has ended; false when some of it goes on after the bound, and the caller decides
   */
  quiesce(clock: Clock, cause: QuiesceCause, boundMilliseconds: number): Promise<boolean>;
  /** Ends {@link quiesce}: every session works as before, in the same epoch. */
  resume(): void;
  /**
   * Takes no clients from now on, asks those that there are to leave, and takes back what they have not given back
   * when the deadline passes. When it resolves, nothing is lent out and no call of a client is under way.
   *
   * @param deadlineMilliseconds - 0 to 2^32 - 1; at 0 everything is taken back at once
   */
  withdraw(clock: Clock, deadlineMilliseconds: number): Promise<void>;
  /** The device is gone: all sessions are lost at once. Resolves when all that was lent is back. */
  lose(cause: LostCause): Promise<void>;
}

/** What sessions can grant without the core's doing. */
const BY_SESSIONS: readonly Capability[] = ['diagnostics.counters', 'device.suspend-notify'];
const EVENTS_OF = { 'device.fault': 'base', 'capacity.changed': 'vgpu', 'instance.state': 'vgpu' } as const;

/** Makes a core attachable. Sessions, ownership, checks and errors are handled here; the backend does the work. */
export function createEndpoint(backend: CoreBackend): PublishedCore {
  return new Published(backend);
}

class Published implements PublishedCore {
  readonly endpoint: CoreEndpoint;
  readonly #backend: CoreBackend;
  readonly #trace: Trace;
  readonly #offer: Offer;
  readonly #sessions = new Set<ServerSession>();
  #nextSession = 1n;
  #failures = 0;
  #quiet = false;
  #closed: 'open' | 'withdrawn' | 'lost' = 'open';

  constructor(backend: CoreBackend) {
    this.#backend = backend;
    this.#trace = backend.trace ?? noTrace;
    this.#offer = offerOf(backend);
    this.endpoint = Object.freeze({ offer: this.#offer, attach: (hello: Hello, onEvent?: EventHandler) => this.#attach(hello, onEvent) });
  }

  get sessions(): number {
    return this.#sessions.size;
  }

  async quiesce(clock: Clock, cause: QuiesceCause, boundMilliseconds: number): Promise<boolean> {
    if (this.#closed !== 'open') return true;
    this.#quiet = true;
    for (const session of this.#sessions) session.quiesce(cause);
    const idle = (): boolean => [...this.#sessions].every(({ running }) => running === 0);
    if (!idle()) await clock.until(idle, { bound: boundMilliseconds * 1e6, every: 1e6, reason: 'calls under way to end' }).catch(() => undefined);
    return idle();
  }

  resume(): void {
    this.#quiet = false;
    for (const session of this.#sessions) session.resume();
  }

  emit(event: BackendEvent): void {
    for (const session of this.#sessions) session.raise(event, EVENTS_OF[event.kind]);
  }

  async withdraw(clock: Clock, deadlineMilliseconds: number): Promise<void> {
    if (this.#closed === 'open') this.#closed = 'withdrawn';
    for (const session of this.#sessions) session.revoke(deadlineMilliseconds);
    const left = (): boolean => [...this.#sessions].every(({ state }) => state === 'Lost');
    if (!left()) {
      const leaving = clock.until(left, { bound: deadlineMilliseconds * 1e6, every: 1e6, reason: 'clients to detach' });
      await leaving.catch(() => undefined);
    }
    await this.#loseAll('deadline');
  }

  async lose(cause: LostCause): Promise<void> {
    this.#closed = 'lost';
    await this.#loseAll(cause);
  }

  async #loseAll(cause: LostCause): Promise<void> {
    await Promise.all([...this.#sessions].map((session) => session.lose(cause)));
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- its errors are rejections, as those of every operation
  async #attach(hello: Hello, onEvent?: EventHandler): Promise<Session> {
    const agreement = this.#agree(hello);
    const session = new ServerSession({
      id: this.#nextSession++, agreement, backend: this.#backend, onEvent,
      translate: (error) => this.#translate(error),
      ended: (ended) => void this.#sessions.delete(ended),
    });
    this.#sessions.add(session);
    const versions = Object.entries(agreement.interfaces).map(([name, { major, minor }]) => `${name} ${major}.${minor}`).join(', ');
    this.#trace.event('nova-core-api.session.attached', { session: session.client.id, client: hello.name, versions });
    return session.client;
  }

  #agree(hello: Hello): Agreement {
    try {
      if (this.#closed === 'lost') throw new ContractError('DeviceLost', 'The device is gone');
      if (this.#closed === 'withdrawn') throw new ContractError('Revoked', 'The core takes no more clients');
      if (this.#quiet) throw new ContractError('Busy', 'The core does nothing new for a while');
      const agreement = negotiate(this.#offer, hello);
      if (!agreement.interfaces.base) throw new ContractError('InvalidArgument', 'hello.wants has no version of base: every client needs one', { subject: 'hello.wants' });
      return agreement;
    } catch (error) {
      const { code, reason = '' } = this.#translate(error);
      const { name } = hello as Partial<Hello> | undefined ?? {};
      this.#trace.event('nova-core-api.session.refused', { client: typeof name === 'string' ? name : '', code, reason });
      throw error;
    }
  }

  /** A contract error goes through as it is; anything else is the core's own business, under a support id. */
  #translate(error: unknown): ContractError {
    if (error instanceof ContractError) return error;
    const supportId = `${this.#backend.supportId}-${(++this.#failures).toString(16)}`;
    this.#backend.report(supportId, error);
    return new ContractError('DeviceError', 'The device failed to do what was asked', { supportId });
  }
}

/** The offer is shared by all clients, so none can change it. */
function offerOf({ epoch, interfaces, capabilities, supportId }: CoreBackend): Offer {
  const majors = Object.entries(interfaces).map(([name, offered]) => [name, Object.freeze(offered.map((one) => Object.freeze({ ...one })))]);
  return Object.freeze({
    epoch, supportId,
    interfaces: Object.freeze(Object.fromEntries(majors)) as Offer['interfaces'],
    capabilities: Object.freeze([...new Set([...capabilities, ...BY_SESSIONS])]),
  });
}
