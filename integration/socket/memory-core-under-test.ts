// The in-memory core, put to the test.
import { ContractError } from '@nova-stack/nova-core-api';
import type { Mishap } from '@nova-stack/nova-core-api/conformance';
import { createMemoryCore, memoryTypes } from '@nova-stack/nova-core-api/testing';
import { createVirtualClock } from '@nova-stack/timebase';

import type { TimedCore } from '../nova-core-under-test.ts';

const MiB = 2 ** 20;
const NAMES = { open: 'vgpu.open', reset: 'instance.reset', close: 'instance.release' } as const;

export function memoryCore(): TimedCore {
  const next = new Map<string, Mishap>();
  const stalls = new Map<string, Promise<void>>();
  const clock = createVirtualClock();
  const core = createMemoryCore({
    clock,
    before(operation) {
      const stall = stalls.get(operation);
      stalls.delete(operation);
      if (stall) return stall;
      const how = next.get(operation);
      next.delete(operation);
      if (how !== undefined) throw how === 'timeout' ? new ContractError('Timeout', 'The device did not answer in time') : new ContractError('DeviceError', 'The device refused');
      return undefined;
    },
  });
  return {
    clock,
    endpoint: core.endpoint,
    types: memoryTypes([{ typeId: 10, name: 'Small', profileSize: 8 * MiB }, { typeId: 11, name: 'Large', profileSize: 16 * MiB }]),
    secrets: /\b(?:gsp|firmware)\b/i,
    lent: () => { const { bytes, instances } = core.lent(); return { bytes, instances }; },
    guest: (vf) => ({ read: (offset, length) => core.guestRead(vf, offset, length), write: (offset, bytes) => { core.guestWrite(vf, offset, bytes); } }),
    mishap: (operation, how) => void next.set(NAMES[operation], how),
    stall: (operation) => {
      let go: () => void = () => undefined;
      stalls.set(operation === 'open' ? 'vgpu.open' : 'instance.save', new Promise((resolve) => { go = resolve; }));
      return () => { go(); };
    },
    breakInstance: (vf) => { core.breakInstance(vf); },
    fault: () => { core.published.emit({ kind: 'device.fault', payload: { contained: true } }); },
    quiesce: () => core.published.quiesce(core.clock, 'suspend', 10),
    resume: () => { core.published.resume(); },
    withdraw: (deadline) => core.published.withdraw(core.clock, deadline),
    remove: () => core.remove(),
    close: () => core.remove(),
  };
}
