// A checkout of NVIDIA/open-gpu-kernel-modules: whether it is one, of which version, and which ABI headers it has.
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

import { ImportError } from './errors.ts';
import { ABI_HEADERS, FIRST_HEADER, MAKEFILE, RPC_SOURCES, VERSION_FILE } from './headers.ts';

export interface Checkout {
  /** Absolute, without links. */
  readonly root: string;
  readonly version: string;
  /** Paths of the ABI headers from the root, sorted. */
  readonly headers: readonly string[];
  /** Path from the root of the source that shows how RPC headers are included. */
  readonly rpcSource: string;
}

const howToGet = (version: string): string => `git clone --depth 1 --branch ${version} https://github.com/NVIDIA/open-gpu-kernel-modules`;

/** @throws ImportError `not-a-checkout` or `other-version`. */
export function openCheckout(src: string, version: string): Checkout {
  const missing = [VERSION_FILE, FIRST_HEADER, MAKEFILE].find((path) => !existsSync(join(src, path)));
  if (missing !== undefined) {
    throw new ImportError('not-a-checkout', `${src} is no checkout of NVIDIA's open kernel modules: it has no ${missing}; get one with: ${howToGet(version)}`);
  }
  const root = realpathSync(src);
  const there = /^\s*NVIDIA_VERSION\s*[:?]?=\s*(\S+)\s*$/m.exec(read(root, VERSION_FILE))?.[1];
  if (there !== version) {
    const found = there === undefined ? `names no NVIDIA_VERSION in ${VERSION_FILE}` : `is version ${there} by its ${VERSION_FILE}`;
    throw new ImportError('other-version', `${src} ${found}, asked for is ${version}; ${there === undefined ? '' : `import it as ${there}, or `}get ${version} with: ${howToGet(version)}`);
  }
  const rpcSource = RPC_SOURCES.find((path) => existsSync(join(root, path)));
  if (rpcSource === undefined) {
    throw new ImportError('not-a-checkout', `${src} has none of ${RPC_SOURCES.join(', ')}, which show how the RPC headers are included; a complete checkout: ${howToGet(version)}`);
  }
  return { root, version, rpcSource, headers: headersOf(root) };
}

/** A file of the checkout as text. */
export function read(root: string, path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

function headersOf(root: string): string[] {
  return ABI_HEADERS.flatMap(({ folder, headers }) => {
    const at = join(root, folder);
    if (!existsSync(at)) return [];
    if (headers !== '**') return headers.filter((name) => existsSync(join(at, name))).map((name) => `${folder}/${name}`);
    return readdirSync(at, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.h')).map((name) => `${folder}/${name.replaceAll('\\', '/')}`);
  }).sort();
}
