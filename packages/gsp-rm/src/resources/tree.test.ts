import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { STATUS, type Status } from '../status.ts';
import type { ObjectKind } from './kinds.ts';
import {
  dataOf, duplicate, emptyResources, findObject, free, INTERNAL, insert, place, type AllocRequest, type ClassFacts, type ResourceState,
} from './tree.ts';

const CLASSES: Readonly<Record<number, ClassFacts>> = {
  0x0000: { kind: 'client', parents: [], paramsSize: 120, paramsRequired: false },
  0x0080: { kind: 'device', parents: ['client'], paramsSize: 56, paramsRequired: false },
  0x2080: { kind: 'subdevice', parents: ['device'], paramsSize: 4, paramsRequired: false },
  0x90f1: { kind: 'vaspace', parents: ['device', 'subdevice'], paramsSize: 48, paramsRequired: true },
  0x007e: { kind: 'event', parents: 'any', paramsSize: 24, paramsRequired: true },
  0x0081: { kind: 'memory', parents: ['device'], paramsSize: 0, paramsRequired: false },
};
const none = new Uint8Array(0);

/** As the server does it; what is remembered is the object's own number, to tell copies from others. */
function allocate(state: ResourceState, request: AllocRequest): { readonly status: Status; readonly handle: number } {
  const facts = CLASSES[request.class];
  const where = place(state, facts, request);
  if ('status' in where) return { status: where.status, handle: request.handle };
  insert(state, where, request.class, facts!.kind, facts!.kind === 'memory' ? { size: state.nextBody, pages: [] } : undefined);
  return { status: STATUS.OK, handle: where.handle };
}

test('a client, a device, a subdevice; freeing the client frees all, children first', () => {
  const state = emptyResources();
  const client = 0xc1d00000;
  expect(allocate(state, { client, parent: client, handle: client, class: 0, params: none })).toEqual({ status: 0, handle: client });
  expect(allocate(state, { client, parent: client, handle: 0xde1d0000, class: 0x80, params: none }).status).toBe(0);
  expect(allocate(state, { client, parent: 0xde1d0000, handle: 0x5d1d0000, class: 0x2080, params: none }).status).toBe(0);
  expect(free(state, client, client).freed.map(({ handle }) => handle)).toEqual([0x5d1d0000, 0xde1d0000, client]);
  expect(state.clients.size).toBe(1);
});

test('the root client is created under rpc.hClient, whatever hObject says', () => {
  expect(allocate(emptyResources(), { client: 0xc1e00004, parent: 0, handle: 0xcf000000, class: 0, params: none })).toEqual({ status: 0, handle: 0xc1e00004 });
});

test('a handle of zero lets the server choose one that is free', () => {
  const state = emptyResources();
  allocate(state, { client: 1, parent: 0, handle: 1, class: 0, params: none });
  const first = allocate(state, { client: 1, parent: 1, handle: 0, class: 0x80, params: none }).handle;
  allocate(state, { client: 1, parent: 1, handle: first + 1, class: 0x80, params: none });
  expect(allocate(state, { client: 1, parent: 1, handle: 0, class: 0x80, params: none })).toEqual({ status: 0, handle: first + 2 });
});

describe('refusals', () => {
  const state = emptyResources();
  const client = 0xc1d00000;
  allocate(state, { client, parent: 0, handle: client, class: 0, params: none });
  allocate(state, { client, parent: client, handle: 1, class: 0x80, params: none });
  const good = { client, parent: 1, handle: 2, class: 0x2080, params: none };
  test.each([
    ['INVALID_CLASS', { class: 0x1234 }], ['INVALID_CLIENT', { client: 7 }], ['INVALID_OBJECT_PARENT', { parent: 9 }],
    ['INVALID_OBJECT_PARENT', { parent: client }], ['INSERT_DUPLICATE_NAME', { handle: 1 }],
    ['INVALID_PARAM_STRUCT', { params: new Uint8Array(5) }], ['INSERT_DUPLICATE_NAME', { class: 0 }],
    ['INVALID_PARAM_STRUCT', { class: 0x90f1 }], ['INVALID_CLIENT', { client: INTERNAL.client, parent: INTERNAL.device }],
    ['INVALID_OBJECT_HANDLE', { handle: 0xcaf3f123 }], ['INVALID_CLIENT', { class: 0, client: 0 }],
  ] as const)('%s for %o', (status, change) => {
    expect(allocate(state, { ...good, ...change }).status).toBe(STATUS[status]);
  });
  test('objects that do not exist, or are the firmware\'s own, are not freed', () => {
    expect(free(state, client, 99).status).toBe(STATUS.OBJECT_NOT_FOUND);
    expect(free(state, 99, 99).status).toBe(STATUS.INVALID_CLIENT);
    expect(free(state, INTERNAL.client, INTERNAL.subdevice).status).toBe(STATUS.OBJECT_NOT_FOUND);
    expect(findObject(state, INTERNAL.client, INTERNAL.subdevice)?.kind).toBe('subdevice');
  });
});

test('a tree as deep as a driver likes is freed whole', () => {
  const state = emptyResources();
  allocate(state, { client: 1, parent: 0, handle: 1, class: 0, params: none });
  for (let handle = 2; handle <= 20_000; handle++) {
    expect(allocate(state, { client: 1, parent: handle - 1, handle, class: 0x7e, params: new Uint8Array(24) }).status).toBe(0);
  }
  const { freed } = free(state, 1, 2);
  expect([freed.length, freed[0]!.handle, state.clients.get(1)!.size]).toEqual([19_999, 20_000, 1]);
});

/** The simple reference: handles with their parents, and for memory a number that copies share. */
class Reference {
  readonly clients = new Map<number, Map<number, { readonly parent: number; readonly kind: ObjectKind; readonly memory: number }>>();
  #next = 1;

  #mayHave(client: number, parent: number, handle: number, facts: ClassFacts): boolean {
    const objects = this.clients.get(client);
    const above = objects?.get(parent);
    return objects !== undefined && above !== undefined && !objects.has(handle) && (facts.parents === 'any' || facts.parents.includes(above.kind));
  }

  alloc(client: number, parent: number, handle: number, cls: number): boolean {
    const facts = CLASSES[cls]!;
    if (facts.kind === 'client') {
      if (this.clients.has(client)) return false;
      this.clients.set(client, new Map([[client, { parent: 0, kind: 'client', memory: 0 }]]));
      return true;
    }
    if (!this.#mayHave(client, parent, handle, facts)) return false;
    this.clients.get(client)!.set(handle, { parent, kind: facts.kind, memory: facts.kind === 'memory' ? this.#next++ : 0 });
    return true;
  }

  dup(client: number, parent: number, handle: number, sourceClient: number, source: number): boolean {
    const object = this.clients.get(sourceClient)?.get(source);
    const facts = object && Object.values(CLASSES).find(({ kind }) => kind === object.kind);
    if (object === undefined || facts === undefined || (object.kind !== 'memory' && object.kind !== 'vaspace') || !this.#mayHave(client, parent, handle, facts)) return false;
    this.clients.get(client)!.set(handle, { ...object, parent });
    return true;
  }

  free(client: number, handle: number): boolean {
    const objects = this.clients.get(client);
    if (objects?.has(handle) !== true) return false;
    for (const [child, { parent, kind }] of [...objects]) if (parent === handle && kind !== 'client') this.free(client, child);
    objects.delete(handle);
    if (client === handle) this.clients.delete(client);
    return true;
  }
}

test('against a simple reference, 10,000 commands and more', () => {
  const handle = fc.integer({ min: 1, max: 16 });
  const client = fc.integer({ min: 1, max: 3 });
  const step = fc.oneof(
    { weight: 12, arbitrary: fc.record({ op: fc.constant('alloc' as const), client, parent: handle, handle, class: fc.constantFrom(...Object.keys(CLASSES).map(Number)) }) },
    { weight: 3, arbitrary: fc.record({ op: fc.constant('dup' as const), client, parent: handle, handle, sourceClient: client, source: handle }) },
    { weight: 1, arbitrary: fc.record({ op: fc.constant('free' as const), client, handle }) },
  );
  let commands = 0;
  let done = 0;
  fc.assert(fc.property(fc.array(step, { minLength: 300, maxLength: 600, size: 'max' }), (steps) => {
    let state = emptyResources();
    const model = new Reference();
    for (const [index, s] of steps.entries()) {
      commands++;
      let status: Status;
      let expected: boolean;
      if (s.op === 'alloc') {
        const { paramsRequired, paramsSize } = CLASSES[s.class]!;
        status = allocate(state, { ...s, params: new Uint8Array(paramsRequired ? paramsSize : 0) }).status;
        expected = model.alloc(s.client, s.parent, s.handle, s.class);
      } else if (s.op === 'dup') {
        ({ status } = duplicate(state, (cls) => CLASSES[cls], s));
        expected = model.dup(s.client, s.parent, s.handle, s.sourceClient, s.source);
      } else {
        ({ status } = free(state, s.client, s.handle));
        expected = model.free(s.client, s.handle);
      }
      expect(status === STATUS.OK).toBe(expected);
      if (expected) done++;
      // Plain data: nothing is lost on the way through a snapshot.
      if (index % 50 === 0) state = structuredClone(state);
      if (index % 10 !== 0) continue;
      expect(state.clients.size).toBe(model.clients.size + 1);
      const shared = new Map<number, number>();
      for (const [client, objects] of model.clients) {
        expect(new Set(state.clients.get(client)?.keys())).toEqual(new Set(objects.keys()));
        for (const [each, { memory }] of objects) {
          if (memory === 0) continue;
          const { size } = dataOf(state, findObject(state, client, each), 'memory')!;
          expect(shared.get(memory) ?? size).toBe(size);
          shared.set(memory, size);
        }
      }
      expect(state.bodies.size).toBe(shared.size);
    }
  }), { numRuns: 60 });
  expect(commands).toBeGreaterThanOrEqual(10_000);
  // Most arbitrary commands are refused; enough are not.
  expect(done).toBeGreaterThan(1000);
});
