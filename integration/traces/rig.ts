import { createGspRm } from '@nova-stack/gsp-rm';
import { createGpu, type Gpu } from '@nova-stack/hw-model';
import type { Board } from '@nova-stack/hw-model/boards';
import type { DmaJob } from '@nova-stack/pci';
import { createTrace } from '@nova-stack/trace';

import { AT, BASE, prepare, type Prepared } from './memory.ts';
import type { Kind, Step, Value } from './steps.ts';

/** Nanoseconds that an access takes. */
const ACCESS = 500;
const MS = 1_000_000;
/** How long the firmware may take for a message. */
const PATIENCE = 5_000 * MS;
const [COMMANDS, STATUSES] = [AT.shared + 0x1000, AT.shared + 0x41000];
const PAGES = 63;

/** A step that did not go as its list says. */
export class StepError extends Error {
  override readonly name = 'StepError';
}

/** A GPU with system memory and a clock, driven by steps and nothing else. */
export class Rig {
  readonly gpu: Gpu;
  /** Accesses to registers that nobody declared. */
  readonly unknown: number[] = [];
  #time = 1_000 * MS;
  #interrupts = 0;
  #memory: Uint8Array = new Uint8Array(AT.size);
  #sequence = 0;
  #prepared: Prepared | undefined;

  constructor(board: Board) {
    const trace = createTrace({ now: () => this.#time, sinks: [({ point, args }) => { if (point.startsWith('hw-model.register.unknown')) this.unknown.push(Number(args['address'])); }] });
    this.gpu = createGpu({ board, firmware: createGspRm(), trace });
    this.gpu.plug({ now: () => this.#time, start: (job) => { this.#finish(job); }, line: () => {}, interrupt: () => { this.#interrupts++; } });
  }

  async prepare({ falcons, frts, vram }: Kind): Promise<void> {
    const rom = new Uint8Array(0x1_0000);
    this.gpu.readBlock(0, 0x300000, rom);
    const { chip, vramSize } = this.gpu.facts;
    this.#prepared = await prepare({ chip, vramSize, falcons, frts, rom, boot0: this.gpu.read(0, 0, 4), boot42: this.gpu.read(0, 0xa00, 4), vramValue: this.gpu.read(0, vram, 4) });
    this.#memory = this.#prepared.memory;
    this.#sequence = 0;
  }

  /** @throws {@link StepError} with the number of the first step that does not find what it must */
  play(steps: readonly Step[]): void {
    steps.forEach((step, index) => {
      const wrong = this.#do(step);
      if (wrong !== undefined) throw new StepError(`step ${index}, ${JSON.stringify(step)}: ${wrong}`);
    });
  }

  #do(step: Step): string | undefined {
    const hex = (value: number): string => `0x${value.toString(16)}`;
    switch (step.op) {
      case 'read': {
        const found = (this.#read(step.at) & step.mask) >>> 0;
        const wanted = (this.#value(step.is) & step.mask) >>> 0;
        return found === wanted ? undefined : `found ${hex(found)}, not ${hex(wanted)}: ${step.why}`;
      }
      case 'poll': {
        const [until, wanted] = [this.#time + step.within * 1000, (this.#value(step.is) & step.mask) >>> 0];
        for (;;) {
          const found = (this.#read(step.at) & step.mask) >>> 0;
          if (found === wanted) return undefined;
          if (this.#time >= until) return `still ${hex(found)} after ${step.within} µs: ${step.why}`;
          this.#pass(10_000);
        }
      }
      case 'write': this.#write(step.at, this.#value(step.value)); return undefined;
      case 'modify': this.#write(step.at, ((this.#read(step.at) & ~step.clear) | step.set) >>> 0); return undefined;
      case 'delay': this.#pass(step.time * 1000); return undefined;
      case 'port': this.#port(step); return undefined;
      case 'fetch': return this.#fetch(step);
      case 'send': this.#send(step.message, step.payload); return undefined;
      case 'expect': return this.#expect(step.message, step.least);
      case 'interrupts': {
        const came = this.#interrupts;
        this.#interrupts = 0;
        return came >= step.least ? undefined : `${came} interrupts came`;
      }
    }
  }

  #value(value: Value): number {
    if (typeof value === 'number') return value;
    const found = this.#prepared?.values[value];
    if (found === undefined) throw new StepError(`nothing is called ${value}`);
    return found;
  }

  #pass(time: number): void {
    this.#time += time;
    this.gpu.runDue(this.#time);
  }

  #read(at: number): number {
    this.#pass(ACCESS);
    return this.gpu.read(0, at, 4);
  }

  #write(at: number, value: number): void {
    this.#pass(ACCESS);
    this.gpu.write(0, at, 4, value >>> 0);
  }

  #part(name: string): Prepared['parts'][string] {
    const part = this.#prepared?.parts[name];
    if (part === undefined) throw new StepError(`nothing is called ${name}`);
    return part;
  }

  #port({ falcon, memory, bytes: name }: Extract<Step, { readonly op: 'port' }>): void {
    const { bytes, to, tag } = this.#part(name);
    const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const imem = memory !== 'dmem';
    this.#write(falcon + (imem ? 0x180 : 0x1c0), (memory === 'secure imem' ? 2 ** 28 : 0) + 2 ** 24 + to);
    for (let at = 0; at < bytes.length; at += 4) {
      if (imem && at % 256 === 0) this.#write(falcon + 0x188, tag + at / 256);
      this.#write(falcon + (imem ? 0x184 : 0x1c4), words.getUint32(at, true));
    }
  }

  #fetch({ falcon, memory, bytes: name }: Extract<Step, { readonly op: 'fetch' }>): string | undefined {
    const { bytes, to, tag, address } = this.#part(name);
    const imem = memory !== 'dmem';
    // What lies at the tag of the image is at the base: the offset doubles as the virtual address.
    const base = imem ? address - tag * 256 : address;
    this.#write(falcon + 0x110, base / 256);
    this.#write(falcon + 0x128, 0);
    for (let at = 0; at < bytes.length; at += 256) {
      this.#write(falcon + 0x114, to + at);
      this.#write(falcon + 0x11c, (imem ? tag * 256 : 0) + at);
      this.#write(falcon + 0x118, imem ? 0x614 : 0x600);
      const wrong = this.#do({ op: 'poll', at: falcon + 0x118, mask: 2, is: 2, within: 2_000_000, why: 'the transfer is done' });
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  }

  get #view(): DataView {
    return new DataView(this.#memory.buffer);
  }

  /** Element and message of 48 and 32 bytes, then the payload; one page is enough for all that lists send. */
  #send(message: number, payload: string): void {
    const body = PAYLOADS[payload];
    if (body === undefined) throw new StepError(`nothing is called ${payload}`);
    const view = this.#view;
    const page = view.getUint32(COMMANDS + 0x10, true);
    const at = COMMANDS + 0x1000 + page * 0x1000;
    this.#memory.fill(0, at, at + 0x1000);
    const words: readonly (readonly [number, number])[] = [
      [0x24, this.#sequence++], [0x28, 1], [0x30, 0x0300_0000], [0x34, 0x4350_5256], [0x38, 32 + body.length], [0x3c, message], [0x40, 0xffff_ffff], [0x44, 0xffff_ffff],
    ];
    for (const [offset, value] of words) view.setUint32(at + offset, value, true);
    this.#memory.set(body, at + 0x50);
    let sum = 0;
    for (let i = 0; i < 0x1000; i += 4) sum ^= view.getUint32(at + i, true);
    view.setUint32(at + 0x20, sum >>> 0, true);
    view.setUint32(COMMANDS + 0x10, (page + 1) % PAGES, true);
    this.#write(0x110c00, 0);
  }

  #expect(message: number, least: number): string | undefined {
    const view = this.#view;
    const until = this.#time + PATIENCE;
    for (;;) {
      const page = view.getUint32(COMMANDS + 0x20, true);
      if (view.getUint32(STATUSES + 0x10, true) !== page) {
        const at = STATUSES + 0x1000 + page * 0x1000;
        const [length, told, result] = [0x38, 0x3c, 0x40].map((offset) => view.getUint32(at + offset, true)) as [number, number, number];
        view.setUint32(COMMANDS + 0x20, (page + Math.ceil((48 + length) / 0x1000)) % PAGES, true);
        if (told !== message) return `message ${told} came`;
        if (result !== 0) return `its result is ${result}`;
        return length - 32 >= least ? undefined : `it has ${length - 32} bytes`;
      }
      if (this.#time >= until) return 'no message came';
      this.#pass(MS);
    }
  }

  #finish(job: DmaJob): void {
    for (let step = job.next(); step.done !== true;) {
      const request = step.value;
      const bytes = request.op === 'read' ? request.into : request.from;
      const start = request.address - BASE;
      const inside = start >= 0 && start + bytes.length <= this.#memory.length;
      if (inside && request.op === 'read') bytes.set(this.#memory.subarray(start, start + bytes.length));
      else if (inside) this.#memory.set(bytes, start);
      step = job.next(inside);
    }
  }
}

const bytes = (size: number, words: readonly (readonly [number, number])[]): Uint8Array => {
  const all = new Uint8Array(size);
  const view = new DataView(all.buffer);
  for (const [at, value] of words) view.setUint32(at, value, true);
  return all;
};

/** open-gpu-kernel-modules 570.144: src/nvidia/generated/g_gsp_static_config_nvoc.h (GspSystemInfo), g_rpc-structures.h */
const PAYLOADS: Readonly<Record<string, Uint8Array>> = {
  'system info': bytes(928, [[0x00, 0xf600_0000], [0x0c, 0x60], [0x14, 0x61], [0x20, 0x100], [0x48, 0xffff_f000], [0x4c, 0x7fff], [0x50, 0x88000], [0x54, 0x1000]]),
  registry: bytes(0x30, [[0, 0x30], [4, 1], [8, 0x18], [12, 1], [16, 1], [20, 0], [0x18, 0x65444d52], [0x1c, 0x43646976], [0x20, 0x6b636568]]),
  'static info': new Uint8Array(1656),
  unloading: new Uint8Array(8),
};
