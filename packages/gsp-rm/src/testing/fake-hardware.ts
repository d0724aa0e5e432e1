import { CHIPS, type ChipName } from '@nova-stack/gpu-regs';
import type { ChipFacts, DisplayChannelSpec, DisplayHardware, EngineName, FalconFetch, FalconStart, Firmware, FirmwareHardware, FirmwarePort, FspHardware, HostChannelSetting, HostChannelSpec, HostHardware, Lockdown, MemoryJob, MemoryRequest, VramRange } from '@nova-stack/hw-model/port';

/** Facts of a card with 24 GiB; change what a test is about. */
export const TEST_FACTS: ChipFacts = {
  chip: 'ad102', architecture: 'ada', chipId: 0x192, productName: 'NVIDIA L40',
  pci: { vendor: 0x10de, device: 0x26b5, subsystemVendor: 0x10de, subsystem: 0x169d, revision: 0xa1 },
  uuid: Uint8Array.from({ length: 16 }, (_, i) => i + 1),
  vramSize: 24 * 2 ** 30, fuses: { gspFwsec: 1, sec2Booter: 1 }, displayDisabled: true,
  gpcMask: 0xfff, tpcMasks: Array.from({ length: 12 }, () => 0x3f), ecc: true,
  sriov: { totalVfs: 32, firstVfOffset: 4, vfStride: 1 }, channels: 2048, vmmuSegmentSize: 0x400_0000,
  engines: ['GR0', 'COPY0', 'COPY1', 'NVDEC0', 'NVENC0'],
};

const PAGE = 0x1000;

/** Sparse bytes by page. */
class Pages {
  readonly #pages = new Map<number, Uint8Array>();

  span(address: number, length: number): Uint8Array {
    const index = Math.floor(address / PAGE);
    let page = this.#pages.get(index);
    if (page === undefined) this.#pages.set(index, (page = new Uint8Array(PAGE)));
    const at = address % PAGE;
    return page.subarray(at, Math.min(PAGE, at + length));
  }

  read(address: number, into: Uint8Array): void {
    for (let done = 0; done < into.length;) {
      const part = this.span(address + done, into.length - done);
      into.set(part, done);
      done += part.length;
    }
  }

  write(address: number, from: Uint8Array): void {
    for (let done = 0; done < from.length;) {
      const part = this.span(address + done, from.length - done);
      part.set(from.subarray(done, done + part.length));
      done += part.length;
    }
  }

  fill(address: number, length: number, byte: number): void {
    if (byte === 0 && address % PAGE === 0 && length % PAGE === 0) {
      for (const index of this.#pages.keys()) if (index * PAGE >= address && index * PAGE < address + length) this.#pages.delete(index);
    } else for (let done = 0; done < length;) {
      const part = this.span(address + done, length - done);
      part.fill(byte);
      done += part.length;
    }
  }
}

/** The mechanics that firmware needs, without a chip around them: for tests of firmware alone. */
export class FakeHardware implements FirmwareHardware {
  readonly facts: ChipFacts;
  readonly port: FirmwarePort;
  readonly vram: Pages = new Pages();
  readonly memory: Pages = new Pages();
  /** Bus addresses below this are mapped. */
  memoryLimit: number = 2 ** 40;
  readonly timers: Map<string, { at: number; arg: number }> = new Map<string, { at: number; arg: number }>();
  readonly mailboxes: Record<EngineName, [number, number]> = { gsp: [0, 0], sec2: [0, 0] };
  readonly halted: Record<EngineName, boolean> = { gsp: true, sec2: true };
  readonly riscv = { active: false, halted: false };
  readonly scratches: Map<number, number> = new Map<number, number>();
  readonly events: { point: string; args: Readonly<Record<string, string | number | bigint | boolean>> }[] = [];
  readonly faults: Map<string, { action: string; value?: number }> = new Map<string, { action: string; value?: number }>();
  interrupts: number = 0;
  time: number = 0;
  requests: number = 0;
  /** Jobs wait for {@link runJobs} instead of running at once: a host that can only send messages. */
  deferJobs: boolean = false;
  readonly jobs: MemoryJob[] = [];
  #wpr2: { start: number; end: number } | undefined;
  /** Display channels that are open, by kind and instance. */
  readonly channels: Map<string, DisplayChannelSpec> = new Map<string, DisplayChannelSpec>();
  /** Host channels that are open, by runlist and id; `set` keeps what was said last. */
  readonly hostChannels: Map<string, { readonly spec: HostChannelSpec; setting: HostChannelSetting | undefined }> = new Map<string, { readonly spec: HostChannelSpec; setting: HostChannelSetting | undefined }>();
  runlistsStopped: boolean = false;
  tlbInvalidations: number = 0;
  readonly host: HostHardware = {
    open: (spec) => void this.hostChannels.set(`${spec.runlist}:${spec.id}`, { spec, setting: undefined }),
    close: ({ runlist, id }) => void this.hostChannels.delete(`${runlist}:${id}`),
    set: ({ runlist, id }, setting) => {
      const channel = this.hostChannels.get(`${runlist}:${id}`);
      if (channel) channel.setting = setting;
    },
    stop: (stopped) => { this.runlistsStopped = stopped; },
    reset: () => { this.hostChannels.clear(); },
    save: () => [...this.hostChannels],
    load: (saved) => { for (const [name, channel] of saved as [string, { spec: HostChannelSpec; setting: HostChannelSetting | undefined }][]) this.hostChannels.set(name, channel); },
  };
  readonly display: DisplayHardware = {
    setMemory: () => undefined,
    open: (channel) => { this.channels.set(`${channel.kind} ${channel.instance}`, channel); },
    close: ({ kind, instance }) => { this.channels.delete(`${kind} ${instance}`); },
  };
  /** What the FSP answered, and how far the CPU gets at the GSP. */
  readonly answers: Uint8Array[] = [];
  lockdown: Lockdown = 'released';
  readonly fsp: FspHardware | undefined;
  readonly #started: Partial<Record<EngineName, FalconStart>> = {};

  constructor(firmware: Firmware, facts: Partial<ChipFacts> = {}) {
    this.facts = { ...TEST_FACTS, ...facts };
    const hasFsp = CHIPS[this.facts.chip as ChipName].family.bootChain === 'fsp';
    this.fsp = hasFsp ? { answer: (_channel, bytes) => { this.answers.push(bytes); } } : undefined;
    this.port = firmware(this);
  }

  now(): number {
    return this.time;
  }

  start(job: MemoryJob): void {
    if (this.deferJobs) this.jobs.push(job);
    else while (!this.#step(job)) { /* until it is done */ }
  }

  /** One memory request of every waiting job, in turn, until none waits; nothing else happens in between. */
  runJobs(): void {
    for (let job = this.jobs.shift(); job !== undefined; job = this.jobs.shift()) if (!this.#step(job)) this.jobs.push(job);
  }

  #answers = new WeakMap<MemoryJob, boolean>();

  /** @returns whether the job has ended */
  #step(job: MemoryJob): boolean {
    const step = job.next(this.#answers.get(job) ?? true);
    if (step.done === true) return true;
    this.requests++;
    this.#answers.set(job, this.#carryOut(step.value));
    return false;
  }

  #carryOut(request: MemoryRequest): boolean {
    const bytes = request.op === 'read' ? request.into : request.from;
    if (!Number.isSafeInteger(request.address) || request.address + bytes.length > this.memoryLimit) return false;
    if (request.op === 'read') this.memory.read(request.address, bytes);
    else this.memory.write(request.address, bytes);
    return true;
  }

  arm({ at, event, arg }: { readonly at: number; readonly event: string; readonly arg: number }): void {
    this.timers.set(event, { at, arg });
  }

  disarm(event: string): void {
    this.timers.delete(event);
  }

  /** Lets time pass and fires what is due. */
  advance(duration: number): void {
    const until = this.time + duration;
    for (;;) {
      let next: [string, { at: number; arg: number }] | undefined;
      for (const entry of this.timers) if (entry[1].at <= until && (next === undefined || entry[1].at < next[1].at)) next = entry;
      if (next === undefined) break;
      this.timers.delete(next[0]);
      this.time = Math.max(this.time, next[1].at);
      this.port.timer(next[0], next[1].arg);
    }
    this.time = until;
  }

  mailbox(engine: EngineName, index: 0 | 1): number {
    return this.mailboxes[engine][index];
  }

  setMailbox(engine: EngineName, index: 0 | 1, value: number): void {
    this.mailboxes[engine][index] = value;
  }

  halt(engine: EngineName): void {
    this.halted[engine] = true;
  }

  *fetch(engine: EngineName, { address, memory, offset, size }: FalconFetch): MemoryJob<boolean> {
    const into = this.#started[engine]?.[memory].subarray(offset, offset + size);
    return into?.length === size ? yield { op: 'read', address, into } : false;
  }

  setRiscv(_engine: EngineName, state: { readonly active: boolean; readonly halted: boolean }): void {
    Object.assign(this.riscv, state);
  }

  raiseFalconInterrupt(): void {
    this.interrupts++;
  }

  setLockdown(lockdown: Lockdown): void {
    this.lockdown = lockdown;
  }

  invalidateTlb(): void {
    this.tlbInvalidations++;
  }

  setScratch(address: number, value: number): void {
    this.scratches.set(address, value);
  }

  scratch(address: number): number {
    return this.scratches.get(address) ?? 0;
  }

  setWpr2(start: number, end: number): void {
    this.#wpr2 = { start, end };
  }

  clearWpr2(): void {
    this.#wpr2 = undefined;
  }

  wpr2(): { start: number; end: number } | undefined {
    return this.#wpr2;
  }

  /** What each virtual function shows of VRAM, by GFID. */
  readonly functionMemory: Map<number, readonly VramRange[]> = new Map<number, readonly VramRange[]>();

  setFunctionMemory(gfid: number, ranges: readonly VramRange[]): void {
    for (const { start, size } of ranges) this.#check(start, size);
    this.functionMemory.set(gfid, ranges);
  }

  readVram(address: number, into: Uint8Array): void {
    this.#check(address, into.length);
    this.vram.read(address, into);
  }

  writeVram(address: number, from: Uint8Array): void {
    this.#check(address, from.length);
    this.vram.write(address, from);
  }

  fillVram(address: number, length: number, byte: number): void {
    this.#check(address, length);
    this.vram.fill(address, length, byte);
  }

  vramSpan(address: number, length: number): Uint8Array {
    this.#check(address, length);
    return this.vram.span(address, length);
  }

  #check(address: number, length: number): void {
    if (!Number.isSafeInteger(address) || address < 0 || address + length > this.facts.vramSize) throw new RangeError(`VRAM 0x${address.toString(16)}`);
  }

  trace(point: string, args: Readonly<Record<string, string | number | bigint | boolean>> = {}): void {
    this.events.push({ point, args });
  }

  fault(point: string): { readonly action: string; readonly value?: number } | undefined {
    return this.faults.get(point);
  }

  /** Starts a falcon with what was loaded; mailboxes are what the driver wrote. */
  startFalcon(engine: EngineName, loaded: Partial<Omit<FalconStart, 'engine'>> = {}): void {
    this.halted[engine] = false;
    const [mailbox0, mailbox1] = this.mailboxes[engine];
    const start = {
      engine, imem: new Uint8Array(0x10000), dmem: new Uint8Array(0x10000), loadedImem: [], empty: false, bootVector: 0,
      brom: { algorithm: 0, ucodeId: 0, engineIdMask: 0, paraAddr: 0 }, mailbox0, mailbox1, ...loaded,
    };
    this.#started[engine] = start;
    this.port.falconStarted(start);
  }
}
