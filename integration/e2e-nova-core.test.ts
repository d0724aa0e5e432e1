import { syntheticPack, type FirmwareSource } from '@nova-stack/firmware-files';
import { createMachine, type Machine } from '@nova-stack/nova/machine';
import { NovaCoreError } from '@nova-stack/nova-core';
import type { BarMapping, PciDevice } from '@nova-stack/pci';
import type { FaultRule } from '@nova-stack/trace';
import { describe, expect, test } from 'vitest';

import { changed, flip, signatureCount, without } from './boot/firmware-faults.ts';

const pack = (): FirmwareSource => syntheticPack({ chip: 'ad102', version: '570.144' });
const deviceOf = (machine: Machine): PciDevice => machine.pci.find({ vendor: 0x10de, baseClass: 0x03 })[0]!;
const always = (point: string): FaultRule[] => [{ point, action: 'fail', nth: 'every' }];
const once = (point: string, action: string, value?: number): FaultRule[] => [{ point, action, ...(value !== undefined && { value }) }];

interface Case {
  readonly what: string;
  readonly options: { readonly firmware?: FirmwareSource; readonly faults?: FaultRule[] };
  readonly code: string;
  readonly step: string;
  /** Virtual time by which it must be over, seconds. */
  readonly within: number;
  /** The same device boots afterwards. */
  readonly recovers: boolean;
}

const file = (what: string, firmware: FirmwareSource, code = 'FIRMWARE_FILE', step = 'firmware-files'): Case => ({ what, options: { firmware }, code, step, within: 0.1, recovers: false });
const fault = (what: string, faults: FaultRule[], code: string, step: string, within: number, recovers = true): Case => ({ what, options: { faults }, code, step, within, recovers });

const CASES: readonly Case[] = [
  fault('the board firmware never ends', always('hw-model.gfw'), 'TIMEOUT', 'firmware-boot', 4.1, false),
  file('there is no image', without(pack(), '/gsp-')),
  file('there is no bootloader', without(pack(), 'bootloader')),
  file('there is no booter', without(pack(), 'booter_load')),
  file('there is no way down', without(pack(), 'booter_unload')),
  file('the image is cut off', changed(pack(), '/gsp-', (bytes) => bytes.subarray(0, 100))),
  file('a bit of the image is wrong', changed(pack(), '/gsp-', flip(0x20000)), 'FALCON_FAILED', 'booter-load'),
  file('a bit of booter is wrong', changed(pack(), 'booter_load', flip(0x2000)), 'FALCON_FAILED', 'booter-load'),
  file('booter has no signature', changed(pack(), 'booter_load', signatureCount(0))),
  file('booter has more signatures than fit', changed(pack(), 'booter_load', signatureCount(1000))),
  fault('an earlier owner left WPR2', once('hw-model.wpr2', 'left'), 'WPR2_BUSY', 'fwsec-frts', 0.1, false),
  fault('FRTS reports an error', once('gsp-rm.fwsec.frts', 'error', 3), 'FALCON_FAILED', 'fwsec-frts', 0.1),
  fault('booter reports an error', once('gsp-rm.booter.load', 'error', 7), 'FALCON_FAILED', 'booter-load', 0.1),
  fault('the RISC-V core never starts', once('gsp-rm.riscv.start', 'none'), 'TIMEOUT', 'riscv', 5.1),
  fault('the firmware is never ready', once('gsp-rm.initDone', 'drop'), 'TIMEOUT', 'init-done', 5.1),
  fault('the firmware is ready with an error', once('gsp-rm.initDone', 'error', 0x65), 'REFUSED', 'init-done', 0.1),
  fault('a checksum is wrong', once('gsp-rm.rpc.checksum', 'corrupt'), 'RPC', 'sequencer', 10.1),
  fault('the bus loses everything', always('pci.dma.request'), 'WPR2_MISMATCH', 'fwsec-frts', 0.1, false),
];

describe('a boot that fails', () => {
  test.each(CASES)('because $what', async ({ options, code, step, within, recovers }) => {
    const machine = createMachine({ board: 'l40', ...options });
    const device = deviceOf(machine);
    const error: unknown = await machine.core.probe(device).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(NovaCoreError);
    expect(error).toMatchObject({ code, step });
    expect(machine.clock.now()).toBeLessThan(within * 1e9);
    expect(device.dmaInUse()).toEqual([]);
    expect(machine.auxBus.devices()).toEqual([]);
    if (recovers) await (await machine.core.probe(device)).unbind();
  });
});

/** Removes the device at the n-th access to a BAR. */
function removeAt(machine: Machine, device: PciDevice, n: number): void {
  let left = n;
  const mapBar = device.mapBar.bind(device);
  device.mapBar = (index): BarMapping => new Proxy(mapBar(index), {
    get(target, key) {
      const found = Reflect.get(target, key) as unknown;
      if (typeof found !== 'function') return found;
      return (...args: unknown[]): unknown => {
        if (--left === 0) machine.slot.remove();
        return Reflect.apply(found, target, args) as unknown;
      };
    },
  });
}

test('surprise removal at any access ends at once, with nothing left', async () => {
  const outcomes = new Set<string>();
  for (let n = 1; n < 2400; n += 41) {
    const machine = createMachine({ board: 'l40' });
    const device = deviceOf(machine);
    removeAt(machine, device, n);
    const outcome = await machine.core.probe(device).then((core) => core.unbind()).then(() => 'done', (error: unknown) => (error as NovaCoreError).code);
    outcomes.add(outcome);
    expect(device.dmaInUse(), `access ${n}`).toEqual([]);
    expect(machine.auxBus.devices()).toEqual([]);
    expect(machine.clock.now()).toBeLessThan(1e9);
  }
  expect([...outcomes].sort()).toEqual(['DEVICE_LOST', 'done']);
});
