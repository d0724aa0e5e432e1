import type { Imported } from '../facts/imported.ts';
import { assemble } from './assemble.ts';
import { openCheckout } from './checkout.ts';
import { Clang } from './clang.ts';
import { compile } from './compile.ts';
import { inWorkspace } from './workspace.ts';

export interface ImportOptions {
  /** Folder of a checkout of NVIDIA/open-gpu-kernel-modules. */
  readonly src: string;
  /** Its version, such as `570.144`; its `version.mk` must say the same. */
  readonly version: string;
  /** Name or path of clang, 14 or newer; without it the PATH is searched. */
  readonly clang?: string;
  /** Gets a line, without its end, before each thing that takes longer than a second. */
  readonly progress?: (line: string) => void;
}

/**
 * Reads the facts of one version out of NVIDIA's headers. clang does all that is C: layouts, types, enumerations and
 * values of macros are its answers. Read from text is only what C does not express: which structure a command, a class or
 * an escape takes. Takes 5 to 15 seconds and 0.5 GiB of memory, runs no code of the checkout and leaves no files behind.
 *
 * @throws ImportError when there is no clang, no such checkout, another version, or a header that does not compile.
 */
export async function importTree({ src, version, clang, progress = () => {} }: ImportOptions): Promise<Imported> {
  const checkout = openCheckout(src, version);
  const compiler = new Clang(clang);
  return assemble(checkout, await inWorkspace((folder) => compile(checkout, compiler, folder, progress)));
}
