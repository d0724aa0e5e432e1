// One end of the queues in a worker of its own; the other end runs in another, over the same SharedArrayBuffer.
import { hrtime } from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';

import * as rpc from '@nova-stack/gsp-rpc';
import { createRealClock } from '@nova-stack/timebase';

/** @type {{ role: 'driver' | 'firmware', buffer: SharedArrayBuffer, bell: SharedArrayBuffer, release: keyof typeof PROFILES, address: number, sizes: number[], args: rpc.SharedMemoryArguments }} */
const { role, buffer, bell, release, address, sizes, args } = workerData;
const PROFILES = { '535.113.01': rpc.PROFILE_535_113_01, '570.144': rpc.PROFILE_570_144, '580.105.08': rpc.PROFILE_580_105_08 };
const CONTROL = 76;
const UNLOADING = 47;
const POST_EVENT = 0x1003;

const profile = PROFILES[release];
/** @param {object} message */
const tell = (message) => { parentPort?.postMessage(message); };
const memory = new Uint8Array(buffer);
/** Word 0 is the doorbell, word 1 says that the driver is done. */
const bells = new Int32Array(bell);

/** @param {number} length @param {number} seed */
function control(length, seed) {
  const payload = Uint8Array.from({ length }, (_, i) => (i * 13 + seed + (i >> 9)) & 0xff);
  const header = profile.sized[CONTROL]?.header ?? 0;
  new DataView(payload.buffer).setUint32(0x10, length - header, true);
  return payload;
}

async function driver() {
  const clock = createRealClock({ now: () => Number(hrtime.bigint()), sleep: (duration) => setTimeout(duration / 1e6) });
  const end = rpc.openDriverEnd({
    memory, address, profile, clock, outstanding: 4, bounds: { space: 60e9, reply: 60e9, every: 1 },
    doorbell: () => {
      Atomics.add(bells, 0, 1);
      Atomics.notify(bells, 0);
    },
  });
  tell({ arguments: end.arguments });
  let events = 0;
  end.on(POST_EVENT, () => { events++; });
  /** @type {number[]} */
  const wrong = [];
  await Promise.all(sizes.map(async (size, i) => {
    const payload = control(size, i);
    const reply = await end.call(CONTROL, payload);
    if (Buffer.compare(reply.payload, payload) !== 0) wrong.push(size);
  }));
  await end.call(UNLOADING, new Uint8Array(8));
  return { wrong, events, pointers: end.pointers };
}

function firmware() {
  const access = rpc.mapMemory(memory, address);
  const state = rpc.runJob(rpc.openFirmwareEnd(args), access);
  let requests = 0;
  for (let on = true; on || state.outbox.length > 0;) {
    const rung = Atomics.load(bells, 0);
    const request = rpc.runJob(rpc.receiveRequest(profile, state), access);
    if (request !== undefined) {
      requests++;
      rpc.queueMessage(state, { function: POST_EVENT, result: 0, sequence: 0, payload: new Uint8Array(40) });
      rpc.queueMessage(state, { ...request, result: 0 });
      on = request.function !== UNLOADING;
    }
    rpc.runJob(rpc.flush(profile, state), access);
    if (request === undefined) Atomics.wait(bells, 0, rung, 1);
  }
  return { requests };
}

tell({ done: role === 'driver' ? await driver() : firmware() });
