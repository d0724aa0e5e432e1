import type { Capability } from '../capabilities.ts';
import { ContractError } from '../errors.ts';
import type { Field, Fields } from '../schema/fields.ts';
import type { Interface, Operation, Operations } from '../schema/interface.ts';
import { checkFields } from '../validate.ts';

/** What a facade asks of the session that it belongs to. */
export interface FacadeHost {
  readonly capabilities: readonly Capability[];
  /** @throws {ContractError} when the session's state does not allow the call. */
  permit(call: { readonly name: string; readonly sync: boolean; readonly onObject: boolean }): void;
  /** Counts a call that is under way; the function returned ends it. */
  begin(): () => void;
  /** Takes an object into the session's keeping; the function returned gives it back once. */
  keep(label: string, release: () => Promise<void>): () => Promise<void>;
  /** What the client gets for something that a core threw. */
  translate(error: unknown): ContractError;
}

type Callable = Readonly<Record<string, (input?: unknown) => unknown>>;

/** The methods of an interface at an agreed minor, over what the core implements. */
export function interfaceFacade(schema: Interface, minor: number, backend: object, host: FacadeHost): object {
  return methods(schema, minor, schema.operations, backend as Callable, host, { label: schema.name, onObject: false });
}

interface Place {
  readonly label: string;
  readonly onObject: boolean;
  /** Throws when the object was given back. */
  readonly live?: () => void;
}

function methods(schema: Interface, minor: number, operations: Operations, backend: Callable, host: FacadeHost, place: Place): Record<string, unknown> {
  const facade: Record<string, unknown> = {};
  for (const [name, operation] of Object.entries(operations)) {
    if ((operation.since ?? 0) > minor) continue;
    facade[name] = method(schema, minor, `${place.label}.${name}`, operation, (input) => backend[name]!(input), host, place);
  }
  return facade;
}

function method(
  schema: Interface, minor: number, name: string, operation: Operation, call: (input: unknown) => unknown, host: FacadeHost, place: Place,
): (input?: unknown) => unknown {
  const before = (input: unknown): void => {
    host.permit({ name, sync: operation.sync === true, onObject: place.onObject });
    place.live?.();
    if (!host.capabilities.includes(operation.needs)) {
      throw new ContractError('MissingCapability', `${name} needs the capability ${operation.needs}, which was not granted`, { subject: operation.needs });
    }
    if (operation.in) checkFields(schema, name, operation.in, input);
  };
  const after = (output: unknown): unknown => (operation.out ? wrap(schema, minor, operation.out, output as Readonly<Record<string, unknown>>, host) : undefined);
  if (operation.sync) {
    return (input) => {
      before(input);
      try {
        return after(call(input));
      } catch (error) {
        throw host.translate(error);
      }
    };
  }
  return async (input) => {
    before(input);
    const end = host.begin();
    try {
      return after(await call(input));
    } catch (error) {
      throw host.translate(error);
    } finally {
      end();
    }
  };
}

/** The client's own copy of an answer, objects in it wrapped. */
function wrap(schema: Interface, minor: number, fields: Fields, output: Readonly<Record<string, unknown>>, host: FacadeHost): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) {
    const value = output[name];
    if (value !== undefined) copy[name] = wrapValue(schema, minor, field, value, host);
  }
  return Object.freeze(copy);
}

function wrapValue(schema: Interface, minor: number, field: Field, value: unknown, host: FacadeHost): unknown {
  switch (field.kind) {
    case 'octets': case 'data':
      return (value as Uint8Array).slice();
    case 'record':
      return wrap(schema, minor, schema.records[field.record]!, value as Readonly<Record<string, unknown>>, host);
    case 'list':
      return Object.freeze((value as readonly unknown[]).map((item) => wrapValue(schema, minor, field.element, item, host)));
    case 'object':
      return objectFacade(schema, minor, field.object, value as Callable, host);
    default:
      return value;
  }
}

function objectFacade(schema: Interface, minor: number, kind: string, backend: Callable, host: FacadeHost): object {
  const { operations } = schema.objects[kind]!;
  let released: Promise<void> | undefined;
  const giveBack = host.keep(kind, async () => { await backend['release']!(); });
  const live = (): void => {
    if (released) throw new ContractError('InvalidState', `This ${kind} was released`, { subject: kind });
  };
  return Object.freeze({
    ...methods(schema, minor, operations, backend, host, { label: kind, onObject: true, live }),
    // Twice is once: the session may have released it first.
    release: async (): Promise<void> => {
      try {
        await (released ??= giveBack());
      } catch (error) {
        throw host.translate(error);
      }
    },
  });
}
