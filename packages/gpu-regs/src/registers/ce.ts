import { register, type Register } from '../register.ts';

/** Copy engines. */
const grce = { engines: [9, 0] } as const;
export const NV_CE_GRCE_MASK: Register<typeof grce> = register('NV_CE_GRCE_MASK', 0x1040d8, grce, {
  access: 'ro', doc: 'Copy engines that work for graphics and are of no use without it; GB20x.', source: 'open-gpu-kernel-modules 570.144: blackwell/gb202/dev_ce_base.h',
});
