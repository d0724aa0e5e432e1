import { PciError } from './errors.ts';

/**
 * Names a type of what the driver of a physical function shares with those of its virtual functions. Two keys are never
 * equal, whatever their labels: share the key object. Any object with a label will do.
 */
export interface PublicationKey<T> {
  readonly label: string;
  /** Exists for the type checker alone. */
  readonly type?: () => T;
}

/** What a driver has published with its device: one thing at a time. */
export class Publications {
  readonly #name: string;
  #current: { readonly key: PublicationKey<unknown>; readonly value: unknown } | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  /** @returns takes it back; twice is once. @throws {@link PciError} `BUSY`. */
  publish<T>(key: PublicationKey<T>, value: T): () => void {
    if (this.#current) throw new PciError('BUSY', `${this.#name} publishes ${this.#current.key.label} already`);
    const mine = (this.#current = { key, value });
    return () => {
      if (this.#current === mine) this.#current = undefined;
    };
  }

  /** @throws {@link PciError} `NOT_PUBLISHED`, `BAD_KEY`. */
  open<T>(key: PublicationKey<T>): T {
    if (!this.#current) throw new PciError('NOT_PUBLISHED', `The driver of ${this.#name} publishes nothing: asked for ${key.label}`);
    if (this.#current.key !== key) throw new PciError('BAD_KEY', `The driver of ${this.#name} publishes ${this.#current.key.label}: asked for ${key.label}`);
    return this.#current.value as T;
  }
}
