import { AuxBusError } from './errno.ts';

/** Bytes in a driver's table entry, final NUL included (linux: include/linux/device-id/auxiliary.h). */
export const NAME_SIZE = 40;

/** Bytes of `text` in UTF-8. */
export function utf8Length(text: string): number {
  let length = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    length += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x1_0000 ? 3 : 4;
  }
  return length;
}

/**
 * Full name of a device: `<module>.<name>.<id>`. Unlike Linux, which prints the id as signed, an id of 2^31 and more
 * keeps its value; and a `/`, which Linux turns into `!` so that the name never matches, is refused.
 *
 * @throws {@link AuxBusError} `EINVAL`.
 */
export function deviceName(module: string, name: string, id: number): string {
  for (const [field, value] of [['module', module], ['name', name]] as const) {
    if (typeof value !== 'string' || value.includes('/')) throw new AuxBusError('EINVAL', `${field} is ${JSON.stringify(value)}: expected text without a slash`);
  }
  if (id >>> 0 !== id) throw new AuxBusError('EINVAL', `id is ${id}: expected an integer from 0 to 2^32 - 1`);
  return `${module}.${name}.${id}`;
}

/** The part of a full name that drivers match: up to the last dot. */
export function matchNameOf(fullName: string): string {
  return fullName.slice(0, Math.max(0, fullName.lastIndexOf('.')));
}

/** What a loader of drivers would be asked for. */
export const modaliasOf = (fullName: string): string => `auxiliary:${matchNameOf(fullName)}`;
