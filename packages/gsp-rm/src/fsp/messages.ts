import { NVDM_TYPES, PRC_READ, PRC_REQUEST, PRC_RESPONSE, PRC_VGPU_MODE } from '@nova-stack/gpu-regs';
import type { FirmwareHardware, MemoryJob } from '@nova-stack/hw-model/port';
import { trust, type KnownFmc, type TrustedFmc } from './chain-of-trust.ts';
import { FSP_ERRORS, parsePacket, response, type FspError } from './packets.ts';

/** The channel that drivers talk on; others belong to partners that nothing here has. */
const DRIVER_CHANNEL = 0;

/** What the FSP needs of the rest of the firmware. */
export interface FspPartners {
  readonly known: readonly KnownFmc[];
  /** Whether something runs on the GSP. */
  gspRuns(): boolean;
  /** Starts a GSP-FMC that was found good. */
  start(fmc: TrustedFmc): void;
}

/** Serves one message to the FSP. */
export function* serveFsp(hardware: FirmwareHardware, channel: number, bytes: Uint8Array, partners: FspPartners): MemoryJob {
  const packet = parsePacket(bytes);
  const refuse = (error: FspError, reason: string): Uint8Array => {
    hardware.trace('gsp-rm.fsp.refused', { type: packet.type, error: FSP_ERRORS[error], reason });
    return response(packet.type, FSP_ERRORS[error]);
  };
  const judge = function* (): MemoryJob<Uint8Array> {
    if ('error' in packet) return refuse(packet.error, 'malformed packet');
    if (channel !== DRIVER_CHANNEL) return refuse('type', `nobody listens on channel ${channel}`);
    if (packet.type === NVDM_TYPES.prc) return readKnob(hardware, packet.payload) ?? refuse('payload', 'no such object');
    if (packet.type !== NVDM_TYPES.chainOfTrust) return refuse('type', `messages of type 0x${packet.type.toString(16)} are not served`);
    const fault = hardware.fault('gsp-rm.fsp.cot');
    if (fault !== undefined) return response(packet.type, fault.value ?? 0xbad);
    if (partners.gspRuns()) return refuse('running', 'the GSP runs');
    const fmc = yield* trust(hardware.facts, packet.payload, partners.known);
    if ('error' in fmc) return refuse(fmc.error, fmc.reason);
    hardware.trace('gsp-rm.fsp.trusted', { version: fmc.release });
    // The GSP is out of the CPU's reach before the driver knows that it may look.
    partners.start(fmc);
    return response(packet.type, 0);
  };
  hardware.fsp?.answer(channel, yield* judge());
}

/** The answer to a PRC message: what the board is configured to. Undefined for what it does not have. */
function readKnob({ facts }: FirmwareHardware, payload: Uint8Array): Uint8Array | undefined {
  if (payload.length < PRC_REQUEST.size) return undefined;
  const { subMessage, object } = PRC_REQUEST.read(payload);
  if (subMessage !== PRC_READ || object !== PRC_VGPU_MODE) return undefined;
  return response(NVDM_TYPES.prc, 0, PRC_RESPONSE.create({ value: facts.vgpuMode === true ? 1 : 0 }));
}
