import { ReleaseStack, type AuxBus } from '@nova-stack/aux-bus';
import type { FirmwareSource } from '@nova-stack/firmware-files';
import type { PciDevice } from '@nova-stack/pci';
import type { Clock } from '@nova-stack/timebase';
import type { Trace } from '@nova-stack/trace';

import { bootGsp, type Running } from './boot.ts';
import { identify } from './chip.ts';
import { report, type Device } from './device.ts';
import { NovaCoreError } from './errors.ts';
import { FlushPage } from './flush-page.ts';
import { waitForBoardFirmware } from './gfw.ts';
import { BARS, bar, hostableVfs } from './system-facts.ts';

export interface NovaCoreOptions {
  readonly clock: Clock;
  readonly trace: Trace;
  /** Where one device per kind of client is published. */
  readonly auxBus: AuxBus;
  /** Where the firmware's files come from. */
  readonly firmware: FirmwareSource;
}

/** The driver: one for any number of GPUs. */
export interface NovaCore {
  /**
   * Brings a GPU up and publishes it.
   *
   * @throws {@link NovaCoreError}, whose `step` says where; nothing is left behind then.
   */
  probe(pci: PciDevice): Promise<CoreDevice>;
}

/** A GPU that is up. */
export interface CoreDevice {
  readonly pci: PciDevice;
  /** Lower case: `ad102`. */
  readonly chip: string;
  /** Marketing name. */
  readonly name: string;
  readonly firmwareVersion: string;
  readonly vbiosVersion: string | undefined;
  /** Names of what was published on the auxiliary bus. */
  readonly published: readonly string[];
  /**
   * Takes the GPU down: clients first, then the firmware, everything in the reverse order of its acquiring.
   *
   * @throws {@link NovaCoreError} the first failure; everything else was released all the same.
   */
  unbind(): Promise<void>;
}

const VENDOR = 0x10de;
/** Base class and subclass: VGA and 3D controllers. */
const CLASSES: readonly number[] = [0x0300, 0x0302];
/** What is mapped of BAR0. */
const REGISTERS_SIZE = 0x100_0000;
/** Width of bus addresses that Turing to Ada can send, in bits. */
const DMA_BITS = 47;
