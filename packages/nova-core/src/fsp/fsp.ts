import {
  at, FALCONS, FSP_CHANNEL_SIZE, make, NV_PFALCON_FALCON_EMEMC, NV_PFALCON_FALCON_EMEMD, NV_PFSP_MSGQ_HEAD, NV_PFSP_MSGQ_TAIL, NV_PFSP_QUEUE_HEAD, NV_PFSP_QUEUE_TAIL,
  within, type NVDM_TYPES, type Register,
} from '@nova-stack/gpu-regs';

import { MS, S, until, type Device } from '../device.ts';
import { hex, NovaCoreError, type Step } from '../errors.ts';
import { message, parseResponse } from './messages.ts';

/** The driver's channel, and the port of EMEM that goes with it. */
const CHANNEL = 0;
const CONTROL = within(FALCONS.fsp, at(NV_PFALCON_FALCON_EMEMC, CHANNEL));
const DATA = within(FALCONS.fsp, at(NV_PFALCON_FALCON_EMEMD, CHANNEL));
const QUEUE = { head: at(NV_PFSP_QUEUE_HEAD, CHANNEL), tail: at(NV_PFSP_QUEUE_TAIL, CHANNEL) } as const;
const ANSWERS = { head: at(NV_PFSP_MSGQ_HEAD, CHANNEL), tail: at(NV_PFSP_MSGQ_TAIL, CHANNEL) } as const;
const TAKEN = { bound: S, every: MS } as const;
const ANSWERED = { bound: 2 * S, every: 10 * MS } as const;

/**
 * Conversation with the FSP: one message, one answer.
 * Source: linux: drivers/gpu/nova-core/falcon/fsp.rs; drivers/gpu/drm/nouveau/nvkm/subdev/fsp/gh100.c
 */
export class Fsp {
  readonly #device: Device;

  constructor(device: Device) {
    this.#device = device;
  }

  /**
   * Sends a message and waits for the answer.
   *
   * @returns what stands behind the headers of the answer
   * @throws {@link NovaCoreError} `FSP` when it refuses or answers what cannot be right, `TIMEOUT`, `DEVICE_LOST`
   */
  async call(step: Step, type: (typeof NVDM_TYPES)[keyof typeof NVDM_TYPES], payload: Uint8Array): Promise<Uint8Array> {
    await this.#send(step, message(type, payload));
    return parseResponse(step, type, await this.#receive(step));
  }

  async #send(step: Step, bytes: Uint8Array): Promise<void> {
    await until(this.#device, step, 'room for a message to the FSP', TAKEN, () => this.#read(QUEUE.head) === this.#read(QUEUE.tail));
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#write(CONTROL, make(NV_PFALCON_FALCON_EMEMC, { autoIncrementWrite: 1 }));
    for (let i = 0; i < bytes.length; i += 4) this.#write(DATA, view.getUint32(i, true));
    this.#write(QUEUE.tail, bytes.length - 4);
    // The write to the head is what tells the FSP.
    this.#write(QUEUE.head, 0);
  }

  async #receive(step: Step): Promise<Uint8Array> {
    await until(this.#device, step, 'answer of the FSP', ANSWERED, () => this.#read(ANSWERS.head) !== this.#read(ANSWERS.tail));
    const [head, tail] = [this.#read(ANSWERS.head), this.#read(ANSWERS.tail)];
    const size = tail - head + 4;
    if (head % 4 !== 0 || size % 4 !== 0 || size < 4 || tail + 4 > FSP_CHANNEL_SIZE) {
      throw new NovaCoreError('FSP', step, `the FSP answers with no message from ${hex(head)} to ${hex(tail)}`, { detail: { head, tail } });
    }
    const bytes = new Uint8Array(size);
    const view = new DataView(bytes.buffer);
    this.#write(CONTROL, make(NV_PFALCON_FALCON_EMEMC, { autoIncrementRead: 1, offset: head }));
    for (let i = 0; i < size; i += 4) view.setUint32(i, this.#read(DATA), true);
    this.#write(ANSWERS.tail, 0);
    this.#write(ANSWERS.head, 0);
    return bytes;
  }

  #read({ address }: Register): number {
    return this.#device.bar0.read32(address);
  }

  #write({ address }: Register, value: number): void {
    this.#device.bar0.write32(address, value);
  }
}
