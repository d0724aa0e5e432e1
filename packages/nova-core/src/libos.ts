import type { DmaBuffer } from '@nova-stack/pci';

import type { BootAbi, LibosRegion } from './firmware/abi.ts';
import { KiB, PAGE } from './sizes.ts';

/** Log buffers that the firmware's operating system fills. */
export const LOGS = ['LOGINIT', 'LOGINTR', 'LOGRM'] as const;
const LOG_SIZE = 64 * KiB;
/** Slot of a log buffer at which the addresses of its own pages start; slot 0 is the put index. */
const FIRST_PAGE_SLOT = 1;

export interface LibosMemory {
  /** What the GSP's mailboxes are set to. */
  readonly argumentsAddress: number;
  /** What the firmware reads each time that it starts. */
  readonly rmArguments: DmaBuffer;
  readonly logs: readonly { readonly name: string; readonly buffer: DmaBuffer }[];
}

/** Tells a log buffer where its own pages are. */
function writePageList(buffer: DmaBuffer): void {
  const view = new DataView(buffer.bytes.buffer, buffer.bytes.byteOffset, buffer.bytes.byteLength);
  for (let page = 0; page < LOG_SIZE / PAGE; page++) {
    view.setBigUint64((FIRST_PAGE_SLOT + page) * 8, BigInt(buffer.address + page * PAGE), true);
  }
}

/**
 * Lays out everything that the firmware's operating system is handed: log buffers, RM arguments, and the page that
 * names them.
 * Source: linux: drivers/gpu/nova-core/gsp.rs.
 *
 * @param allocate - zeroed memory that the caller releases
 */
export function layOutLibos(abi: BootAbi, allocate: (size: number, label: string) => DmaBuffer, rmArguments: Uint8Array): LibosMemory {
  const logs = LOGS.map((name) => {
    const buffer = allocate(LOG_SIZE, name);
    writePageList(buffer);
    return { name, buffer };
  });
  const rm = allocate(PAGE, 'RMARGS');
  rm.bytes.set(rmArguments);
  const regions: LibosRegion[] = [
    ...logs.map(({ name, buffer }) => ({ name, address: buffer.address, size: LOG_SIZE })),
    { name: 'RMARGS', address: rm.address, size: PAGE },
  ];
  const page = allocate(PAGE, 'libos arguments');
  page.bytes.set(abi.libosArguments(regions));
  return { argumentsAddress: page.address, rmArguments: rm, logs };
}
