/** Parts of BAR0 that are no registers; offsets and sizes in bytes. */
export const BAR0_WINDOWS = {
  /**
   * The flash that holds the VBIOS, read only.
   * Source: linux: drivers/gpu/drm/nouveau/nvkm/subdev/bios/shadowrom.c
   */
  prom: { start: 0x300000, size: 0x100000 },
  /**
   * A MiB of VRAM, which one a register says: NV_PBUS_BAR0_WINDOW, or NV_XAL_EP_BAR0_WINDOW from Hopper on.
   * Source: linux: drivers/gpu/drm/nouveau/nvkm/subdev/instmem/nv50.c
   */
  pramin: { start: 0x700000, size: 0x100000 },
} as const;

/** Bytes of BAR0 that hold all registers of all chips known. */
export const BAR0_SIZE = 0x100_0000;

/**
 * High 24 bits of what reads answer where no register is: the priv ring found nobody for the address. Values
 * 0xbadfxxxx are errors of the ring in general.
 * Source: open-gpu-kernel-modules 570.144: maxwell/gm107/dev_pri_ringstation_sys.h (FECS_PRI_DECODE).
 */
export const PRI_DECODE_ERROR = 0xbadf11;

/**
 * High 24 bits of what reads answer of an engine that the CPU is kept away from, as it is from the GSP while its firmware is
 * being started. Source: linux: drivers/gpu/nova-core/falcon.rs (priv_target_mask_released)
 */
export const PRI_TARGET_MASKED = 0xbadf41;

/** Whether a register's value is an error of the priv ring. */
export const isPriError = (value: number): boolean => value >>> 16 === 0xbadf;
