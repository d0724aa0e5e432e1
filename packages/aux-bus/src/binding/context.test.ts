import { describe, expect, expectTypeOf, it } from 'vitest';

import { bench, client, code } from '../bench-fixture.ts';
import type { AuxBus } from '../aux-bus.ts';
import type { BoundDevice, CoreDevice, DeviceRef, NormalDevice } from './context.ts';

async function bound(more: Parameters<typeof client>[1]): Promise<{ readonly bus: AuxBus; readonly log: string[] }> {
  const { bus, log } = bench();
  await bus.registerDriver(client(log, more));
  await bus.publish({ parent: bus.parent('p'), module: 'core', name: 'client', id: 0 });
  return { bus, log };
}

describe('the three kinds of device, for the type checker', () => {
  it('makes weaker ones of stronger ones, and never the other way', () => {
    expectTypeOf<CoreDevice<'a'>>().toExtend<BoundDevice<'a'>>();
    expectTypeOf<BoundDevice<'a'>>().toExtend<NormalDevice>();
    expectTypeOf<NormalDevice>().not.toExtend<BoundDevice<'a'>>();
    expectTypeOf<BoundDevice<'a'>>().not.toExtend<CoreDevice<'a'>>();
  });

  it('keeps one scope apart from another', () => {
    expectTypeOf<BoundDevice<'a'>>().not.toExtend<BoundDevice<'b'>>();
    expectTypeOf<BoundDevice<'a'>>().not.toExtend<BoundDevice<unknown>>();
  });

  it('lets no device out of the scope in which it is bound', async () => {
    let kept: BoundDevice<unknown> | undefined;
    const slot: { ref?: DeviceRef } = {};
    await bound({
      probe: (device) => {
        // @ts-expect-error -- the scope has no name outside
        kept = device;
        slot.ref = device.retain();
        return '';
      },
    });
    // @ts-expect-error -- nor can it be what the callback returns
    const leaked: BoundDevice<unknown> = slot.ref!.withBound((device) => device);
    expect([kept, leaked].map((device) => device!.bound)).toEqual([true, true]);
    slot.ref!.put();
  });

  it('lets only what can be called in a callback be called there', async () => {
    const slot: { ref?: DeviceRef } = {};
    await bound({ probe: (device) => ((slot.ref = device.retain()), '') });
    slot.ref!.withBound((device) => {
      // @ts-expect-error -- link is for callbacks
      expect(device.link).toBeUndefined();
    });
    // @ts-expect-error -- a normal device has no resources
    expect(slot.ref!.device.defer).toBeUndefined();
    slot.ref!.put();
  });

  it('lets no callback wait where waiting is not allowed', async () => {
    const slot: { ref?: DeviceRef } = {};
    await bound({ probe: (device) => ((slot.ref = device.retain()), '') });
    // @ts-expect-error -- a promise
    expect(() => slot.ref!.withBound(() => Promise.resolve(1))).toThrow(code('EINVAL'));
    expect(slot.ref!.withBound(({ name }) => name)).toBe('core.client.0');
    slot.ref!.put();
  });
});

describe('a reference', () => {
  it('leads to the device while it is bound, by whichever driver, and ends once', async () => {
    const slot: { ref?: DeviceRef } = {};
    const { bus } = await bound({ probe: (device) => ((slot.ref ??= device.retain()), '') });
    const ref = slot.ref!;
    expect([ref.bound, ref.device.name, ref.device.modalias, ref.device.parent]).toEqual([true, 'core.client.0', 'auxiliary:core.client', 'p']);
    await bus.unbind('client', 'core.client.0');
    expect(() => ref.withBound(() => 1)).toThrow(code('ENODEV'));
    await bus.bind('client', 'core.client.0');
    expect(ref.withBound((device) => device.id)).toBe(0);
    const second = ref.device.retain();
    ref.put();
    expect(() => ref.withBound(() => 1)).toThrow(code('ENODEV'));
    expect(() => ref.put()).toThrow(code('EINVAL'));
    expect(second.bound).toBe(true);
    second.put();
  });
});
