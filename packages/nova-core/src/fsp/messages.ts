import {
  COT_PAYLOAD, decode, FSP_HEADERS_SIZE, FSP_RESPONSE, make, MCTP_HEADER, NVDM_HEADER, NVDM_PCI_VENDOR_MESSAGE, NVDM_TYPES, NVDM_VENDOR, PRC_FLAG_ACTIVE, PRC_READ,
  PRC_REQUEST, PRC_RESPONSE, PRC_VGPU_MODE, type ChainOfTrust,
} from '@nova-stack/gpu-regs';

import { hex, NovaCoreError, type Step } from '../errors.ts';

type MessageType = (typeof NVDM_TYPES)[keyof typeof NVDM_TYPES];

const header = (type: MessageType): number => make(NVDM_HEADER, { type, vendor: NVDM_VENDOR, messageType: NVDM_PCI_VENDOR_MESSAGE });

/** A message to the FSP in a single packet. Source: linux: drivers/gpu/nova-core/mctp.rs, fsp.rs */
export function message(type: MessageType, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(FSP_HEADERS_SIZE + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, make(MCTP_HEADER, { som: 1, eom: 1 }), true);
  view.setUint32(4, header(type), true);
  bytes.set(payload, FSP_HEADERS_SIZE);
  return bytes;
}

/**
 * What stands behind the headers of the FSP's answer to a message of `type`.
 *
 * @throws {@link NovaCoreError} `FSP` when it is no answer to that, or tells of an error
 */
export function parseResponse(step: Step, type: MessageType, bytes: Uint8Array): Uint8Array {
  const bad = (text: string, detail: Readonly<Record<string, number>> = {}): NovaCoreError => new NovaCoreError('FSP', step, text, { detail });
  const size = FSP_HEADERS_SIZE + FSP_RESPONSE.size;
  if (bytes.length < size) throw bad(`the FSP answers with ${bytes.length} bytes: expected at least ${size}`, { size: bytes.length });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { som, eom, raw } = decode(MCTP_HEADER, view.getUint32(0, true));
  if (som !== 1 || eom !== 1) throw bad(`the FSP answers with a part of a message, MCTP header ${hex(raw)}`, { header: raw });
  const nvdm = decode(NVDM_HEADER, view.getUint32(4, true));
  if (nvdm.type !== NVDM_TYPES.response || nvdm.vendor !== NVDM_VENDOR || nvdm.messageType !== NVDM_PCI_VENDOR_MESSAGE) {
    throw bad(`the FSP answers with something else than a response, NVDM header ${hex(nvdm.raw)}`, { header: nvdm.raw });
  }
  const { commandNvdmType, errorCode } = FSP_RESPONSE.read(bytes, FSP_HEADERS_SIZE);
  if (commandNvdmType !== type) throw bad(`the FSP answers a message of type ${hex(commandNvdmType)}, not ${hex(type)}`, { type: commandNvdmType });
  if (errorCode !== 0) throw bad(`the FSP refuses a message of type ${hex(type)} with error ${hex(errorCode)}`, { type, error: errorCode });
  return bytes.subarray(size);
}

/** Payload that asks whether virtual GPUs are to be hosted in this boot. */
export const VGPU_MODE_REQUEST: Uint8Array = PRC_REQUEST.create({ subMessage: PRC_READ, flags: PRC_FLAG_ACTIVE, object: PRC_VGPU_MODE });

/** @throws {@link NovaCoreError} `FSP` for what is no answer to {@link VGPU_MODE_REQUEST} */
export function vgpuMode(step: Step, payload: Uint8Array): boolean {
  const value = payload.length < PRC_RESPONSE.size ? undefined : PRC_RESPONSE.read(payload).value;
  if (value === 0 || value === 1) return value === 1;
  throw new NovaCoreError('FSP', step, value === undefined ? `the FSP tells the vGPU mode in ${payload.length} bytes` : `the FSP tells vGPU mode ${value}`);
}

/** The GSP-FMC and where it and its parameters lie. Addresses of system memory, sizes in bytes. */
export interface Trust {
  readonly image: number;
  readonly bootParams: number;
  readonly hash: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
  /** Region for run-time services: from the end of VRAM down to its end, and its size. */
  readonly frts: { readonly offset: number; readonly size: number };
}

/** Payload of the message that has the FSP boot the GSP. */
export function cotPayload({ version }: ChainOfTrust, { image, bootParams, hash, publicKey, signature, frts }: Trust): Uint8Array {
  const { size } = COT_PAYLOAD;
  const padded = (bytes: Uint8Array, length: number): Uint8Array => {
    const whole = new Uint8Array(length);
    whole.set(bytes);
    return whole;
  };
  return COT_PAYLOAD.create({
    version, size, gspFmcSysmemOffset: BigInt(image), frtsVidmemOffset: BigInt(frts.offset), frtsVidmemSize: frts.size,
    hash384: padded(hash, 48), publicKey: padded(publicKey, 384), signature: padded(signature, 384), gspBootArgsSysmemOffset: BigInt(bootParams),
  });
}
