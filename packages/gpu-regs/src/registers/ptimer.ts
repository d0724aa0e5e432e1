import { register, type Register } from '../register.ts';

/** PTIMER: nanoseconds, counted by the chip. */
const source = 'open-gpu-kernel-modules 570.144: maxwell/gm107/dev_timer.h; linux: drivers/gpu/drm/nouveau/nvkm/subdev/timer/nv04.c';
const intr = { alarm: [0, 0] } as const;
const low = { nanoseconds: [31, 5] } as const;
const high = { nanoseconds: [28, 0] } as const;
export const NV_PTIMER_INTR_0: Register<typeof intr> = register('NV_PTIMER_INTR_0', 0x009100, intr, {
  access: 'w1c', doc: 'Interrupts that are pending.', source,
});
export const NV_PTIMER_INTR_EN_0: Register<typeof intr> = register('NV_PTIMER_INTR_EN_0', 0x009140, intr, {
  doc: 'Interrupts that are enabled.', source,
});
export const NV_PTIMER_TIME_0: Register<typeof low> = register('NV_PTIMER_TIME_0', 0x009400, low, {
  doc: 'Time, low half; counts in steps of 32 ns.', source,
});
export const NV_PTIMER_TIME_1: Register<typeof high> = register('NV_PTIMER_TIME_1', 0x009410, high, {
  doc: 'Time, high half.', source,
});
export const NV_PTIMER_ALARM_0: Register<typeof low> = register('NV_PTIMER_ALARM_0', 0x009420, low, {
  doc: 'Time, low half, at which the alarm goes off.', source,
});
