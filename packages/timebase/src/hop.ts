/** Runs `then` after everything that is ready to run now, in no measurable time. */
export type Hop = (then: () => void) => void;

interface Port {
  onmessage: (() => void) | null;
  postMessage(message: unknown): void;
  close(): void;
}

/** What hosts offer for that; none of them is part of the language. */
interface Host {
  readonly setImmediate?: (then: () => void) => unknown;
  readonly MessageChannel?: new () => { readonly port1: Port; readonly port2: Port };
  readonly setTimeout?: (then: () => void, milliseconds: number) => unknown;
}

/** The best that this host has. Browsers delay nested `setTimeout(…, 0)` by 4 ms, hence the channel before it. */
export function hostHop(host: Host = globalThis as unknown as Host): Hop {
  const { setImmediate, MessageChannel, setTimeout } = host;
  if (setImmediate) return (then) => void setImmediate(then);
  if (MessageChannel) {
    return (then) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        then();
      };
      port2.postMessage(undefined);
    };
  }
  if (setTimeout) return (then) => void setTimeout(then, 0);
  // A bare engine: a long chain of microtasks lets all shorter ones go first.
  return (then) => {
    let turn = Promise.resolve();
    for (let i = 0; i < 64; i++) turn = turn.then(() => undefined);
    void turn.then(then);
  };
}
