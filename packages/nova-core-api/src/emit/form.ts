// The contract as a language without closures, promises or lists would have it: structs, numbers and tables of functions. C and Rust are
// two spellings of the same form.

export type Integer = 'u8' | 'u16' | 'u32' | 'u64' | 'i32';

/** What a member of a struct is. Pointers are as wide as the platform's; offsets hold where that is 64 bits. */
export type MemberType =
  | { readonly kind: 'integer'; readonly integer: Integer; readonly count?: number }
  /** Text in the struct itself, padded with zeros; not terminated when it fills its room. */
  | { readonly kind: 'chars'; readonly length: number }
  | { readonly kind: 'struct'; readonly struct: string; readonly count?: number }
  | { readonly kind: 'pointer'; readonly to: 'chars' | 'bytes' | 'void' | { readonly struct: string }; readonly writable: boolean }
  | { readonly kind: 'function'; readonly signature: Signature };

export interface Member {
  readonly name: string;
  readonly type: MemberType;
  /** Bytes from the start of the struct. */
  readonly offset: number;
  readonly size: number;
  /** What it means; empty for what must be zero. */
  readonly text: string;
}

export interface Struct {
  /** In snake case, without what a language puts in front. */
  readonly name: string;
  readonly text: string;
  readonly members: readonly Member[];
  readonly size: number;
  readonly align: number;
}

/** Every function returns 0, or an error number below 0 and, if asked, what the error was. */
export interface Signature {
  readonly parameters: readonly { readonly name: string; readonly type: MemberType }[];
  /** Of a callback nothing is expected. */
  readonly returns: 'status' | 'nothing';
}

/** Numbers that belong together. */
export interface Numbers {
  readonly name: string;
  readonly text: string;
  readonly values: readonly { readonly name: string; readonly number: number; readonly text: string }[];
}

export interface Form {
  /** `base 1.0, vgpu 1.1`. */
  readonly versions: string;
  readonly numbers: readonly Numbers[];
  /** Each after those that it holds. */
  readonly structs: readonly Struct[];
}

/** `deviceInfo`, `DeviceInfo`, `device.info`, `device-info` are all `device_info`. */
export function snake(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').replace(/[^A-Za-z0-9]+/g, '_').toLowerCase();
}

/** What holds for all of it, in sentences. */
export const RULES: readonly string[] = [
  'Every function returns 0, or an errno number below 0 and then, if `error` is not null, why; what it gives is written only on success; where there was too little room, how much there is is written too.',
  '`struct_size` is how many bytes of a struct its writer knows: what the reader knows beyond them counts as zero.',
  '`present` has a bit for each optional field that is there.',
  'What is reserved is zero in both directions. Memory handed in is borrowed for the call.',
];
