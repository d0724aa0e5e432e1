/**
 * Device time that firmware takes, in nanoseconds. Real GSP-RM needs about a second to come up; the model keeps
 * the order of events and the fact that they take time, not the second.
 */
export const TIMING = {
  /** From the FSP's answer until the GSP-FMC lets the CPU see the GSP's registers, and from there until it lets go of the GSP. */
  fmc: 1_000_000,
  /** From RISC-V's start to the status queue's header. */
  queues: 1_000_000,
  /** From the last boot message to INIT_DONE. */
  initialise: 10_000_000,
  /** From bootload to the plugin task's ready marker. */
  plugin: 20_000_000,
  /** Between two looks at a full status ring. */
  retry: 100_000,
} as const;
