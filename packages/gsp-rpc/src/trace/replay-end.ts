import { flush, queueMessage, receiveRequest, type FirmwareEndState } from '../firmware-end.ts';
import type { MemoryJob } from '../memory-job.ts';
import type { FramingProfile } from '../profile.ts';
import type { Replay } from './replay.ts';

/**
 * Serves a firmware end from a recording: takes what lies in the command queue and puts the recorded answers into the status queue.
 * Call it when the end has come up and at every doorbell. Delays are not kept.
 *
 * @returns how many of the driver's messages were taken
 * @throws GspRpcError as `receiveRequest` and `flush` do
 */
export function* serveReplay(profile: FramingProfile, state: FirmwareEndState, replay: Replay): MemoryJob<number> {
  let taken = 0;
  for (const message of replay.begin()) queueMessage(state, message);
  for (;;) {
    const request = yield* receiveRequest(profile, state);
    if (request === undefined) break;
    taken++;
    for (const message of replay.take(request)) queueMessage(state, message);
  }
  yield* flush(profile, state);
  return taken;
}
