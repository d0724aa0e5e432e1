import type { Step } from '../errors.ts';
import { hex, NovaCoreError } from '../errors.ts';
import type { Control, ObjectForm } from '../firmware/abi.ts';
import type { GspClient } from '../gsp/client.ts';

/** Clients of the driver's own have handles from here on. */
const FIRST_CLIENT = 0xc1d0_8000;
const FIRST_OBJECT = 0xcf00_0000;
const STEP: Step = 'memory';

/** A client of the firmware's resource server, and the objects that hang on it. Freeing it frees them all. */
export class RmClient {
  readonly #gsp: GspClient;
  readonly #handle: number;
  #next = FIRST_OBJECT;
  readonly device: number;
  readonly subdevice: number;

  private constructor(gsp: GspClient, handle: number) {
    this.#gsp = gsp;
    this.#handle = handle;
    this.device = this.#next++;
    this.subdevice = this.#next++;
  }

  /** @param number - which of the driver's clients it is, from 0 on. @throws {@link NovaCoreError} `REFUSED`, `RPC`, `TIMEOUT` */
  static async open(gsp: GspClient, number: number): Promise<RmClient> {
    const handle = FIRST_CLIENT + number;
    const { client, device, subdevice } = gsp.abi.channels.objects;
    const made = new RmClient(gsp, handle);
    await made.#put(0, handle, client, { handle });
    try {
      await made.#put(handle, made.device, device, { client: handle });
      await made.#put(made.device, made.subdevice, subdevice, undefined);
    } catch (error) {
      await made.close().catch(() => undefined);
      throw error;
    }
    return made;
  }

  /** @returns its handle */
  alloc<Request>(parent: number, form: ObjectForm<Request>, request: Request): Promise<number> {
    return this.#put(parent, this.#next++, form, request);
  }

  async control<Request, Reply>(object: number, control: Control<Request, Reply>, request: Request): Promise<Reply> {
    const params = control.encode(request);
    const reply = await this.#gsp.call(STEP, { ...this.#gsp.abi.messages.control, name: control.name }, { client: this.#handle, object, command: control.command, params });
    if (reply.status !== 0) throw refused(control.name, reply.status);
    return control.decode(reply.params);
  }

  async close(): Promise<void> {
    await this.#gsp.call(STEP, this.#gsp.abi.messages.free, { client: this.#handle, object: this.#handle });
  }

  async #put<Request>(parent: number, handle: number, form: ObjectForm<Request>, request: Request): Promise<number> {
    const reply = await this.#gsp.call(STEP, this.#gsp.abi.messages.alloc, { client: this.#handle, parent, object: handle, class: form.class, params: form.params(request) });
    if (reply.status !== 0) throw refused(`an object of class ${hex(form.class)}`, reply.status);
    return handle;
  }
}

const refused = (name: string, status: number): NovaCoreError =>
  new NovaCoreError('REFUSED', STEP, `the firmware answers ${name} with status ${hex(status)}`, { detail: { status, name } });
