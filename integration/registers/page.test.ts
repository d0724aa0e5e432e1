// Every register that a driver touches is declared, once, with its source; the pages show what is declared.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { CHIPS, REGISTER_UNITS, registerAt } from '@nova-stack/gpu-regs';
import { BOARDS, type BoardName } from '@nova-stack/hw-model/boards';
import { describe, expect, it } from 'vitest';

import type { Support } from '../boot/support.ts';
import { allAddresses, boardsPage, registersPage } from './page.ts';
import { TOUCHED, touchedByNovaCore } from './touched.ts';

const support = JSON.parse(readFileSync(new URL('../boot/support.json', import.meta.url), 'utf8')) as Support;
const boots = (chip: string): boolean => support[chip]?.releases['570.144']?.synthetic?.message === 'boots';
const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const all = Object.values(REGISTER_UNITS).flat();

describe('the register reference', () => {
  it('has a source, a sentence and fields for every register', () => {
    for (const { name, doc, source, fields } of all) {
      expect(source, name).toMatch(/^(linux|open-gpu-kernel-modules [\d.]+|tinygrad): \S/);
      expect(doc, name).toMatch(/^\S.*\.$/);
      expect(Object.keys(fields).length, name).toBeGreaterThan(0);
    }
  });

  it('declares nothing twice, but for names that one of an array has', () => {
    const names = all.map(({ name }) => name);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
    const places = new Map<number, string[]>();
    for (const { name, address } of allAddresses()) places.set(address, [...places.get(address) ?? [], name]);
    const twice = [...places].filter(([, named]) => named.length > 1).map(([address, named]) => `0x${address.toString(16)} ${named.join(' ')}`);
    expect(twice).toMatchSnapshot();
  });

  it.each(Object.entries(TOUCHED.drivers))('declares all that %s touches', (_, { chip, registers }) => {
    expect(registers.length).toBeGreaterThan(40);
    expect(registers.filter((address) => registerAt(chip, Number(address)) === undefined)).toEqual([]);
  });

  it.each(Object.entries(TOUCHED.declared))('declares all that %s declares, under the same names where they are NVIDIA\'s', (_, declared) => {
    const other: string[] = [];
    for (const [name, addresses] of Object.entries(declared)) {
      for (const address of addresses) {
        const found = Object.values(CHIPS).map((chip) => registerAt(chip.name, Number(address))).find((place) => place !== undefined);
        expect(found, `${name} at ${address}`).toBeDefined();
        if (!found!.name.startsWith(name)) other.push(`${name} is ${found!.name}`);
      }
    }
    expect(other).toMatchSnapshot();
  });

  it('declares all that nova-core touches, on every board', async () => {
    // On those that it boots; the support table says which.
    const known = (Object.keys(BOARDS) as BoardName[]).filter((board) => boots(BOARDS[board].chip));
    expect(known.length).toBeGreaterThan(17);
    for (const board of known) {
      const touched = await touchedByNovaCore(board);
      expect(touched.length, board).toBeGreaterThan(40);
      expect(touched.filter(({ name }) => name === undefined).map(({ address }) => address.toString(16)), board).toEqual([]);
    }
  });

  it('is the page of gpu-regs', async () => {
    await expect(registersPage()).toMatchFileSnapshot(path('../../packages/gpu-regs/REGISTERS.md'));
  });

  it('and boards are the page of hw-model', async () => {
    await expect(boardsPage()).toMatchFileSnapshot(path('../../packages/hw-model/BOARDS.md'));
  });
});
