// The C client of the tests: compiled once per compiler, driven line by line.
import { execFileSync, spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const answers = (program: string): boolean => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;

/** C compilers of this machine, of each kind one. */
export const COMPILERS: readonly string[] = [['gcc'], ['clang', 'clang-14']].flatMap((names) => names.filter(answers).slice(0, 1));

export const STRICT: readonly string[] = ['-std=c11', '-Wall', '-Wextra', '-Wpedantic', '-Wconversion', '-Wshadow', '-Wstrict-prototypes', '-Werror'];
export const INCLUDES: readonly string[] = ['-I', here('../c'), '-I', here('../../nova-core-api/forms')];
export const LIBRARY: string = here('../c/nova_core_socket.c');

let folder: string | undefined;
const built = new Map<string, string>();

/** Takes away what was compiled; for after all tests of a file. */
export function removePrograms(): void {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  folder = undefined;
  built.clear();
}

/** The client as a program, with the sanitizers where the compiler has their libraries. */
export function cClient(compiler: string): string {
  const known = built.get(compiler);
  if (known !== undefined) return known;
  folder ??= mkdtempSync(join(tmpdir(), 'nova-core-socket-c-'));
  const program = join(folder, compiler);
  const compile = (...more: string[]): unknown => execFileSync(compiler, ['-std=c11', '-O1', '-g', ...more, ...INCLUDES, here('./client-fixture.c'), LIBRARY, '-o', program], { stdio: 'pipe' });
  try {
    compile('-fsanitize=address,undefined', '-fno-sanitize-recover=all');
  } catch {
    console.warn(`${compiler}: no sanitizers; the client runs without them`);
    compile();
  }
  built.set(compiler, program);
  return program;
}

/** A client in a process of its own. */
export class CClient {
  readonly process: ChildProcessWithoutNullStreams;
  readonly ended: Promise<number | null>;
  #complaints = '';
  readonly #lines: AsyncIterator<string>;

  private constructor(program: string, path: string) {
    this.process = spawn(program, [path]);
    this.#lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
    this.process.stderr.on('data', (bytes: Buffer) => { this.#complaints += bytes.toString(); });
    this.process.stdin.on('error', () => undefined);
    this.ended = new Promise((resolve) => this.process.once('close', resolve));
  }

  /** @throws Error when it cannot connect */
  static async connect(compiler: string, path: string): Promise<CClient> {
    const client = new CClient(cClient(compiler), path);
    const [line] = [await client.#line()];
    if (line !== '0 connected') throw new Error(line);
    return client;
  }

  /** Gives a command and tells the answer. */
  async ask(command: string): Promise<string> {
    this.tell(command);
    return this.#line();
  }

  tell(command: string): void {
    this.process.stdin.write(`${command}\n`);
  }

  /** Disconnects and ends; sanitizers may have something to say. */
  async quit(): Promise<void> {
    this.tell('quit');
    const status = await this.ended;
    if (status !== 0) throw new Error(`the client ended with ${String(status)}: ${this.#complaints}`);
  }

  async #line(): Promise<string> {
    const next = await this.#lines.next();
    if (next.done) throw new Error(`the client is gone (${String(await this.ended)}): ${this.#complaints}`);
    return next.value;
  }
}
