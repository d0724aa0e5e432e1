// Operations of a session: what takes time in a core becomes an object that can be watched, cancelled and given back.
import type { Capability } from '../capabilities.ts';
import { ContractError } from '../errors.ts';
import type { BackendObjectOf, BackendOf, EventPayload } from '../schema/interface.ts';
import type { VGPU_V2 } from '../schema/vgpu-v2.ts';
import { Stream } from './stream.ts';
import { UNWATCHED, type CoreInstance, type Made, type RestoringWork, type SavingWork, type VgpuCore } from './vgpu-core.ts';

/** Operations that a session can hold. */
export const MAX_OPERATIONS = 16;

type Vgpu2 = BackendOf<typeof VGPU_V2>;
type BackendOperation = BackendObjectOf<typeof VGPU_V2, 'operation'>;
type BackendInstance = BackendObjectOf<typeof VGPU_V2, 'instance'>;
type Kind = keyof typeof VGPU_V2.enums.OperationKind;
type State = keyof typeof VGPU_V2.enums.OperationState;
type Started = Awaited<ReturnType<Vgpu2['open']>>;

const cancelled = (): ContractError => new ContractError('Cancelled', 'The operation was cancelled');
const notOf = (what: string): ContractError => new ContractError('InvalidState', `The operation ${what}`, { subject: 'operation' });

export interface OperationsHost {
  readonly capabilities: readonly Capability[];
  /** An operation of the session ended. */
  done(payload: EventPayload<typeof VGPU_V2, 'operation.done'>): void;
  /** What the client gets for something that a core threw. */
  translate(what: string, error: unknown): ContractError;
}

/** One operation. */
class Operation {
  readonly id: bigint;
  readonly kind: Kind;
  readonly stream = new Stream();
  /** The caller knows that it is under way, or why it is not. */
  readonly admitted: Promise<void>;
  readonly ended: Promise<void>;
  made: Made | undefined;
  taken = false;
  error: ContractError | undefined;
  #state: State = 'Running';
  #begun = false;
  #done = 0;
  #total = 0;
  #admit: () => void = () => undefined;

  constructor(id: bigint, kind: Kind, run: (work: SavingWork & RestoringWork) => Promise<Made | undefined>, host: OperationsHost) {
    this.id = id;
    this.kind = kind;
    const begun = new Promise<void>((resolve) => { this.#admit = resolve; });
    const running = run(this.#work());
    this.admitted = Promise.race([begun, running.then(() => undefined)]);
    this.ended = running.then((made) => {
      this.made = made;
      this.#end('Done', host);
    }, (error: unknown) => {
      if (!this.#begun) return;
      this.error = host.translate(`operation ${kind}`, error);
      this.#end(this.error.code === 'Cancelled' ? 'Cancelled' : 'Failed', host);
    });
  }

  get running(): boolean {
    return this.#state === 'Running' || this.#state === 'Cancelling';
  }

  get state(): State {
    return this.#state;
  }

  get status(): ReturnType<BackendOperation['status']> {
    return { id: this.id, kind: this.kind, state: this.#state, done: this.#done, total: this.#total };
  }

  cancel(): void {
    if (this.#state !== 'Running') return;
    this.#state = 'Cancelling';
    this.stream.fail(cancelled());
  }

  #end(state: State, host: OperationsHost): void {
    this.#state = state;
    if (state === 'Done' && this.#total > 0) this.#done = this.#total;
    if (state === 'Done') this.stream.end();
    else this.stream.fail(this.error ?? cancelled());
    host.done({ operation: this.id, kind: this.kind, state });
  }

  #work(): SavingWork & RestoringWork {
    return {
      begin: (total) => {
        this.#begun = true;
        this.#total = total;
        this.#admit();
      },
      progress: (done) => { this.#done = Math.max(this.#done, this.#total > 0 ? Math.min(done, this.#total) : done); },
      cancelled: () => this.#state === 'Cancelling',
      checkpoint: () => { if (this.#state === 'Cancelling') throw cancelled(); },
      put: (bytes) => this.stream.put(bytes.slice()),
      take: () => this.stream.take(),
    };
  }
}

/** The second major, over a core: one for each session. */
export class Operations {
  readonly #core: VgpuCore;
  readonly #host: OperationsHost;
  readonly #held = new Set<Operation>();
  #nextId = 1n;

  constructor(core: VgpuCore, host: OperationsHost) {
    this.#core = core;
    this.#host = host;
  }

  /** The session ends: what is under way is to end too. */
  cancelAll(): void {
    for (const operation of this.#held) operation.cancel();
  }

  /** What the session's calls go to. */
  get backend(): Vgpu2 {
    const core = this.#core;
    return {
      querySupport: () => ({ ...core.querySupport(), operations: MAX_OPERATIONS }),
      listTypes: () => core.listTypes(),
      submitTypes: (input) => core.submitTypes(input),
      capacity: () => core.capacity(),
      placements: (input) => core.placements(input),
      setMode: (input) => core.setMode(input),
      assign: (input) => {
        const needs = 'vgpu.placement.explicit';
        if (input.placement !== undefined && !this.#host.capabilities.includes(needs)) {
          return Promise.reject(new ContractError('MissingCapability', `vgpu.assign with a place needs the capability ${needs}, which was not granted`, { subject: needs }));
        }
        return core.assign(input);
      },
      unassign: (input) => core.unassign(input),
      getAssignment: (input) => core.getAssignment(input),
      open: (input) => this.#start('open', (work) => core.open(input, work)),
      restore: (input) => this.#start('restore', (work) => core.restore(input, work)),
    };
  }

  async #start(kind: Kind, run: (work: SavingWork & RestoringWork) => Promise<Made | undefined>): Promise<Started> {
    if (this.#held.size >= MAX_OPERATIONS) throw new ContractError('NoCapacity', `A session holds at most ${MAX_OPERATIONS} operations at a time`, { subject: 'operation' });
    const operation = new Operation(this.#nextId++, kind, run, this.#host);
    this.#held.add(operation);
    try {
      await operation.admitted;
    } catch (error) {
      this.#held.delete(operation);
      throw error;
    }
    return { operation: this.#backendOf(operation), id: operation.id };
  }

  #backendOf(operation: Operation): BackendOperation {
    return {
      status: () => operation.status,
      cancel: () => { operation.cancel(); },
      wait: async () => {
        await operation.ended;
        return { state: operation.state };
      },
      outcome: () => {
        if (operation.running) throw new ContractError('Busy', 'The operation is under way', { subject: 'operation' });
        if (operation.error) throw operation.error;
      },
      // eslint-disable-next-line @typescript-eslint/require-await -- its errors are rejections, as those of every operation
      instance: async () => {
        if (operation.running) throw new ContractError('Busy', 'The operation is under way', { subject: 'operation' });
        if (operation.error) throw operation.error;
        const { made } = operation;
        if (!made || operation.taken) throw notOf(made ? 'has given its instance' : 'makes no instance');
        operation.taken = true;
        return { instance: this.#instance(made.instance), identity: made.identity };
      },
      read: async ({ length }) => {
        if (operation.kind !== 'save') throw notOf('saves nothing');
        const bytes = await operation.stream.take(length);
        return { bytes: bytes ?? new Uint8Array(0), end: bytes === undefined || operation.stream.empty };
      },
      write: async ({ bytes, end }) => {
        if (operation.kind !== 'restore') throw notOf('restores nothing');
        if (operation.stream.ended) throw notOf('was told that no more comes');
        const room = operation.stream.put(bytes.slice());
        if (end) operation.stream.end();
        await room;
      },
      release: async () => {
        operation.cancel();
        await operation.ended;
        this.#held.delete(operation);
        if (operation.made && !operation.taken) await this.#closed(operation.made.instance);
      },
    };
  }

  #instance(instance: CoreInstance): BackendInstance {
    let closed = false;
    const open = (): void => {
      if (closed) throw new ContractError('InvalidState', 'The instance is closed', { subject: 'instance' });
    };
    const start = async (kind: Kind, run: (work: SavingWork & RestoringWork) => Promise<void>): Promise<Started> => {
      open();
      return this.#start(kind, (work) => run(work).then(() => undefined));
    };
    return {
      setBusMaster: async (input) => {
        open();
        await instance.setBusMaster(input);
      },
      info: () => {
        open();
        return instance.info();
      },
      stop: async () => {
        open();
        await instance.stop();
      },
      resume: async () => {
        open();
        await instance.resume();
      },
      compatibility: () => {
        open();
        return instance.compatibility();
      },
      reset: () => start('reset', (work) => instance.reset(work)),
      save: () => start('save', (work) => instance.save(work)),
      // A closing that has begun has its own end; whatever that is, there is nothing left to close.
      close: () => start('close', (work) => instance.close({ ...work, begin: (total) => { closed = true; work.begin(total); } })),
      release: async () => {
        if (!closed) await this.#closed(instance);
        closed = true;
      },
    };
  }

  async #closed(instance: CoreInstance): Promise<void> {
    await instance.close(UNWATCHED);
  }
}
