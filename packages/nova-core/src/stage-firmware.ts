import { ReleaseStack } from '@nova-stack/aux-bus';
import { at, NV_PGSP_QUEUE_HEAD } from '@nova-stack/gpu-regs';
import { openDriverEnd, SHARED_MEMORY, type DriverEnd } from '@nova-stack/gsp-rpc';
import type { DmaBuffer } from '@nova-stack/pci';

import { MS, S, type Device } from './device.ts';
import type { FbLayout } from './fb-layout.ts';
import type { CommonFiles } from './firmware-files.ts';
import { GspClient } from './gsp/client.ts';
import { layOutLibos, type LibosMemory } from './libos.ts';
import { write } from './mmio.ts';
import { buildRadix3 } from './radix3.ts';

const RPC_BOUNDS = { space: S, reply: 5 * S, every: MS } as const;

/** Everything that the firmware finds in system memory when it comes up. */
export interface StagedFirmware {
  readonly client: GspClient;
  readonly end: DriverEnd;
  readonly libos: LibosMemory;
  /** Bus address of the WPR metadata. */
  readonly wprMeta: number;
  /** What only the boot needs. */
  readonly temporary: ReleaseStack;
  /** Shows the GPU bytes for as long as the boot takes. */
  lend(bytes: Uint8Array, label: string): DmaBuffer;
}

/**
 * Lays out what any boot chain hands to the firmware: queues, arguments of its operating system, the images and what tells of them.
 *
 * @param held - takes what lives as long as the firmware, and the rest until it is given back
 */
export function stageFirmware(device: Device, files: CommonFiles, layout: FbLayout, held: ReleaseStack): StagedFirmware {
  const { pci, bar0, clock, trace, tap, wake } = device;
  const allocate = (stack: ReleaseStack) => (size: number, label: string): DmaBuffer => {
    const buffer = pci.allocDma(size, { label });
    stack.defer(label, () => buffer.free());
    return buffer;
  };
  const shared = allocate(held)(SHARED_MEMORY.size, 'message queues');
  const end = openDriverEnd({
    memory: shared.bytes, address: shared.address, profile: files.abi.framing, clock, trace, bounds: RPC_BOUNDS, ...(tap && { tap }), ...(wake && { wake }),
    doorbell: () => write(bar0, at(NV_PGSP_QUEUE_HEAD, 0), { value: 0 }),
  });
  const libos = layOutLibos(files.abi.boot, allocate(held), files.abi.boot.rmArguments(end.arguments, { resuming: false }));
  const client = new GspClient(device, end, files.abi);

  // The images themselves, and what tells of them.
  const temporary = new ReleaseStack();
  held.defer('boot memory', () => temporary.release());
  const lend = (bytes: Uint8Array, label: string): DmaBuffer => {
    const mapping = pci.mapDma(bytes, { label });
    temporary.defer(label, () => mapping.free());
    return mapping;
  };
  const image = lend(files.image, 'GSP image');
  const bootloader = lend(files.bootloader.data, 'RISC-V bootloader');
  const signature = lend(files.signature, 'GSP signature');
  const radix3 = buildRadix3(pci, image, files.image.length);
  temporary.defer('radix-3 table', () => radix3.table.free());
  const meta = files.abi.boot.wprMeta({
    layout, radix3,
    bootloader: { ...files.bootloader, address: bootloader.address, size: files.bootloader.data.length },
    signature: { address: signature.address, size: files.signature.length },
  });
  const wprMeta = allocate(temporary)(meta.length, 'WPR metadata');
  wprMeta.bytes.set(meta);
  return { client, end, libos, wprMeta: wprMeta.address, temporary, lend };
}
