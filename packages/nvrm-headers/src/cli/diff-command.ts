import { diffFacts, diffMarkdown, diffText, gspClient } from '../diff/index.ts';
import { loadFacts } from './facts-files.ts';
import type { Command } from './options.ts';
import { UsageError } from './usage-error.ts';

export const diffCommand: Command = {
  name: 'diff',
  usage: 'FROM TO [--gsp-client] [--constants] [--headers] [--markdown | --json]',
  summary: 'tell what changed from one version to another, the most dangerous first',
  options: [
    { name: 'gsp-client', text: 'only what a driver that boots the GSP and talks to it uses' },
    { name: 'constants', text: 'also the constants of every header' },
    { name: 'headers', text: 'also headers that lie elsewhere now' },
    { name: 'markdown', text: 'as Markdown' },
    { name: 'json', text: 'as data' },
  ],
  notes: ['FROM and TO are versions of this package, or paths of facts files that an import wrote.'],
  run({ positionals, flags }, output) {
    const [from, to, ...more] = positionals;
    if (from === undefined || to === undefined || more.length > 0) throw new UsageError('diff takes two versions, such as 570.144 580.105.08');
    if (flags.has('markdown') && flags.has('json')) throw new UsageError('--markdown and --json exclude each other');
    const diff = diffFacts(loadFacts(from), loadFacts(to), { ...(flags.has('gsp-client') && { only: gspClient }), ...(flags.has('constants') && { constants: true }), headers: flags.has('headers') });
    if (flags.has('json')) output.out(`${JSON.stringify(diff, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value), 1)}\n`);
    else output.out(flags.has('markdown') ? diffMarkdown(diff) : diffText(diff));
    return 0;
  },
};
