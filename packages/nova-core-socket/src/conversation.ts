// What a connection says, frame by frame; it knows no socket.
import { ContractError, type CoreEndpoint } from '@nova-stack/nova-core-api';
import {
  FrameReader, FrameWriter, MAX_SESSIONS, prefixOf, readGreeting, readHello, statusOf, writeAgreement, writeError, writeEvent, writeOffer, type SlotCodec,
} from '@nova-stack/nova-core-api/wire';

import { Handles } from './handles.ts';
import { ServedSession } from './served-session.ts';

/** Objects that one connection can hold, over all its sessions. */
const MAX_OBJECTS = 65536;

type Callable = Readonly<Record<string, (input?: unknown) => unknown>>;

interface Held {
  readonly owner: ServedSession;
  readonly kind: string;
  readonly object: Callable;
}

const tooLittleRoom = (what: string): ContractError => new ContractError('NoCapacity', `There is too little room for ${what}`, { subject: `out.${what}` });

/** Thrown for what cannot be answered: the conversation is over. */
export class Broken extends Error {
  override readonly name = 'Broken';
}

/** Serves one client: one request at a time, and events in between. */
export class Conversation {
  readonly #endpoint: CoreEndpoint;
  readonly #send: (bytes: Uint8Array) => void;
  readonly #sessions = new Handles<ServedSession>('session', MAX_SESSIONS);
  readonly #objects = new Handles<Held>('object', MAX_OBJECTS);
  #greeted = false;
  #closed: Promise<void> | undefined;
  #running: Promise<void> | undefined;

  constructor(endpoint: CoreEndpoint, send: (bytes: Uint8Array) => void) {
    this.#endpoint = endpoint;
    this.#send = send;
  }

  /**
   * Answers a request. The next one may come when it resolves.
   *
   * @param bytes - one whole frame
   * @throws {@link Broken} when the client does not speak these frames; it was told why
   */
  request(bytes: Uint8Array): Promise<void> {
    const running = this.#serve(bytes);
    this.#running = running.catch(() => undefined);
    return running;
  }

  /** The client is gone: its sessions are detached, what they held is given back. Resolves when nothing is left. */
  close(): Promise<void> {
    return (this.#closed ??= (async () => {
      const ending = this.#endAll();
      await this.#running;
      await ending;
      // What was being attached to is there only now.
      await this.#endAll();
    })());
  }

  async #endAll(): Promise<void> {
    await Promise.all([...this.#sessions.entries()].map(([, served]) => served.end().catch(() => undefined)));
  }

  async #serve(bytes: Uint8Array): Promise<void> {
    let frame: FrameReader;
    try {
      frame = new FrameReader(bytes, 'client');
    } catch (error) {
      throw this.#broken(0, error);
    }
    const { type, call } = frame.head;
    if (!this.#greeted) {
      try {
        if (type !== 'offer') throw new ContractError('InvalidArgument', `The first frame is of the kind ${type}: expected offer`, { subject: 'frame.type' });
        readGreeting(frame);
      } catch (error) {
        throw this.#broken(call, error);
      }
      this.#greeted = true;
      this.#reply(call, (reply) => { writeOffer(reply, this.#endpoint.offer); });
      return;
    }
    try {
      await this.#answer(frame);
    } catch (error) {
      this.#refuse(call, error);
    }
  }

  async #answer(frame: FrameReader): Promise<void> {
    const { type, call, session } = frame.head;
    switch (type) {
      case 'offer':
        readGreeting(frame);
        this.#reply(call, (reply) => { writeOffer(reply, this.#endpoint.offer); });
        return;
      case 'attach':
        return this.#attach(frame);
      case 'call':
        return this.#call(frame);
      case 'detach': {
        frame.end();
        const served = this.#sessions.get(session);
        this.#sessions.delete(session);
        for (const [handle, { owner }] of this.#objects.entries()) if (owner === served) this.#objects.delete(handle);
        await served.end();
        this.#reply(call);
        return;
      }
      case 'event-ack':
        frame.end();
        if (!this.#sessions.get(session).acknowledged()) throw new ContractError('InvalidState', 'No event waits to be acknowledged', { subject: 'frame.session' });
        // By then the next event, if one waits, was sent.
        await new Promise((resolve) => setImmediate(resolve));
        this.#reply(call);
        return;
      default:
        throw new ContractError('Unsupported', `Nobody asks for a frame of the kind ${type}`, { subject: 'frame.type' });
    }
  }

  async #attach(frame: FrameReader): Promise<void> {
    const { hello, events } = readHello(frame);
    if (this.#sessions.full) throw new ContractError('NoCapacity', `A connection has at most ${MAX_SESSIONS} sessions at a time`, { subject: 'session' });
    let handle = 0n;
    const served = new ServedSession((schemas, event) => {
      const writer = new FrameWriter();
      writeEvent(writer, schemas, event);
      this.#send(writer.finish({ type: 'event', session: handle }));
    });
    served.begin(await this.#endpoint.attach(hello, events ? served.onEvent : undefined));
    handle = this.#sessions.add(served);
    try {
      this.#reply(frame.head.call, (reply) => { writeAgreement(reply, served.session.agreement, handle); });
    } catch (error) {
      this.#sessions.delete(handle);
      await served.end();
      throw error;
    }
    served.announced();
  }

  async #call(frame: FrameReader): Promise<void> {
    const { call, iface, major, slot: index, session, object } = frame.head;
    const served = this.#sessions.get(session);
    const table = served.table(iface, major);
    const slot = table?.slots[index];
    if (!table || !slot) throw new ContractError('Unsupported', `The session has no function ${index} of interface ${iface} ${major}`, { subject: table ? 'frame.slot' : 'frame.iface' });
    const held = this.#heldFor(slot, object, served);
    const { in: input, room } = slot.readCall(frame);
    if (slot.operation === undefined) {
      // It is not there any more whatever comes of it: what cannot be given back stays with the core.
      this.#objects.delete(object);
      await held!.object['release']!();
      this.#reply(call);
      return;
    }
    const early = slot.askedTooMuch({ in: input, room });
    if (early !== undefined) {
      this.#refuse(call, tooLittleRoom(early.member), (reply) => { slot.writeCounts(reply, early.counts); });
      return;
    }
    const given = Object.keys(slot.gives);
    if (given.length > 0 && this.#objects.full) throw new ContractError('NoCapacity', `A connection holds at most ${MAX_OBJECTS} objects at a time`, { subject: 'object' });
    const target = held?.object ?? (served.session as unknown as Readonly<Record<string, Callable>>)[prefixOf(table.schema)]!;
    const out = (await target[slot.member]!(input) ?? {}) as Readonly<Record<string, unknown>>;
    const kept = given.map((name) => [name, this.#objects.add({ owner: served, kind: slot.gives[name]!, object: out[name] as Callable })] as const);
    const answer = { ...out, ...Object.fromEntries(kept) };
    try {
      const short = slot.shortOf(answer, room);
      if (short === undefined) {
        this.#reply(call, (reply) => { slot.writeReply(reply, answer, room); });
        return;
      }
      // Who cannot be told what was made has not got it.
      await this.#giveBack(kept.map(([, handle]) => handle));
      this.#refuse(call, tooLittleRoom(short), (reply) => { slot.writeCounts(reply, answer); });
    } catch (error) {
      await this.#giveBack(kept.map(([, handle]) => handle));
      throw error;
    }
  }

  #heldFor(slot: SlotCodec, handle: bigint, owner: ServedSession): Held | undefined {
    if (slot.object === undefined) {
      if (handle !== 0n) throw new ContractError('InvalidArgument', `frame.object is 0x${handle.toString(16)}: expected 0, as ${slot.name} is called on none`, { subject: 'frame.object' });
      return undefined;
    }
    const held = this.#objects.get(handle);
    // An object of another session is not there for this one.
    if (held.owner !== owner || held.kind !== slot.object) throw new ContractError('InvalidArgument', `frame.object is 0x${handle.toString(16)}: expected a ${slot.object} of the session`, { subject: 'frame.object' });
    return held;
  }

  async #giveBack(handles: readonly bigint[]): Promise<void> {
    for (const handle of handles) {
      const { object } = this.#objects.get(handle);
      this.#objects.delete(handle);
      // What cannot be given back is the core's, which knows.
      await Promise.resolve(object['release']!()).catch(() => undefined);
    }
  }

  #reply(call: number, write: (frame: FrameWriter) => void = () => undefined): void {
    const frame = new FrameWriter();
    write(frame);
    this.#send(frame.finish({ type: 'reply', call }));
  }

  /** @param more - what comes behind the error */
  #refuse(call: number, error: unknown, more: (frame: FrameWriter) => void = () => undefined): void {
    const told = error instanceof ContractError ? error : new ContractError('DeviceError', 'The core failed to answer');
    const frame = new FrameWriter();
    writeError(frame, told);
    more(frame);
    this.#send(frame.finish({ type: 'reply', call, status: statusOf(told) }));
  }

  #broken(call: number, error: unknown): Broken {
    this.#refuse(call, error);
    return new Broken(error instanceof Error ? error.message : String(error));
  }
}
