import { CORE_ENDPOINT } from '@nova-stack/nova-core-api';
import { createMemoryCore, memoryTypes, type MemoryCore, type MemoryCoreOptions } from '@nova-stack/nova-core-api/testing';
import {
  createBus, createConfigSpace, msix, pcie, sriov, type AccessSize, type BarSpec, type BusOptions, type ConfigSpace, type DeviceHost, type DmaJob, type DmaRequest,
  type PciDevice, type PciFunction, type ResetKind, type Slot,
} from '@nova-stack/pci';

const MiB = 2 ** 20;
/** Of the type: half of what the hardware has. */
export const APERTURE = 0x2_0000;
const BARS: readonly BarSpec[] = [
  { index: 0, kind: 'mem32', prefetchable: false, size: 0x1_0000 },
  { index: 1, kind: 'mem64', prefetchable: true, size: 2 * APERTURE },
  { index: 3, kind: 'mem64', prefetchable: true, size: 0x1_0000 },
];
export const VECTORS = 3;
export const TABLE = 0x8000;
export const PENDING = 0xc000;

/** A virtual function whose BARs are memory, and that does DMA when it is told to. */
class MemoryFunction implements PciFunction {
  readonly bars: readonly BarSpec[] = BARS;
  readonly config: ConfigSpace;
  readonly memory: ReadonlyMap<number, Uint8Array> = new Map(BARS.map(({ index, size }) => [index, new Uint8Array(size)]));
  readonly resets: ResetKind[] = [];
  readonly vfs: readonly MemoryFunction[];
  host!: DeviceHost;

  constructor(vfs: number) {
    this.vfs = Array.from({ length: vfs }, () => new MemoryFunction(0));
    this.config = createConfigSpace({
      vendor: 0x1af4, device: 0x1234, revision: 7, classCode: { base: 3, sub: 2, interface: 0 }, subsystemVendor: 0x1af4, subsystem: 0x99, bars: BARS, virtual: vfs === 0,
      capabilities: [pcie({ at: 0x40 }), msix({ at: 0x7c, vectors: VECTORS, table: { bar: 0, offset: TABLE }, pending: { bar: 0, offset: PENDING } })],
      extended: vfs === 0 ? [] : [sriov({ totalVfs: vfs, firstVfOffset: 1, vfStride: 1, vfDevice: 0x1234, bars: BARS })],
    });
  }

  plug(host: DeviceHost): void {
    this.host = host;
  }

  read(bar: number, offset: number, size: AccessSize): number {
    const view = new DataView(this.memory.get(bar)!.buffer);
    return size === 4 ? view.getUint32(offset, true) : size === 2 ? view.getUint16(offset, true) : view.getUint8(offset);
  }

  write(bar: number, offset: number, size: AccessSize, value: number): void {
    for (let i = 0; i < size; i++) this.memory.get(bar)![offset + i] = value >>> (8 * i);
  }

  readBlock(bar: number, offset: number, into: Uint8Array): void {
    into.set(this.memory.get(bar)!.subarray(offset, offset + into.length));
  }

  writeBlock(bar: number, offset: number, from: Uint8Array): void {
    this.memory.get(bar)!.set(from, offset);
  }

  reset(kind: ResetKind): void {
    this.resets.push(kind);
  }

  nextDue(): undefined {
    return undefined;
  }

  runDue(): void {}

  virtualFunctions(): readonly PciFunction[] {
    return this.vfs.slice(0, this.config.sriov?.enabledVfs ?? 0);
  }

  /** Reads or writes memory; tells what became of it, undefined while nobody has answered. */
  dma(request: DmaRequest): boolean | undefined {
    let worked: boolean | undefined;
    this.host.start((function* (): DmaJob { worked = yield request; })());
    return worked;
  }
}

/** A guest's host: what its device asks for. */
export class GuestHost implements DeviceHost {
  readonly requests: DmaRequest[] = [];
  readonly vectors: number[] = [];
  readonly #fn: PciFunction;

  constructor(fn: PciFunction) {
    this.#fn = fn;
    fn.plug(this);
  }

  now(): number {
    return 0;
  }

  start(job: DmaJob): void {
    for (let step = job.next(); step.done !== true; step = job.next(this.#fn.config.busMaster)) this.requests.push(step.value);
  }

  interrupt(vector: number): void {
    this.vectors.push(vector);
  }

  line(): void {}

  /** Writes to configuration space as hosts do. */
  write(offset: number, size: AccessSize, value: number): void {
    if (this.#fn.config.write(offset, size, value) !== 'flr') return;
    this.#fn.config.reset();
    this.#fn.reset('flr');
  }

  /** A reset from outside, as when somebody else plugs it in. */
  reset(kind: ResetKind): void {
    this.#fn.config.reset();
    this.#fn.reset(kind);
  }
}

/** Time stands still. */
const clock: BusOptions['clock'] = {
  now: () => 0, until: () => Promise.resolve(), sleep: () => Promise.resolve(), spend: () => undefined, attach: () => () => undefined, defer: (task) => { queueMicrotask(task); },
};

export const owner = (n: number): Uint8Array => new Uint8Array(16).fill(n);
export const tick = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve); });

export interface Bench {
  readonly core: MemoryCore;
  readonly slot: Slot;
  readonly physical: PciDevice;
  readonly vfs: readonly PciDevice[];
  /** The hardware behind them. */
  readonly hardware: readonly MemoryFunction[];
  readonly takeBack: () => void;
}

/** A device with four virtual functions, and an in-memory core that has assigned the first ones, to owners 1, 2, … */
export async function bench({ assigned = 2, ...options }: MemoryCoreOptions & { readonly assigned?: number } = {}): Promise<Bench> {
  const bus = createBus({ clock });
  const device = new MemoryFunction(4);
  const slot = bus.plug(device);
  const core = createMemoryCore({ memory: 64 * MiB, vfs: 4, ...options });
  const takeBack = slot.device.publish(CORE_ENDPOINT, core.endpoint);
  slot.device.enable();
  slot.device.sriov!.setNumVfs(4);
  const session = await core.endpoint.attach({
    kind: 'vgpu-manager', name: 'test', wants: [{ interface: 'base', major: 1, minMinor: 0, maxMinor: 2 }, { interface: 'vgpu', major: 1, minMinor: 1, maxMinor: 1 }],
    required: ['vgpu.types.submit', 'vgpu.instance.basic'], optional: [], epoch: core.endpoint.offer.epoch,
  });
  await session.vgpu!.submitTypes({ data: memoryTypes([{ typeId: 0x21, name: 'ACME M8-4Q', profileSize: 4 * MiB, aperture: APERTURE }]), label: 'types' });
  for (let n = 0; n < assigned; n++) await session.vgpu!.assign({ typeId: 0x21, vf: n, owner: owner(n + 1) });
  return { core, slot, physical: slot.device, vfs: slot.device.sriov!.virtualFunctions, hardware: device.vfs, takeBack };
}
