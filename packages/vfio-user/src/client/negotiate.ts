import { VfioUserError } from '../errors.ts';
import { BODY, COMMAND, DEVICE_FLAG, IRQ, REGION } from '../protocol.ts';
import { readVersion, versionRequest, type PeerVersion } from '../version.ts';
import type { Reply } from './caller.ts';

/** Makes a request and waits for its reply. */
export type Request = (command: number, body: Uint8Array) => Reply;

/** What a server said about its device. */
export interface DeviceInfo {
  readonly version: PeerVersion;
  /** The device can be reset by a message. */
  readonly resettable: boolean;
  /** Bytes of each region, 0 where there is none: BARs 0 to 5, expansion ROM, configuration space. */
  readonly regions: readonly number[];
  /** Vectors of each kind of interrupt. */
  readonly interrupts: { readonly intx: number; readonly msi: number; readonly msix: number };
}

/** Most regions, interrupts and vectors that a server may speak of; QEMU 11.1 takes as many, and MSI-X knows no more. */
const LIMITS = { regions: 100, interrupts: 50, vectors: 2048 } as const;
/** Sizes of configuration space: conventional PCI, PCI Express. */
const CONFIG_SIZES: readonly number[] = [256, 4096];
const MAX_BAR = 2 ** 52;

/**
 * Agrees on the version and asks what the device has.
 *
 * @throws {@link VfioUserError} `VERSION`, `PROTOCOL`, `DEVICE` when it is no PCI device, `REFUSED`, `TIMEOUT`, `LOST`.
 */
export function negotiate(request: Request): DeviceInfo {
  const version = readVersion(ask(request, COMMAND.version, versionRequest(), BODY.version, 'the version'), 'server');
  const device = ask(request, COMMAND.deviceInfo, words(BODY.deviceInfo), BODY.deviceInfo, 'what the device is');
  const flags = device.getUint32(4, true);
  const regions = within('number of regions', device.getUint32(8, true), REGION.config + 1, LIMITS.regions);
  const interrupts = within('number of interrupts', device.getUint32(12, true), 0, LIMITS.interrupts);
  if ((flags & DEVICE_FLAG.pci) === 0) throw new VfioUserError('DEVICE', `The server's device is no PCI device: its flags are 0x${flags.toString(16)}`);
  const vectors = (index: number): number => (index < interrupts ? vectorsOf(request, index) : 0);
  return {
    version,
    resettable: (flags & DEVICE_FLAG.reset) !== 0,
    regions: Array.from({ length: Math.min(regions, REGION.config + 1) }, (_, index) => regionSize(request, index)),
    interrupts: { intx: vectors(IRQ.intx), msi: vectors(IRQ.msi), msix: vectors(IRQ.msix) },
  };
}

function regionSize(request: Request, index: number): number {
  const info = ask(request, COMMAND.regionInfo, words(BODY.regionInfo, 0, index), BODY.regionInfo, `region ${index}`);
  within('index of a region', info.getUint32(8, true), index, index);
  const size = Number(info.getBigUint64(16, true));
  if (index === REGION.config) {
    if (CONFIG_SIZES.includes(size)) return size;
    throw new VfioUserError('PROTOCOL', `Configuration space has ${size} bytes: expected ${CONFIG_SIZES.join(' or ')}`);
  }
  return within(`size of region ${index}`, size, 0, MAX_BAR);
}

function vectorsOf(request: Request, index: number): number {
  const info = ask(request, COMMAND.irqInfo, words(BODY.irqInfo, 0, index), BODY.irqInfo, `interrupt ${index}`);
  within('index of an interrupt', info.getUint32(8, true), index, index);
  return within(`vectors of interrupt ${index}`, info.getUint32(12, true), 0, LIMITS.vectors);
}

/** Asks, and lets no error and no short answer pass. */
export function ask(request: Request, command: number, body: Uint8Array, least: number, what: string): DataView {
  const reply = request(command, body);
  if (reply.errno !== 0) throw new VfioUserError('REFUSED', `The server refused ${what} (command ${command}) with errno ${reply.errno}`);
  if (reply.body.byteLength < least) throw new VfioUserError('PROTOCOL', `The server answered ${what} with ${reply.body.byteLength} bytes: expected at least ${least}`);
  return reply.body;
}

function within(what: string, value: number, least: number, most: number): number {
  if (value >= least && value <= most) return value;
  throw new VfioUserError('PROTOCOL', `The server's ${what} is ${value}: expected ${least === most ? least : `${least} to ${most}`}`);
}

/** A body that begins with its size and some words. */
function words(size: number, ...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  [size, ...values].forEach((value, index) => { view.setUint32(4 * index, value, true); });
  return bytes;
}
