import type { Layout, Partially } from '@nova-stack/c-layout';
import type { ObjectKind } from '../resources/kinds.ts';
import type { ControlCodec } from '../release.ts';

/**
 * Builders of control codecs. An answer is written over the request's parameters: fields that the handler does not
 * name come back as they were sent.
 */

const nothing = (): undefined => undefined;

function over<V extends object, Out>(layout: Layout<V>, out: (answer: Out) => Partially<V>): (params: Uint8Array, answer: Out) => void {
  return (params, answer) => {
    layout.write(params, 0, Object.assign(layout.read(params), out(answer)));
  };
}

/** A control that only asks. */
export function query<V extends object, Out>(
  command: number, layout: Layout<V>, on: ObjectKind, out: (answer: Out) => Partially<V>,
): ControlCodec<undefined, Out> {
  return { command, on, size: layout.size, decode: nothing, encode: over(layout, out) };
}

/** A control that tells something and gets a status back. */
export function order<V extends object, In>(
  command: number, layout: Layout<V>, on: ObjectKind, input: (value: V) => In,
): ControlCodec<In, undefined> {
  return { command, on, size: layout.size, decode: (params) => input(layout.read(params)), encode: nothing };
}

/** A control with parameters in both directions. */
export function exchange<V extends object, In, Out>(
  command: number, layout: Layout<V>, on: ObjectKind, input: (value: V) => In, out: (answer: Out) => Partially<V>,
): ControlCodec<In, Out> {
  return { command, on, size: layout.size, decode: (params) => input(layout.read(params)), encode: over(layout, out) };
}

/** A control without parameters. */
export function signal(command: number, on: ObjectKind): ControlCodec<undefined, undefined> {
  return { command, on, size: 0, decode: nothing, encode: nothing };
}
