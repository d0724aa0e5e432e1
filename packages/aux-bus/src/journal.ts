import type { Trace } from '@nova-stack/trace';

import type { AuxBusError } from './errno.ts';
import type { AuxAction, AuxEvent } from './events.ts';
import { modaliasOf } from './name.ts';

/** Tells listeners and the trace what happens, numbered. */
export class Journal {
  readonly trace: Trace;
  readonly #listeners = new Set<(event: AuxEvent) => void>();
  #seq = 0;

  constructor(trace: Trace) {
    this.trace = trace;
  }

  listen(listener: (event: AuxEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  tell(action: AuxAction, device: string, driver?: string, error?: AuxBusError): void {
    const who = { device, ...(driver !== undefined && { driver }), ...(error && { code: error.code }) };
    this.trace.event(`aux-bus.device.${action}`, who);
    const event: AuxEvent = { seq: this.#seq++, action, modalias: modaliasOf(device), ...who };
    for (const listener of this.#listeners) listener(event);
  }
}
