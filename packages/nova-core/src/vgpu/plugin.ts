import { NV_VIRTUAL_FUNCTION_PRIV_DOORBELL } from '@nova-stack/gpu-regs';

import { MS, present, report, S, until, type Bound, type Device } from '../device.ts';
import { hex, NovaCoreError } from '../errors.ts';
import type { PluginAbi, PluginMessage } from '../firmware/vgpu-abi.ts';
import type { VramAccess } from '../memory/vram-window.ts';
import { write } from '../mmio.ts';

const STEP = 'vgpu';
const READY = { bound: 10 * S, every: MS } as const;
const ANSWER = { bound: 120 * S, every: MS } as const;

/**
 * The host's side of the conversation with the task that runs one virtual GPU. Both sides share the start of the
 * task's heap; the host rings the task's doorbell after each message. One message at a time.
 * Source: the vGPU manager series of 2025 (vfio: drivers/vfio/pci/nvidia-vgpu/rpc.c).
 */
export class PluginChannel {
  readonly #device: Device;
  readonly #window: VramAccess;
  readonly #abi: PluginAbi;
  readonly #heap: number;
  readonly #gfid: number;
  readonly #crashed: () => boolean;
  #sequence = 0;
  /** Ends when the message under way is answered. */
  #turn: Promise<unknown> = Promise.resolve();
  /** Set while it is unknown what became of a message; nothing more is sent then. */
  #lost = false;

  /**
   * @param heap - address of the task's heap in the framebuffer, bytes
   * @param crashed - whether the firmware has said that the task is dead: nothing is waited for then
   */
  constructor(device: Device, window: VramAccess, abi: PluginAbi, heap: number, gfid: number, crashed: () => boolean) {
    this.#device = device;
    this.#window = window;
    this.#abi = abi;
    this.#heap = heap;
    this.#gfid = gfid;
    this.#crashed = crashed;
  }

  /** Clears what a former task left and writes the control buffer. Before the task is started. */
  prepare(): void {
    this.#window.write(this.#heap, this.#abi.controlBuffer());
  }

  /** Waits until the started task says that it runs. @throws {@link NovaCoreError} `TIMEOUT` after 10 s, `TASK_DIED`. */
  async ready(): Promise<void> {
    const { readyMarker, offsets } = this.#abi;
    await this.#until('ready marker of the vGPU task', READY, () => this.#word(offsets.messageSequence) === readyMarker);
    report(this.#device.trace, 'nova-core.vgpu.plugin-ready', { vf: this.#gfid - 1 });
  }

  /** @throws {@link NovaCoreError} `TASK_DIED` once the task has crashed. */
  requireLife(): void {
    if (this.#crashed()) throw new NovaCoreError('TASK_DIED', STEP, `the task of virtual function ${this.#gfid - 1} has crashed`, { detail: { vf: this.#gfid - 1 } });
  }

  /** @throws {@link NovaCoreError} `TIMEOUT` when there is no answer, `REFUSED` when the task reports a failure, `TASK_DIED`. */
  send<Request, Reply>(message: PluginMessage<Request, Reply>, request: Request): Promise<Reply> {
    const mine = this.#turn.then(() => this.#exchange(message, request));
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  async #exchange<Request, Reply>(message: PluginMessage<Request, Reply>, request: Request): Promise<Reply> {
    this.requireLife();
    if (this.#lost) throw new NovaCoreError('RPC', STEP, 'an earlier message was never answered');
    const { offsets, messageSize } = this.#abi;
    const payload = message.encode(request);
    if (payload.length > messageSize) throw new NovaCoreError('RPC', STEP, `${message.name} of ${payload.length} bytes is above ${messageSize}`);
    this.#window.write(this.#heap + offsets.message, payload);
    this.#window.write32(this.#heap + offsets.messageType, message.type);
    this.#sequence = (this.#sequence + 1) >>> 0;
    const sequence = this.#sequence;
    this.#window.write32(this.#heap + offsets.messageSequence, sequence);
    write(this.#device.bar0, NV_VIRTUAL_FUNCTION_PRIV_DOORBELL, { value: this.#abi.doorbell(this.#gfid) });
    // Reading back makes sure that the write has arrived before the wait begins.
    this.#device.bar0.read32(NV_VIRTUAL_FUNCTION_PRIV_DOORBELL.address);
    this.#lost = true;
    await this.#until(`answer to ${message.name}`, ANSWER, () => this.#word(offsets.sequenceProcessed) === sequence);
    this.#lost = false;
    const result = this.#word(offsets.result);
    const answer = new Uint8Array(payload.length);
    this.#window.read(this.#heap + offsets.message, answer);
    present(this.#device, STEP);
    report(this.#device.trace, 'nova-core.vgpu.plugin-message', { name: message.name, vf: this.#gfid - 1, result });
    if (result !== 0) throw new NovaCoreError('REFUSED', STEP, `the vGPU task answers ${message.name} with ${hex(result)}`, { detail: { result, name: message.name } });
    return message.decode(answer);
  }

  async #until(what: string, bound: Bound, done: () => boolean): Promise<void> {
    await until(this.#device, STEP, what, bound, () => this.#crashed() || done());
    this.requireLife();
  }

  #word(offset: number): number {
    return this.#window.read32(this.#heap + offset);
  }
}
