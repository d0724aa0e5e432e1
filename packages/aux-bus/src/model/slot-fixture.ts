import type { InitializedDevice, RegisteredDevice } from '../device/spec.ts';

/** A device as its registrant has it, and what became of it. */
export interface Slot {
  readonly name: string;
  readonly parent: string;
  /** The device that published it, if one did. */
  readonly above: Slot | undefined;
  readonly initialized: InitializedDevice;
  registered: RegisteredDevice | undefined;
  /** References that somebody took. */
  readonly gets: (() => void)[];
  onBus: boolean;
  deleteCalled: boolean;
  deleted: boolean;
  released: number;
  dropped: boolean;
  /** Its power domain is on. */
  powered: boolean;
  /** Its last probe failed. */
  failed: boolean;
}
