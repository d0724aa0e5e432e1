/** Runs the command line with the arguments after the program's name; resolves to the exit status. */
export function main(args: readonly string[]): Promise<number> {
  return Promise.resolve(args.length === 0 ? 2 : 0);
}
