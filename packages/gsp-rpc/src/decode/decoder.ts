import type { RpcMessage } from '../message.ts';
import { PENDING } from '../record.ts';
import type { Direction } from '../tap.ts';
import type { MessageEntry, NoteEntry, TraceEntry } from '../trace/entry.ts';
import { TraceError } from '../trace/errors.ts';
import { BODIES, classRecord, controlRecord, explain, MORE_BODIES, NOTIFICATIONS, type BodyContext } from './bodies.ts';
import type { AnyLayout } from './layout-walk.ts';
import { numberNames, resultName } from './names.ts';
import { openTables, type LoadModule, type Tables } from './tables.ts';
import { numberAt, walk, type RecordValue } from './value.ts';

/** A message of which everything is said that is known. */
export interface DecodedMessage {
  readonly kind: 'message';
  /** Nanoseconds on the recorder's clock; 0 where there was none. */
  readonly time: number;
  readonly direction: Direction;
  readonly release: string;
  /** Function or event number. */
  readonly function: number;
  /** `GSP_RM_CONTROL`, `OS_ERROR_LOG`; the number where it is unknown. */
  readonly name: string;
  readonly event: boolean;
  readonly result: number;
  readonly resultName: string | undefined;
  readonly sequence: number;
  /** Bytes of the payload. */
  readonly length: number;
  /** The command of a control, the class of an allocation, the notifier of an event, where there is one. */
  readonly subject: string | undefined;
  /** NV_STATUS inside the body, where there is one. */
  readonly status: number | undefined;
  /** `NV_ERR_…` of `status`. */
  readonly statusName: string | undefined;
  /** Undefined for an empty payload. */
  readonly body: RecordValue | undefined;
  /** Bytes that nothing explains, and where they are. */
  readonly unknown: { readonly bytes: number; readonly where: readonly string[] };
  /** Bytes of fields that lie behind the end of the payload. */
  readonly missing: number;
}

export type DecodedEntry = DecodedMessage | NoteEntry;

/** What a decoder takes: a message of a trace, of a dump, or as it came out of a queue. */
export type Decodable = RpcMessage & Partial<Pick<MessageEntry, 'time' | 'direction'>>;

export interface DecoderOptions {
  /** How modules of `@nova-stack/nvrm-headers` are loaded; default a dynamic import of `@nova-stack/nvrm-headers/NAMESPACE/MODULE`. */
  readonly load?: LoadModule;
  /** Namespace of the modules for a release that is not in `RELEASES`. */
  readonly namespace?: string;
}

/** Decodes messages of one release. */
export interface Decoder {
  readonly release: string;
  readonly tables: Tables;
  /** Loads the layouts that these messages need. */
  prepare(messages: readonly Decodable[]): Promise<void>;
  /** Whether {@link decode} can take this message now. */
  prepared(message: Decodable): boolean;
  /**
   * Decodes a message. Whatever its bytes are, it says what they are or that they are unknown.
   *
   * @throws {@link TraceError} `NOT_PREPARED`
   */
  decode(message: Decodable): DecodedMessage;
}

/**
 * A decoder for a release; its registries are loaded now, layouts by `prepare`.
 *
 * @throws {@link TraceError} `RELEASE`, naming the releases that there are
 */
export async function openDecoder(release: string, options: DecoderOptions = {}): Promise<Decoder> {
  return new TableDecoder(await openTables(release, options));
}

/**
 * Decodes a whole trace, whatever releases are in it.
 *
 * @throws {@link TraceError} `RELEASE`
 */
export async function decodeTrace(entries: readonly TraceEntry[], options: DecoderOptions = {}): Promise<DecodedEntry[]> {
  const decoders = new Map<string, Decoder>();
  const releases = new Map<string, MessageEntry[]>();
  for (const entry of entries) {
    if (entry.kind !== 'message') continue;
    const same = releases.get(entry.release);
    if (same === undefined) releases.set(entry.release, [entry]);
    else same.push(entry);
  }
  for (const [release, messages] of releases) {
    const decoder = await openDecoder(release, options);
    await decoder.prepare(messages);
    decoders.set(release, decoder);
  }
  return entries.map((entry) => (entry.kind === 'note' ? entry : decoders.get(entry.release)!.decode(entry)));
}

/** Places of unknown bytes that are named, per message. */
const MAX_PLACES = 16;
const PREFIX = /^NV_VGPU_MSG_(FUNCTION|EVENT)_/;

class TableDecoder implements Decoder {
  readonly tables: Tables;
  readonly #layouts = new Map<string, AnyLayout | undefined>();
  readonly #context: BodyContext;

  constructor(tables: Tables) {
    this.tables = tables;
    this.#context = { tables, nameOf: numberNames(tables), layout: (record) => this.#loaded(record) };
  }

  get release(): string {
    return this.tables.release;
  }

  async prepare(messages: readonly Decodable[]): Promise<void> {
    const bodies = new Set<string>();
    for (const message of messages) {
      const body = this.#bodyOf(message.function);
      if (body !== undefined) bodies.add(body);
    }
    await this.#load(bodies);
    const parts = new Set<string>();
    for (const message of messages) for (const part of this.#partsOf(message)) parts.add(part);
    await this.#load(parts);
  }

  prepared(message: Decodable): boolean {
    const body = this.#bodyOf(message.function);
    if (body === undefined) return true;
    return this.#layouts.has(body) && this.#partsOf(message).every((part) => this.#layouts.has(part));
  }

  decode(message: Decodable): DecodedMessage {
    const { function: fn, result, sequence, payload, time = 0 } = message;
    const entry = this.tables.functions.get(fn);
    const name = entry?.name.replace(PREFIX, '') ?? `0x${fn.toString(16)}`;
    const event = entry === undefined ? fn >= 0x1000 : entry.name.includes('_MSG_EVENT_');
    const direction = message.direction ?? (result === PENDING && !event ? 'command' : 'status');
    const { record, subject } = payload.length === 0 ? { record: undefined, subject: undefined } : this.#explain(name, fn, payload);
    const unknown = { bytes: 0, where: [] as string[] };
    let missing = 0;
    if (record !== undefined) {
      walk(record, (leaf, path) => {
        if (leaf.kind === 'missing') missing += leaf.size;
        if (leaf.kind !== 'unknown') return;
        unknown.bytes += leaf.value.length;
        if (unknown.where.length < MAX_PLACES) unknown.where.push(`${path.join('.')}: ${leaf.why}`);
      });
    }
    const status = direction === 'status' && record !== undefined ? numberAt(record, 'status') ?? numberAt(record, 'params', 'status') : undefined;
    return {
      kind: 'message', time, direction, release: this.release, function: fn, name, event, result, resultName: resultName(this.tables, result), sequence,
      length: payload.length, subject, status, statusName: status === undefined ? undefined : this.tables.statuses.get(status), body: record, unknown, missing,
    };
  }

  #explain(name: string, fn: number, payload: Uint8Array): { readonly record: RecordValue; readonly subject: string | undefined } {
    const body = this.#bodyOf(fn);
    const layout = body === undefined ? undefined : this.#loaded(body);
    if (layout === undefined) {
      const why = this.tables.functions.has(fn) ? `no structure is known for ${name}` : `no function or event of ${this.release}`;
      return { record: { kind: 'record', type: '', union: false, fields: [{ name: 'payload', value: { kind: 'unknown', value: payload.slice(), why } }] }, subject: undefined };
    }
    const record = explain(layout, payload, this.#context.nameOf);
    const refine = Object.hasOwn(BODIES, name) ? BODIES[name] : undefined;
    const refined = refine === undefined ? { record } : refine(record, payload, this.#context);
    return { record: refined.record, subject: refined.subject };
  }

  #bodyOf(fn: number): string | undefined {
    const entry = this.tables.functions.get(fn);
    if (entry === undefined) return undefined;
    return entry.payload ?? entry.current ?? MORE_BODIES[entry.name.replace(PREFIX, '')];
  }

  /** Further records that a message's body names by number. */
  #partsOf({ function: fn, payload }: Decodable): string[] {
    const body = this.#bodyOf(fn);
    const layout = body === undefined ? undefined : this.#layouts.get(body);
    const offsets = layout?.offsets as Readonly<Record<string, number>> | undefined;
    const word = (field: string): number | undefined => {
      const at = offsets?.[field];
      return at === undefined || at + 4 > payload.length ? undefined : new DataView(payload.buffer, payload.byteOffset).getUint32(at, true);
    };
    const [command, cls, notifier] = [word('cmd'), word('hClass'), word('notifyIndex')];
    const records: (string | undefined)[] = [];
    if (command !== undefined && offsets?.['params'] !== undefined) records.push(controlRecord(this.tables, command).record);
    if (cls !== undefined && offsets?.['params'] !== undefined) records.push(classRecord(this.tables, cls).record);
    if (notifier !== undefined) records.push(NOTIFICATIONS[this.tables.words.notifier.get(notifier & 0xffff) ?? '']);
    return records.filter((record) => record !== undefined);
  }

  async #load(records: Iterable<string>): Promise<void> {
    await Promise.all([...records].filter((record) => !this.#layouts.has(record)).map(async (record) => {
      this.#layouts.set(record, await this.tables.layout(record));
    }));
  }

  #loaded(record: string): AnyLayout | undefined {
    if (!this.#layouts.has(record)) throw new TraceError('NOT_PREPARED', `the layout of ${record} was not loaded: call prepare() with the message first`);
    return this.#layouts.get(record);
  }
}
