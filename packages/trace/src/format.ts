import type { TraceArgs, TraceValue } from './trace.ts';

/** The formats that a point's text may name after the colon. */
export const FORMATS = ['hex', 'bytes', 'ns'] as const;
export type Format = (typeof FORMATS)[number];

/** An argument of a point's text: `{name}` or `{name:format}`. */
const ARGUMENT = /\{([^{}:]+)(?::([^{}]*))?\}/g;

const BYTE_UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const;

/** A size in the largest unit that it reaches: `48 GiB`, `1.5 MiB`, `0 bytes`. */
export function formatBytes(size: number | bigint): string {
  let value = Number(size);
  let unit = 0;
  while (Math.abs(value) >= 1024 && unit < BYTE_UNITS.length - 1) [value, unit] = [value / 1024, unit + 1];
  const digits = Number.isInteger(value) ? String(value) : value.toFixed(2).replace(/\.?0+$/, '');
  return `${digits} ${BYTE_UNITS[unit]!}`;
}

/** A duration in the unit that keeps it readable: `850 ns`, `12.5 µs`, `4 ms`, `1.25 s`. */
export function formatNanoseconds(duration: number | bigint): string {
  const value = Number(duration);
  for (const [limit, size, unit] of [[1e3, 1, 'ns'], [1e6, 1e3, 'µs'], [1e9, 1e6, 'ms']] as const) {
    if (Math.abs(value) < limit) return `${trim(value / size)} ${unit}`;
  }
  return `${trim(value / 1e9)} s`;
}

const trim = (value: number): string => value.toFixed(3).replace(/\.?0+$/, '');

function formatValue(value: TraceValue | undefined, format: string | undefined): string {
  if (value === undefined) return '?';
  if (typeof value !== 'number' && typeof value !== 'bigint') return String(value);
  switch (format) {
    case 'hex': return value < 0 ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
    case 'bytes': return formatBytes(value);
    case 'ns': return formatNanoseconds(value);
    default: return String(value);
  }
}

/** The names and formats that a point's text mentions, in order. */
export function textArguments(text: string): readonly { readonly name: string; readonly format: string | undefined }[] {
  return [...text.matchAll(ARGUMENT)].map(([, name, format]) => ({ name: name!, format }));
}

/** Puts arguments into a point's text. One that is missing shows as `?`. */
export function formatText(text: string, args: TraceArgs): string {
  return text.replace(ARGUMENT, (_all, name: string, format: string | undefined) => formatValue(args[name], format));
}
