import type { FirmwareHardware } from '@nova-stack/hw-model/port';
import type { ControlIntents } from '../control-intents.ts';
import type { FirmwareEvent } from '../events.ts';
import type { Release } from '../release.ts';
import type { ResourceObject } from '../resources/tree.ts';
import type { GspRmState } from '../state.ts';
import type { Status } from '../status.ts';

/** Surroundings of whatever serves a request. */
export interface ServeContext {
  readonly hardware: FirmwareHardware;
  readonly state: GspRmState;
  readonly release: Release;
  /** Sends an event before the reply. */
  readonly emit: (event: FirmwareEvent) => void;
}

/** Surroundings of a control's handler: also what the control was sent to. */
export interface HandlerContext extends ServeContext {
  readonly client: number;
  readonly object: ResourceObject;
}

/** A status alone, or an answer, which implies OK. */
export type Answer<Out> = { readonly status: Status } | { readonly out: Out };

/** What the model does for each of `Intents`, once for all releases. */
export type Handlers<Intents extends Partial<ControlIntents>> = {
  readonly [Name in keyof Intents]: Intents[Name] extends { readonly in: infer In; readonly out: infer Out }
    ? (context: HandlerContext, input: In) => Answer<Out>
    : never;
};
