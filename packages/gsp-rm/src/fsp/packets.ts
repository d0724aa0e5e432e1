import {
  decode, FSP_HEADERS_SIZE, FSP_RESPONSE, make, MCTP_HEADER, NVDM_HEADER, NVDM_PCI_VENDOR_MESSAGE, NVDM_TYPES, NVDM_VENDOR,
} from '@nova-stack/gpu-regs';

/**
 * Messages to the FSP and its answers, in one packet each.
 *
 * Sources: open-gpu-kernel-modules 570.144: src/nvidia/src/kernel/gpu/fsp/arch/hopper/kern_fsp_gh100.c; linux: drivers/gpu/nova-core/fsp.rs
 */

/** What the FSP answers when it refuses; values are this model's own, drivers only tell zero from the rest. */
export const FSP_ERRORS = { packet: 0x1, header: 0x2, type: 0x3, payload: 0x4, unreachable: 0x5, hash: 0x6, image: 0x7, signature: 0x8, running: 0x9, release: 0xa } as const;
export type FspError = keyof typeof FSP_ERRORS;

export type Packet =
  | { readonly type: number; readonly payload: Uint8Array }
  /** `type` as far as it could be read. */
  | { readonly type: number; readonly error: FspError };

/** Takes a packet apart, whatever is in it. */
export function parsePacket(bytes: Uint8Array): Packet {
  if (bytes.length < FSP_HEADERS_SIZE) return { type: 0, error: 'packet' };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { som, eom, sequence } = decode(MCTP_HEADER, view.getUint32(0, true));
  const { type, vendor, messageType } = decode(NVDM_HEADER, view.getUint32(4, true));
  // Messages of several packets are for tasks of the FSP that nothing here has.
  if (som !== 1 || eom !== 1 || sequence !== 0) return { type, error: 'packet' };
  if (vendor !== NVDM_VENDOR || messageType !== NVDM_PCI_VENDOR_MESSAGE) return { type, error: 'header' };
  return { type, payload: bytes.subarray(FSP_HEADERS_SIZE) };
}

/** The answer to a message of `type`: 0 or an error, and what else there is. */
export function response(type: number, errorCode: number, more: Uint8Array = new Uint8Array(0)): Uint8Array {
  const bytes = new Uint8Array(FSP_HEADERS_SIZE + FSP_RESPONSE.size + more.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, make(MCTP_HEADER, { som: 1, eom: 1 }), true);
  view.setUint32(4, make(NVDM_HEADER, { type: NVDM_TYPES.response, vendor: NVDM_VENDOR, messageType: NVDM_PCI_VENDOR_MESSAGE }), true);
  FSP_RESPONSE.write(bytes, FSP_HEADERS_SIZE, { taskId: 0, commandNvdmType: type, errorCode });
  bytes.set(more, FSP_HEADERS_SIZE + FSP_RESPONSE.size);
  return bytes;
}
