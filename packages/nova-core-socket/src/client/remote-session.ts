import {
  checkFields, ContractError, INTERFACES, type Agreement, type ContractEvent, type EventHandler, type Interface, type Session, type SessionState,
} from '@nova-stack/nova-core-api';
import { agreedSchemas, MAX_FRAME, prefixOf, readEvent, roomFor, slotsInFrames, type FrameReader, type SlotCodec } from '@nova-stack/nova-core-api/wire';

import { frozen } from './frozen.ts';
import type { Head, Link } from './link.ts';

export interface RemoteSessionOptions {
  readonly link: Link;
  /** What the session is called in frames. */
  readonly handle: bigint;
  readonly agreement: Agreement;
  readonly onEvent: EventHandler | undefined;
  /** The handler of events failed. */
  readonly failed: (error: unknown) => void;
  readonly ended: () => void;
}

type Methods = Readonly<Record<string, (input?: unknown) => unknown>>;

/** An object in this process, of one in the core's. */
class Lease {
  readonly kind: string;
  readonly handle: bigint;
  gone = false;

  constructor(kind: string, handle: bigint) {
    this.kind = kind;
    this.handle = handle;
  }
}

/** What a session has of interfaces that were not agreed on. */
const NOTHING = { vgpu: undefined, vgpu2: undefined, drm: undefined } as const;

/** What states events tell of, where the core does not tell its sessions' states. */
const TOLD_BY: Readonly<Record<string, SessionState>> = { 'device.quiesce': 'Quiescing', 'device.resumed': 'Attached', 'session.revoking': 'Revoking', 'session.lost': 'Lost' };

/** A session with a core at the other end of a socket: the same calls, checks and errors as in one process. */
export class RemoteSession {
  readonly client: Session;
  readonly #options: RemoteSessionOptions;
  readonly #schemas: readonly Interface[];
  readonly #slots: ReadonlyMap<Interface, readonly SlotCodec[]>;
  #told: SessionState = 'Attached';
  #inHandler = false;
  /** Ends when the last event was handled and acknowledged. */
  #handling: Promise<void> = Promise.resolve();
  /** Events that came. */
  events = 0;
  #detaching: Promise<void> | undefined;

  constructor(options: RemoteSessionOptions) {
    this.#options = options;
    this.#schemas = agreedSchemas(options.agreement);
    this.#slots = new Map(this.#schemas.map((schema) => [schema, slotsInFrames(schema)]));
    this.client = this.#make();
  }

  /** @returns a promise of when everything that came is handled */
  get handled(): Promise<void> {
    return this.#handling;
  }

  event(frame: FrameReader): void {
    const event = readEvent(frame, this.#schemas);
    this.events++;
    this.#handling = this.#handle(event && frozen(event));
  }

  async #handle(event: ContractEvent | undefined): Promise<void> {
    const { link, handle, onEvent, failed } = this.#options;
    if (event && !this.#detaching) {
      this.#told = TOLD_BY[event.kind] ?? this.#told;
      try {
        this.#inHandler = true;
        const done = onEvent?.(event);
        this.#inHandler = false;
        await done;
      } catch (error) {
        failed(error);
      } finally {
        this.#inHandler = false;
      }
    }
    // The next one comes when this one is acknowledged; a session that is over has none.
    await link.request({ type: 'event-ack', session: handle }).catch(() => undefined);
  }

  #make(): Session {
    const { handle, agreement } = this.#options;
    const state = (): SessionState => this.#state();
    return Object.freeze({
      id: handle, agreement,
      get state() { return state(); },
      ...NOTHING,
      ...(Object.fromEntries(this.#schemas.map((schema) => [prefixOf(schema), this.#methods(schema)])) as unknown as Pick<Session, 'base'>),
      detach: () => this.#detach(),
    });
  }

  #state(): SessionState {
    if (this.#detaching) return this.#over ? 'Detached' : 'Draining';
    if (this.#options.link.lost !== undefined) return 'Lost';
    const { interfaces, capabilities } = this.#options.agreement;
    if ((interfaces.base?.minor ?? 0) < 2 || !capabilities.includes('device.info')) return this.#told;
    try {
      return this.client.base.sessionState().state;
    } catch (error) {
      return error instanceof ContractError && error.code === 'DeviceLost' ? 'Lost' : this.#told;
    }
  }

  #over = false;

  #detach(): Promise<void> {
    if (this.#inHandler) return Promise.reject(new ContractError('InvalidState', 'A session cannot be detached from its event handler'));
    return (this.#detaching ??= (async () => {
      const { link, handle, ended } = this.#options;
      // On the other side the end of a connection ends its sessions.
      await link.request({ type: 'detach', session: handle }).catch(() => undefined);
      await this.#handling;
      this.#over = true;
      ended();
    })());
  }

  #methods(schema: Interface, lease?: Lease): Methods {
    const own = this.#slots.get(schema)!.flatMap((slot, index) => (slot.object === lease?.kind ? [[slot, index] as const] : []));
    const release = own.find(([{ operation }]) => operation === undefined);
    return Object.freeze({
      ...Object.fromEntries(own.flatMap(([slot, index]) => (slot.operation ? [[slot.member, this.#method(schema, slot, index, lease)]] : []))),
      ...(lease && release && { release: this.#release(schema, release[1], lease) }),
    });
  }

  #method(schema: Interface, slot: SlotCodec, index: number, lease: Lease | undefined): (input?: unknown) => unknown {
    const { link, agreement } = this.#options;
    const operation = slot.operation!;
    const name = `${lease?.kind ?? schema.name}.${slot.member}`;
    const head = this.#head(schema, index, lease);
    const room = roomFor(slot, MAX_FRAME);
    const prepare = (input: unknown): Parameters<SlotCodec['writeCall']>[1] => {
      if (this.#detaching) throw new ContractError('InvalidState', 'The session has ended');
      if (this.#inHandler && !operation.sync) throw new ContractError('InvalidState', `${name} may not be called from an event handler`);
      if (link.lost !== undefined) throw new ContractError('DeviceLost', 'The connection to the core is broken');
      if (lease?.gone) throw new ContractError('InvalidState', `The ${lease.kind} was released`, { subject: lease.kind });
      if (!agreement.capabilities.includes(operation.needs)) {
        throw new ContractError('MissingCapability', `${name} needs the capability ${operation.needs}, which was not granted`, { subject: operation.needs });
      }
      if (operation.in) checkFields(schema, name, operation.in, input);
      const body = { in: input as Readonly<Record<string, unknown>> | undefined, room };
      slot.askedTooMuch(body);
      return body;
    };
    const answer = (reply: FrameReader): unknown => {
      let out: Readonly<Record<string, unknown>> | undefined;
      try {
        out = slot.readReply(reply);
      } catch (error) {
        throw link.strange(error);
      }
      if (!operation.out) return undefined;
      const objects = Object.entries(slot.gives).map(([field, kind]) => [field, this.#methods(schema, new Lease(kind, out![field] as bigint))] as const);
      return frozen({ ...out, ...Object.fromEntries(objects) });
    };
    if (operation.sync) {
      return (input) => {
        const body = prepare(input);
        return answer(link.requestNow(head, (frame) => { slot.writeCall(frame, body); }));
      };
    }
    return async (input) => {
      const body = prepare(input);
      return answer(await link.request(head, (frame) => { slot.writeCall(frame, body); }));
    };
  }

  #release(schema: Interface, index: number, lease: Lease): () => Promise<void> {
    const { link } = this.#options;
    let done: Promise<void> | undefined;
    return () => {
      if (this.#detaching || link.lost !== undefined) return Promise.resolve();
      return (done ??= (async () => {
        lease.gone = true;
        try {
          await link.request(this.#head(schema, index, lease));
        } catch (error) {
          // A core that is gone took it along.
          if (!(error instanceof ContractError && error.code === 'DeviceLost')) throw error;
        }
      })());
    };
  }

  #head(schema: Interface, slot: number, lease: Lease | undefined): Head {
    return { type: 'call', iface: INTERFACES[schema.name], major: schema.major, slot, session: this.#options.handle, object: lease?.handle ?? 0n };
  }
}
