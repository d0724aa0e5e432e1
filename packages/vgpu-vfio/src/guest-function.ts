import type { AccessSize, BarSpec, ConfigSpace, DeviceHost, PciDevice, PciFunction, ResetKind } from '@nova-stack/pci';

import type { GuestBars } from './guest-bars.ts';
import type { GuestFace } from './guest-identity.ts';

const ONES = { 1: 0xff, 2: 0xffff, 4: 0xffff_ffff } as const;

/** Where a guest's function stands: it works; it is being reset; it has left its guest, as if pulled out. */
export type FunctionState = 'running' | 'resetting' | 'gone';

/** What a guest's function asks of the core by what its guest writes. */
export interface GuestWishes {
  busMaster(on: boolean): void;
  reset(): void;
}

/**
 * The function that a guest has: the face of its type, and behind it the virtual function. It is served like any device. While it is being
 * reset and after it is gone BARs read all ones; after a function-level reset configuration space does so too until that is done, which is
 * what drivers wait for (PCI Express Base, 6.6.2).
 */
export class GuestFunction implements PciFunction {
  readonly config: ConfigSpace;
  readonly bars: readonly BarSpec[];
  readonly #device: PciDevice;
  readonly #guestBars: GuestBars;
  readonly #wishes: GuestWishes;
  #host: DeviceHost | undefined;
  #state: FunctionState = 'running';
  #busMaster = false;
  /** The guest has done something since the instance was new; what it left behind is the next one's to never see. */
  #used = false;

  constructor(device: PciDevice, { config, bars }: GuestFace, guestBars: GuestBars, wishes: GuestWishes) {
    this.config = config;
    this.bars = bars;
    this.#device = device;
    this.#guestBars = guestBars;
    this.#wishes = wishes;
    config.onChange(() => { this.#follow(); });
    device.redirect({
      start: (job) => {
        if (this.#state === 'running' && this.#host) this.#host.start(job);
        else job.return(undefined);
      },
      interrupt: (vector) => {
        if (this.#state === 'running') this.#host?.interrupt(vector);
      },
    });
  }

  get state(): FunctionState {
    return this.#state;
  }

  plug(host: DeviceHost): void {
    this.#host = host;
  }

  read(bar: number, offset: number, size: AccessSize): number {
    return this.#state === 'running' ? this.#guestBars.read(bar, offset, size) : ONES[size];
  }

  write(bar: number, offset: number, size: AccessSize, value: number): void {
    if (this.#state !== 'running') return;
    this.#used = true;
    this.#guestBars.write(bar, offset, size, value);
  }

  readBlock(bar: number, offset: number, into: Uint8Array): void {
    if (this.#state === 'running') this.#guestBars.readBlock(bar, offset, into);
    else into.fill(0xff);
  }

  writeBlock(bar: number, offset: number, from: Uint8Array): void {
    if (this.#state !== 'running') return;
    this.#used = true;
    this.#guestBars.writeBlock(bar, offset, from);
  }

  reset(kind: ResetKind): void {
    if (this.#state === 'gone') return;
    this.#guestBars.reset();
    if (kind !== 'flr') this.config.answering = true;
    // Whoever plugs in a function that nobody has used finds it new as it is.
    if (this.#state === 'running' && kind !== 'flr' && !this.#used) return;
    this.#state = 'resetting';
    if (kind === 'flr') this.config.answering = false;
    this.#wishes.reset();
  }

  nextDue(): undefined {
    return undefined;
  }

  runDue(): void {}

  /** The core has reset the instance. */
  wasReset(): void {
    if (this.#state !== 'resetting') return;
    this.#state = 'running';
    this.config.answering = true;
    // Its guest may have made it bus master meanwhile.
    this.#used = this.#busMaster;
  }

  /** It leaves its guest, as if pulled out: nothing answers any more, and nothing of it reaches anybody. */
  leave(): void {
    this.#state = 'gone';
    this.config.answering = false;
  }

  /** What the command register says of bus mastering goes to the hardware at once and to the core after that. */
  #follow(): void {
    const on = this.config.busMaster;
    if (on === this.#busMaster) return;
    this.#busMaster = on;
    if (on) this.#used = true;
    if (this.#device.present) this.#device.setBusMaster(on);
    if (this.#state !== 'gone') this.#wishes.busMaster(on);
  }
}
