import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { at, BAR0_SIZE, CHIPS, FALCONS, REGISTER_UNITS, registerAt, within, type ChipName } from './index.ts';

describe('the register at an address', () => {
  it.each([
    ['ad102', 0x000a00, 'NV_PMC_BOOT_42', undefined],
    ['ad102', 0x110180, 'NV_PFALCON_FALCON_IMEMC(0)', 'gsp'],
    ['ad102', 0x840190, 'NV_PFALCON_FALCON_IMEMC(1)', 'sec2'],
    ['ad102', 0x111388, 'NV_PRISCV_RISCV_CPUCTL', 'gsp'],
    ['ad102', 0x001438, 'NV_PBUS_SW_SCRATCH_0E_FRTS_ERR', undefined],
    ['ad102', 0x00143c, 'NV_PBUS_SW_SCRATCH(15)', undefined],
    ['ad102', 0x088704, 'NV_XVE_MSI_REARM', undefined],
    ['gh100', 0x092004, 'CONFIG', undefined],
    ['ad102', 0x300123, 'PROM', undefined],
    ['ad102', 0x6013d5, 'NV_PDISP_VGA_CRTC', undefined],
  ] as const)('of %s', (chip, address, name, engine) => {
    expect(registerAt(chip, address)).toMatchObject({ name, ...(engine !== undefined && { engine }) });
  });

  it('is found again wherever one is declared', () => {
    for (const register of Object.values(REGISTER_UNITS).flat()) {
      const one = 'count' in register ? at(register, register.count - 1) : register;
      const base = one.space === 'falcon' ? FALCONS.gsp : one.space === 'mirror' ? CHIPS.ad102.family.configMirror.start : 0;
      const found = registerAt('ad102', within(base, one).address);
      expect(found?.register?.address, one.name).toBeDefined();
    }
  });

  it('is nothing where none is', () => {
    expect(registerAt('ad102', 0x123450)).toBeUndefined();
    expect(registerAt('ad102', 0x092000)).toBeUndefined();
    fc.assert(fc.property(fc.constantFrom(...(Object.keys(CHIPS) as ChipName[])), fc.nat(BAR0_SIZE - 1), (chip, address) => {
      expect(registerAt(chip, address)?.name).toBe(registerAt(chip, address - (address % 4))?.name);
    }));
  });
});
