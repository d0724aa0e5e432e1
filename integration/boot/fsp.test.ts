// The boot through the FSP, when something in it goes wrong: bounded, typed, with nothing left behind, and good the next time.
import { createMachine, type MachineOptions } from '@nova-stack/nova/machine';
import { describe, expect, test } from 'vitest';

const BOARDS = ['h100', 'b200', 'rtx5090'] as const;
type Fault = NonNullable<MachineOptions['faults']>[number];

const CASES: readonly (readonly [string, Fault, object])[] = [
  ['an FSP that does not get through', { point: 'hw-model.fsp.boot', action: 'stuck', nth: 'every' }, { code: 'TIMEOUT', step: 'firmware-boot' }],
  ['an FSP that never answers', { point: 'hw-model.fsp.silent', action: 'silent' }, { code: 'TIMEOUT', step: 'chain-of-trust' }],
  ['an FSP that refuses', { point: 'gsp-rm.fsp.cot', action: 'refuse', value: 0x1c }, { code: 'FSP', step: 'chain-of-trust', detail: { type: 0x14, error: 0x1c } }],
  ['a GSP-FMC that fails', { point: 'gsp-rm.fmc', action: 'fail', value: 0x77 }, { code: 'FALCON_FAILED', step: 'lockdown', detail: { mailbox0: 0x77 } }],
  ['a core that does not start', { point: 'gsp-rm.riscv.start', action: 'dead' }, { code: 'TIMEOUT', step: 'riscv' }],
  ['firmware that never says that it is up', { point: 'gsp-rm.initDone', action: 'drop' }, { code: 'TIMEOUT', step: 'init-done' }],
];

describe.each(BOARDS)('%s', (board) => {
  test.each(CASES)('%s', async (_, fault, expected) => {
    const machine = createMachine({ board, version: '570.144', faults: [fault] });
    const [device] = machine.pci.find({ vendor: 0x10de });
    await expect(machine.core.probe(device!)).rejects.toMatchObject(expected);
    expect([device!.dmaInUse(), machine.auxBus.devices()]).toEqual([[], []]);
  });

  test('comes up after a failure', async () => {
    const machine = createMachine({ board, version: '570.144', faults: [{ point: 'gsp-rm.fmc', action: 'fail', nth: 1 }] });
    const [device] = machine.pci.find({ vendor: 0x10de });
    await expect(machine.core.probe(device!)).rejects.toMatchObject({ step: 'lockdown' });
    await (await machine.core.probe(device!)).unbind();
    expect(device!.dmaInUse()).toEqual([]);
  });
});
