import { PENDING } from '../record.ts';
import type { Direction } from '../tap.ts';
import type { DecodedEntry, DecodedMessage } from './decoder.ts';
import { numberAt, walk } from './value.ts';

/** Which messages are wanted; everything that is told must hold. Names are matched as a part, whatever their case. */
export interface Filter {
  readonly direction?: Direction;
  /** Name or number of a function. */
  readonly function?: string | number;
  /** Name or number of an event; `true` for all events, `false` for none. */
  readonly event?: string | number | boolean;
  /** Name or number of a control command. */
  readonly command?: string | number;
  /** Name or number of an allocation's class. */
  readonly class?: string | number;
  /** Client handle of a call. */
  readonly client?: number;
  /** Any handle anywhere in the message. */
  readonly handle?: number;
  /** First and last moment, in nanoseconds. */
  readonly from?: number;
  readonly to?: number;
  /** Whether it came back with an error, in `rpc_result` or in its own status. */
  readonly failed?: boolean;
  /** Whether something in it is unknown. */
  readonly unknown?: boolean;
}

/** Fields that hold the client of a call. */
const CLIENTS = ['hClient', 'hRoot'] as const;

/** Whether a field is a handle, by its name: `hClient`, `hObject`, … */
export function isHandle(field: string): boolean {
  return /^h[A-Z]/.test(field) && !/^hClass$/.test(field);
}

function named(wanted: string | number, value: number, name: string | undefined): boolean {
  if (typeof wanted === 'number') return wanted === value;
  return name?.toLowerCase().includes(wanted.toLowerCase()) === true || wanted.toLowerCase() === `0x${value.toString(16)}`;
}

/** Whether a message passes. */
export function matches(message: DecodedMessage, filter: Filter): boolean {
  const { body } = message;
  if (filter.direction !== undefined && message.direction !== filter.direction) return false;
  if (filter.from !== undefined && message.time < filter.from) return false;
  if (filter.to !== undefined && message.time > filter.to) return false;
  if (filter.function !== undefined && (message.event || !named(filter.function, message.function, message.name))) return false;
  if (typeof filter.event === 'boolean' ? message.event !== filter.event : filter.event !== undefined && !(message.event && named(filter.event, message.function, message.name))) return false;
  if (filter.command !== undefined && !about(message, 'cmd', filter.command)) return false;
  if (filter.class !== undefined && !about(message, 'hClass', filter.class)) return false;
  if (filter.failed !== undefined && failed(message) !== filter.failed) return false;
  if (filter.unknown !== undefined && (message.unknown.bytes > 0) !== filter.unknown) return false;
  if (filter.client !== undefined && !CLIENTS.some((field) => numberAt(body, field) === filter.client || numberAt(body, 'params', field) === filter.client)) return false;
  return filter.handle === undefined || handlesOf(message).includes(filter.handle);
}

function about(message: DecodedMessage, field: 'cmd' | 'hClass', wanted: string | number): boolean {
  const value = numberAt(message.body, field);
  return value !== undefined && named(wanted, value, message.subject);
}

/** Whether a message came back with an error. */
export function failed({ direction, result, status }: DecodedMessage): boolean {
  return direction === 'status' && ((result !== 0 && result !== PENDING) || (status !== undefined && status !== 0));
}

/** Every handle in a message that is not zero. */
export function handlesOf({ body }: DecodedMessage): number[] {
  const handles = new Set<number>();
  if (body === undefined) return [];
  walk(body, (leaf, path) => {
    const field = path.findLast((name) => !/^\d+$/.test(name));
    if (leaf.kind === 'number' && typeof leaf.value === 'number' && leaf.value !== 0 && field !== undefined && isHandle(field)) handles.add(leaf.value);
  });
  return [...handles];
}

/** The messages that pass; notes are kept when `from` and `to` let them. */
export function filterTrace(entries: readonly DecodedEntry[], filter: Filter): DecodedEntry[] {
  return entries.filter((entry) => {
    if (entry.kind === 'message') return matches(entry, filter);
    return entry.time >= (filter.from ?? 0) && entry.time <= (filter.to ?? Infinity);
  });
}
