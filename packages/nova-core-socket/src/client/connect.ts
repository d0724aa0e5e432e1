import { createRequire } from 'node:module';

import { CAPABILITIES, checkHello, INTERFACES, negotiate, type Agreement, type Capability, type CoreEndpoint, type EventHandler, type Hello, type Offer, type Session } from '@nova-stack/nova-core-api';
import { readAgreement, readOffer, writeGreeting, writeHello } from '@nova-stack/nova-core-api/wire';

import { frozen } from './frozen.ts';
import { Link } from './link.ts';
import { RemoteSession } from './remote-session.ts';

export interface ConnectCoreOptions {
  /** Path of the core's UNIX socket. */
  readonly path: string;
  /**
   * Longest sleep for an answer, in milliseconds; default 300 000. A synchronous call waits for those before it, so it is to be longer than
   * any of them takes.
   */
  readonly timeout?: number;
  /** A handler of events failed. */
  readonly onHandlerError?: (error: unknown) => void;
}

/** A core in another process. */
export interface CoreConnection {
  /** What any client driver takes: it cannot tell it from that of a core of its own process. */
  readonly endpoint: CoreEndpoint;
  /** Why the connection is over, or undefined. Every call is `DeviceLost` then; releasing and detaching succeed. */
  readonly lost: string | undefined;
  /** Resolves when every event that the core had raised before was handled. */
  settled(): Promise<void>;
  /** Ends it; the core takes back what its sessions held. */
  close(): void;
}

/** What the socket's thread runs: always as built, for a thread of Node's cannot start from TypeScript. */
const builtWorker = (): string => createRequire(import.meta.url).resolve('@nova-stack/nova-core-socket/client/worker');
const DEFAULT_TIMEOUT = 300_000;

/**
 * Connects to a core that another process serves. What the contract calls synchronous answers at once here too: the thread sleeps until
 * the answer is there, while another thread holds the socket. So the core must live in another process, or at least another thread.
 *
 * @throws CoreSocketError `SOCKET` nobody listens there
 * @throws {ContractError} `VersionMismatch`, `Incompatible`: who listens speaks other frames
 */
export function connectCore(options: ConnectCoreOptions): Promise<CoreConnection> {
  return connectCoreWith(builtWorker(), options);
}

/** {@link connectCore} with the file that the socket's thread runs. */
export async function connectCoreWith(worker: string, { path, timeout = DEFAULT_TIMEOUT, onHandlerError = () => undefined }: ConnectCoreOptions): Promise<CoreConnection> {
  const link = new Link({ worker, path, timeout });
  const timer = setTimeout(() => { link.close('nobody answered in time'); }, timeout);
  try {
    await link.ready;
    const reply = await link.request({ type: 'offer' }, writeGreeting);
    let offer: Offer;
    try {
      offer = frozen(readOffer(reply));
    } catch (error) {
      throw link.strange(error);
    }
    link.offered = offer.interfaces;
    return new Connection(link, offer, onHandlerError);
  } catch (error) {
    link.close();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

class Connection implements CoreConnection {
  readonly endpoint: CoreEndpoint;
  readonly #link: Link;
  readonly #offer: Offer;
  readonly #failed: (error: unknown) => void;
  readonly #sessions = new Map<bigint, RemoteSession>();

  constructor(link: Link, offer: Offer, failed: (error: unknown) => void) {
    this.#link = link;
    this.#offer = offer;
    this.#failed = failed;
    this.endpoint = Object.freeze({ offer, attach: (hello: Hello, onEvent?: EventHandler) => this.#attach(hello, onEvent) });
    link.onEvent = (frame) => { this.#sessions.get(frame.head.session)?.event(frame); };
  }

  get lost(): string | undefined {
    return this.#link.lost;
  }

  async settled(): Promise<void> {
    for (let before = -1; before !== this.#events && this.lost === undefined;) {
      before = this.#events;
      // What the core sent before its answer is here before it.
      await this.#link.request({ type: 'offer' }, writeGreeting).catch(() => undefined);
      await Promise.all([...this.#sessions.values()].map(({ handled }) => handled));
    }
  }

  close(): void {
    this.#link.close();
  }

  get #events(): number {
    return [...this.#sessions.values()].reduce((sum, { events }) => sum + events, 0);
  }

  async #attach(hello: Hello, onEvent: EventHandler | undefined): Promise<Session> {
    checkHello(hello);
    const known = numbered(hello);
    // What has no number cannot be asked of the core; it does not have it either.
    if (known !== hello) negotiate(this.#offer, hello);
    const reply = await this.#link.request({ type: 'attach' }, (frame) => { writeHello(frame, { hello: known, events: onEvent !== undefined }); });
    let agreed: ReturnType<typeof readAgreement>;
    try {
      agreed = readAgreement(reply);
      checkAgreement(known, agreed.agreement);
    } catch (error) {
      throw this.#link.strange(error);
    }
    const { session: handle, agreement } = agreed;
    const session = new RemoteSession({ link: this.#link, handle, agreement: frozen(agreement), onEvent, failed: this.#failed, ended: () => void this.#sessions.delete(handle) });
    this.#sessions.set(handle, session);
    return session.client;
  }
}

/**
 * Whether a core agreed to what it was asked for, and to nothing else: a client may rely on what it required.
 *
 * @throws {Error} naming what is wrong
 */
function checkAgreement({ wants, required }: Hello, { interfaces, capabilities }: Agreement): void {
  for (const [name, version] of Object.entries(interfaces)) {
    if (!wants.some((want) => want.interface === name && want.major === version.major && version.minor >= want.minMinor && version.minor <= want.maxMinor)) {
      throw new Error(`the agreement has ${name} ${version.major}.${version.minor}, which was not asked for`);
    }
  }
  for (const want of wants) if (!want.optional && !Object.hasOwn(interfaces, want.interface)) throw new Error(`the agreement lacks ${want.interface}`);
  for (const capability of required) if (!capabilities.includes(capability)) throw new Error(`the agreement lacks ${capability}`);
}

/** A hello without the names that have no number. */
function numbered(hello: Hello): Hello {
  const known = (name: Capability): boolean => Object.hasOwn(CAPABILITIES, name);
  const wants = hello.wants.filter((want) => Object.hasOwn(INTERFACES, want.interface));
  if (wants.length === hello.wants.length && [...hello.required, ...hello.optional].every(known)) return hello;
  return { ...hello, wants, required: hello.required.filter(known), optional: hello.optional.filter(known) };
}
