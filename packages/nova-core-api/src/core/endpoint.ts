import type { Clock } from '@nova-stack/timebase';

import { ContractError } from '../errors.ts';
import { negotiate, type Hello, type Offer } from '../handshake.ts';
import type { CoreEndpoint, EventHandler, Session } from '../session.ts';
import type { BackendEvent, CoreBackend } from './backend.ts';
import { ServerSession, type LostCause } from './server-session.ts';

/** The core's handle of what it published. */
export interface PublishedCore {
  /** For clients: goes on the auxiliary bus. */
  readonly endpoint: CoreEndpoint;
  /** Sessions that have not detached. */
  readonly sessions: number;
  /** Tells all sessions that want to know. */
  emit(event: BackendEvent): void;
  /**
   * Takes no clients from now on, asks those that there are to leave, and takes back what they have not given back
   * when the deadline passes. Afterwards nothing is lent out.
   */
  withdraw(clock: Clock, deadlineMilliseconds: number): Promise<void>;
  /** The device is gone: all sessions are lost at once. */
  lose(cause: LostCause): Promise<void>;
}

/** Makes a core attachable. Sessions, ownership, checks and errors are handled here; the backend does the work. */
export function createEndpoint(backend: CoreBackend): PublishedCore {
  return new Endpoint(backend);
}

class Endpoint implements PublishedCore, CoreEndpoint {
  readonly offer: Offer;
  readonly #backend: CoreBackend;
  readonly #sessions = new Set<ServerSession>();
  #nextSession = 1n;
  #failures = 0;
  #closed: 'open' | 'withdrawn' | 'lost' = 'open';

  constructor(backend: CoreBackend) {
    this.#backend = backend;
    const { epoch, interfaces, capabilities, supportId } = backend;
    this.offer = Object.freeze({ epoch, interfaces, capabilities, supportId });
  }

  get endpoint(): CoreEndpoint {
    return this;
  }

  get sessions(): number {
    return this.#sessions.size;
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- its errors are rejections, as those of every operation
  async attach(hello: Hello, onEvent?: EventHandler): Promise<Session> {
    if (this.#closed === 'lost') throw new ContractError('DeviceLost', 'The device is gone');
    if (this.#closed === 'withdrawn') throw new ContractError('Revoked', 'The core takes no more clients');
    const agreement = negotiate(this.offer, hello);
    const session = new ServerSession({
      id: this.#nextSession++, agreement, backend: this.#backend, onEvent,
      translate: (error) => this.#translate(error),
      ended: (ended) => void this.#sessions.delete(ended),
    });
    this.#sessions.add(session);
    return session;
  }

  emit(event: BackendEvent): void {
    const from = event.kind === 'device.fault' ? 'base' : 'vgpu';
    for (const session of this.#sessions) session.raise(event, from);
  }

  async withdraw(clock: Clock, deadlineMilliseconds: number): Promise<void> {
    if (this.#closed === 'open') this.#closed = 'withdrawn';
    for (const session of this.#sessions) session.revoke(deadlineMilliseconds);
    if (this.#sessions.size === 0) return;
    const gone = clock.until(() => this.#sessions.size === 0, { bound: deadlineMilliseconds * 1e6, every: 1e6, reason: 'clients to detach' });
    await gone.catch(() => this.#loseAll('deadline'));
  }

  async lose(cause: LostCause): Promise<void> {
    this.#closed = 'lost';
    await this.#loseAll(cause);
  }

  async #loseAll(cause: LostCause): Promise<void> {
    await Promise.all([...this.#sessions].map((session) => session.lose(cause)));
  }

  /** A contract error goes through as it is; anything else is the core's own business, under a support id. */
  #translate(error: unknown): ContractError {
    if (error instanceof ContractError) return error;
    const supportId = `${this.#backend.supportId}-${(++this.#failures).toString(16)}`;
    this.#backend.report(supportId, error);
    return new ContractError('DeviceError', 'The device failed to do what was asked', { supportId });
  }
}
