// For tests: what a build would make of a declared record.
import * as runtime from '../compiled.ts';
import type { Layout } from '../layout.ts';
import { emitJavaScript, nestedIn, runtimeImport } from './index.ts';

/** Gives the generated twin of a declared record; `run` is what runs a script. */
export function twinsBy(run: (script: string) => unknown): <V>(layout: Layout<V>) => Layout<V> {
  return <V>(layout: Layout<V>) => {
    const names = new Map<Layout<unknown>, string>();
    const texts: string[] = [];
    const visit = (one: Layout<unknown>): void => {
      if (names.has(one)) return;
      for (const inner of nestedIn(one)) visit(inner);
      names.set(one, `r${names.size}`);
      texts.push(emitJavaScript(one, (each) => names.get(each)!));
    };
    visit(layout);
    const body = texts.join('').replaceAll('export const', 'const');
    const wanted = /\{(.*)\}/.exec(runtimeImport(body))![1]!;
    const make = run(`(({${wanted}}) => { ${body} return ${names.get(layout)!}; })`) as (from: unknown) => Layout<V>;
    return make(runtime);
  };
}
