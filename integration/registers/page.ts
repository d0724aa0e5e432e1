import { at, CHIPS, FALCONS, REGISTER_UNITS, registerAt, type AnyRegister, type Chip } from '@nova-stack/gpu-regs';
import { BOARDS, type Board } from '@nova-stack/hw-model/boards';

import { TOUCHED } from './touched.ts';

/** The reference as a page, made of the declarations alone. */

const hex = (value: number, digits = 6): string => `0x${value.toString(16).padStart(digits, '0')}`;
const row = (...cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string => [row(...head), row(...head.map(() => '---')), ...rows.map((cells) => row(...cells))].join('\n');

function place(register: AnyRegister): string {
  const digits = register.space === 'bar0' ? 6 : 3;
  const base = { bar0: '', falcon: 'B + ', mirror: 'M + ' }[register.space];
  const first = base + hex(register.address, digits);
  return 'count' in register ? `${first} + ${register.stride} × i, i < ${register.count}` : first;
}

const fields = ({ fields: all }: AnyRegister): string =>
  Object.entries(all).map(([name, [high, low]]) => (high === low ? `${name} ${high}` : `${name} ${high}:${low}`)).join(', ');

/** Who touches what, by the register's name without its index. */
function users(): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  const note = (name: string | undefined, who: string): void => {
    if (name === undefined) return;
    const key = name.replace(/\(\d+\)$/, '');
    const set = found.get(key) ?? new Set();
    found.set(key, set.add(who));
  };
  for (const addresses of Object.values(TOUCHED.declared).flatMap((each) => Object.values(each))) {
    for (const address of addresses) note(registerAt('ad102', Number(address))?.name, 'nova-core');
  }
  for (const [driver, { chip, registers }] of Object.entries(TOUCHED.drivers)) {
    for (const address of registers) note(registerAt(chip, Number(address))?.name, driver.startsWith('nouveau') ? 'nouveau' : 'tinygrad');
  }
  return found;
}

/** Registers and chips. */
export function registersPage(): string {
  const usedBy = users();
  const units = Object.entries(REGISTER_UNITS).map(([unit, registers]) => [
    `## ${unit}`, '',
    table(['register', 'address', 'access', 'fields', 'for', 'touched by', 'source'], registers.map((register) => [
      `\`${register.name}\``, place(register), register.access, fields(register), register.doc, [...usedBy.get(register.name) ?? []].join(', '), register.source,
    ])), '',
  ].join('\n'));
  return [
    '# Registers and chips', '',
    'Made of the declarations in this package by `integration/registers/page.test.ts`, which keeps it up to date (`-u` writes it).', '',
    `Addresses are bytes in BAR0. B is the base of a falcon: ${Object.entries(FALCONS).map(([name, base]) => `${name} ${hex(base)}`).join(', ')}. M is the start of the`,
    'window on configuration space, which the chip says. Fields are `name high:low`. *Touched by*: Linux\'s nova-core declares it; nouveau or',
    'tinygrad\'s driver was seen to touch it while it brought the model up.', '',
    ...units,
    '## Chips', '',
    chipsTable(Object.values(CHIPS)), '',
  ].join('\n');
}

function chipsTable(chips: readonly Chip[]): string {
  return table(
    ['chip', 'id', 'family', 'boot chain', 'falcon', 'ucode by', 'FWSEC', 'RISC-V active', 'VRAM size', 'M', 'leaves', 'DMA bits', 'page tables', 'libos', 'GSP signature'],
    chips.map(({ name, id, family }) => [
      name.toUpperCase(), hex(id, 3), family.name, family.bootChain, family.falcon, family.ucodeLoad ?? '–', family.fwsecDescriptor === undefined ? '–' : `v${family.fwsecDescriptor}`,
      `\`${family.riscvActive.name}\``, family.vramSize, hex(family.configMirror.start), String(family.interruptLeaves), String(family.dmaBits), family.gmmu, String(family.libos), family.signatureSection,
    ]),
  );
}

const GiB = 2 ** 30;
const MiB = 2 ** 20;
const bits = (mask: number): number => mask.toString(2).replaceAll('0', '').length;
const size = (bytes: number): string => (bytes >= GiB ? `${bytes / GiB} GiB` : `${bytes / MiB} MiB`);

/** Boards. */
export function boardsPage(): string {
  const rows = Object.entries<Board>(BOARDS).map(([name, board]) => {
    const { pci, memory, sriov } = board;
    const sms = board.tpcMasks.reduce((sum, mask) => sum + bits(mask), 0) * 2;
    return [
      `\`${name}\``, board.chip.toUpperCase(), board.productName, `${hex(pci.device, 4)}, ${hex(pci.subsystemVendor, 4)}:${hex(pci.subsystem, 4)}`, board.classCode === 0x030000 ? 'VGA' : '3D',
      `${size(board.vramSize)}${memory === undefined ? '' : ` ${memory.type}, ${memory.busWidth} bits`}`, size(board.bar1Size), `${bits(board.gpcMask)} GPCs, ${sms} SMs`,
      board.displayDisabled ? 'off' : `${board.display?.heads ?? 0} heads`, sriov === undefined ? '–' : `${sriov.totalVfs} VFs`, engines(board.engines), board.vbiosVersion?.map((byte) => byte.toString(16).padStart(2, '0')).join('.') ?? '–',
    ];
  });
  return [
    '# Boards', '',
    'Made of `src/boards.ts` and `src/boards/`, where sources and what is assumed are told, by `integration/registers/page.test.ts`.', '',
    table(['board', 'chip', 'name', 'device, subsystem', 'class', 'VRAM', 'BAR1', 'units', 'display', 'SR-IOV', 'engines', 'VBIOS'], rows), '',
  ].join('\n');
}

function engines(names: readonly string[]): string {
  const kinds = new Map<string, number>();
  for (const name of names) {
    const kind = name === 'SEC2' ? name : name.replace(/\d+$/, '');
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  return [...kinds].map(([kind, count]) => (count === 1 ? kind : `${count} ${kind}`)).join(', ');
}

/** Every address of every register, for checks: falcons at the base of the GSP. */
export function allAddresses(): readonly { readonly name: string; readonly address: number }[] {
  return Object.values(REGISTER_UNITS).flat().flatMap((register) => {
    const base = register.space === 'falcon' ? FALCONS.gsp : register.space === 'mirror' ? CHIPS.ad102.family.configMirror.start : 0;
    const each = 'count' in register ? Array.from({ length: register.count }, (_, i) => at(register, i)) : [register];
    return each.map(({ name, address }) => ({ name, address: base + address }));
  });
}
