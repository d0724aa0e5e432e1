/**
 * The header that marks microcode made by this project, so that the model can tell it from NVIDIA's.
 * Writers (`firmware-files`, the VBIOS writer of `hw-model`) and the reader (`gsp-rm`) share this layout and
 * no logic. All integers are little endian; offsets in bytes.
 *
 * The header stands at the start of the first secure IMEM byte (falcon ucode) or of the image (RISC-V, GSP-RM).
 */
export const SYNTHETIC_UCODE = {
  /** ASCII `NOVASYN1`, 8 bytes at 0x00. */
  magic: 'NOVASYN1',
  size: 0x40,
  offsets: {
    magic: 0x00,
    /** u32, one of {@link SYNTHETIC_KINDS}. */
    kind: 0x08,
    /** u32: bytes of the IMEM part (the whole image where there is no DMEM). */
    imemLength: 0x0c,
    /** char[16], NUL padded: firmware version, e.g. `570.144`. */
    version: 0x10,
    /** char[16], NUL padded: chip, e.g. `ad102`. */
    chip: 0x20,
    /** u32: bytes of the DMEM part, 0 when there is none. */
    dmemLength: 0x30,
    /** u32: DMEM offset of the application interface table (FWSEC), else 0. */
    interfaceOffset: 0x34,
    /** u32, u32: DMEM range that drivers patch (FWSEC's init command and command buffer), length 0 when there is none. */
    patchedStart: 0x38,
    patchedLength: 0x3c,
  },
} as const;

export const SYNTHETIC_KINDS = {
  fwsec: 1,
  booterLoad: 2,
  booterUnload: 3,
  gspRm: 4,
  gspBootloader: 5,
  genericBootloader: 6,
  fmc: 7,
} as const;

/**
 * The signature block of synthetic ucode: in a falcon's DMEM at the PKC offset (384 bytes), in a GSP image's
 * `.fwsignature_*` section (4096 bytes), behind the header of a RISC-V bootloader. The rest of the block is zero.
 *
 * The digest is SHA-256 over the IMEM part followed by the DMEM part, with the signature slot and the
 * patched range taken as zero.
 */
export const SYNTHETIC_SIGNATURE = {
  /** ASCII `NOVASIG1`, 8 bytes. */
  magic: 'NOVASIG1',
  offsets: {
    magic: 0x00,
    /** u32: fuse version that this signature is for. */
    fuseVersion: 0x08,
    /** 32 bytes. */
    digest: 0x20,
  },
  /** Bytes of a falcon signature. */
  falconSize: 384,
  /** RISC-V bootloader: the block lies at this offset of the data, right behind the header, {@link falconSize} bytes long. */
  bootloaderOffset: 0x40,
  /**
   * Ucode of falcons that have no boot ROM (Turing) checks itself: the signature is the first 16 bytes of the digest, alone,
   * in DMEM at the offset where Turing's booters have theirs.
   */
  withoutBootRom: { dmemOffset: 0x200, size: 16 },
} as const;
