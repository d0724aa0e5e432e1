import type { Trace } from '@nova-stack/trace';

import type { Device } from '../device/device.ts';
import { messageOf, type AuxBusError } from '../errno.ts';
import type { AuxEvent, NotifierAction, NotifierEvent, Uevent, UeventAction } from './events.ts';

/** Per notification: its point, and the uevent that follows it. */
const TOLD: Readonly<Record<NotifierAction, { readonly point: string; readonly uevent?: UeventAction }>> = {
  ADD_DEVICE: { point: 'added', uevent: 'add' },
  DEL_DEVICE: { point: 'deleting' },
  REMOVED_DEVICE: { point: 'removed', uevent: 'remove' },
  BIND_DRIVER: { point: 'binding' },
  BOUND_DRIVER: { point: 'bound', uevent: 'bind' },
  UNBIND_DRIVER: { point: 'unbinding' },
  UNBOUND_DRIVER: { point: 'unbound', uevent: 'unbind' },
  DRIVER_NOT_BOUND: { point: 'not-bound' },
};

type Unnumbered = Omit<NotifierEvent, 'seq'> | Omit<Uevent, 'seq'>;

/** Tells listeners and the trace what happens, numbered. */
export class Journal {
  readonly trace: Trace;
  readonly #listeners = new Set<(event: AuxEvent) => void>();
  #seq = 0;
  #uevents = 0;

  constructor(trace: Trace) {
    this.trace = trace;
  }

  listen(listener: (event: AuxEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Notifies, and sends the uevent that goes with it. */
  notify(action: NotifierAction, { device, driver, error }: { readonly device: Device; readonly driver?: string; readonly error?: AuxBusError }): void {
    const { point, uevent } = TOLD[action];
    const who = { device: device.name, ...(driver !== undefined && { driver }), ...(error && { code: error.code }) };
    this.trace.event(`aux-bus.device.${point}`, who);
    this.#tell({ kind: 'notifier', action, ...who });
    if (uevent) this.deviceUevent(uevent, device);
  }

  deviceUevent(action: UeventAction, device: Device, more: Readonly<Record<string, string>> = {}): void {
    const driver = device.binding?.phase === 'bound' ? { DRIVER: device.binding.entry.name } : {};
    this.#uevent(action, 'auxiliary', device.name, `/devices/${device.path}`, { ...driver, MODALIAS: device.modalias, ...more });
  }

  driverUevent(action: UeventAction, name: string): void {
    this.#uevent(action, 'drivers', name, `/bus/auxiliary/drivers/${name}`, {});
  }

  #uevent(action: UeventAction, subsystem: Uevent['subsystem'], name: string, path: string, more: Readonly<Record<string, string>>): void {
    const number = ++this.#uevents;
    this.trace.event('aux-bus.uevent', { action, name, subsystem, number });
    this.#tell({ kind: 'uevent', action, name, subsystem, env: { ACTION: action, DEVPATH: path, SUBSYSTEM: subsystem, ...more, SEQNUM: String(number) } });
  }

  /** A listener that fails harms neither the bus nor the others. */
  #tell(event: Unnumbered): void {
    const numbered = { ...event, seq: this.#seq++ } as AuxEvent;
    for (const listener of [...this.#listeners]) {
      try {
        listener(numbered);
      } catch (error) {
        this.trace.event('aux-bus.listener.failed', { message: messageOf(error) });
      }
    }
  }
}
