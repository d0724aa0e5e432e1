import { CORE_ENDPOINT, type ContractEvent, type Instance, type InstanceState, type Session, type VgpuClient } from '@nova-stack/nova-core-api';
import type { PciDevice, PciFunction } from '@nova-stack/pci';

import { VgpuVfioError } from './errors.ts';
import { GuestBars } from './guest-bars.ts';
import { GuestFunction, type FunctionState } from './guest-function.ts';
import { layGuestFace, type GuestIdentity } from './guest-identity.ts';
import { Wishes } from './wishes.ts';

/** Why a guest's function has left its guest. */
export type GoneReason =
  /** It was closed here. */
  | 'closed'
  /** The instance failed, or could not be reset. */
  | 'failed'
  /** The core leaves, and wants its clients gone. */
  | 'revoked'
  /** The GPU or the core is gone. */
  | 'lost';

export interface OpenOptions {
  /** A virtual function on the bus, whose physical function a core drives; nobody else may drive it. */
  readonly device: PciDevice;
  /** The 16 bytes that the virtual function was assigned for. */
  readonly owner: Uint8Array;
  /** Name of the guest, for people; at most 64 bytes; default `guest`. */
  readonly label?: string;
  /** Process that the guest runs in, for accounting: 1 to 2^31 - 1; default 1. */
  readonly process?: number;
  /** The function has left its guest; called once. `close` is still to be called. */
  readonly onGone?: (reason: GoneReason) => void;
}

/** A virtual GPU that runs, as a function to serve to its guest. */
export interface VgpuFunction {
  /** Index of the virtual function. */
  readonly vf: number;
  readonly identity: GuestIdentity;
  /** What is served. */
  readonly fn: PciFunction;
  readonly state: FunctionState;
  /** Why it is gone; undefined while it is not. */
  readonly gone: GoneReason | undefined;
  /** Resolves when what the guest asked for has come to its end: resets, bus mastering. */
  settled(): Promise<void>;
  /**
   * Takes the function from its guest, ends the instance, its memory cleared, and the session. The virtual function stays assigned. Twice is once.
   *
   * @throws ContractError `Quarantined` when the core had to keep it; `Timeout`, `DeviceError`
   */
  close(): Promise<void>;
}

/** States of an instance in which its guest can go on. */
const ALIVE: ReadonlySet<InstanceState> = new Set(['Opening', 'Active', 'Resetting', 'Stopped']);

/**
 * Opens the virtual GPU that was assigned to a virtual function, and lays its identity over that.
 *
 * @throws {@link VgpuVfioError} `NO_VIRTUAL_FUNCTION`, `NO_INTERFACE`, `BAD_IDENTITY`
 * @throws PciError `NOT_PUBLISHED` while no core drives the physical function; where its BARs cannot be mapped
 * @throws ContractError as the handshake; `NotFound` when nothing was assigned, `NotOwner`, `InUse`, and others of opening
 */
export async function openVgpuFunction(options: OpenOptions): Promise<VgpuFunction> {
  const { device } = options;
  const { virtual } = device;
  if (!virtual) throw new VgpuVfioError('NO_VIRTUAL_FUNCTION', `${device.name} is no virtual function`);
  const endpoint = virtual.physical.published(CORE_ENDPOINT);
  let opened: OpenedFunction | undefined;
  const session = await endpoint.attach({
    kind: 'vf-driver',
    name: 'vgpu-vfio',
    wants: [
      { interface: 'base', major: 1, minMinor: 0, maxMinor: 0 },
      { interface: 'vgpu', major: 1, minMinor: 0, maxMinor: 1 },
    ],
    required: ['vgpu.instance.basic', 'vgpu.guest-identity'],
    optional: ['device.events'],
    epoch: endpoint.offer.epoch,
  }, (event) => { opened?.heard(event); });
  try {
    const { vgpu } = session;
    if (!vgpu) throw new VgpuVfioError('NO_INTERFACE', `The core of ${virtual.physical.name} does not offer virtual GPUs`);
    opened = await OpenedFunction.open(session, vgpu, virtual.index, options);
    // What was told before there was anybody to hear it.
    opened.check();
    return opened;
  } catch (error) {
    await session.detach();
    throw error;
  }
}

class OpenedFunction implements VgpuFunction {
  readonly vf: number;
  readonly identity: GuestIdentity;
  readonly fn: GuestFunction;
  readonly #device: PciDevice;
  readonly #session: Session;
  readonly #instance: Instance;
  readonly #bars: GuestBars;
  readonly #wishes: Wishes;
  readonly #onGone: ((reason: GoneReason) => void) | undefined;
  #gone: GoneReason | undefined;
  #closing: Promise<void> | undefined;

  private constructor(session: Session, instance: Instance, vf: number, identity: GuestIdentity, { device, onGone }: OpenOptions) {
    this.vf = vf;
    this.identity = identity;
    this.#device = device;
    this.#session = session;
    this.#instance = instance;
    this.#onGone = onGone;
    const face = layGuestFace(device, identity);
    this.#bars = new GuestBars(device, face.bars, face.msix);
    this.#wishes = new Wishes({
      instance,
      wasReset: () => { this.fn.wasReset(); },
      failed: () => { this.#leave(this.#over ? 'lost' : 'failed'); },
    });
    this.fn = new GuestFunction(device, face, this.#bars, {
      busMaster: (on) => { this.#wishes.busMaster(on); },
      reset: () => {
        // The hardware forgets its guest; its memory is the core's to clear.
        if (device.present) device.reset();
        this.#wishes.reset();
      },
    });
  }

  static async open(session: Session, vgpu: VgpuClient, vf: number, options: OpenOptions): Promise<OpenedFunction> {
    const { device, owner, label = 'guest', process = 1 } = options;
    // Before anything is made: whether it is ours, and can be shown.
    layGuestFace(device, vgpu.getAssignment({ vf, owner }).identity);
    const { instance, identity } = await vgpu.open({ vf, owner, label, process });
    try {
      // Nobody else drives it from now on; what an earlier driver left there goes.
      device.setBusMaster(false);
      device.reset();
      return new OpenedFunction(session, instance, vf, identity, options);
    } catch (error) {
      await instance.release();
      throw error;
    }
  }

  get state(): FunctionState {
    return this.fn.state;
  }

  get gone(): GoneReason | undefined {
    return this.#gone;
  }

  async settled(): Promise<void> {
    await this.#wishes.settled();
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  /** What the core tells. */
  heard(event: ContractEvent): void {
    if (event.kind === 'session.lost') this.#leave('lost');
    else if (event.kind === 'session.revoking') {
      this.#leave('revoked');
      // The core waits for it, and knows what came of it.
      void this.close().catch(() => undefined);
    } else if (event.kind === 'events.lost') this.check();
    else if (event.kind === 'instance.state' && event.payload.vf === this.vf && !ALIVE.has(event.payload.to)) this.#leave(event.payload.to === 'Lost' ? 'lost' : 'failed');
  }

  /** Looks where the instance stands. */
  check(): void {
    if (this.#gone !== undefined) return;
    if (this.#over) this.#leave('lost');
    else if (this.#session.state === 'Revoking') {
      this.#leave('revoked');
      void this.close().catch(() => undefined);
    } else if (!ALIVE.has(this.#instance.info().state)) this.#leave('failed');
  }

  get #over(): boolean {
    return this.#session.state === 'Lost' || this.#session.state === 'Detached';
  }

  #leave(reason: GoneReason): void {
    if (this.#gone !== undefined) return;
    this.#gone = reason;
    this.#wishes.stop();
    this.fn.leave();
    this.#onGone?.(reason);
  }

  async #close(): Promise<void> {
    // Never from within what the core calls.
    await Promise.resolve();
    this.#leave('closed');
    await this.#wishes.settled();
    this.#bars.unmap();
    try {
      await this.#instance.release();
    } finally {
      if (this.#device.present) {
        this.#device.setBusMaster(false);
        this.#device.reset();
        this.#device.redirect(undefined);
      }
      await this.#session.detach();
    }
  }
}
