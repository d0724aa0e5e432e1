/**
 * The program that the firmware asks the CPU to run before it is initialised, on chips whose SEC2 the CPU helps to
 * start. This model has nothing to ask; it sends a short legal program, for drivers wait for one.
 *
 * Source: linux: drivers/gpu/nova-core/gsp/sequencer.rs
 */
export type SequencerCommand =
  | { readonly op: 'delayUs'; readonly microseconds: number }
  | { readonly op: 'writeRegister'; readonly address: number; readonly value: number };

/** Sent once per boot. */
export const BOOT_SEQUENCE: readonly SequencerCommand[] = [{ op: 'delayUs', microseconds: 1 }];

/** Architectures on which the firmware sends it. */
export const SEQUENCED_ARCHITECTURES: readonly string[] = ['turing', 'ampere', 'ada'];
