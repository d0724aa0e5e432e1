import { array, struct, type Layout, type ValueOf } from '@nova-stack/c-layout';

import type { Fielded } from '../register.ts';

/**
 * What travels through the queues of the FSP: packets of MCTP, in them messages that NVIDIA defines (NVDM).
 * All integers are little endian.
 * Sources: open-gpu-kernel-modules 570.144: src/nvidia/arch/nvalloc/common/inc/fsp/{fsp_mctp_format,fsp_nvdm_format}.h;
 * linux: drivers/gpu/nova-core/mctp.rs, fsp.rs
 */

const mctp = {
  /** First and last packet of a message. */
  som: [31, 31], eom: [30, 30],
  /** Number of the packet within the message, modulo 4. */
  sequence: [29, 28],
  tag: [26, 24],
  /** Where the packet comes from: which task of the FSP takes a message of several packets. */
  source: [23, 16],
  destination: [15, 8],
} as const;
/** First word of every packet. */
export const MCTP_HEADER: Fielded<typeof mctp> = { name: 'MCTP_HEADER', fields: mctp };

const nvdm = { type: [31, 24], vendor: [23, 8], messageType: [6, 0] } as const;
/** Second word of the first packet of a message. */
export const NVDM_HEADER: Fielded<typeof nvdm> = { name: 'NVDM_HEADER', fields: nvdm };
/** `messageType` and `vendor` of all messages of NVIDIA's: defined by a PCI vendor, this one. */
export const NVDM_PCI_VENDOR_MESSAGE = 0x7e;
export const NVDM_VENDOR = 0x10de;
/** `type`. PRC reads and changes what a board is configured to; COT boots the GSP by a chain of trust. */
export const NVDM_TYPES = { prc: 0x13, chainOfTrust: 0x14, response: 0x15 } as const;
/** Bytes of both headers. */
export const FSP_HEADERS_SIZE = 8;

const response = { taskId: 'u32', commandNvdmType: 'u32', errorCode: 'u32' } as const;
/** What stands behind the headers of every response. Error 0 is success. */
export const FSP_RESPONSE: Layout<ValueOf<typeof response>> = struct('NVDM_PAYLOAD_COMMAND_RESPONSE', response);

const prc = { subMessage: 'u8', flags: 'u8', object: 'u8', reserved: 'u8' } as const;
/** Payload of a PRC message. Source: linux: drivers/gpu/nova-core/fsp.rs */
export const PRC_REQUEST: Layout<ValueOf<typeof prc>> = struct('NVDM_PAYLOAD_PRC', prc);
export const PRC_READ = 0x0c;
/** Bit of `flags`: the value of this boot, not the one that is stored for the next. */
export const PRC_FLAG_ACTIVE = 0x02;
/** Whether the board hosts virtual GPUs: 0 no, 1 yes. */
export const PRC_VGPU_MODE = 0x29;
const prcValue = { value: 'u16', reserved: 'u16' } as const;
/** Behind {@link FSP_RESPONSE} in the answer to a read. */
export const PRC_RESPONSE: Layout<ValueOf<typeof prcValue>> = struct('NVDM_PAYLOAD_PRC_RESPONSE', prcValue);

/** Addresses are of system memory; sizes in bytes. */
export interface CotPayload {
  /** 1 on Hopper, 2 on Blackwell. */
  readonly version: number;
  /** Of this structure. */
  readonly size: number;
  readonly gspFmcSysmemOffset: bigint;
  readonly frtsSysmemOffset: bigint;
  readonly frtsSysmemSize: number;
  /** From the end of the framebuffer down to the end of the region. */
  readonly frtsVidmemOffset: bigint;
  readonly frtsVidmemSize: number;
  /** SHA-384 of the image. */
  readonly hash384: Uint8Array;
  /** Zero behind what is used. */
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
  readonly gspBootArgsSysmemOffset: bigint;
}
/**
 * Payload of a chain-of-trust message: which firmware the GSP is to run, and what it is to run with.
 * Source: open-gpu-kernel-modules 570.144: src/nvidia/inc/kernel/gpu/fsp/kern_fsp_cot_payload.h
 */
export const COT_PAYLOAD: Layout<CotPayload> = struct('NVDM_PAYLOAD_COT', {
  version: 'u16', size: 'u16', gspFmcSysmemOffset: 'u64', frtsSysmemOffset: 'u64', frtsSysmemSize: 'u32', frtsVidmemOffset: 'u64', frtsVidmemSize: 'u32',
  hash384: array('u8', 48), publicKey: array('u8', 384), signature: array('u8', 384), gspBootArgsSysmemOffset: 'u64',
}, { packed: true });
