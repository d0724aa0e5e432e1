// Control commands: which macros are some, and which structure each takes. The compiler cannot know either, so both are
// read from text: from the remarks in the headers, and from the tables of commands that the kernel RM serves.
import type { ImportedCommand } from '../facts/imported.ts';
import { ImportError } from './errors.ts';
import { everyRow, type RowForm, type TextFile } from './every-row.ts';

/** Generated sources with a table of exported commands each. */
export const EXPORT_TABLES = { folder: 'src/nvidia/generated', suffix: '_nvoc.c' } as const;

type Via = 'table' | 'finn' | 'name';

/** A row of a table of exported commands. */
export interface ExportedCommand {
  readonly id: number;
  readonly flags: number;
  /** 0 is none. */
  readonly right: number;
  /** The structure, absent for a command without parameters. */
  readonly params: string | undefined;
}

/** What a header says of a number that the interface compiler made. */
interface Remark {
  readonly name: string;
  /** The macro with the number within its group, where that is one. */
  readonly message: string | undefined;
}

/** `#define NAME (0x20800101) … "(FINN_NV20_SUBDEVICE_0_GPU_INTERFACE_ID << 8) | STRUCT_MESSAGE_ID"`, or with a number in place of the macro. */
const REMARKS: RowForm = {
  row: /^#define\s+(\w*CTRL_\w+)\s+\(0x[0-9a-fA-F]+U?\)\s*\/\* finn: Evaluated from\s"\(+FINN_\w+_INTERFACE_ID << 8\)? \| (\w+)\)*" \*\//gm,
  mark: /^#define\s+\w*CTRL_\w+\s.*_INTERFACE_ID\b/gm,
};

const EXPORTED: RowForm = {
  row: /\/\*flags=\*\/\s*(0x[0-9a-fA-F]+)u?,\s*\/\*accessRight=\*\/\s*(0x[0-9a-fA-F]+)u?,\s*\/\*methodId=\*\/\s*(0x[0-9a-fA-F]+)u?,\s*\/\*paramSize=\*\/\s*(?:sizeof\((\w+)\)|0\b)/g,
  mark: /\/\*methodId=\*\//g,
};

/** Suffix of the macro that numbers a structure. */
const MESSAGE_ID = '_MESSAGE_ID';

/** The rows of a generated source; the first of an id counts. */
export function readExportedCommands(source: TextFile): ExportedCommand[] {
  return everyRow(source, EXPORTED).map(([, flags, right, id, params]) => ({ id: Number(id), flags: Number(flags), right: Number(right), params }));
}

function readRemarks(header: TextFile): Remark[] {
  return everyRow(header, REMARKS).map(([, name, message]) => ({ name: name!, message: message!.endsWith(MESSAGE_ID) ? message : undefined }));
}

/** What is known when commands are looked for. */
export interface CommandSources {
  /** The headers of controls. */
  readonly headers: readonly TextFile[];
  readonly exported: readonly ExportedCommand[];
  /** Macros of the ABI headers with their values. */
  readonly values: ReadonlyMap<string, bigint>;
  /** The record that a name stands for, undefined for a name of nothing. */
  readonly recordOf: (name: string) => string | undefined;
}

/**
 * A macro is a command when its header says that the interface compiler made its number, or when it is called one and has
 * the number of an exported command of its class. What it takes: the structure in the table, else the one whose message
 * id is in the number, else the one of that name.
 */
export function commandsOf({ headers, exported, values, recordOf }: CommandSources): ImportedCommand[] {
  const remarks = new Map(headers.flatMap(readRemarks).map((remark) => [remark.name, remark.message]));
  const rows = new Map<number, ExportedCommand>();
  for (const row of exported) if (!rows.has(row.id)) rows.set(row.id, row);
  if (remarks.size === 0) throw new ImportError('unknown-shape', 'no header of controls has a command whose number is explained as "(FINN_…_INTERFACE_ID << 8) | …"');

  const commands: ImportedCommand[] = [];
  for (const [name, value] of values) {
    const id = Number(value);
    const row = rows.get(id);
    if (!remarks.has(name) && !(row !== undefined && isOfItsClass(name, id))) continue;
    const message = remarks.get(name);
    const links: Readonly<Record<Via, string | undefined>> = {
      table: row?.params,
      finn: message?.slice(0, -MESSAGE_ID.length),
      name: `${name.replace('_CTRL_CMD_', '_CTRL_')}_PARAMS`,
    };
    const found = (Object.entries(links) as [Via, string | undefined][]).filter((link): link is [Via, string] => link[1] !== undefined && recordOf(link[1]) !== undefined);
    const messageId = values.get(message ?? `${links.name}${MESSAGE_ID}`);
    const record = found[0] === undefined ? undefined : recordOf(found[0][1]);
    const agreeing = found.filter(([, struct]) => recordOf(struct) === record);
    const params = (agreeing.find(([each]) => each === 'name') ?? agreeing[0])?.[1];
    const via = agreeing.map(([each]) => each);
    const other = found.filter(([, struct]) => recordOf(struct) !== record);
    commands.push({
      name, id,
      ...(params !== undefined && { params }),
      ...(record !== undefined && record !== params && { record }),
      ...(via.length > 0 && { via }),
      ...(other.length > 0 && { other: Object.fromEntries(other) }),
      ...(messageId !== undefined && { messageId: Number(messageId) }),
      ...(row !== undefined && { exported: true, flags: row.flags, ...(row.right !== 0 && { right: row.right }) }),
    });
  }
  return commands.sort((a, b) => a.id - b.id || (a.name < b.name ? -1 : 1));
}

/** Whether the class in a command's name is the one in its number. */
function isOfItsClass(name: string, id: number): boolean {
  const digits = /^NV([0-9A-F]{4})_CTRL_CMD_/.exec(name)?.[1];
  return digits !== undefined && parseInt(digits, 16) === id >>> 16;
}
