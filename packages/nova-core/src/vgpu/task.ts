import { ReleaseStack } from '@nova-stack/aux-bus';

import { report, S, type Device } from '../device.ts';
import { NovaCoreError } from '../errors.ts';
import type { VgpuTypeFacts } from '../firmware/vgpu-abi.ts';
import type { HostingControls } from '../gsp/client.ts';
import { scrub } from '../memory/scrub.ts';
import type { VramAllocator, VramBlock } from '../memory/vram.ts';
import type { VramAccess } from '../memory/vram-window.ts';
import type { Spot } from '../placement/spots.ts';
import type { InstanceShare } from './placement.ts';
import { PluginChannel } from './plugin.ts';

/** What a vGPU is made with. */
export interface TaskInputs {
  readonly device: Device;
  readonly gsp: HostingControls;
  readonly window: VramAccess;
  readonly vram: VramAllocator;
  readonly segment: number;
  /** Engines that exist, in the firmware's numbering. */
  readonly engines: readonly number[];
}

export interface TaskRequest {
  readonly type: VgpuTypeFacts;
  readonly share: InstanceShare;
  readonly spot: Pick<Spot, 'start' | 'firstChannel'>;
  /** Index of the virtual function. */
  readonly vf: number;
  /** `segment << 16 | bus << 8 | device << 3 | function` of the virtual function. */
  readonly vfAddress: number;
  /** Process that the virtual machine runs in; not zero. */
  readonly processId: number;
  /** 16 bytes. */
  readonly uuid: Uint8Array;
  /** Whether the firmware has said that the task is dead. */
  crashed(): boolean;
}

/** Who follows the making of a vGPU, and may want it no more. */
export interface TaskWatch {
  progress(done: number): void;
  cancelled(): boolean;
}
const UNWATCHED: TaskWatch = { progress: () => undefined, cancelled: () => false };
/** Steps of making one: memory, memory clear, task running, task configured. */
export const OPEN_STEPS = 4;
const cancelled = (): NovaCoreError => new NovaCoreError('CANCELLED', 'vgpu', 'the vGPU is not wanted any more');

/** How an attempt to make or end a vGPU left things. */
export type Outcome = 'clean' | 'quarantined';

/** A failure that says whether anything had to be kept. */
export class VgpuFailure extends Error {
  override readonly name = 'VgpuFailure';
  readonly outcome: Outcome;
  override readonly cause: NovaCoreError;

  constructor(outcome: Outcome, cause: NovaCoreError) {
    super(cause.message, { cause });
    this.outcome = outcome;
    this.cause = cause;
  }
}

const HEAP_ALIGN = 0x20_0000;
/** Ending a guest may take the firmware long: it frees all of the guest's objects. */
const TEARDOWN = 30 * S;
const PLUGIN_CHANNELS = 1;

function known(error: unknown): NovaCoreError {
  if (error instanceof NovaCoreError) return error;
  throw error;
}

/** Whether it is certain that the firmware did nothing. */
function refused(error: NovaCoreError): boolean {
  return error.code === 'REFUSED';
}

/**
 * One vGPU while it lives: memory, and the firmware's task. It is made whole or not at all, and ended in reverse.
 * Where it cannot be known what the firmware still does with the memory, nothing is given back: memory of one guest
 * must never reach another.
 */
export class VgpuTask {
  readonly #in: TaskInputs;
  readonly #request: TaskRequest;
  readonly #held: ReleaseStack;
  readonly #guest: VramBlock;
  readonly #heap: VramBlock;
  readonly #channel: PluginChannel;

  private constructor(inputs: TaskInputs, request: TaskRequest, held: ReleaseStack, guest: VramBlock, heap: VramBlock) {
    this.#in = inputs;
    this.#request = request;
    this.#held = held;
    this.#guest = guest;
    this.#heap = heap;
    this.#channel = new PluginChannel(inputs.device, inputs.window, inputs.gsp.abi.vgpu.plugin, heap.start, request.vf + 1, () => request.crashed());
  }

  /** Bytes of the framebuffer that belong to the guest. */
  get guestMemory(): number {
    return this.#guest.size;
  }

  /** @throws {@link VgpuFailure} */
  static async open(inputs: TaskInputs, request: TaskRequest, watch: TaskWatch = UNWATCHED): Promise<VgpuTask> {
    const held = new ReleaseStack();
    const allocate = async (size: number, align: number, from: 'low' | 'high', what: string): Promise<VramBlock> => {
      const label = `${what} of virtual function ${request.vf}`;
      const block = inputs.vram.allocate({ size, align, label, from, packed: from === 'low' });
      if (block === undefined) {
        await held.release();
        throw new VgpuFailure('clean', new NovaCoreError('NO_MEMORY', 'vgpu', `no ${size} bytes of framebuffer for the ${label}`, { detail: { size } }));
      }
      held.defer(label, () => inputs.vram.release(block));
      report(inputs.device.trace, 'nova-core.memory.allocated', { start: block.start, size: block.size, label });
      return block;
    };
    const guest = await allocate(request.share.guestMemory, inputs.segment, 'low', 'memory');
    const heap = await allocate(request.share.heap, HEAP_ALIGN, 'high', 'task heap');
    const task = new VgpuTask(inputs, request, held, guest, heap);
    watch.progress(1);
    try {
      await task.#scrubAll();
    } catch (error) {
      // A refused scrub wrote nothing; after any other failure the engine may still be writing.
      throw await task.#failed(known(error), refused(known(error)));
    }
    watch.progress(2);
    // Until here nothing of it is known to the firmware.
    if (watch.cancelled()) throw await task.#failed(cancelled(), true);
    await task.#start(watch);
    return task;
  }

  async #start(watch: TaskWatch): Promise<void> {
    const { gsp } = this.#in;
    try {
      this.#channel.prepare();
      await gsp.control('vgpu', gsp.abi.vgpu.controls.bootPlugin, this.#bootParameters());
    } catch (error) {
      const cause = known(error);
      if (refused(cause)) throw await this.#failed(cause, true);
      throw await this.#failed(cause, await this.#stop());
    }
    try {
      const { messages, protocolVersion } = gsp.abi.vgpu.plugin;
      await this.#channel.ready();
      watch.progress(3);
      if (watch.cancelled()) throw cancelled();
      await this.#channel.send(messages.negotiate, { version: protocolVersion });
      await this.#channel.send(messages.configure, this.#configuration());
      // It may have died right after its answer.
      this.#channel.requireLife();
      watch.progress(OPEN_STEPS);
    } catch (error) {
      throw await this.#failed(known(error), await this.#stop());
    }
  }

  /** Lets the guest's function access the host's memory, or not. @throws {@link NovaCoreError} */
  async setBusMaster(enable: boolean): Promise<void> {
    await this.#channel.send(this.#in.gsp.abi.vgpu.plugin.messages.busMaster, { enable });
  }

  /** Puts the guest's function back to its first state; its memory reads zero afterwards. @throws {@link NovaCoreError} */
  async reset(): Promise<void> {
    await this.#channel.send(this.#in.gsp.abi.vgpu.plugin.messages.reset, undefined);
    await scrub(this.#in.device, this.#in.gsp, this.#in.window, this.#guest, 'vgpu');
    this.#channel.requireLife();
  }

  /** @throws {@link NovaCoreError} */
  async setEncoderShare(percent: number): Promise<void> {
    await this.#in.gsp.control('vgpu', this.#in.gsp.abi.vgpu.controls.encoderShare, { gfid: this.#request.vf + 1, percent });
  }

  /**
   * Ends the task, clears its memory and gives everything back.
   *
   * @throws {@link VgpuFailure} `quarantined`: nothing was given back.
   */
  async close(): Promise<void> {
    let failure: NovaCoreError | undefined;
    if (!(await this.#stop((error) => (failure ??= error)))) throw new VgpuFailure('quarantined', failure!);
    await this.#held.release();
    report(this.#in.device.trace, 'nova-core.vgpu.closed', { vf: this.#request.vf });
  }

  /** @returns whether everything that was done is undone, and the memory is clean. */
  async #stop(failed: (error: NovaCoreError) => void = () => {}): Promise<boolean> {
    const { device, gsp } = this.#in;
    // With the device the firmware is gone, and so is what it did.
    if (!device.pci.present) return true;
    const gfid = this.#request.vf + 1;
    try {
      await gsp.control('vgpu', gsp.abi.vgpu.controls.shutdownPlugin, { gfid }, TEARDOWN);
      await this.#scrubAll();
      await gsp.control('vgpu', gsp.abi.vgpu.controls.cleanupPlugin, { gfid }, TEARDOWN);
      return true;
    } catch (error) {
      const cause = known(error);
      if (cause.code === 'DEVICE_LOST') return true;
      failed(cause);
      report(device.trace, 'nova-core.vgpu.quarantined', { vf: this.#request.vf, step: cause.step });
      return false;
    }
  }

  async #failed(cause: NovaCoreError, clean: boolean): Promise<VgpuFailure> {
    if (clean || cause.code === 'DEVICE_LOST') {
      await this.#held.release();
      return new VgpuFailure('clean', cause);
    }
    report(this.#in.device.trace, 'nova-core.vgpu.quarantined', { vf: this.#request.vf, step: cause.step });
    return new VgpuFailure('quarantined', cause);
  }

  async #scrubAll(): Promise<void> {
    const { device, gsp, window } = this.#in;
    await scrub(device, gsp, window, this.#guest, 'vgpu');
    await scrub(device, gsp, window, this.#heap, 'vgpu');
  }

  #bootParameters() {
    const { type, share, spot, vf, vfAddress, processId } = this.#request;
    return {
      vfAddress, gfid: vf + 1, typeId: type.id, processId,
      channels: { first: spot.firstChannel, count: share.channels, plugin: PLUGIN_CHANNELS },
      engines: this.#in.engines,
      guestMemory: { start: this.#guest.start, size: this.#guest.size },
      heap: { start: this.#heap.start, size: this.#heap.size },
    };
  }

  #configuration() {
    const { type, share, spot, vf, vfAddress, processId, uuid } = this.#request;
    return {
      uuid, vfAddress, instanceId: vf + 1, typeId: type.id, processId, channels: share.channels, pluginChannels: PLUGIN_CHANNELS, placement: spot.start,
    };
  }
}
