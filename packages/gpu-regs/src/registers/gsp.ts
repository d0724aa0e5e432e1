import { registerArray, type RegisterArray } from '../register.ts';

/** The GSP as a partner in conversation. */
const value = { value: [31, 0] } as const;
export const NV_PGSP_QUEUE_HEAD: RegisterArray<typeof value> = registerArray('NV_PGSP_QUEUE_HEAD', 0x110c00, { count: 8, stride: 8 }, value, {
  doc: 'Doorbell: writing 0 to the first one tells the firmware that a message is in the command queue.',
  source: 'open-gpu-kernel-modules 570.144: turing/tu102/dev_gsp.h',
});
