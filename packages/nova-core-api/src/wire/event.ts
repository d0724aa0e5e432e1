import { SEVERITIES, type Interface } from '../schema/interface.ts';
import type { ContractEvent } from '../session.ts';
import { outside, refuse } from './flaw.ts';
import type { FrameReader, FrameWriter } from './frame.ts';
import { Laid } from './laid.ts';
import { planOf } from './plan.ts';
import { readHeld } from './read.ts';
import { writeStructAt } from './write.ts';

const EVENT = new Laid('event');
const PAYLOAD = EVENT.place('payload');

/**
 * @param schemas - of the session, in which the kind of the event is looked up
 * @throws {ContractError} `InvalidArgument` for an event that none of them has
 */
export function writeEvent(frame: FrameWriter, schemas: readonly Interface[], event: ContractEvent): void {
  const found = schemas.map((schema) => planOf(schema).events.get(event.kind)).find((one) => one !== undefined) ?? refuse('event.kind', event.kind, 'an event of the session');
  const { code, severity } = found.kind;
  const at = EVENT.write(frame, { kind: code, sequence: event.sequence, time_ns: BigInt(Math.trunc(event.time)), severity: SEVERITIES[severity], payload_len: found.payload.size });
  writeStructAt(frame, at + PAYLOAD.at, found.payload, event.payload, 'event.payload');
}

/** An event of a kind that is not known is undefined: it is passed by. */
export function readEvent(frame: FrameReader, schemas: readonly Interface[]): ContractEvent | undefined {
  const event = EVENT.read(frame);
  frame.end();
  const kind = event.number('kind');
  const found = schemas.flatMap((schema) => [...planOf(schema).events.values()]).find((one) => one.kind.code === kind);
  if (!found) return undefined;
  const length = event.number('payload_len');
  if (length < 8 || length > PAYLOAD.room) outside('event.payload_len', String(length), `8 to ${PAYLOAD.room}`);
  const payload = readHeld(event.raw('payload').subarray(0, length), found.payload, 'event.payload');
  return { kind: found.name, payload, sequence: Number(event.wide('sequence')), time: Number(event.wide('time_ns')) } as ContractEvent;
}
