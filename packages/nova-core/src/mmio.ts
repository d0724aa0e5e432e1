import { decode, set, type Decoded, type Fields, type Register, type Space } from '@nova-stack/gpu-regs';
import type { BarMapping } from '@nova-stack/pci';

type Values<F extends Fields> = Partial<Readonly<Record<keyof F, number>>>;

/** All fields of a register. A register that does not count from BAR0 needs the `base` that it counts from. */
export function read<F extends Fields>(bar0: BarMapping, register: Register<F, Space>, base: number = 0): Decoded<F> {
  return decode(register, bar0.read32(base + register.address));
}

/** Writes the fields given, and zero for the rest. @throws RegisterError for a value that does not fit its field. */
export function write<F extends Fields>(bar0: BarMapping, register: Register<F, Space>, values: Values<F>, base: number = 0): void {
  bar0.write32(base + register.address, set(register, 0, values));
}

/** Reads, changes the fields given, writes. */
export function update<F extends Fields>(bar0: BarMapping, register: Register<F, Space>, values: Values<F>, base: number = 0): void {
  bar0.write32(base + register.address, set(register, bar0.read32(base + register.address), values));
}
