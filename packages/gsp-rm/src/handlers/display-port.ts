import type { OutputFacts } from '@nova-stack/hw-model/port';
import type { DisplayIntents } from '../control-intents.ts';
import { STATUS } from '../status.ts';
import type { Answer } from './handler.ts';

/** NV0073_CTRL_DP_AUXCH_CMD: type in bit 3 (0 I2C, 1 AUX), request in bits 1:0 (0 write, 1 read). */
const AUX_NATIVE = 8;
const READ = 1;
/** NV0073_CTRL_DP_AUXCH_REPLYTYPE_* */
const REPLY = { ack: 0, nack: 1 } as const;
/** Where a monitor's EDID answers on the I2C bus. */
const EDID_ADDRESS = 0x50;
const LONGEST = 16;

type Aux = DisplayIntents['auxChannel'];

/** A transfer over the AUX channel of an output: its DPCD, or the EDID behind it. `size` counts from zero as RM's does. */
export function auxTransfer({ connector, monitor }: OutputFacts, { command, address, size }: Aux['in']): Answer<Aux['out']> {
  if (connector !== 'DP') return { status: STATUS.NOT_SUPPORTED };
  if (monitor === undefined) return { status: STATUS.TIMEOUT };
  const length = Math.min(LONGEST, size + 1);
  const data = new Uint8Array(LONGEST);
  const reply = (from: Uint8Array | undefined, at: number): Answer<Aux['out']> => {
    if (from === undefined) return { out: { data, size: 0, reply: REPLY.nack } };
    if ((command & READ) !== 0) data.set(from.subarray(at, at + length));
    return { out: { data, size: length, reply: REPLY.ack } };
  };
  if ((command & AUX_NATIVE) !== 0) return reply(monitor.dpcd, address);
  return reply(address === EDID_ADDRESS ? monitor.edid : undefined, 0);
}
