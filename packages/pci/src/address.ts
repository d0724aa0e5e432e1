import type { PciAddress } from './device.ts';

const digits = (value: number, width: number): string => value.toString(16).padStart(width, '0');

/** `0000:01:00.0` */
export function formatAddress({ segment, bus, device, function: fn }: PciAddress): string {
  return `${digits(segment, 4)}:${digits(bus, 2)}:${digits(device, 2)}.${fn}`;
}

/** The address with routing id `rid`: bus 15:8, device 7:3, function 2:0. */
export function addressOf(segment: number, rid: number): PciAddress {
  return { segment, bus: rid >>> 8, device: (rid >>> 3) & 0x1f, function: rid & 0x7 };
}

export const routingId = ({ bus, device, function: fn }: PciAddress): number => (bus << 8) | (device << 3) | fn;
