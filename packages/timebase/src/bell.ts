import type { Wake } from './clock.ts';

/** A {@link Wake} that somebody rings. */
export interface Bell extends Wake {
  /** Has every wait that listens look at once. */
  ring(): void;
}

/** Creates a bell that nobody listens to yet. */
export function createBell(): Bell {
  const listeners = new Set<() => void>();
  return {
    listen(look) {
      listeners.add(look);
      return () => void listeners.delete(look);
    },
    ring() {
      // One that stops listening while it is told must not keep another from hearing.
      for (const look of [...listeners]) look();
    },
  };
}
