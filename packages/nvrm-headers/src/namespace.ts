/** The folder of a version's modules: `r570_144` for `570.144`. */
export function namespaceOf(version: string): string {
  return `r${version.replaceAll('.', '_')}`;
}
