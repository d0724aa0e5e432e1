/** Until the user, or whoever started this, wants it to end. */
export function interrupted(): Promise<unknown> {
  return new Promise((resolve) => { for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve); });
}
