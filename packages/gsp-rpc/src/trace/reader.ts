import type { TraceEntry } from './entry.ts';
import { TraceError } from './errors.ts';
import { FORMAT_VERSION, HEADER_SIZE, KINDS, MAGIC, MAX_RECORD, MAX_TEXT, MESSAGE_HEADER_SIZE, RECORD_HEADER_SIZE } from './format.ts';

/** A trace that was read. */
export interface Trace {
  readonly entries: readonly TraceEntry[];
  /** Why reading ended before the bytes did; undefined when it did not. */
  readonly stopped: TraceError | undefined;
}

const NOTHING = new Uint8Array(0);
/** Releases in one file; a file with more was not written by a recorder. */
const MAX_RELEASES = 256;

/** Reads a trace as its bytes come, in pieces of any size. It keeps no more than one record. */
export class TraceReader {
  #rest: Uint8Array = NOTHING;
  /** Offset in the file of the first byte of `#rest`. */
  #at: number = 0;
  #started: boolean = false;
  #release: string | undefined;
  #releases: number = 0;

  /**
   * The entries that end in these bytes. Payloads are copies.
   *
   * @throws {@link TraceError} `NOT_A_TRACE`, `FORMAT_VERSION`, `RECORD`; the entries before it came out of `each`
   */
  push(bytes: Uint8Array, each: (entry: TraceEntry) => void): void {
    const all = this.#rest.length === 0 ? bytes : joined(this.#rest, bytes);
    const view = new DataView(all.buffer, all.byteOffset, all.length);
    let at = this.#started ? 0 : this.#header(all, view);
    if (this.#started) {
      for (let size; (size = this.#size(all, view, at)) > 0; at += size) this.#entry(all, view, at, size, each);
    }
    this.#at += at;
    this.#rest = all.slice(at);
  }

  /** @throws {@link TraceError} `CUT` when the file ends inside a record, `NOT_A_TRACE` when it ends in the header. */
  finish(): void {
    if (!this.#started) throw new TraceError('NOT_A_TRACE', 'too short for the header of a trace', this.#at);
    if (this.#rest.length > 0) throw new TraceError('CUT', `the file ends ${this.#rest.length} bytes into a record`, this.#at);
  }

  /** Bytes of the file's header, 0 while it is not all there. */
  #header(bytes: Uint8Array, view: DataView): number {
    const known = Math.min(bytes.length, MAGIC.length);
    for (let i = 0; i < known; i++) {
      if (bytes[i] !== MAGIC[i]) throw new TraceError('NOT_A_TRACE', 'these bytes do not begin as a trace of GSP messages does', i);
    }
    if (bytes.length < HEADER_SIZE) return 0;
    const version = view.getUint16(8, true);
    if (version !== FORMAT_VERSION) throw new TraceError('FORMAT_VERSION', `version ${version} of the format; this reader knows ${FORMAT_VERSION}`, 8);
    const size = view.getUint16(10, true);
    if (size < HEADER_SIZE) throw new TraceError('NOT_A_TRACE', `a header of ${size} bytes`, 10);
    if (bytes.length < size) return 0;
    this.#started = true;
    return size;
  }

  /** Bytes of the record at `at`, 0 while it is not all there. */
  #size(bytes: Uint8Array, view: DataView, at: number): number {
    if (at + 4 > bytes.length) return 0;
    const size = view.getUint32(at, true);
    if (size < RECORD_HEADER_SIZE || size > MAX_RECORD) throw this.#wrong(`a record of ${size} bytes`, at);
    return at + size > bytes.length ? 0 : size;
  }

  #entry(bytes: Uint8Array, view: DataView, at: number, size: number, each: (entry: TraceEntry) => void): void {
    const kind = view.getUint16(at + 4, true);
    const time = view.getUint32(at + 8, true) + view.getUint32(at + 12, true) * 0x1_0000_0000;
    if (time > Number.MAX_SAFE_INTEGER) throw this.#wrong('a time above 2^53', at);
    const body = at + RECORD_HEADER_SIZE;
    const end = at + size;
    if (kind === KINDS.release) {
      if (++this.#releases > MAX_RELEASES) throw this.#wrong(`more than ${MAX_RELEASES} releases`, at);
      this.#release = this.#text(bytes, body, end, at);
    } else if (kind === KINDS.note) {
      each({ kind: 'note', time, text: this.#text(bytes, body, end, at) });
    } else if (kind === KINDS.command || kind === KINDS.status) {
      if (size < RECORD_HEADER_SIZE + MESSAGE_HEADER_SIZE) throw this.#wrong(`a message in ${size} bytes`, at);
      if (this.#release === undefined) throw this.#wrong('a message before any release', at);
      each({
        kind: 'message', time, direction: kind === KINDS.command ? 'command' : 'status', release: this.#release,
        function: view.getUint32(body, true), result: view.getUint32(body + 4, true), sequence: view.getUint32(body + 8, true),
        payload: bytes.slice(body + MESSAGE_HEADER_SIZE, end),
      });
    }
  }

  #text(bytes: Uint8Array, from: number, to: number, at: number): string {
    if (to - from > MAX_TEXT) throw this.#wrong(`a text of ${to - from} characters`, at);
    let text = '';
    for (let i = from; i < to; i++) text += bytes[i]! >= 0x20 && bytes[i]! < 0x7f ? String.fromCharCode(bytes[i]!) : '?';
    return text;
  }

  #wrong(what: string, at: number): TraceError {
    return new TraceError('RECORD', `${what}; no recorder writes that`, this.#at + at);
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}

/**
 * Reads a whole trace. A file that was cut or damaged is read up to there, and `stopped` says what happened.
 *
 * @throws {@link TraceError} `NOT_A_TRACE`, `FORMAT_VERSION`
 */
export function readTrace(bytes: Uint8Array): Trace {
  const reader = new TraceReader();
  const entries: TraceEntry[] = [];
  try {
    reader.push(bytes, (entry) => entries.push(entry));
    reader.finish();
  } catch (error) {
    if (error instanceof TraceError && (error.code === 'RECORD' || error.code === 'CUT')) return { entries, stopped: error };
    throw error;
  }
  return { entries, stopped: undefined };
}
