// Finds clang and runs it.
import { spawn, spawnSync } from 'node:child_process';

import { ImportError } from './errors.ts';

/** The first whose debugging information names types as C does. */
const OLDEST = 14;

/** Names under which distributions install it; the plain one first, then the newest. */
const NAMES: readonly string[] = ['clang', ...Array.from({ length: 20 }, (_, age) => `clang-${OLDEST + 19 - age}`)];

const INSTALL = `install clang ${OLDEST} or newer (Debian, Ubuntu: apt-get install clang; Fedora: dnf install clang; macOS: xcode-select --install), or name one that is not on the PATH`;

/** Lines of clang's that an error shows. */
const SHOWN = 5;

export interface Run {
  /** Null when a signal ended it. */
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

export class Clang {
  readonly program: string;

  /** @throws ImportError `clang-missing` when `program`, or without it any clang on the PATH, is not there or too old. */
  constructor(program?: string) {
    const candidates = (program === undefined ? NAMES : [program]).map((name) => ({ name, version: versionOf(name) })).filter(({ version }) => version !== undefined);
    const usable = candidates.find(({ version }) => version! >= OLDEST);
    if (usable === undefined) {
      const old = candidates[0];
      const why = old === undefined ? `${program ?? NAMES[0]!} is not to be found or is no clang` : `${old.name} is version ${old.version!}`;
      throw new ImportError('clang-missing', `reading the headers takes clang, and ${why}; ${INSTALL}`);
    }
    this.program = usable.name;
  }

  /** What clang writes to its standard output. @throws ImportError `clang-failed` with its first errors. */
  async run(args: readonly string[]): Promise<string> {
    const { status, out, err } = await this.attempt(args);
    if (status !== 0) throw new ImportError('clang-failed', `${this.program} failed: ${firstErrors(err) || `it ended with ${status ?? 'a signal'}`}`);
    return out;
  }

  /** What clang writes, however it ends. */
  attempt(args: readonly string[]): Promise<Run> {
    return new Promise((resolve, reject) => {
      const child = spawn(this.program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, LC_ALL: 'C' } });
      const out: Buffer[] = [];
      const err: Buffer[] = [];
      child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
      child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
      child.on('error', reject);
      child.on('close', (status) => resolve({ status, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() }));
    });
  }
}

/** The first errors among clang's diagnostics, a line each, with how many more there are. */
export function firstErrors(diagnostics: string): string {
  const lines = diagnostics.split('\n').filter((line) => line.trim() !== '');
  const errors = lines.filter((line) => /: (?:fatal )?error: /.test(line));
  const shown = errors.length > 0 ? errors : lines;
  return [...shown.slice(0, SHOWN), ...(shown.length > SHOWN ? [`and ${shown.length - SHOWN} more`] : [])].join('\n  ');
}

/** The major version; undefined when the program cannot be run, or is another compiler. */
function versionOf(program: string): number | undefined {
  const { status, stdout } = spawnSync(program, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const found = status === 0 ? /\bclang version (\d+)/.exec(stdout) : null;
  return found === null ? undefined : Number(found[1]);
}
