import { createConfigSpace, type ConfigSpace } from './config-space.ts';
import { msi, pcie, pm, sriov } from './capabilities.ts';
import type { DmaJob } from './dma.ts';
import type { AccessSize, BarSpec, DeviceHost, PciFunction, ResetKind } from './function.ts';

/** A small GPU-like device for tests: BAR 0 is 64 KiB of registers that are memory, BAR 1 is 1 MiB above 4 GiB. */
export class FixtureDevice implements PciFunction {
  readonly config: ConfigSpace;
  readonly bars: readonly BarSpec[] = [
    { index: 0, kind: 'mem32', prefetchable: false, size: 0x1_0000 },
    { index: 1, kind: 'mem64', prefetchable: true, size: 0x10_0000 },
  ];
  readonly memory: readonly Uint8Array[] = [new Uint8Array(0x1_0000), new Uint8Array(0x10_0000)];
  readonly log: string[] = [];
  readonly timers: { at: number; fire: () => void }[] = [];
  readonly #vfs: readonly FixtureDevice[];
  host!: DeviceHost;

  constructor({ vfs = 0, virtual = false }: { readonly vfs?: number; readonly virtual?: boolean } = {}) {
    this.#vfs = Array.from({ length: vfs }, () => new FixtureDevice({ virtual: true }));
    this.config = createConfigSpace({
      vendor: 0x10de, device: 0x26b5, revision: 0xa1, classCode: { base: 3, sub: 2, interface: 0 },
      subsystemVendor: 0x10de, subsystem: 0x1234, interruptPin: 1, bars: this.bars, virtual,
      capabilities: [pm({ at: 0x60 }), msi({ at: 0x68 }), pcie({ at: 0x78 })],
      extended: vfs === 0 ? [] : [sriov({ at: 0xbcc, totalVfs: vfs, firstVfOffset: 4, vfStride: 1, vfDevice: 0x26b5, bars: this.bars })],
    });
  }

  plug(host: DeviceHost): void {
    this.host = host;
    this.log.push('plug');
  }

  read(bar: number, offset: number, size: AccessSize): number {
    const bytes = this.memory[bar]!;
    let value = 0;
    for (let i = size - 1; i >= 0; i--) value = value * 256 + bytes[offset + i]!;
    return value;
  }

  write(bar: number, offset: number, size: AccessSize, value: number): void {
    for (let i = 0; i < size; i++) this.memory[bar]![offset + i] = value >>> (8 * i);
  }

  readBlock(bar: number, offset: number, into: Uint8Array): void {
    into.set(this.memory[bar]!.subarray(offset, offset + into.length));
  }

  writeBlock(bar: number, offset: number, from: Uint8Array): void {
    this.memory[bar]!.set(from, offset);
  }

  reset(kind: ResetKind): void {
    this.log.push(`reset ${kind}`);
  }

  nextDue(): number | undefined {
    return this.timers[0]?.at;
  }

  runDue(now: number): void {
    while (this.timers[0] && this.timers[0].at <= now) this.timers.shift()!.fire();
  }

  virtualFunctions(): readonly FixtureDevice[] {
    return this.#vfs.slice(0, this.config.sriov?.enabledVfs ?? 0);
  }

  /** Reads or writes memory by DMA; tells at once whether it worked. */
  dma(op: 'read' | 'write', address: number, bytes: Uint8Array): boolean {
    let worked = false;
    const job = function* (): DmaJob {
      worked = yield op === 'read' ? { op, address, into: bytes } : { op, address, from: bytes };
    };
    this.host.start(job());
    return worked;
  }
}
