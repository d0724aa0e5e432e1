import { FALCONS, NV_PFALCON_FALCON_CPUCTL, NV_PFALCON_FALCON_DMACTL, NV_PFALCON_FALCON_HWCFG2, NV_PFALCON_FALCON_IRQSTAT, NV_PFALCON_FALCON_MAILBOX0,
  NV_PFALCON_FALCON_MAILBOX1, NV_PFALCON_FALCON_OS, NV_PFB_PRI_MMU_WPR2_ADDR_HI, NV_PFB_PRI_MMU_WPR2_ADDR_LO, NV_PMC_BOOT_0, NV_PMC_BOOT_42, NV_PBUS_SW_SCRATCH_0E_FRTS_ERR,
} from '@nova-stack/gpu-regs';
import type { HistoryEntry, RingPointers } from '@nova-stack/gsp-rpc';

import type { Running } from './boot.ts';
import type { Device } from './device.ts';

/** A register, by name, address in BAR0 and value. */
export interface ReportedRegister {
  readonly name: string;
  readonly address: number;
  readonly value: number;
}

/**
 * What can be known about a GPU and its firmware at one moment, as plain data: it can be written as JSON as it is.
 * Bytes are base64, times nanoseconds.
 */
export interface CrashReport {
  /** Form of this record. */
  readonly format: 'nova-crash-report';
  readonly version: 1;
  readonly at: number;
  readonly device: { readonly name: string; readonly chip: string; readonly state: string; readonly present: boolean };
  readonly firmware: {
    readonly version: string;
    readonly vbios: string | null;
    /** Why the driver takes it for dead, or null. */
    readonly died: string | null;
  };
  /** Empty where the device has left the bus or sleeps. */
  readonly registers: readonly ReportedRegister[];
  readonly queues: RingPointers;
  /** Last messages per direction, newest first. */
  readonly messages: { readonly sent: readonly HistoryEntry[]; readonly received: readonly HistoryEntry[] };
  /** Log buffers of the firmware's operating system, whole. */
  readonly logs: readonly { readonly name: string; readonly bytes: string }[];
}

const PLAIN = [NV_PMC_BOOT_0, NV_PMC_BOOT_42, NV_PBUS_SW_SCRATCH_0E_FRTS_ERR, NV_PFB_PRI_MMU_WPR2_ADDR_LO, NV_PFB_PRI_MMU_WPR2_ADDR_HI] as const;
const OF_FALCON = [
  NV_PFALCON_FALCON_IRQSTAT, NV_PFALCON_FALCON_MAILBOX0, NV_PFALCON_FALCON_MAILBOX1, NV_PFALCON_FALCON_OS, NV_PFALCON_FALCON_HWCFG2,
  NV_PFALCON_FALCON_CPUCTL, NV_PFALCON_FALCON_DMACTL,
] as const;

/** Collects a report. Only registers whose reading changes nothing are read. */
export function collectCrashReport(device: Device, running: Running, { state }: { readonly state: string }): CrashReport {
  const { pci, bar0, clock } = device;
  const { chip, abi, gsp, end, logs, vbiosVersion } = running;
  const reachable = pci.present && !device.sleep.on && state !== 'gone' && state !== 'lost';
  const one = (name: string, address: number): ReportedRegister => ({ name, address, value: bar0.read32(address) });
  const registers = !reachable ? [] : [
    ...PLAIN.map(({ name, address }) => one(name, address)),
    ...(['gsp', 'sec2'] as const).flatMap((falcon) => OF_FALCON.map(({ name, address }) => one(`${falcon}.${name}`, FALCONS[falcon] + address))),
    one(`gsp.${chip.family.riscvActive.name}`, FALCONS.gsp + chip.family.riscvActive.address),
  ];
  return {
    format: 'nova-crash-report', version: 1, at: clock.now(),
    device: { name: pci.name, chip: chip.name, state, present: pci.present },
    firmware: { version: abi.version, vbios: vbiosVersion ?? null, died: gsp.died ?? null },
    registers,
    queues: end.pointers,
    messages: { sent: end.sent.entries(), received: end.received.entries() },
    logs: logs.map(({ name, buffer }) => ({ name, bytes: base64(buffer.bytes) })),
  };
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** RFC 4648, with padding; no host's own is needed. */
function base64(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const word = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    const left = bytes.length - i;
    text += ALPHABET[word >>> 18]! + ALPHABET[(word >>> 12) & 63]! + (left > 1 ? ALPHABET[(word >>> 6) & 63]! : '=') + (left > 2 ? ALPHABET[word & 63]! : '=');
  }
  return text;
}
