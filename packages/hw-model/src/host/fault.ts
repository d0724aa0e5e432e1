import type { ChannelFault } from '../port.ts';

/** What a channel died of, told without saying which channel. */
export type FaultInfo = Omit<ChannelFault, 'runlist' | 'id'>;

/** Ends what a channel does. Thrown and caught within the host only. */
export class HostFault extends Error {
  readonly info: FaultInfo;

  constructor(info: FaultInfo) {
    super(info.reason);
    this.info = info;
  }
}

/** The pushbuffer is wrong. */
export const pushbufferFault = (reason: string): HostFault => new HostFault({ kind: 'pbdma', reason, address: undefined, access: undefined });
/** The engine refuses a method. */
export const engineFault = (kind: 'copy' | 'graphics', reason: string): HostFault => new HostFault({ kind, reason, address: undefined, access: undefined });
export const memoryFault = (reason: string, address: number, access: 'read' | 'write'): HostFault => new HostFault({ kind: 'mmu', reason, address, access });
