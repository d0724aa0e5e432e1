import type { Capability } from '../capabilities.ts';
import { ContractError } from '../errors.ts';
import type { Agreement } from '../handshake.ts';
import { BASE_V1 } from '../schema/base-v1.ts';
import { DRM_V1 } from '../schema/drm-v1.ts';
import type { Interface, InterfaceName } from '../schema/interface.ts';
import { VGPU_V1 } from '../schema/vgpu-v1.ts';
import type { BaseClient, DrmClient, EventHandler, Session, SessionState, VgpuClient } from '../session.ts';
import type { CoreBackend } from './backend.ts';
import { EventQueue, type RaisedEvent } from './event-queue.ts';
import { interfaceFacade, type FacadeHost } from './facade.ts';

/** Every interface at every major that this package has a schema of. */
const SCHEMAS: readonly Interface[] = [BASE_V1, VGPU_V1, DRM_V1];

/** Events that wait for a session's handler before some are lost. */
export const EVENT_QUEUE = 64;

interface Kept {
  readonly label: string;
  readonly giveBack: () => Promise<void>;
}

export type LostCause = 'removed' | 'reset' | 'deadline' | 'failed';

export interface ServerSessionOptions {
  readonly id: bigint;
  readonly agreement: Agreement;
  readonly backend: CoreBackend;
  readonly onEvent: EventHandler | undefined;
  readonly translate: (error: unknown) => ContractError;
  readonly ended: (session: ServerSession) => void;
}

/** The core's side of a session: what it allows, what it has lent out, what it tells. */
export class ServerSession implements Session, FacadeHost {
  readonly id: bigint;
  readonly agreement: Agreement;
  readonly base: BaseClient;
  readonly vgpu: VgpuClient | undefined;
  readonly drm: DrmClient | undefined;
  readonly #options: ServerSessionOptions;
  readonly #events: EventQueue | undefined;
  /** In the order of acquiring. */
  readonly #kept: Kept[] = [];
  readonly #idle: (() => void)[] = [];
  #running = 0;
  #state: SessionState = 'Attached';
  #detaching: Promise<void> | undefined;

  constructor(options: ServerSessionOptions) {
    this.#options = options;
    this.id = options.id;
    this.agreement = options.agreement;
    const { backend, onEvent } = options;
    this.base = this.#facade('base', backend.base) as BaseClient;
    this.vgpu = this.#facade('vgpu', backend.vgpu) as VgpuClient | undefined;
    this.drm = this.#facade('drm', backend.drm) as DrmClient | undefined;
    this.#events = onEvent && new EventQueue(EVENT_QUEUE, onEvent, (error) => void options.translate(error));
  }

  get state(): SessionState {
    return this.#state;
  }

  get capabilities(): readonly Capability[] {
    return this.agreement.capabilities;
  }

  permit({ name, sync, onObject }: { readonly name: string; readonly sync: boolean; readonly onObject: boolean }): void {
    if (this.#state === 'Lost') throw new ContractError('DeviceLost', 'The device is gone');
    if (this.#state === 'Draining' || this.#state === 'Detached') throw new ContractError('InvalidState', `${name}: the session has ended`);
    if (this.#state === 'Revoking' && !sync && !onObject) throw new ContractError('Revoked', `${name}: the core is ending the session`);
    if (this.#events?.inHandler && !sync) throw new ContractError('InvalidState', `${name} may not be called from an event handler`);
  }

  begin(): () => void {
    this.#running++;
    return () => {
      this.#running--;
      if (this.#running === 0) for (const wake of this.#idle.splice(0)) wake();
    };
  }

  keep(label: string, release: () => Promise<void>): () => Promise<void> {
    let done: Promise<void> | undefined;
    const kept: Kept = {
      label,
      giveBack: () => (done ??= (() => {
        this.#kept.splice(this.#kept.indexOf(kept), 1);
        return release();
      })()),
    };
    this.#kept.push(kept);
    return kept.giveBack;
  }

  translate(error: unknown): ContractError {
    return this.#options.translate(error);
  }

  detach(): Promise<void> {
    if (this.#events?.inHandler) return Promise.reject(new ContractError('InvalidState', 'A session cannot be detached from its event handler'));
    return (this.#detaching ??= this.#detach());
  }

  /** Something happened that the session may want to know. */
  raise(event: RaisedEvent, from: InterfaceName = 'base'): void {
    if (!this.capabilities.includes('device.events') || !this.agreement.interfaces[from]) return;
    const terminal = SCHEMAS.some((schema) => schema.events[event.kind]?.terminal === true);
    this.#events?.push(event, terminal);
  }

  /** The core wants out. */
  revoke(deadlineMilliseconds: number): void {
    if (this.#state !== 'Attached') return;
    this.#state = 'Revoking';
    this.raise({ kind: 'session.revoking', payload: { deadlineMilliseconds } });
  }

  /** The device is gone, or the client did not leave in time. What was lent is taken back; the client keeps dead handles. */
  async lose(cause: LostCause): Promise<void> {
    if (this.#state === 'Detached' || this.#state === 'Lost') return;
    const draining = this.#state === 'Draining';
    this.#state = 'Lost';
    this.raise({ kind: 'session.lost', payload: { cause } });
    if (!draining) await this.#releaseAll();
  }

  async #detach(): Promise<void> {
    if (this.#state !== 'Lost') this.#state = 'Draining';
    if (this.#running > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
    await this.#releaseAll();
    await this.#events?.close();
    this.#state = 'Detached';
    this.#options.ended(this);
  }

  /** Last first. One that fails is reported and does not keep the others. */
  async #releaseAll(): Promise<void> {
    for (let kept = this.#kept.at(-1); kept; kept = this.#kept.at(-1)) {
      try {
        await kept.giveBack();
      } catch (error) {
        this.#options.translate(error);
      }
    }
  }

  #facade(name: InterfaceName, backend: object | undefined): object | undefined {
    const agreed = this.agreement.interfaces[name];
    const schema = agreed && SCHEMAS.find((one) => one.name === name && one.major === agreed.major);
    if (!agreed || !schema || !backend) return undefined;
    return Object.freeze(interfaceFacade(schema, agreed.minor, backend, this));
  }
}
