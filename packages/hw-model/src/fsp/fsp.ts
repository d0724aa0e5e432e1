import {
  at, FALCONS, FSP_CHANNEL_SIZE, get, NV_PFALCON_FALCON_EMEMC, NV_PFALCON_FALCON_EMEMD, NV_PFSP_MSGQ_HEAD, NV_PFSP_MSGQ_TAIL, NV_PFSP_QUEUE_HEAD,
  NV_PFSP_QUEUE_TAIL, set, within,
} from '@nova-stack/gpu-regs';

import type { FspHardware } from '../port.ts';
import type { RegisterFile } from '../register-file.ts';
import { coldFsp, EMEM_SIZE, type FspState } from './state.ts';

/** What the FSP needs of the chip around it. */
export interface FspSurroundings {
  /** A message has come whole; the bytes are the receiver's. */
  message(channel: number, bytes: Uint8Array): void;
  fault(point: string): boolean;
  trace(point: string, args: Readonly<Record<string, string | number>>): void;
}

/** Offsets in EMEM count whole words and wrap at its end. */
const WORD_MASK = EMEM_SIZE - 4;

/**
 * The FSP as the CPU sees it: EMEM through ports, and a queue each way per channel. A message is sent by writing the head of
 * the queue; the FSP copies it out and lets the queue run empty at once. The next one is taken when the answer has gone out, and an answer goes out when
 * the one before was read: nothing piles up.
 *
 * Sources: open-gpu-kernel-modules 570.144: src/nvidia/src/kernel/gpu/fsp/arch/hopper/kern_fsp_gh100.c;
 * linux: drivers/gpu/nova-core/falcon/fsp.rs, drivers/gpu/drm/nouveau/nvkm/subdev/fsp/gh100.c
 */
export class Fsp implements FspHardware {
  state: FspState = coldFsp();
  readonly #world: FspSurroundings;

  constructor(registers: RegisterFile, world: FspSurroundings) {
    this.#world = world;
    for (let i = 0; i < NV_PFALCON_FALCON_EMEMC.count; i++) this.#declarePort(registers, i);
    for (let i = 0; i < NV_PFSP_QUEUE_HEAD.count; i++) this.#declareChannel(registers, i);
  }

  cold(): void {
    this.state = coldFsp();
  }

  /** @throws RangeError for what is not whole words, at least two and at most what a channel holds. */
  answer(channel: number, bytes: Uint8Array): void {
    if (!(channel in this.state.busy) || bytes.length % 4 !== 0 || bytes.length < 8 || bytes.length > FSP_CHANNEL_SIZE) {
      throw new RangeError(`The FSP cannot answer with ${bytes.length} bytes on channel ${channel}: expected 8 to ${FSP_CHANNEL_SIZE}, a multiple of 4`);
    }
    this.state.answers[channel] = bytes.slice();
    this.#deliver(channel);
  }

  #declarePort(registers: RegisterFile, port: number): void {
    registers.handle(within(FALCONS.fsp, at(NV_PFALCON_FALCON_EMEMC, port)), {
      read: () => this.state.control[port]!, write: (value) => { this.state.control[port] = value; },
    });
    registers.handle(within(FALCONS.fsp, at(NV_PFALCON_FALCON_EMEMD, port)), {
      read: () => {
        const { emem } = this.state;
        const offset = this.#advance(port, 'autoIncrementRead');
        return (emem[offset]! | (emem[offset + 1]! << 8) | (emem[offset + 2]! << 16) | (emem[offset + 3]! << 24)) >>> 0;
      },
      write: (value) => {
        const offset = this.#advance(port, 'autoIncrementWrite');
        for (let i = 0; i < 4; i++) this.state.emem[offset + i] = value >>> (8 * i);
      },
    });
  }

  /** Where a port stands; it moves on where it is told to. */
  #advance(port: number, increment: 'autoIncrementRead' | 'autoIncrementWrite'): number {
    const control = this.state.control[port]!;
    const offset = get(NV_PFALCON_FALCON_EMEMC, 'offset', control) & WORD_MASK;
    if (get(NV_PFALCON_FALCON_EMEMC, increment, control)) {
      this.state.control[port] = set(NV_PFALCON_FALCON_EMEMC, control, { offset: (offset + 4) & WORD_MASK });
    }
    return offset;
  }

  #declareChannel(registers: RegisterFile, channel: number): void {
    registers.handle(at(NV_PFSP_QUEUE_TAIL, channel), {
      read: () => this.state.queueTail[channel]!, write: (value) => { this.state.queueTail[channel] = value; },
    });
    registers.handle(at(NV_PFSP_QUEUE_HEAD, channel), {
      read: () => this.state.queueHead[channel]!,
      write: (value) => {
        this.state.queueHead[channel] = value;
        this.#take(channel);
      },
    });
    // Only a head that equals its tail lets the next answer in, whichever of them is written last.
    for (const [register, place] of [[NV_PFSP_MSGQ_HEAD, 'msgqHead'], [NV_PFSP_MSGQ_TAIL, 'msgqTail']] as const) {
      registers.handle(at(register, channel), {
        read: () => this.state[place][channel]!,
        write: (value) => {
          this.state[place][channel] = value;
          this.#deliver(channel);
        },
      });
    }
  }

  /** Takes the message in a channel's queue, if there is one and the one before was answered. */
  #take(channel: number): void {
    const { state } = this;
    const [head, tail] = [state.queueHead[channel]!, state.queueTail[channel]!];
    if (head === tail || state.busy[channel]!) return;
    // Taken: the queue is empty, whatever was in it.
    state.queueHead[channel] = tail;
    const [start, end] = [channel * FSP_CHANNEL_SIZE, (channel + 1) * FSP_CHANNEL_SIZE];
    if (head < start || tail < head || tail + 4 > end || head % 4 !== 0 || tail % 4 !== 0) {
      this.#world.trace('hw-model.fsp.malformed', { channel, head, tail });
      return;
    }
    if (this.#world.fault('hw-model.fsp.silent')) return;
    state.busy[channel] = true;
    this.#world.message(channel, state.emem.slice(head, tail + 4));
  }

  /** Puts a waiting answer into EMEM once the one before was read. */
  #deliver(channel: number): void {
    const { state } = this;
    const answer = state.answers[channel];
    if (answer === undefined || state.msgqHead[channel] !== state.msgqTail[channel]) return;
    const start = channel * FSP_CHANNEL_SIZE;
    state.answers[channel] = undefined;
    state.emem.set(answer, start);
    state.msgqHead[channel] = start;
    state.msgqTail[channel] = start + answer.length - 4;
    state.busy[channel] = false;
    this.#take(channel);
  }
}
