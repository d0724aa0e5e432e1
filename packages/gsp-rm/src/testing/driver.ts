import { sha256, sha384 } from '@noble/hashes/sha2.js';
import { CHIPS, COT_PAYLOAD, SYNTHETIC_SIGNATURE, type ChipName } from '@nova-stack/gpu-regs';
import { openDriverEnd, SHARED_MEMORY, type DriverEnd } from '@nova-stack/gsp-rpc';
import type { ChipFacts } from '@nova-stack/hw-model/port';
import { createGspRm, type GspRmOptions } from '../gsp-rm.ts';
import type { FirmwareEvent } from '../events.ts';
import type { Provocation } from '../gsp-rm.ts';
import type { GspFwWprMeta, GspSystemInfo } from '../r570_144/layouts.ts';
import { FakeHardware } from './fake-hardware.ts';
import { FORMATS, type Version } from './formats.ts';
import { loadedFalcon, signature, synthetic } from './synthetic.ts';

/** The least that a driver must do to bring the firmware up; for tests of the firmware alone. */

const MIB = 0x100000;

/** Bus addresses of what the driver lays into memory. */
const AT = {
  meta: 0x1000_0000, libos: 0x1000_1000, rmArgs: 0x1000_2000, signature: 0x1000_3000, level0: 0x1000_4000, level1: 0x1000_5000,
  level2: 0x1000_6000, suspend: 0x1000_7000, fmcParams: 0x1000_8000, fmc: 0x100c_0000, bootloader: 0x1010_0000, log: 0x1020_0000, shared: 0x1030_0000, image: 0x1100_0000, saved: 0x8000_0000,
};

export interface Layout {
  readonly frts: number; readonly bootBin: number; readonly image: number; readonly heap: number; readonly wpr: number; readonly nonWpr: number; readonly vga: number;
}

export function layoutFor(vramSize: number, imageSize: number, heapSize: number = 128 * MIB): Layout {
  const down = (value: number, to: number): number => value - (value % to);
  const vga = vramSize - MIB;
  const frts = down(vga, 0x20000) - MIB;
  const bootBin = down(frts - 0x9000, 0x1000);
  const image = down(bootBin - imageSize, 0x10000);
  const heap = down(image - heapSize - MIB, MIB);
  const wpr = down(heap - 256, MIB);
  return { vga, frts, bootBin, image, heap, wpr, nonWpr: wpr - MIB };
}

/** DMEM of FWSEC as the driver patches it. */
export function fwsecDmem(command: number, region: { readonly start: number; readonly size: number }): { readonly dmem: Uint8Array; readonly interfaceOffset: number; readonly patched: { readonly start: number; readonly length: number } } {
  const dmem = new Uint8Array(0x800);
  const view = new DataView(dmem.buffer);
  view.setUint32(0x40, 0x01_08_04_01, true);
  view.setUint32(0x44, 4, true);
  view.setUint32(0x48, 0x240, true);
  view.setUint32(0x248, 0x300, true);
  view.setUint32(0x24c, 0x2c, true);
  view.setUint32(0x26c, command, true);
  const block: readonly (readonly [number, number])[] = [
    [0x300, 1], [0x304, 24], [0x318, 1], [0x31c, 20], [0x320, region.start / 0x1000], [0x324, region.size / 0x1000], [0x328, 2],
  ];
  for (const [at, value] of block) view.setUint32(at, value, true);
  return { dmem, interfaceOffset: 0x40, patched: { start: 0x240, length: 0x100 } };
}

export interface Driver {
  readonly hardware: FakeHardware;
  readonly layout: Layout;
  readonly shared: Uint8Array;
  readonly end: DriverEnd;
  readonly firmware: Provocation;
  /** How this driver's release spells things; the fields that tests touch are the same in all. */
  readonly rm: (typeof FORMATS)['570.144']['rm'];
  /** Shows the FSP a GSP-FMC of `version`, by a message that `change` may spoil; its answer is in `hardware.answers`. */
  startFsp(change?: (trust: FspStart) => void): void;
  startFwsec(command: number, region?: { readonly start: number; readonly size: number }): void;
  startBooterLoad(): void;
  /** With `save`, WPR2 goes to system memory first. */
  startBooterUnload(save?: boolean): void;
  /** Booter load with what was saved. */
  startBooterResume(booter?: Version): void;
  /** Whether the RM arguments ask for a resume. */
  writeRmArguments(resume: boolean): void;
  sendSystemInfo(change?: Parameters<(typeof GspSystemInfo)['create']>[0]): Promise<void>;
  sendRegistry(): Promise<void>;
  /** All of it, up to INIT_DONE. */
  boot(): Promise<void>;
  control(client: number, object: number, command: number, params: Uint8Array): Promise<{ readonly status: number; readonly params: Uint8Array }>;
  /** @returns the status in the reply's body and its result */
  alloc(client: number, parent: number, handle: number, cls: number, params?: Uint8Array): Promise<{ readonly status: number; readonly result: number }>;
  /** Sends an event through the model. */
  raise(event: FirmwareEvent): boolean;
}

/** What a driver shows the FSP. */
export interface FspStart {
  readonly fmc: Uint8Array;
  readonly hash: Uint8Array;
  readonly signature: Uint8Array;
  version: number;
  frtsOffset: number;
  frtsSize: number;
  bootParams: number;
}

export interface DriverOptions {
  readonly version?: Version;
  /** Bytes of the firmware's heap. */
  readonly heapSize?: number;
  readonly facts?: Partial<ChipFacts>;
  readonly firmware?: GspRmOptions;
  readonly imageSize?: number;
  readonly change?: (bytes: { readonly image: Uint8Array; readonly bootloader: Uint8Array }) => void;
  readonly meta?: Parameters<(typeof GspFwWprMeta)['create']>[0];
}

export function driver(options: DriverOptions = {}): Driver {
  const version = options.version ?? '570.144';
  const { profile } = FORMATS[version];
  const rm = FORMATS[version].rm as unknown as Driver['rm'];
  let firmware: Provocation | undefined;
  const hardware = new FakeHardware(createGspRm({ ...options.firmware, provoke: (given) => { firmware = given; } }), options.facts);
  const { vramSize } = hardware.facts;
  const { chip } = hardware.facts;
  const image = synthetic({ kind: 'gspRm', version, chip, imem: options.imageSize ?? 0x12345, dmem: new Uint8Array(0) });
  const signed = signature(sha256(image), 0, 0x1000);
  const bootloader = synthetic({ kind: 'gspBootloader', version, chip, imem: 0x9000, dmem: new Uint8Array(0) });
  const { bootloaderOffset: slot, falconSize } = SYNTHETIC_SIGNATURE;
  bootloader.fill(0, slot, slot + falconSize);
  bootloader.set(signature(sha256(bootloader), 0), slot);
  options.change?.({ image, bootloader });
  const layout = layoutFor(vramSize, image.length, options.heapSize);
  const { memory } = hardware;

  memory.write(AT.image, image);
  memory.write(AT.bootloader, bootloader);
  memory.write(AT.signature, signed);
  const pages = Math.ceil(image.length / 0x1000);
  const entries = (addresses: readonly number[]): Uint8Array => new Uint8Array(BigUint64Array.from(addresses, BigInt).buffer);
  memory.write(AT.level0, entries([AT.level1, 0xdead_b000]));
  memory.write(AT.level1, entries([AT.level2, 0xdead_b000]));
  // Stale entries behind the last one must not be followed.
  memory.write(AT.level2, entries([...Array.from({ length: pages }, (_, i) => AT.image + i * 0x1000), 0xdead_b000]));
  memory.write(AT.meta, rm.GspFwWprMeta.create({
    magic: 0xdc3aae21371a60b3n, revision: 1n, sysmemAddrOfRadix3Elf: BigInt(AT.level0), sizeOfRadix3Elf: BigInt(image.length),
    sysmemAddrOfBootloader: BigInt(AT.bootloader), sizeOfBootloader: 0x9000n, sysmemAddrOfSignature: BigInt(AT.signature), sizeOfSignature: 0x1000n,
    gspFwRsvdStart: BigInt(layout.nonWpr), nonWprHeapOffset: BigInt(layout.nonWpr), nonWprHeapSize: BigInt(MIB),
    gspFwWprStart: BigInt(layout.wpr), gspFwHeapOffset: BigInt(layout.heap), gspFwHeapSize: BigInt(options.heapSize ?? 128 * MIB),
    gspFwOffset: BigInt(layout.image), bootBinOffset: BigInt(layout.bootBin), frtsOffset: BigInt(layout.frts), frtsSize: BigInt(MIB),
    gspFwWprEnd: BigInt(layout.vga), fbSize: BigInt(vramSize), vgaWorkspaceOffset: BigInt(layout.vga), vgaWorkspaceSize: BigInt(MIB),
    ...options.meta,
  }));
  const region = (at: number, name: string, address: number, size: number): void => {
    let id = 0n;
    for (const character of name) id = (id << 8n) | BigInt(character.charCodeAt(0));
    memory.write(AT.libos + at * 32, rm.LibosMemoryRegionInitArgument.create({ id8: id, pa: BigInt(address), size: BigInt(size), kind: 1, loc: 1 }));
  };
  region(0, 'LOGINIT', AT.log, 0x10000);
  region(1, 'LOGRM', AT.log + 0x10000, 0x10000);
  region(2, 'RMARGS', AT.rmArgs, 0x1000);

  const shared = new Uint8Array(SHARED_MEMORY.size);
  const end = openDriverEnd({
    memory: shared, address: AT.shared, profile, bounds: { reply: 200_000_000 },
    doorbell: () => {
      push();
      hardware.port.doorbell(0);
      pull();
    },
    clock: {
      now: () => hardware.time,
      async until(predicate, { bound, every = 10_000 }) {
        const deadline = hardware.time + bound;
        for (;;) {
          pull();
          if (predicate()) return;
          if (hardware.time >= deadline) throw new Error('timeout');
          push();
          hardware.advance(every);
          hardware.runJobs();
          await Promise.resolve();
        }
      },
      async sleep(duration) {
        hardware.advance(duration);
        await Promise.resolve();
      },
    },
  });
  // The fake's memory is sparse: the shared block is copied over and back, each side's own queue only.
  const { statusQueue } = SHARED_MEMORY;
  const push = (): void => memory.write(AT.shared, shared.subarray(0, statusQueue));
  const pull = (): void => memory.read(AT.shared + statusQueue, shared.subarray(statusQueue));
  push();
  const { sharedMemPhysAddr, pageTableEntryCount, cmdQueueOffset, statQueueOffset } = end.arguments;
  const writeRmArguments = (resume: boolean): void => memory.write(AT.rmArgs, rm.GSP_ARGUMENTS_CACHED.create({
    messageQueueInitArguments: {
      sharedMemPhysAddr: BigInt(sharedMemPhysAddr), pageTableEntryCount, cmdQueueOffset: BigInt(cmdQueueOffset), statQueueOffset: BigInt(statQueueOffset),
    },
    srInitArguments: resume ? { oldLevel: 3, flags: 5, bInPMTransition: true } : {},
  }));
  writeRmArguments(false);

  const self: Driver = {
    hardware, layout, shared, end, rm, writeRmArguments, firmware: firmware!,
    raise: (event) => firmware!.raise(event),
    startFsp(change) {
      const trusted = CHIPS[chip as ChipName].family.chainOfTrust!;
      const fmc = synthetic({ kind: 'fmc', version, chip, imem: 0x4444, dmem: new Uint8Array(0) });
      const start: FspStart = {
        fmc, hash: sha384(fmc), signature: signature(sha256(fmc), 0, trusted.signatureSize), version: trusted.version, frtsOffset: 0x1c0_0000, frtsSize: MIB, bootParams: AT.fmcParams,
      };
      change?.(start);
      memory.write(AT.fmc, start.fmc);
      memory.write(AT.fmcParams, rm.GSP_FMC_BOOT_PARAMS.create({
        bootGspRmParams: { target: 1, gspRmDescSize: 256, gspRmDescOffset: BigInt(AT.meta), bIsGspRmBoot: true }, gspRmParams: { target: 2, bootArgsOffset: BigInt(AT.libos) },
      }));
      const padded = (bytes: Uint8Array): Uint8Array => {
        const whole = new Uint8Array(384);
        whole.set(bytes);
        return whole;
      };
      const payload = COT_PAYLOAD.create({
        version: start.version, size: 860, gspFmcSysmemOffset: BigInt(AT.fmc), frtsVidmemOffset: BigInt(start.frtsOffset), frtsVidmemSize: start.frtsSize,
        hash384: start.hash, publicKey: new Uint8Array(384), signature: padded(start.signature), gspBootArgsSysmemOffset: BigInt(start.bootParams),
      });
      hardware.port.fspMessage!(0, Uint8Array.of(0, 0, 0, 0xc0, 0x7e, 0xde, 0x10, 0x14, ...payload));
    },
    startFwsec(command, frts = { start: layout.frts, size: MIB }) {
      const { dmem, interfaceOffset, patched } = fwsecDmem(command, frts);
      hardware.port.engineReset('gsp');
      hardware.startFalcon('gsp', loadedFalcon({ kind: 'fwsec', imem: 0x1000, dmem, interfaceOffset, patched }, 0x600, hardware.facts.fuses.gspFwsec));
    },
    startBooterLoad() {
      hardware.port.engineReset('gsp');
      hardware.mailboxes.gsp = [AT.libos, 0];
      hardware.startFalcon('gsp', { empty: true });
      hardware.mailboxes.sec2 = [AT.meta, 0];
      hardware.port.engineReset('sec2');
      hardware.startFalcon('sec2', loadedFalcon({ kind: 'booterLoad', version, imem: 0x7d00, dmem: new Uint8Array(0x6000) }, 0x10, hardware.facts.fuses.sec2Booter));
    },
    startBooterUnload(save = false) {
      if (save) {
        const size = layout.vga - layout.wpr;
        const pageCount = size / 0x1000;
        const tables = AT.saved - 0x100_0000;
        // Level 0, one level 1, as many of level 2 as it takes.
        memory.write(tables, entries([tables + 0x1000]));
        memory.write(tables + 0x1000, entries(Array.from({ length: Math.ceil(pageCount / 512) }, (_, i) => tables + 0x2000 + i * 0x1000)));
        memory.write(tables + 0x2000, entries(Array.from({ length: pageCount }, (_, i) => AT.saved + i * 0x1000)));
        memory.write(AT.suspend, rm.GspFwSRMeta.create({
          magic: 0x8a3bb9e6c6c39d93n, revision: 2n, sysmemAddrOfSuspendResumeData: BigInt(tables), sizeOfSuspendResumeData: BigInt(size),
        }));
      }
      hardware.mailboxes.sec2 = save ? [AT.suspend, 0] : [0xff, 0xff];
      hardware.port.engineReset('sec2');
      hardware.startFalcon('sec2', loadedFalcon({ kind: 'booterUnload', version, imem: 0x4f00, dmem: new Uint8Array(0x4e00) }, 0x10, hardware.facts.fuses.sec2Booter));
    },
    startBooterResume(booter = version) {
      hardware.port.engineReset('gsp');
      // The libos arguments of the first boot are gone.
      memory.fill(AT.libos, 0x1000, 0xff);
      hardware.mailboxes.sec2 = [AT.suspend, 0];
      hardware.port.engineReset('sec2');
      hardware.startFalcon('sec2', loadedFalcon({ kind: 'booterLoad', version: booter, imem: 0x7d00, dmem: new Uint8Array(0x6000) }, 0x10, hardware.facts.fuses.sec2Booter));
    },
    sendSystemInfo: (change) => end.send(72, rm.GspSystemInfo.create({
      gpuPhysAddr: 0xf600_0000n, gpuPhysFbAddr: 0x60_0000_0000n, gpuPhysInstAddr: 0x61_0000_0000n, nvDomainBusDeviceFunc: 0x100n,
      maxUserVa: 0x7fff_ffff_f000n, pciConfigMirrorBase: 0x88000, pciConfigMirrorSize: 0x1000, ...('PCIDeviceID' in rm.GspSystemInfo.offsets ? { PCIDeviceID: 0x26b5_10de } : {}), ...change,
    })),
    sendRegistry: () => end.send(73, Uint8Array.from([
      0x29, 0, 0, 0, 1, 0, 0, 0, 0x18, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0,
      ...Array.from('RMDevidCheckIgno', (character) => character.charCodeAt(0)), 0,
    ])),
    async boot() {
      self.startFwsec(0x15);
      self.startBooterLoad();
      await self.sendSystemInfo();
      await self.sendRegistry();
      await end.expect(0x1002);
      await end.expect(0x1001);
    },
    async control(client, object, command, params) {
      const { size, offsets } = rm.rpc_gsp_rm_control_v;
      const payload = new Uint8Array(size + params.length);
      rm.rpc_gsp_rm_control_v.write(payload, 0, { hClient: client, hObject: object, cmd: command, paramsSize: params.length });
      payload.set(params, size);
      const reply = await end.call(76, payload);
      return { status: new DataView(reply.payload.buffer).getUint32(offsets.status, true), params: reply.payload.subarray(size) };
    },
    async alloc(client, parent, handle, cls, params = new Uint8Array(0)) {
      const { size, offsets } = rm.rpc_gsp_rm_alloc_v;
      const payload = new Uint8Array(size + params.length);
      rm.rpc_gsp_rm_alloc_v.write(payload, 0, { hClient: client, hParent: parent, hObject: handle, hClass: cls, paramsSize: params.length });
      payload.set(params, size);
      const reply = await end.call(103, payload);
      return { status: new DataView(reply.payload.buffer).getUint32(offsets.status, true), result: reply.result };
    },
  };
  return self;
}
