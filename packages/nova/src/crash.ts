import { readFileSync } from 'node:fs';

import type { CrashReport } from '@nova-stack/nova-core';

import { optionLines, readArguments, UsageError } from './command-line.ts';
import type { Output } from './main.ts';

const OPTIONS = [
  { name: 'log', value: 'NAME', text: 'print every word of this log, such as LOGRM, instead of the summary' },
  { name: 'help', text: 'show this help' },
] as const;

/** The text of `nova crash --help`. */
function help(): string {
  return [
    'Usage: nova crash [options] FILE', '',
    'Prints a crash report of nova boot --crash-report: what was where, the last messages, the last words of each log.', '',
    ...optionLines(OPTIONS), '',
  ].join('\n');
}

/** `nova crash`. @returns the exit status @throws {@link UsageError} */
export function crash(args: readonly string[], output: Output): number {
  const { values, words: [path, extra] } = readArguments('crash', OPTIONS, args, { words: true });
  if (values.help) {
    output.out(help());
    return 0;
  }
  if (path === undefined || extra !== undefined) throw new UsageError('nova crash wants one FILE (see nova crash --help)');
  let report: CrashReport;
  try {
    report = parse(readFileSync(path, 'utf8'));
  } catch (error) {
    output.err(`nova: ${path}: ${error instanceof Error ? error.message : 'cannot be read'}\n`);
    return 1;
  }
  if (values.log === undefined) output.out(summary(report));
  else output.out(logOf(report, values.log));
  return 0;
}

/** @throws Error for what is no report of this form */
function parse(text: string): CrashReport {
  const value = JSON.parse(text) as Partial<CrashReport> | null;
  if (value?.format !== 'nova-crash-report') throw new Error('it is no crash report');
  if (value.version !== 1) throw new Error(`it has form ${String(value.version)}, this command reads form 1`);
  for (const field of ['device', 'firmware', 'registers', 'queues', 'messages', 'logs'] as const) {
    if (typeof value[field] !== 'object') throw new Error(`it lacks ${field}`);
  }
  return value as CrashReport;
}

const hex = (value: number | bigint, digits = 8): string => `0x${value.toString(16).padStart(digits, '0')}`;
const milliseconds = (at: number): string => `${(at / 1e6).toFixed(3)} ms`;
/** Messages and words of a log that a summary shows. */
const LAST = 8;

function summary(report: CrashReport): string {
  const { device, firmware, registers, queues, messages, logs, at } = report;
  const lines = [
    `${device.name} (${device.chip}) at ${milliseconds(at)}: ${device.state}${device.present ? '' : ', has left the bus'}`,
    `firmware ${firmware.version}, VBIOS ${firmware.vbios ?? 'without a version'}${firmware.died === null ? '' : `; died: ${firmware.died}`}`,
    '', 'registers', ...registers.map(({ name, address, value }) => `  ${hex(address, 6)} ${hex(value)}  ${name}`),
    '', 'queues', ...Object.entries(queues).map(([name, value]) => `  ${name.padEnd(13)} ${String(value)}`),
  ];
  for (const direction of ['sent', 'received'] as const) {
    lines.push('', `last ${direction}, newest first`);
    for (const { function: fn, sequence, data0, data1, start, end } of messages[direction].slice(0, LAST)) {
      lines.push(`  ${milliseconds(start).padStart(14)}  ${hex(fn, 4)} #${String(sequence)} ${hex(data0)} ${hex(data1)}${end === undefined ? '  not ended' : ''}`);
    }
  }
  for (const { name, bytes } of logs) {
    const { written, words } = wordsOf(bytes);
    lines.push('', `${name}: ${String(written)} words written`, ...words.slice(-LAST).map((word) => `  ${hex(word, 16)}`));
  }
  return `${lines.join('\n')}\n`;
}

function logOf({ logs }: CrashReport, name: string): string {
  const log = logs.find((one) => one.name === name);
  if (log === undefined) throw new UsageError(`--log ${name}: the report has ${logs.map((one) => one.name).join(', ')}`);
  return wordsOf(log.bytes).words.map((word) => `${hex(word, 16)}\n`).join('');
}

/**
 * A log as far as its form is public: word 0 counts the words written, the others are a ring; a record is its
 * arguments, a pointer to its text in the image, and a time. How many arguments, says only the text.
 * Source: open-gpu-kernel-modules 570.144: src/common/uproc/os/common/include/libos_log.h
 *
 * @returns the words that are still there, oldest first
 */
function wordsOf(base64: string): { readonly written: number; readonly words: readonly bigint[] } {
  const bytes = Uint8Array.from(Buffer.from(base64, 'base64'));
  const view = new DataView(bytes.buffer);
  const room = Math.floor(bytes.length / 8) - 1;
  if (room < 1) return { written: 0, words: [] };
  const written = Number(view.getBigUint64(0, true));
  const first = Math.max(0, written - room);
  const words = Array.from({ length: Math.min(written, room) }, (_, i) => view.getBigUint64(8 * (1 + ((first + i) % room)), true));
  return { written, words };
}
