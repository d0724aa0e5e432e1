/** What the firmware tells a driver by itself, in neutral form. */
export interface FirmwareEvents {
  /** A line for the operating system's log, with NVIDIA's error number (Xid). */
  osError: { readonly xid: number; readonly text: string; readonly channel?: { readonly runlist: number; readonly id: number } };
  /** A channel was stopped for an error: the driver is to kill it. `scope` 1 is the channel, 2 its group. */
  rcTriggered: { readonly engine: string; readonly channel: number; readonly exception: number; readonly scope: number };
  /** Faults wait in the fault buffer. */
  mmuFault: { readonly faults: number };
  /** Something that an event object waits for. */
  postEvent: {
    readonly client: number; readonly handle: number; readonly notifyIndex: number; readonly data: number; readonly info16: number;
    readonly status: number; readonly list: boolean; readonly body: Uint8Array;
  };
  /** A record for the error journal. */
  nocat: { readonly at: number; readonly source: string; readonly engine: string; readonly code: number; readonly diagnosis: Uint8Array };
  /** Most registers become unreachable, or reachable again. */
  lockdown: { readonly engaging: boolean };
  perfBridgeless: { readonly bridgeless: boolean };
  /** Something that a plugin task waits to be told of: NVA084_NOTIFIERS_EVENT_*, 2 for a crash. */
  pluginTriggered: { readonly gfid: number; readonly notifyIndex: number };
  /** Log text of another processor; `engine` is its engine descriptor. */
  libosPrint: { readonly engine: number; readonly text: Uint8Array };
}

/** An event by name. */
export type FirmwareEvent = { [Name in keyof FirmwareEvents]: { readonly event: Name } & FirmwareEvents[Name] }[keyof FirmwareEvents];
