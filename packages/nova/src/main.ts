import { BOARDS } from '@nova-stack/hw-model/boards';

import { UsageError } from './command-line.ts';
import { bootHelp, parseBootOptions } from './options.ts';

/** Where a command writes; a test passes its own. */
export interface Output {
  out(text: string): void;
  err(text: string): void;
}

const HELP = `Usage: nova COMMAND [options]

Commands:
  boot         boot a modelled GPU, attach two clients, open and close a vGPU, unload
  serve        serve a modelled GPU to QEMU on a UNIX socket
  serve-core   boot a modelled GPU and serve its driver to clients in C on a UNIX socket
  vgpu         create, list and destroy virtual GPUs that outlive the process
  firmware     convert a chip's firmware files between .bin and containers (TLV)
  crash        print a crash report that nova boot has written
  trace        read, filter and compare what was recorded between driver and firmware

nova COMMAND --help tells a command's options.
`;

/** A reader that has seen enough, such as `head`, ends the command without a word. */
function whenReaderLeaves(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
}

const processOutput: Output = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
};

/**
 * Runs the command line and tells the exit status: 0 done, 1 the job failed, 2 the command line was wrong.
 */
export async function main(args: readonly string[], output: Output = processOutput): Promise<number> {
  const [command, ...rest] = args;
  if (output === processOutput) process.stdout.once('error', whenReaderLeaves);
  try {
    // Each command loads what it needs: whoever imports this package for its machine pays for none of them.
    switch (command) {
      case 'boot':
        return await runBoot(rest, output);
      case 'serve':
        return await (await import('./serve.ts')).serve(rest, output);
      case 'trace':
        return await (await import('./trace.ts')).trace(rest, output);
      case 'vgpu':
        return await (await import('./vgpu.ts')).vgpu(rest, output);
      case 'crash':
        return (await import('./crash.ts')).crash(rest, output);
      case 'firmware':
        return await (await import('./firmware.ts')).firmware(rest, output);
      case 'serve-core':
        return await (await import('./serve-core.ts')).serveCoreDriver(rest, output);
      case '--help':
      case 'help':
        output.out(HELP);
        return 0;
      case undefined:
        output.err(HELP);
        return 2;
      default:
        throw new UsageError(`unknown command "${command}"; the commands are: boot, serve, serve-core, vgpu, firmware, crash, trace`);
    }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    output.err(`nova: ${error.message}\n`);
    return 2;
  }
}

async function runBoot(args: readonly string[], output: Output): Promise<number> {
  const options = parseBootOptions(args);
  if (options.help) {
    output.out(bootHelp(Object.keys(BOARDS)));
    return 0;
  }
  const { boot } = await import('./boot.ts');
  return boot(options, output);
}
