import type { Capability } from '../capabilities.ts';
import type { Fields, Named, ObjectMarker, ValueOf } from './fields.ts';

/** One operation: what goes in, what comes out, what it needs. */
export interface Operation {
  readonly text: string;
  /** The capability that must have been granted. */
  readonly needs: Capability;
  readonly in?: Fields;
  readonly out?: Fields;
  /** First minor that has it; default 0. */
  readonly since?: number;
  /** Answers at once instead of with a promise; may also be called from an event handler. */
  readonly sync?: true;
  /** Gives something back, so it is allowed also while the core is ending the session. */
  readonly ending?: true;
  /** The session answers by itself; a core does not implement it. */
  readonly bySession?: true;
}
export type Operations = Readonly<Record<string, Operation>>;

/** A kind of object that operations give; `release` comes with every kind. */
export interface ObjectKind {
  readonly text: string;
  readonly operations: Operations;
}

export const SEVERITIES = { info: 1, warning: 2, error: 3, fatal: 4 } as const;
export type Severity = keyof typeof SEVERITIES;

export interface EventKind {
  readonly text: string;
  /** Wire number. */
  readonly code: number;
  readonly severity: Severity;
  readonly payload: Fields;
  /** First minor that has it; default 0. */
  readonly since?: number;
  /** The capability that must have been granted besides `device.events`. */
  readonly needs?: Capability;
  /** Never dropped when the queue is full: always, or where a field of the payload has one of these values. */
  readonly terminal?: true | { readonly field: string; readonly values: readonly string[] };
}

/** One interface at one version. */
export interface Interface extends Named {
  readonly name: InterfaceName;
  readonly major: number;
  readonly minor: number;
  /** Enumerations that may grow with a minor although values of them come out: whoever reads one must take a number that it does not know. */
  readonly open?: readonly string[];
  readonly operations: Operations;
  readonly objects: Readonly<Record<string, ObjectKind>>;
  readonly events: Readonly<Record<string, EventKind>>;
}

export const INTERFACES = { base: 1, vgpu: 2, drm: 3 } as const;
export type InterfaceName = keyof typeof INTERFACES;

type Resolve<V, I> = V extends ObjectMarker<infer N>
  ? I extends { readonly objects: infer O } ? (N extends keyof O ? ObjectOf<I, N> : never) : never
  : V;
type Resolved<V, I> = { readonly [K in keyof V]: Resolve<V[K], I> };

type In<O, I> = O extends { readonly in: infer F } ? [input: ValueOf<F, I>] : [];
type Out<O, I> = O extends { readonly out: infer F } ? Resolved<ValueOf<F, I>, I> : undefined;

type Method<O, I> = O extends { readonly sync: true } ? (...input: In<O, I>) => Out<O, I> : (...input: In<O, I>) => Promise<Out<O, I>>;
type Methods<Ops, I> = { readonly [K in keyof Ops]: Method<Ops[K], I> };

/** What a client holds of an object: its operations, and the way to give it back. */
export type ObjectOf<I, N extends string> = I extends { readonly objects: infer O }
  ? N extends keyof O
    ? O[N] extends { readonly operations: infer Ops } ? Methods<Ops, I> & { readonly release: () => Promise<void> } : never
    : never
  : never;

/** What a client calls. */
export type ClientOf<I> = I extends { readonly operations: infer Ops } ? Methods<Ops, I> : never;

type Maybe<O, I> = O extends { readonly sync: true } ? (...input: In<O, I>) => BackendOut<O, I> : (...input: In<O, I>) => Promise<BackendOut<O, I>>;
type BackendResolve<V, I> = V extends ObjectMarker<infer N>
  ? I extends { readonly objects: infer O } ? (N extends keyof O ? BackendObjectOf<I, N> : never) : never
  : V;
// eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- a core's method without an answer may return anything
type BackendOut<O, I> = O extends { readonly out: infer F } ? { readonly [K in keyof ValueOf<F, I>]: BackendResolve<ValueOf<F, I>[K], I> } : void;

/** What a core implements of an object. */
export type BackendObjectOf<I, N extends string> = I extends { readonly objects: infer O }
  ? N extends keyof O
    ? O[N] extends { readonly operations: infer Ops } ? { readonly [K in keyof Ops]: Maybe<Ops[K], I> } & { readonly release: () => Promise<void> } : never
    : never
  : never;

/** What a core implements of an interface. */
export type BackendOf<I> = I extends { readonly operations: infer Ops }
  ? { readonly [K in keyof Ops as Ops[K] extends { readonly bySession: true } ? never : K]: Maybe<Ops[K], I> }
  : never;

/** Payload of an event kind. */
export type EventPayload<I, K> = I extends { readonly events: infer E } ? (K extends keyof E ? (E[K] extends { readonly payload: infer F } ? ValueOf<F, I> : never) : never) : never;
