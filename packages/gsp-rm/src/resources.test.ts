import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { allocate, emptyResources, findObject, free, INTERNAL, type ClassFacts, type ResourceState } from './resources.ts';
import { STATUS } from './status.ts';

const CLASSES: Readonly<Record<number, ClassFacts>> = {
  0x0000: { kind: 'client', parents: [], paramsSize: 120, paramsRequired: false },
  0x0080: { kind: 'device', parents: ['client'], paramsSize: 56, paramsRequired: false },
  0x2080: { kind: 'subdevice', parents: ['device'], paramsSize: 4, paramsRequired: false },
  0x90f1: { kind: 'vaspace', parents: ['device'], paramsSize: 48, paramsRequired: true },
};
const fresh = (): ResourceState => emptyResources({ device: 0x80, subdevice: 0x2080 });
const none = new Uint8Array(0);

test('a client, a device, a subdevice; freeing the client frees all, children first', () => {
  const state = fresh();
  const client = 0xc1d00000;
  expect(allocate(state, CLASSES, { client, parent: client, handle: client, class: 0, params: none })).toEqual({ status: 0, handle: client });
  expect(allocate(state, CLASSES, { client, parent: client, handle: 0xde1d0000, class: 0x80, params: none }).status).toBe(0);
  expect(allocate(state, CLASSES, { client, parent: 0xde1d0000, handle: 0x5d1d0000, class: 0x2080, params: none }).status).toBe(0);
  expect(free(state, client, client).freed.map(({ handle }) => handle)).toEqual([0x5d1d0000, 0xde1d0000, client]);
  expect(state.clients.size).toBe(1);
});

test('the root client is created under rpc.hClient, whatever hObject says', () => {
  const state = fresh();
  expect(allocate(state, CLASSES, { client: 0xc1e00004, parent: 0, handle: 0xcf000000, class: 0, params: none })).toEqual({ status: 0, handle: 0xc1e00004 });
});

describe('refusals', () => {
  const state = fresh();
  const client = 0xc1d00000;
  allocate(state, CLASSES, { client, parent: 0, handle: client, class: 0, params: none });
  allocate(state, CLASSES, { client, parent: client, handle: 1, class: 0x80, params: none });
  const good = { client, parent: 1, handle: 2, class: 0x2080, params: none };
  test.each([
    ['INVALID_CLASS', { class: 0x1234 }], ['INVALID_CLIENT', { client: 7 }], ['INVALID_OBJECT_PARENT', { parent: 9 }],
    ['INVALID_OBJECT_PARENT', { parent: client }], ['INSERT_DUPLICATE_NAME', { handle: 1 }],
    ['INVALID_PARAM_STRUCT', { params: new Uint8Array(5) }], ['INSERT_DUPLICATE_NAME', { class: 0 }],
    ['INVALID_PARAM_STRUCT', { class: 0x90f1 }],
  ] as const)('%s for %o', (status, change) => {
    expect(allocate(state, CLASSES, { ...good, ...change }).status).toBe(STATUS[status]);
  });
  test('objects that do not exist, or are the firmware\'s own, are not freed', () => {
    expect(free(state, client, 99).status).toBe(STATUS.OBJECT_NOT_FOUND);
    expect(free(state, 99, 99).status).toBe(STATUS.INVALID_CLIENT);
    expect(free(state, INTERNAL.client, INTERNAL.subdevice).status).toBe(STATUS.OBJECT_NOT_FOUND);
    expect(findObject(state, INTERNAL.client, INTERNAL.subdevice)?.kind).toBe('subdevice');
  });
});

test('against a simple reference: a set of paths', () => {
  const handle = fc.integer({ min: 1, max: 6 });
  const step = fc.oneof(
    fc.record({ op: fc.constant('alloc' as const), client: handle, parent: handle, handle, class: fc.constantFrom(0, 0x80, 0x2080, 0x90f1) }),
    fc.record({ op: fc.constant('free' as const), client: handle, handle }),
  );
  fc.assert(fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
    const state = fresh();
    // client → handle → parent
    const model = new Map<number, Map<number, { parent: number; kind: string }>>();
    for (const s of steps) {
      if (s.op === 'alloc') {
        const facts = CLASSES[s.class]!;
        const ok = facts.kind === 'client'
          ? !model.has(s.client)
          : model.has(s.client) && !model.get(s.client)!.has(s.handle) && facts.parents.includes(model.get(s.client)!.get(s.parent)?.kind as never);
        const params = new Uint8Array(facts.paramsRequired ? facts.paramsSize : 0);
        expect(allocate(state, CLASSES, { ...s, params }).status === 0).toBe(ok);
        if (ok && facts.kind === 'client') model.set(s.client, new Map([[s.client, { parent: 0, kind: 'client' }]]));
        else if (ok) model.get(s.client)!.set(s.handle, { parent: s.parent, kind: facts.kind });
      } else {
        const objects = model.get(s.client);
        const ok = objects?.has(s.handle) === true;
        expect(free(state, s.client, s.handle).status === 0).toBe(ok);
        if (!ok) continue;
        if (s.client === s.handle) model.delete(s.client);
        else {
          const gone = new Set([s.handle]);
          for (let grown = true; grown;) {
            grown = false;
            for (const [child, { parent }] of objects) {
              if (!gone.has(parent) || gone.has(child)) continue;
              gone.add(child);
              grown = true;
            }
          }
          for (const each of gone) objects.delete(each);
        }
      }
      for (const [client, objects] of model) expect(new Set(state.clients.get(client)?.keys())).toEqual(new Set(objects.keys()));
      expect(state.clients.size).toBe(model.size + 1);
    }
  }), { numRuns: 100 });
});
