import { generateCommand } from './generate-command.ts';

/** For now */
export function main(args: readonly string[]): Promise<number> {
  if (args[0] === 'generate') generateCommand(args[1] ?? 'generated');
  return Promise.resolve(0);
}
