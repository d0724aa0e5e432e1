// For tests: both ends of the queues on one block of memory, and what they say to each other.
import { openDriverEnd, type DriverEnd, type DriverEndOptions } from '../../driver-end.ts';
import { flush, openFirmwareEnd, queueMessage, receiveRequest, type FirmwareEndState } from '../../firmware-end.ts';
import { runJob, type MemoryJob, type MemoryRequest } from '../../memory-job.ts';
import type { RpcMessage } from '../../message.ts';
import type { FramingProfile } from '../../profile.ts';
import { PROFILE_570_144 } from '../../r570_144.ts';
import { SHARED_MEMORY } from '../../shared-memory.ts';
import type { MessageTap } from '../../tap.ts';

const BASE = 0x10_0000;

export interface Link {
  readonly driver: DriverEnd;
  readonly state: FirmwareEndState;
  readonly memory: Uint8Array;
  /** Runs a job of the firmware's against the memory. */
  readonly run: <T>(job: MemoryJob<T>) => T;
}

/** Both ends; `serve` is called at every doorbell. */
export function link(options: { serve?: (link: Link) => void; tap?: MessageTap; profile?: FramingProfile; sequence?: 'count' | 'zero' } = {}): Link {
  const { profile = PROFILE_570_144, serve } = options;
  const memory = new Uint8Array(SHARED_MEMORY.size);
  let now = 0;
  const clock: DriverEndOptions['clock'] = {
    now: () => now,
    async until(predicate, { bound, every = 1000 }) {
      for (const deadline = now + bound; !predicate(); now += every) {
        if (now >= deadline) throw new Error('too late');
        await Promise.resolve();
      }
    },
    sleep: (time) => {
      now += time;
      return Promise.resolve();
    },
  };
  const access = ({ address, ...request }: MemoryRequest): boolean => {
    const at = address - BASE;
    if (request.op === 'read') request.into.set(memory.subarray(at, at + request.into.length));
    else memory.set(request.from, at);
    return true;
  };
  const run = <T>(job: MemoryJob<T>): T => runJob(job, access);
  const driver = openDriverEnd({
    memory, address: BASE, profile, clock, ...(options.tap && { tap: options.tap }), ...(options.sequence && { sequence: options.sequence }),
    doorbell: () => { serve?.(both); },
  });
  const both: Link = { driver, memory, state: run(openFirmwareEnd(driver.arguments)), run };
  return both;
}

/** Takes every request and answers with what `answer` makes of it. */
export function answering(answer: (request: RpcMessage) => readonly RpcMessage[], tap?: MessageTap): (link: Link) => void {
  return ({ state, run }) => {
    for (let request; (request = run(receiveRequest(PROFILE_570_144, state, tap))) !== undefined;) {
      for (const message of answer(request)) queueMessage(state, message);
    }
    run(flush(PROFILE_570_144, state, tap));
  };
}

/** A control's payload of a release with the short header. */
export function control(command: number, params: Uint8Array, handles: { client?: number; object?: number } = {}): Uint8Array {
  const payload = new Uint8Array(0x18 + params.length);
  const view = new DataView(payload.buffer);
  view.setUint32(0, handles.client ?? 0xc1d00000, true);
  view.setUint32(4, handles.object ?? 0x5d1d0000, true);
  view.setUint32(8, command, true);
  view.setUint32(0x10, params.length, true);
  payload.set(params, 0x18);
  return payload;
}
