import type { Fields, Register } from '../register.ts';
import type { BarBlock } from './bar-block.ts';

export type Architecture = 'turing' | 'ampere' | 'hopper' | 'ada' | 'blackwell-gb10x' | 'blackwell-gb20x';
export type FamilyName = 'tu10x' | 'tu11x' | 'ga100' | 'ga10x' | 'ad10x' | 'gh100' | 'gb10x' | 'gb20x';

/** A register and how far the flush page's address is shifted right for it; all of 32 bits that fit are written. */
export interface FlushPagePart {
  readonly register: Register;
  readonly shift: number;
}

/** How the FSP is asked to boot the GSP. Sizes in bytes. */
export interface ChainOfTrust {
  /** Of the message. */
  readonly version: 1 | 2;
  /** What is kept free at the end of VRAM, above the PMU's part and the region for run-time services. */
  readonly reservedAtEnd: number;
  /** Bytes of the public key and of the signature that are used. */
  readonly publicKeySize: number;
  readonly signatureSize: number;
  /** Whether the FSP tells if the board is configured to host virtual GPUs. */
  readonly vgpuMode: boolean;
}

/**
 * What a driver must know of a chip before it can ask it anything. What can be read from the device or from the
 * firmware files is not here; nor is what differs from board to board. Sizes in bytes.
 */
export interface Family {
  readonly name: FamilyName;
  readonly architecture: Architecture;
  /**
   * How the GSP comes up: FWSEC sets the protected region up and booter on SEC2 starts it; booter alone; or the FSP
   * does all of it, by a chain of trust.
   */
  readonly bootChain: 'fwsec-booter' | 'booter' | 'fsp';
  /** What the FSP's message needs to be told; undefined where there is no FSP. */
  readonly chainOfTrust: ChainOfTrust | undefined;
  /** How a falcon is reset and its scrubbing seen. */
  readonly falcon: 'tu102' | 'ga102';
  /** How ucode gets into a falcon. */
  readonly ucodeLoad: 'pio' | 'dma' | undefined;
  /** Version of FWSEC's descriptor in the VBIOS. */
  readonly fwsecDescriptor: 2 | 3 | undefined;
  /** Register that shows the RISC-V core running. */
  readonly riscvActive: Register<{ readonly active: readonly [number, number] } & Fields, 'falcon'>;
  /** Where the end of the board's own boot shows: by the GFW scratch registers, or in a register of the FSP. */
  readonly bootProgress: 'gfw' | Register<{ readonly status: readonly [31, 0] }>;
  /** Where the size of VRAM is read. */
  readonly vramSize: 'local-memory-range' | 'usable-fb-size';
  /** Fuse that says whether there is a display; undefined where nobody reads it. */
  readonly displayFuse: Register<{ readonly disabled: readonly [0, 0] }> | undefined;
  /** In the order in which they are written. */
  readonly flushPage: readonly FlushPagePart[];
  /** Window in BAR0 on configuration space. */
  readonly configMirror: { readonly start: number; readonly size: number };
  /** Which register says what PRAMIN shows. */
  readonly praminWindow: Register<{ readonly base: readonly [number, number] } & Fields>;
  /** Copy engines that work for graphics, a bit each, as the register says that chips have for it; undefined where they have none. */
  readonly graphicsCopies: number | undefined;
  /** How the display is told where its notifiers are: by a handle of a context, or by their address. */
  readonly displayNotifiers: 'context' | 'address';
  /** Address spaces of BAR1 and BAR2. */
  readonly barBlocks: readonly [BarBlock, BarBlock];
  readonly interruptLeaves: 8 | 16;
  /** Whether a message interrupt has to be let out again by a register; later chips do without. */
  readonly msiRearm: boolean;
  /** Bits of an address in system memory. */
  readonly dmaBits: 47 | 52;
  readonly gmmu: 'ver2' | 'ver3';
  /** The firmware's operating system. */
  readonly libos: 2 | 3;
  /** Section of the GSP image with the signature for these chips. */
  readonly signatureSection: string;
  /** Region for firmware run-time services in VRAM; 0 where FWSEC does not make one. */
  readonly frtsSize: number;
  /** Parts of the firmware heap that depend on the chip; what the operating system takes, says the release. */
  readonly heap: { readonly base: number; readonly clients: number; readonly perGiB: number; readonly min: number; readonly max: number };
  readonly nonWprHeapSize: number;
  /** Reserved for the PMU at the top of VRAM. */
  readonly pmuReservedSize: number;
}
