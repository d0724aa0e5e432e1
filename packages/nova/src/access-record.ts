import { registerAt, type ChipName } from '@nova-stack/gpu-regs';
import type { PciFunction } from '@nova-stack/pci';

/** What a driver did with one register of BAR0. */
export interface TouchedRegister {
  /** Of the 32-bit register; accesses to its parts count as such to all of it. */
  readonly address: number;
  /** Undefined where none is declared. */
  readonly name: string | undefined;
  reads: number;
  writes: number;
}

/** A device whose registers are watched. */
export interface WatchedDevice {
  /** The same device, to be plugged in or served in its place. */
  readonly device: PciFunction;
  /** In the order in which they were first touched. Windows (PROM, PRAMIN, configuration space) are left out. */
  touched(): readonly TouchedRegister[];
}

const WINDOWS: ReadonlySet<string> = new Set(['PROM', 'PRAMIN', 'CONFIG', 'NV_PDISP_FE_SW', 'NV_PDISP_CHN']);

/** Stands between a device and whoever drives it, and counts what is done to each register of BAR0. */
export function watchRegisters(chip: ChipName, inner: PciFunction): WatchedDevice {
  const seen = new Map<number, TouchedRegister>();
  const note = (bar: number, offset: number, length: number, kind: 'reads' | 'writes'): void => {
    if (bar !== 0) return;
    for (let address = offset - (offset % 4); address < offset + length; address += 4) {
      let one = seen.get(address);
      if (one === undefined) {
        one = { address, name: registerAt(chip, address)?.name, reads: 0, writes: 0 };
        seen.set(address, one);
      }
      one[kind]++;
    }
  };
  const device: PciFunction = {
    config: inner.config,
    bars: inner.bars,
    plug: (host) => { inner.plug(host); },
    read(bar, offset, size) {
      note(bar, offset, size, 'reads');
      return inner.read(bar, offset, size);
    },
    write(bar, offset, size, value) {
      note(bar, offset, size, 'writes');
      inner.write(bar, offset, size, value);
    },
    readBlock(bar, offset, into) {
      note(bar, offset, into.length, 'reads');
      inner.readBlock(bar, offset, into);
    },
    writeBlock(bar, offset, from) {
      note(bar, offset, from.length, 'writes');
      inner.writeBlock(bar, offset, from);
    },
    reset: (kind) => { inner.reset(kind); },
    nextDue: () => inner.nextDue(),
    runDue: (now) => { inner.runDue(now); },
    virtualFunctions: () => inner.virtualFunctions?.() ?? [],
  };
  return { device, touched: () => [...seen.values()].filter(({ name }) => name === undefined || !WINDOWS.has(name)) };
}

/** A line per register, as `nova serve --registers` writes them: address, reads, writes, name. */
export function touchedLines(touched: readonly TouchedRegister[]): string {
  return touched.map(({ address, reads, writes, name }) => `0x${address.toString(16).padStart(6, '0')} ${reads} ${writes} ${name ?? '?'}\n`).join('');
}
