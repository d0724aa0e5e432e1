export function describeStatus(_name: string): string | undefined {
  return undefined;
}
