import { get, GP_ENTRY0, GP_ENTRY1, GP_ENTRY_SIZE, HOST_DOORBELL, NV_VIRTUAL_FUNCTION_DOORBELL, set, USERD } from '@nova-stack/gpu-regs';

import type { Chip } from '../chip.ts';
import { MS, present, S, until, type Device } from '../device.ts';
import { engineClasses } from '../engine-classes.ts';
import { NovaCoreError } from '../errors.ts';
import type { ChannelError } from '../firmware/abi.ts';
import type { GspClient } from '../gsp/client.ts';
import type { VramAllocator, VramBlock } from '../memory/vram.ts';
import type { VramAccess } from '../memory/vram-window.ts';
import { AddressSpace } from '../mmu/address-space.ts';
import { write } from '../mmio.ts';
import { KiB, PAGE } from '../sizes.ts';
import { bindWords, copyWords, fenceWords } from './pushbuffer.ts';
import { RmClient } from './rm-client.ts';

/** What a queue is made on. */
export interface QueueSurroundings {
  readonly device: Device;
  readonly chip: Chip;
  readonly gsp: GspClient;
  readonly vram: VramAllocator;
  readonly window: VramAccess;
}

/** Where what belongs to the channel lies in its memory, in bytes. */
const LAYOUT = {
  instance: { at: 0, size: PAGE },
  userd: { at: PAGE, size: USERD.size },
  fence: { at: 2 * PAGE },
  ring: { at: 3 * PAGE, entries: 128 },
  methodBuffer: { at: 16 * KiB, size: 20 * KiB },
  pushes: { at: 64 * KiB, slot: 2 * KiB, slots: 32 },
  size: 128 * KiB,
} as const;
/** Where that memory is mapped: below it nobody maps anything, above it everybody may. */
const OWN_VA = 0x10_0000;
/** Addresses from here on are the caller's. */
export const FIRST_VA = 0x1000_0000;
const SUBCHANNEL = 4;
const DONE = { bound: 10 * S, every: MS / 10 } as const;
/** Doorbells of GB20x have it set. Source: linux: drivers/gpu/drm/nouveau/nvkm/engine/fifo/gb202.c */
const RUNLIST_DOORBELL = 0x4000_0000;

let clients = 0;

/**
 * A channel on a copy engine with an address space of its own: what a driver moves memory with. Words are submitted with a
 * fence behind them; fences are 32 bits and go round.
 */
export class CopyQueue {
  readonly space: AddressSpace;
  readonly #in: QueueSurroundings;
  readonly #client: RmClient;
  readonly #block: VramBlock;
  readonly #doorbell: number;
  #put = 0;
  #fence = 0;
  /** Ends when what was submitted last is in the ring. */
  #turn: Promise<unknown> = Promise.resolve();
  #closed = false;
  /** What the firmware has stopped the channel for. */
  #stopped: ChannelError | undefined;
  readonly #unhear: () => void;

  private constructor(surroundings: QueueSurroundings, client: RmClient, block: VramBlock, space: AddressSpace, doorbell: number, channel: Pick<ChannelError, 'engine' | 'channel'>) {
    this.#in = surroundings;
    this.#unhear = surroundings.gsp.onChannelError((error) => {
      if (error.engine === channel.engine && error.channel === channel.channel) this.#stopped ??= error;
    });
    this.#client = client;
    this.#block = block;
    this.space = space;
    this.#doorbell = doorbell;
  }

  /** @throws {@link NovaCoreError} `NO_MEMORY`, `NOT_SUPPORTED` where no copy engine has a runlist of its own, `REFUSED`, `RPC`, `TIMEOUT`, `DEVICE_LOST` */
  static async open(surroundings: QueueSurroundings): Promise<CopyQueue> {
    const { device, chip, gsp, vram, window } = surroundings;
    const { channels } = gsp.abi;
    const classes = engineClasses(chip);
    const [engine] = await gsp.control('memory', channels.copyEngines, undefined);
    if (engine === undefined) throw new NovaCoreError('NOT_SUPPORTED', 'memory', 'no copy engine has a runlist of its own');
    const block = vram.allocate({ size: LAYOUT.size, align: LAYOUT.size, label: 'copy queue', from: 'high' });
    if (block === undefined) throw new NovaCoreError('NO_MEMORY', 'memory', 'no framebuffer for a copy queue', { detail: { size: LAYOUT.size } });
    let space: AddressSpace | undefined;
    let client: RmClient | undefined;
    try {
      window.write(block.start, new Uint8Array(LAYOUT.size));
      space = new AddressSpace({ device, gmmu: chip.family.gmmu, vram, window });
      await space.map(OWN_VA, block.start, LAYOUT.size, { aperture: 'vram', readOnly: false, volatile: true, privileged: false, kind: undefined });
      client = await RmClient.open(gsp, clients++ % 0x1000);
      const vaspace = await client.alloc(client.device, channels.objects.vaspace, undefined);
      await client.control(client.device, channels.pageDirectory, { vaspace, ...space.root });
      const piece = ({ at, size }: { readonly at: number; readonly size: number }): { readonly address: number; readonly size: number } => ({ address: block.start + at, size });
      const channel = await client.alloc(client.device, { class: classes.channel, params: channels.channel }, {
        vaspace, engine: engine.engine, ring: OWN_VA + LAYOUT.ring.at, entries: LAYOUT.ring.entries,
        instance: piece(LAYOUT.instance), userd: piece(LAYOUT.userd), methodBuffer: piece(LAYOUT.methodBuffer),
      });
      await client.control(channel, channels.bind, engine.engine);
      await client.alloc(channel, { class: classes.copy, params: channels.copyObject }, engine.engine);
      await client.control(channel, channels.schedule, true);
      const token = await client.control(channel, channels.token, undefined);
      const doorbell = set(HOST_DOORBELL, token, { runlist: engine.runlist }) + (chip.family.architecture === 'blackwell-gb20x' && token < RUNLIST_DOORBELL ? RUNLIST_DOORBELL : 0);
      const queue = new CopyQueue(surroundings, client, block, space, doorbell, { engine: engine.engine, channel: get(HOST_DOORBELL, 'channel', token) });
      await queue.wait(await queue.submit(bindWords(SUBCHANNEL, classes.copy)));
      return queue;
    } catch (error) {
      // What the firmware may still use is given back only when it has let go.
      const freed = client === undefined || (await client.close().then(() => true, () => false));
      if (freed && device.pci.present) {
        space?.destroy();
        vram.release(block);
      }
      throw error;
    }
  }

  /** Copies bytes between addresses of {@link space}. @returns the fence that is behind it */
  copy(from: number, to: number, length: number): Promise<number> {
    return this.submit(copyWords(SUBCHANNEL, from, to, length));
  }

  /**
   * Has words carried out, and a fence after them.
   *
   * @throws {@link NovaCoreError} `RANGE` for more words than a piece of pushbuffer holds, `TIMEOUT` while there is no room, `CHANNEL_STOPPED`, `STATE` once it is closed
   */
  submit(words: readonly number[]): Promise<number> {
    const mine = this.#turn.then(() => this.#submit(words));
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  async #submit(words: readonly number[]): Promise<number> {
    const { device, window } = this.#in;
    if (this.#closed) throw new NovaCoreError('STATE', 'memory', 'the queue is closed');
    this.#goOn();
    const { at, slot, slots } = LAYOUT.pushes;
    const fence = (this.#fence + 1) >>> 0;
    const all = Uint32Array.from([...words, ...fenceWords(OWN_VA + LAYOUT.fence.at, fence)]);
    if (all.byteLength > slot) throw new NovaCoreError('RANGE', 'memory', `${words.length} words are more than a piece of pushbuffer holds`, { detail: { field: 'words', value: words.length } });
    // The slot was last used by the fence that many before.
    if (this.#put >= slots) await this.wait((fence - slots) >>> 0);
    this.#fence = fence;
    const place = at + (this.#put % slots) * slot;
    window.write(this.#block.start + place, new Uint8Array(all.buffer));
    const address = OWN_VA + place;
    const entry = Uint32Array.of(set(GP_ENTRY0, 0, { get: address / 4 }), set(GP_ENTRY1, 0, { length: all.length }));
    window.write(this.#block.start + LAYOUT.ring.at + (this.#put % LAYOUT.ring.entries) * GP_ENTRY_SIZE, new Uint8Array(entry.buffer));
    this.#put++;
    window.write32(this.#block.start + LAYOUT.userd.at + USERD.gpPut, this.#put % LAYOUT.ring.entries);
    // What was written has to be there before the doorbell is: a read brings it there.
    window.read32(this.#block.start + LAYOUT.userd.at + USERD.gpPut);
    write(device.bar0, NV_VIRTUAL_FUNCTION_DOORBELL, { value: this.#doorbell });
    present(device, 'memory');
    return fence;
  }

  /** Whether a fence has passed. */
  passed(fence: number): boolean {
    const now = this.#in.window.read32(this.#block.start + LAYOUT.fence.at);
    return ((now - fence) | 0) >= 0;
  }

  /** Waits for a fence, at most 10 s. @throws {@link NovaCoreError} `CHANNEL_STOPPED` when what was submitted was wrong, `TIMEOUT`, `DEVICE_LOST` */
  async wait(fence: number): Promise<void> {
    const { device, gsp } = this.#in;
    await until(device, 'memory', `fence ${fence} of the copy queue`, DONE, () => {
      if (this.passed(fence)) return true;
      // Without interrupts nobody else looks at what the firmware says.
      gsp.poll();
      return this.#stopped !== undefined;
    });
    if (!this.passed(fence)) this.#goOn();
  }

  /** @throws {@link NovaCoreError} `CHANNEL_STOPPED` */
  #goOn(): void {
    if (this.#stopped === undefined) return;
    const { xid } = this.#stopped;
    throw new NovaCoreError('CHANNEL_STOPPED', 'memory', `the channel was stopped for error ${xid}`, { detail: { xid } });
  }

  /** Ends the channel and gives everything back; what is under way is dropped. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#unhear();
    await this.#client.close();
    this.space.destroy();
    this.#in.vram.release(this.#block);
  }
}
