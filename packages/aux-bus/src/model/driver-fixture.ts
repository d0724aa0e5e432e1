import type { BoundDevice, CoreDevice, DeviceRef, Managed } from '../binding/context.ts';
import type { ParentDevice } from '../device/parent.ts';
import type { AuxiliaryDriver } from '../driver.ts';
import { endpointKey, type EndpointKey } from '../endpoint.ts';
import { AuxBusError, type Errno } from '../errno.ts';
import type { DeviceView } from '../inspect/view.ts';
import { POWER_CALLBACKS, type PowerCallback } from '../power/steps.ts';
import { isDown, NESTED, type Script } from './plan-fixture.ts';
import type { Slot } from './slot-fixture.ts';
import type { World } from './world-fixture.ts';

export const KEY: EndpointKey<Slot> = endpointKey('slot');
const OTHER: EndpointKey<Slot> = endpointKey('slot');

/** Something that must not be touched when it is dead. */
interface Resource {
  dead: boolean;
}

/** What a driver keeps of a device: all of it must be of no use when the device has been let go. */
export interface Kept {
  readonly device: BoundDevice<unknown>;
  readonly ref: DeviceRef;
  readonly resource: Managed<Resource>;
  readonly scope: ParentDevice;
  readonly slot: Slot;
}

function codeOf(work: () => unknown): Errno | 'OK' {
  try {
    work();
    return 'OK';
  } catch (error) {
    if (error instanceof AuxBusError) return error.code;
    throw error;
  }
}

/** Checks that what was kept of a device is of no use any more. */
export function checkStale(world: World, { device, resource, ref }: Kept, other: Kept | undefined): void {
  const { ledger } = world;
  ledger.check(38, codeOf(() => device.endpoint(KEY)) === 'ENODEV', `endpoint of ${device.name} after unbind`);
  ledger.check(38, codeOf(() => resource.access(() => undefined)) === 'ENODEV' && resource.tryAccess(() => 1) === undefined, `resource of ${device.name} after unbind`);
  ledger.check(37, codeOf(() => device.defer('late', () => undefined)) === 'ENODEV', `${device.name} took a resource after unbind`);
  if (other) ledger.check(40, codeOf(() => other.resource.with(device)) === 'ENODEV', `stale proof of ${device.name}`);
  ref.put();
}

/** A driver that does as its script says and looks at everything it can see. */
export function scriptedDriver(world: World, number: number, table: readonly string[], script: Script, life: { ended: boolean }): AuxiliaryDriver<Kept> {
  const { bus, ledger } = world;
  const name = `d.${number}`;
  const inside = <S>(device: CoreDevice<S>, what: string, work: (slot: Slot) => Promise<void> | void): Promise<void> => world.callback(device.endpoint(KEY), life, `${what} by ${name}`, work);

  const power = (callback: PowerCallback) => <S>(device: CoreDevice<S>): Promise<void> => inside(device, callback, async (slot) => {
    world.power.called(slot.name, callback);
    await world.pause();
    if (isDown(callback) && callback === script.refuses) throw new AuxBusError('EIO', 'not now');
    world.power.done(slot.name, callback);
  });

  return {
    module: 'd', name: String(number), idTable: table.map((entry) => ({ name: entry })),
    async probe(device, id) {
      world.probes++;
      const slot = device.endpoint(KEY);
      ledger.check(8, id.name === device.matchName && table.includes(device.matchName) && !world.watch.bound.has(device.name) && slot.onBus && !slot.deleteCalled, `probe of ${device.name}`);
      ledger.check(6, device.matchName.length < 40, 'a long name was probed');
      ledger.check(41, device.endpoint(KEY) === slot && codeOf(() => device.endpoint(OTHER)) === 'EINVAL' && !slot.dropped, `registration data of ${device.name}`);
      ledger.check(47, !world.blocked, `probe of ${device.name} while probing is blocked`);
      let kept: Kept | undefined;
      await inside(device, 'probe', async () => {
        const order: string[] = [];
        const resource: Resource = { dead: false };
        const view = (): DeviceView | undefined => bus.devices().find((one) => one.name === device.name);
        device.defer('last to go', () => {
          ledger.check(34, order.join() === 'thrower,resource', `released ${order.join()}`);
          ledger.check(36, order.includes('thrower'), 'one that threw was called');
          const seen = view();
          // While it is being deleted nobody sees it.
          if (seen) ledger.check(35, seen.heldBy === name && !seen.driverData, `${device.name} is held by ${seen.heldBy} while resources go`);
        });
        const managed = device.manage('resource', resource, (one) => {
          ledger.check(39, managed.uses === 0 && !one.dead, 'resource released while in use, or twice');
          one.dead = true;
          order.push('resource');
        });
        const throwing = device.manage('thrower', 0, () => {
          order.push('thrower');
          throw new Error('as told');
        });
        const other = world.kept[0];
        if (other) {
          ledger.check(40, codeOf(() => other.resource.with(device)) === 'EINVAL', `${device.name} opened a resource of ${other.device.name}`);
          ledger.check(40, managed.with(device) === resource && throwing.with(device) === 0, 'own proof was refused');
        }
        await world.pause();
        if (script.answer === 'throw') throw new TypeError('as told');
        if (script.answer === 'needs' && !world.watch.bound.has(script.needs)) throw new AuxBusError('EPROBE_DEFER', `needs ${script.needs}`, { waitsFor: script.needs });
        if (script.answer !== 'ok' && script.answer !== 'needs') throw new AuxBusError(script.answer, 'as told');
        // Published devices do not publish others in turn, and one that fails afterwards would wake others for ever.
        if (script.nests && device.id < NESTED) await world.nest(device);
        kept = { device: device as unknown as BoundDevice<unknown>, ref: device.retain(), resource: managed, scope: device.asParent, slot };
      }).catch((error: unknown) => {
        if (!(error instanceof AuxBusError) || error.code === 'EIO') world.loud++;
        slot.failed = true;
        throw error;
      });
      world.kept.push(kept!);
      return kept!;
    },
    remove: (device, kept) => inside(device, 'remove', async () => {
      ledger.check(13, world.watch.bound.get(device.name) === name, `remove of ${device.name} without probe`);
      ledger.check(32, kept.scope.children.length === 0, `${device.name} removed before its children`);
      world.removes++;
      const seen = bus.devices().find((one) => one.name === device.name);
      if (seen) ledger.check(35, seen.driverData && seen.phase === 'unbinding', `${device.name} is ${seen.phase} in remove`);
      ledger.check(38, !kept.resource.access((resource) => resource.dead), 'resource is dead before remove');
      await world.pause();
      world.letGo(kept);
      if (script.refuses) throw new Error('remove fails, and nobody minds');
    }),
    shutdown: (device) => inside(device, 'shutdown', async (slot) => {
      world.power.shutDown(slot);
      await world.pause();
    }),
    pm: Object.fromEntries(POWER_CALLBACKS.map((callback) => [callback, power(callback)])),
  };
}
