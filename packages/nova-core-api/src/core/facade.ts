import type { Capability } from '../capabilities.ts';
import { ContractError } from '../errors.ts';
import type { Field, Fields, Named } from '../schema/fields.ts';
import type { Interface, Operation } from '../schema/interface.ts';
import { checkFields } from '../validate.ts';

/** A call as a session judges it. */
export interface Call {
  readonly name: string;
  readonly operation: Operation;
  readonly onObject: boolean;
}

/** What a facade asks of the session that it belongs to. */
export interface FacadeHost {
  readonly capabilities: readonly Capability[];
  /** What the session answers by itself. */
  readonly own: Callable;
  /** @throws {ContractError} when the session's state does not allow the call. */
  permit(call: Call): void;
  /** Why nothing can be handed out any more, or undefined. */
  over(): ContractError | undefined;
  /** Counts a call; the function returned ends it. */
  begin(call: Call): (failed: boolean) => void;
  /** Takes an object into the session's keeping; the function returned gives it back, once. */
  keep(kind: string, release: () => Promise<void>): () => Promise<void>;
  /** What the client gets for something that a core threw. */
  translate(name: string, error: unknown): ContractError;
}

export type Callable = Readonly<Record<string, (input?: unknown) => unknown>>;
type Outputs = Readonly<Record<string, unknown>>;

/** Where methods stand: on an interface, or on an object that may have been given back. */
interface Place {
  readonly label: string;
  readonly schema: Interface;
  readonly backend: Callable;
  readonly host: FacadeHost;
  readonly object?: Lease;
}

/** The methods of an interface, over what a core implements. */
export function interfaceFacade(schema: Interface, backend: object, host: FacadeHost): object {
  return methods(schema.operations, { label: schema.name, schema, backend: backend as Callable, host });
}

function methods(operations: Readonly<Record<string, Operation>>, place: Place): Record<string, unknown> {
  return Object.fromEntries(Object.entries(operations).map(([name, operation]) => [name, method(name, operation, place)]));
}

function method(member: string, operation: Operation, place: Place): (input?: unknown) => unknown {
  const { schema, backend, host, object } = place;
  const name = `${place.label}.${member}`;
  const call: Call = { name, operation, onObject: object !== undefined };
  const granted = host.capabilities.includes(operation.needs);
  const serve = (input: unknown): unknown => (operation.bySession ? host.own : backend)[member]!(input);
  const before = (input: unknown): void => {
    host.permit(call);
    object?.live();
    if (!granted) {
      throw new ContractError('MissingCapability', `${name} needs the capability ${operation.needs}, which was not granted`, { subject: operation.needs });
    }
    if (operation.in) checkFields(schema, name, operation.in, input);
  };
  if (operation.sync) {
    return (input) => {
      before(input);
      const end = host.begin(call);
      let failed = true;
      try {
        const output = answer(name, operation, serve(input), place);
        failed = false;
        return output;
      } catch (error) {
        throw host.translate(name, error);
      } finally {
        end(failed);
      }
    };
  }
  return async (input) => {
    before(input);
    const end = host.begin(call);
    const done = object?.begin();
    let failed = true;
    try {
      const output = answer(name, operation, await serve(input), place);
      const late = host.over();
      if (late) throw late;
      failed = false;
      return output;
    } catch (error) {
      throw host.translate(name, error);
    } finally {
      done?.();
      end(failed);
    }
  };
}

/** The client's own copy of an answer. Objects in it are in the session's keeping before anything is judged. */
function answer(name: string, { out }: Operation, output: unknown, place: Place): unknown {
  if (!out) return undefined;
  let objects: Map<string, object> | undefined;
  for (const member in out) {
    const field = out[member]!;
    if (field.kind !== 'object') continue;
    const given = (output as Outputs | undefined)?.[member];
    if (typeof given === 'object' && given !== null) (objects ??= new Map()).set(member, objectFacade(field.object, given as Callable, place));
  }
  try {
    checkFields(place.schema, name, out, output, 'ignore');
  } catch (error) {
    // The client must not take it for its own mistake.
    throw new Error(`The core's answer is not what the contract says: ${error instanceof Error ? error.message : ''}`, { cause: error });
  }
  return copied(place.schema, out, output as Outputs, objects);
}

/** A copy of the declared fields; whatever else a core put there stays behind. */
function copied(schema: Named, fields: Fields, output: Outputs, objects?: ReadonlyMap<string, object>): Outputs {
  const copy: Record<string, unknown> = {};
  for (const name in fields) {
    const field = fields[name]!;
    const value = output[name];
    if (value !== undefined) copy[name] = field.kind === 'object' ? objects?.get(name) : copyOf(schema, field, value);
  }
  return Object.freeze(copy);
}

function copyOf(schema: Named, field: Field, value: unknown): unknown {
  switch (field.kind) {
    case 'octets': case 'data':
      return (value as Uint8Array).slice();
    case 'record':
      return copied(schema, schema.records[field.record]!, value as Outputs);
    case 'list':
      return Object.freeze((value as readonly unknown[]).map((item) => copyOf(schema, field.element, item)));
    default:
      return value;
  }
}

/** An object in a client's hands: once it was given back no call starts, and it goes only when none runs. */
class Lease {
  readonly #kind: string;
  #running = 0;
  #idle: (() => void) | undefined;
  #gone = false;

  constructor(kind: string) {
    this.#kind = kind;
  }

  live(): void {
    if (this.#gone) throw new ContractError('InvalidState', `The ${this.#kind} was released`, { subject: this.#kind });
  }

  begin(): () => void {
    this.#running++;
    return () => {
      if (--this.#running === 0) this.#idle?.();
    };
  }

  /** No call starts from now on. Resolves when none runs. */
  async end(): Promise<void> {
    this.#gone = true;
    if (this.#running > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
  }
}

function objectFacade(kind: string, backend: Callable, { schema, host }: Place): object {
  const lease = new Lease(kind);
  const giveBack = host.keep(kind, async () => {
    await lease.end();
    await backend['release']!();
  });
  return Object.freeze({
    ...methods(schema.objects[kind]!.operations, { label: kind, schema, backend, host, object: lease }),
    release: giveBack,
  });
}
