import { FactsError } from '../facts/index.ts';
import { ImportError } from '../import/index.ts';
import { diffCommand } from './diff-command.ts';
import { findCommand } from './find-command.ts';
import { generateCommand } from './generate-command.ts';
import { importCommand } from './import-command.ts';
import { help, parse, type Command, type Output } from './options.ts';
import { UsageError } from './usage-error.ts';

const COMMANDS: readonly Command[] = [findCommand, diffCommand, importCommand, generateCommand];

const HELP = `Usage: nvrm-headers COMMAND [options]

Commands:
${COMMANDS.map(({ name, summary }) => `  ${name.padEnd(10)}${summary}`).join('\n')}

nvrm-headers COMMAND --help tells a command's options.
`;

const processOutput: Output = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
};

/** A reader that has seen enough, such as `head`, ends the command without a word. */
function whenReaderLeaves(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
}

/** Runs the command line and tells the exit status: 0 done, 1 the job failed, 2 the command line was wrong. */
export async function main(args: readonly string[], output: Output = processOutput): Promise<number> {
  if (output === processOutput) process.stdout.once('error', whenReaderLeaves);
  const [name, ...rest] = args;
  if (name === undefined || name === 'help' || name === '--help') {
    if (name === undefined) output.err(HELP);
    else output.out(HELP);
    return name === undefined ? 2 : 0;
  }
  try {
    const command = COMMANDS.find((each) => each.name === name);
    if (command === undefined) throw new UsageError(`unknown command "${name}"; the commands are: ${COMMANDS.map((each) => each.name).join(', ')}`);
    const given = parse(command, rest);
    if (!given.flags.has('help')) return await command.run(given, output);
    output.out(help(command));
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof FactsError || error instanceof ImportError)) throw error;
    output.err(`nvrm-headers: ${error.message}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}
