import { createRegistry, describeEntry, describeUses, type Entry } from '../lookup/index.ts';
import { FACTS_FOLDER, loadFacts, versionsIn } from './facts-files.ts';
import type { Command } from './options.ts';
import { UsageError } from './usage-error.ts';

export const findCommand: Command = {
  name: 'find',
  usage: 'NAME|NUMBER [--version V] [--uses]',
  summary: 'tell what a name or a number stands for, in which versions, and what it takes',
  options: [
    { name: 'version', value: 'V', text: 'one version, or the path of an imported facts file (default: all of this package)' },
    { name: 'uses', text: 'tell also where a structure is used, all the way up' },
  ],
  notes: ['A number is decimal or 0x…: of a control command, class, RPC function or event, ioctl or status code.'],
  run({ positionals, values, flags }, output) {
    const [what, ...more] = positionals;
    if (what === undefined || more.length > 0) throw new UsageError('find takes one name or number, such as GspFwWprMeta or 0x20803601');
    const version = values.get('version');
    const registries = (version === undefined ? versionsIn(FACTS_FOLDER) : [version]).map((each) => createRegistry(loadFacts(each)));
    // What versions say alike is said once.
    const said = new Map<string, string[]>();
    for (const registry of registries) {
      for (const entry of registry.find(what)) {
        const text = [describeEntry(entry), ...(flags.has('uses') && hasType(entry) ? [describeUses(registry.usesOf(entry.name, { deep: true })) || '  used by nothing'] : [])].join('\n');
        said.set(text, [...(said.get(text) ?? []), registry.version]);
      }
    }
    if (said.size === 0) {
      const [suggestions = []] = registries.map((registry) => registry.suggest(what)).reverse();
      output.err(`nvrm-headers: nothing is called ${what}${suggestions.length === 0 ? '' : `; there are: ${suggestions.join(', ')}`}\n`);
      return 1;
    }
    for (const [text, versions] of said) output.out(`[${versions.join(', ')}]\n${text}\n\n`);
    return 0;
  },
};

const hasType = ({ kind }: Entry): boolean => kind === 'record' || kind === 'typedef';
