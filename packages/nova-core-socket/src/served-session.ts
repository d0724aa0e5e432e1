import { INTERFACES, type ContractEvent, type Interface, type Session } from '@nova-stack/nova-core-api';
import { agreedSchemas, slotsInFrames, type SlotCodec } from '@nova-stack/nova-core-api/wire';

/** Sends an event; the next one of the session comes when it was acknowledged. */
export type EventSender = (schemas: readonly Interface[], event: ContractEvent) => void;

/** A session of a client at the other end. */
export class ServedSession {
  /** Set before the client is told of the session. */
  session!: Session;
  #schemas: readonly Interface[] = [];
  readonly #slots = new Map<string, { readonly schema: Interface; readonly slots: readonly SlotCodec[] }>();
  readonly #send: EventSender;
  readonly #told: Promise<void>;
  #tell: () => void = () => undefined;
  #acknowledge: (() => void) | undefined;
  #ended = false;

  constructor(send: EventSender) {
    this.#send = send;
    this.#told = new Promise((resolve) => { this.#tell = resolve; });
  }

  /** What the core calls with each event: done when the client has acknowledged it. */
  readonly onEvent = async (event: ContractEvent): Promise<void> => {
    // The client knows no session before it has its agreement.
    await this.#told;
    if (this.#ended) return;
    this.#send(this.#schemas, event);
    await new Promise<void>((resolve) => { this.#acknowledge = resolve; });
  };

  begin(session: Session): void {
    this.session = session;
    this.#schemas = agreedSchemas(session.agreement);
    for (const schema of this.#schemas) this.#slots.set(`${INTERFACES[schema.name]}.${schema.major}`, { schema, slots: slotsInFrames(schema) });
  }

  /** The client has its agreement: events may come. */
  announced(): void {
    this.#tell();
  }

  /** The functions of an interface, or undefined for one that was not agreed on. */
  table(iface: number, major: number): { readonly schema: Interface; readonly slots: readonly SlotCodec[] } | undefined {
    return this.#slots.get(`${iface}.${major}`);
  }

  /** @returns false when no event was outstanding */
  acknowledged(): boolean {
    const acknowledge = this.#acknowledge;
    this.#acknowledge = undefined;
    acknowledge?.();
    return acknowledge !== undefined;
  }

  /** No event is sent from now on; the one outstanding counts as acknowledged, for its client is gone or about to go. */
  async end(): Promise<void> {
    this.#ended = true;
    this.#tell();
    this.acknowledged();
    await this.session.detach();
  }
}
