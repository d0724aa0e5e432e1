import { readFileSync } from 'node:fs';

import { expect, it, vi } from 'vitest';

import { at, chipById, decode, FALCONS, get, make, NV_PBUS_BAR0_WINDOW, NV_PFALCON_FALCON_IMEMC, NV_PMC_BOOT_42, within } from './index.ts';

it('does what its README shows', () => {
  const print = vi.spyOn(console, 'log').mockImplementation(() => undefined);

  // A value that was read from BAR0 at NV_PMC_BOOT_42.address
  const { architecture, implementation } = decode(NV_PMC_BOOT_42, 0x192a1000);
  const chip = chipById((architecture << 4) | implementation);
  console.log(chip?.name, chip?.family.signatureSection); // ad102 .fwsignature_ad10x

  // A value to be written, and one field of it
  const window = make(NV_PBUS_BAR0_WINDOW, { base: 0x5fff0 });
  console.log(window.toString(16), get(NV_PBUS_BAR0_WINDOW, 'base', window)); // 5fff0 393200

  // Arrays, and registers that count from an engine's base
  const port = within(FALCONS.gsp, at(NV_PFALCON_FALCON_IMEMC, 1));
  console.log(port.name, port.address.toString(16)); // NV_PFALCON_FALCON_IMEMC(1) 110190

  expect(print.mock.calls).toEqual([['ad102', '.fwsignature_ad10x'], ['5fff0', 393200], ['NV_PFALCON_FALCON_IMEMC(1)', '110190']]);
  print.mockRestore();
});

it('shows in its README what is tested here', () => {
  const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
  const [, code] = /```ts\n(.*?)```/s.exec(read('../README.md'))!;
  const here = read(import.meta.url).replaceAll(/^ {2}/gm, '');
  for (const line of code!.replace('@nova-stack/gpu-regs', './index.ts').split('\n')) expect(here).toContain(line);
});
