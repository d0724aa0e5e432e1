import { messageOf } from '../errno.ts';

/** What gives one resource back. */
export type Release = () => void | Promise<void>;

/** Several releases failed; `errors` has them in the order in which they happened. */
export class ReleaseError extends Error {
  override readonly name: string = 'ReleaseError';
  readonly code = 'RELEASE_FAILED' as const;
  readonly errors: readonly unknown[];

  constructor(errors: readonly unknown[]) {
    super(`${errors.length} releases failed; the first: ${messageOf(errors[0])}`, { cause: errors[0] });
    this.errors = errors;
  }
}

/** One resource on a {@link ReleaseStack}. */
export interface Held {
  /** Gives it back before its turn. @returns False when that was done before. @throws what its release throws. */
  release(): Promise<boolean>;
  /** Takes it off the stack without giving it back. @returns False when it is no longer there. */
  forget(): boolean;
}

/** What was held between its opening and its closing, and can be given back at once. Groups may be nested. */
export interface ReleaseGroup {
  /** What is held from now on does not belong to the group. */
  close(): void;
  /** Closes it and gives back what it has, last first. @throws as {@link ReleaseStack.release}. */
  release(): Promise<void>;
}

interface Entry {
  readonly label: string;
  readonly release: Release;
  readonly groups: readonly object[];
}

/**
 * Gives back, last first, what was acquired in order. One that fails does not keep the others from being given back.
 *
 * ```ts
 * const held = new ReleaseStack();
 * const buffer = allocate();
 * held.defer('queue memory', () => buffer.free());
 * await held.release();
 * ```
 */
export class ReleaseStack {
  #entries: Entry[] = [];
  #open: object[] = [];
  #releasing: Promise<void> | undefined;

  /** What is held, oldest first. */
  get labels(): readonly string[] {
    return this.#entries.map(({ label }) => label);
  }

  get size(): number {
    return this.#entries.length;
  }

  /** Holds one resource; `label` says what, for reports of leaks. */
  defer(label: string, release: Release): Held {
    // The list goes with the resource when the stack is moved.
    const entries = this.#entries;
    const entry: Entry = { label, release, groups: [...this.#open] };
    entries.push(entry);
    const forget = (): boolean => {
      const index = entries.lastIndexOf(entry);
      if (index >= 0) entries.splice(index, 1);
      return index >= 0;
    };
    const giveBack = async (): Promise<boolean> => {
      if (!forget()) return false;
      await release();
      return true;
    };
    return { forget, release: giveBack };
  }

  /** Opens a group: what is held until it is closed belongs to it. */
  group(): ReleaseGroup {
    const id = {};
    this.#open.push(id);
    const entries = this.#entries;
    const close = (): void => {
      this.#open = this.#open.filter((one) => one !== id);
    };
    const release = async (): Promise<void> => {
      close();
      await drain(() => {
        const index = entries.findLastIndex(({ groups }) => groups.includes(id));
        return index < 0 ? undefined : entries.splice(index, 1)[0];
      });
    };
    return { close, release };
  }

  /** Moves everything to a new stack: what was acquired step by step is now somebody else's to give back. */
  move(): ReleaseStack {
    const stack = new ReleaseStack();
    stack.#entries = this.#entries;
    this.#entries = [];
    return stack;
  }

  /**
   * Gives everything back, each once, last first; also what a release adds meanwhile. A call during a release waits
   * for that one.
   *
   * @throws the error of the release that failed, or {@link ReleaseError} when several did; all were tried.
   */
  async release(): Promise<void> {
    this.#releasing ??= drain(() => this.#entries.pop()).finally(() => (this.#releasing = undefined));
    await this.#releasing;
  }
}

async function drain(next: () => Entry | undefined): Promise<void> {
  const errors: unknown[] = [];
  for (let entry = next(); entry; entry = next()) {
    try {
      await entry.release();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length === 1) throw errors[0];
  if (errors.length > 1) throw new ReleaseError(errors);
}
