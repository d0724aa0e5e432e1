// For tests: how many descriptors of this process are of the same file as one of them. Other tests run in the same process,
// so what is open altogether tells nothing.
import { fstatSync, readdirSync, readFileSync } from 'node:fs';

function identity(fd: number | string): string | undefined {
  try {
    const [eventfd] = /eventfd-id:\s*\w+/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')) ?? [];
    const { dev, ino } = fstatSync(Number(fd));
    return eventfd ?? `${dev} ${ino}`;
  } catch {
    // It was closed meanwhile.
    return undefined;
  }
}

export function holders(fd: number): number {
  const wanted = identity(fd);
  return readdirSync('/proc/self/fd').filter((other) => identity(other) === wanted).length;
}
