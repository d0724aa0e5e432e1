/**
 * A driver's boot as data: what it does to registers, and what it must find there. Addresses are BAR0's, by number. A text stands for a
 * value that depends on where things lie in memory (`libos.low`), or for bytes that are loaded (`booter.secure`).
 */
export type Value = number | string;

export type Step =
  /** Reads; the bits of `mask` are `is`. `why` tells the change of state that this shows. */
  | { readonly op: 'read'; readonly at: number; readonly mask: number; readonly is: Value; readonly why: string }
  | { readonly op: 'write'; readonly at: number; readonly value: Value }
  | { readonly op: 'modify'; readonly at: number; readonly clear: number; readonly set: number }
  /** Reads until the bits are so, at most for so many microseconds. */
  | { readonly op: 'poll'; readonly at: number; readonly mask: number; readonly is: Value; readonly within: number; readonly why: string }
  /** Waits so many microseconds. */
  | { readonly op: 'delay'; readonly time: number }
  /** Writes bytes through port 0 of a falcon's memory: IMEM with a tag per block of 256 bytes, or DMEM. */
  | { readonly op: 'port'; readonly falcon: number; readonly memory: 'imem' | 'secure imem' | 'dmem'; readonly bytes: string }
  /** Has a falcon fetch bytes from system memory, 256 at a time. */
  | { readonly op: 'fetch'; readonly falcon: number; readonly memory: 'secure imem' | 'dmem'; readonly bytes: string }
  /** Puts a message into the command queue and rings. */
  | { readonly op: 'send'; readonly message: number; readonly payload: string }
  /** The next message of the firmware: its number, its result 0, at least so many bytes. */
  | { readonly op: 'expect'; readonly message: number; readonly least: number }
  /** So many interrupts came since the last such step, at least. */
  | { readonly op: 'interrupts'; readonly least: number };

const ALL = 0xffff_ffff;
export const read = (at: number, is: Value, why: string, mask: number = ALL): Step => ({ op: 'read', at, mask, is, why });
export const write = (at: number, value: Value): Step => ({ op: 'write', at, value });
export const modify = (at: number, clear: number, set: number): Step => ({ op: 'modify', at, clear, set });
export const poll = (at: number, mask: number, is: Value, within: number, why: string): Step => ({ op: 'poll', at, mask, is, within, why });
export const delay = (time: number): Step => ({ op: 'delay', time });
export const send = (message: number, payload: string): Step => ({ op: 'send', message, payload });
export const expected = (message: number, least: number): Step => ({ op: 'expect', message, least });

/** How a chip's falcons are reset, loaded and looked at. */
export type Falcons = 'tu102' | 'ga102';

/** What lists need to know of a chip; from the tables of the documents that they come from. */
export interface Kind {
  readonly falcons: Falcons;
  /** FWSEC makes the first part of WPR2. */
  readonly frts: boolean;
  /** Registers whose value is the flush page's address, and the text for it. */
  readonly flush: readonly (readonly [at: number, value: string])[];
  readonly vram: number;
  readonly displayFuse: number;
  readonly display: boolean;
  readonly retrigger: boolean;
}

export const GSP = 0x110000;
export const SEC2 = 0x840000;
/** RISC-V is active: register and bit. */
export const active = ({ falcons }: Kind): readonly [at: number, bit: number] => (falcons === 'tu102' ? [GSP + 0x1240, 1] : [GSP + 0x1388, 0x80]);
/** Nothing is being cleared. */
export const scrubbed = (falcon: number, falcons: Falcons): Step =>
  (falcons === 'tu102' ? poll(falcon + 0x10c, 0b110, 0, 10_000, 'memories are cleared') : poll(falcon + 0xf4, 1 << 12, 0, 20_000, 'memories are cleared'));
