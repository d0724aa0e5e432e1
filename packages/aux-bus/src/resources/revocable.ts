import { AuxBusError } from '../errno.ts';

/** What a callback that must not wait may return: anything but a promise. */
export type Sync<R> = R extends PromiseLike<unknown> ? never : R;

/** Refuses a promise that the types could not see. @throws {@link AuxBusError} `EINVAL`. */
export function requireSync<R>(result: R, what: string): R {
  if (typeof (result as { then?: unknown } | null | undefined)?.then === 'function') {
    throw new AuxBusError('EINVAL', `${what}: the callback must not return a promise`);
  }
  return result;
}

/**
 * A value that can be taken away while others still hold on to this object. Once it is revoked every access fails
 * with `ENODEV`; whoever revokes waits for the accesses under way, and then the value is disposed of.
 * Source: linux: rust/kernel/revocable.rs.
 */
export class Revocable<T> {
  readonly label: string;
  #held: { readonly value: T } | undefined;
  #uses = 0;
  #idle: (() => void) | undefined;
  #revocation: Promise<void> | undefined;
  readonly #dispose: ((value: T) => void | Promise<void>) | undefined;

  constructor(label: string, value: T, dispose?: (value: T) => void | Promise<void>) {
    this.label = label;
    this.#held = { value };
    this.#dispose = dispose;
  }

  get revoked(): boolean {
    return this.#held === undefined;
  }

  /** Accesses under way. */
  get uses(): number {
    return this.#uses;
  }

  /** Lends the value for the time of `work`. @throws {@link AuxBusError} `ENODEV`; `EINVAL` when `work` returns a promise. */
  access<R>(work: (value: T) => Sync<R>): R {
    const value = this.#enter();
    try {
      return requireSync(work(value) as R, `Access to ${this.label}`);
    } finally {
      this.#exit();
    }
  }

  /** As `access`, but undefined when it was revoked. @throws {@link AuxBusError} `EINVAL` when `work` returns a promise. */
  tryAccess<R>(work: (value: T) => Sync<R>): R | undefined {
    return this.revoked ? undefined : this.access(work);
  }

  /** Lends the value until the promise settles: revocation waits for that. @throws {@link AuxBusError} `ENODEV`. */
  async use<R>(work: (value: T) => Promise<R>): Promise<R> {
    const value = this.#enter();
    try {
      return await work(value);
    } finally {
      this.#exit();
    }
  }

  /**
   * Takes the value away. From this call on nobody gets at it; when it resolves nobody uses it and it was disposed of.
   *
   * @returns Whether this call did it.
   * @throws what disposing throws.
   */
  async revoke(): Promise<boolean> {
    const held = this.#held;
    this.#held = undefined;
    if (held) this.#revocation = this.#end(held.value);
    await this.#revocation;
    return held !== undefined;
  }

  async #end(value: T): Promise<void> {
    if (this.#uses > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
    await this.#dispose?.(value);
  }

  #enter(): T {
    if (!this.#held) throw new AuxBusError('ENODEV', `${this.label} was revoked`);
    this.#uses++;
    return this.#held.value;
  }

  #exit(): void {
    if (--this.#uses === 0) this.#idle?.();
  }
}
