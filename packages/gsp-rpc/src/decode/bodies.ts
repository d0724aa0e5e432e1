import { explainRecord, isFlexible, textOf, type AnyLayout, type NameNumber } from './layout-walk.ts';
import type { Tables } from './tables.ts';
import { numberAt, valueAt, withField, type NamedValue, type RecordValue, type Value } from './value.ts';

/** What the parts of a message's body are looked up in. */
export interface BodyContext {
  readonly tables: Tables;
  readonly nameOf: NameNumber;
  /** A layout that was loaded; undefined where the release has none. @throws TraceError `NOT_PREPARED` */
  layout(record: string): AnyLayout | undefined;
}

export interface Body {
  readonly record: RecordValue;
  /** The command, class or the like that the message is about. */
  readonly subject?: string;
}

/** Bodies that need more than their layout: those whose one part says how another is to be read. By name of the function or event. */
export const BODIES: Readonly<Record<string, (record: RecordValue, payload: Uint8Array, context: BodyContext) => Body>> = {
  GSP_RM_CONTROL: control,
  GSP_RM_ALLOC: alloc,
  SET_REGISTRY: registry,
  GSP_RUN_CPU_SEQUENCER: sequencer,
  POST_EVENT: postEvent,
  UCODE_LIBOS_PRINT: libosPrint,
  ALLOC_MEMORY: allocMemory,
};

/** Bodies that the registry does not tell. Source: open-gpu-kernel-modules: src/nvidia/src/kernel/gpu/gsp/kernel_gsp.c */
export const MORE_BODIES: Readonly<Record<string, string>> = { GSP_RUN_CPU_SEQUENCER: 'rpc_run_cpu_sequencer_v17_00' };

const hex = (value: number): string => `0x${value.toString(16)}`;
const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
const unknown = (value: Uint8Array, why: string): Value => ({ kind: 'unknown', value: value.slice(), why });
const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** Explains bytes by a layout; what is behind it, and in no array without a length, becomes a field of its own. */
export function explain(layout: AnyLayout, bytes: Uint8Array, nameOf: NameNumber): RecordValue {
  const record = explainRecord(layout, { view: viewOf(bytes), at: 0, end: bytes.length }, nameOf);
  if (bytes.length <= layout.size || isFlexible(layout)) return record;
  return { ...record, fields: [...record.fields, { name: '(rest)', value: unknown(bytes.subarray(layout.size), `behind the ${layout.size} bytes of ${layout.name}`) }] };
}

/** The record that a control's parameters are, by its id; several names may share one. */
export function controlRecord(tables: Tables, id: number): { readonly name: string | undefined; readonly record: string | undefined } {
  const entries = tables.commands.get(id) ?? [];
  const entry = entries.find(({ exported, params }) => exported === true && params !== undefined) ?? entries.find(({ params }) => params !== undefined) ?? entries[0];
  return { name: entry?.name, record: entry?.record ?? entry?.params };
}

/** Drivers give the root class more than the handle that the class table names. */
const ROOT = 'NV0000_ALLOC_PARAMETERS';

export function classRecord(tables: Tables, id: number): { readonly name: string | undefined; readonly record: string | undefined } {
  const entries = tables.classes.get(id) ?? [];
  const entry = entries.find(({ params }) => params !== undefined) ?? entries[0];
  const record = entry?.record ?? entry?.params;
  return { name: entry?.name, record: record === 'NvHandle' && entry!.internal === 'RmClientResource' ? ROOT : record };
}

/** Bit 1 of a call's flags: the parameters are in a form of their own. */
const SERIALIZED = 2;

function parameters(
  record: RecordValue, payload: Uint8Array, at: number, found: ReturnType<typeof controlRecord>, what: string, context: BodyContext,
): RecordValue {
  const told = numberAt(record, 'paramsSize') ?? 0;
  const bytes = payload.subarray(at, Math.min(payload.length, at + told));
  const flags = numberAt(record, 'flags') ?? numberAt(record, 'rmapiRpcFlags') ?? 0;
  const rest = payload.length > at + told ? [{ name: '(rest)', value: unknown(payload.subarray(at + told), `behind the ${told} bytes of the parameters`) }] : [];
  let value: Value;
  if (told === 0) value = { kind: 'bytes', value: new Uint8Array(0) };
  else if (bytes.length === 0) value = { kind: 'missing', size: told };
  else if ((flags & SERIALIZED) !== 0) value = unknown(bytes, 'serialised parameters');
  else if (found.record === undefined) value = unknown(bytes, found.name === undefined ? `unknown ${what}` : `the parameters of ${found.name} are not known`);
  else if (found.record === 'NvHandle' && bytes.length >= 4) value = { kind: 'number', value: viewOf(bytes).getUint32(0, true), size: 4 };
  else {
    const layout = context.layout(found.record);
    value = layout === undefined ? unknown(bytes, `no layout of ${found.record}`) : explain(layout, bytes, context.nameOf);
  }
  const replaced = withField(record, 'params', value);
  return { ...replaced, fields: [...replaced.fields, ...rest] };
}

/** Where a layout's flexible array begins. */
const tailOf = (record: RecordValue, context: BodyContext): number => context.layout(record.type)?.size ?? 0;

function control(record: RecordValue, payload: Uint8Array, context: BodyContext): Body {
  const id = numberAt(record, 'cmd');
  if (id === undefined) return { record };
  const found = controlRecord(context.tables, id);
  const named = found.name === undefined ? record : withField(record, 'cmd', { kind: 'number', value: id, size: 4, name: found.name });
  return { record: parameters(named, payload, tailOf(record, context), found, `command ${hex(id)}`, context), subject: found.name ?? hex(id) };
}

function alloc(record: RecordValue, payload: Uint8Array, context: BodyContext): Body {
  const id = numberAt(record, 'hClass');
  if (id === undefined) return { record };
  const found = classRecord(context.tables, id);
  const named = found.name === undefined ? record : withField(record, 'hClass', { kind: 'number', value: id, size: 4, name: found.name });
  return { record: parameters(named, payload, tailOf(record, context), found, `class ${hex(id)}`, context), subject: found.name ?? hex(id) };
}

/** Most keys that are listed; real tables have a handful. */
const MAX_KEYS = 4096;

function registry(record: RecordValue, payload: Uint8Array, { tables }: BodyContext): Body {
  const count = numberAt(record, 'numEntries');
  if (count === undefined) return { record };
  const view = viewOf(payload);
  const items: Value[] = [];
  let last = 8;
  for (let i = 0; i < Math.min(count, MAX_KEYS); i++) {
    const at = 8 + 16 * i;
    if (at + 16 > payload.length) break;
    const [nameAt, type, data, length] = [view.getUint32(at, true), payload[at + 4]!, view.getUint32(at + 8, true), view.getUint32(at + 12, true)];
    const name = stringAt(payload, nameAt);
    const kind = tables.words.registryType.get(type);
    let value: Value = { kind: 'number', value: data, size: 4 };
    if (kind === 'STRING') value = { kind: 'text', value: stringAt(payload, data) ?? '' };
    else if (kind === 'BINARY') value = { kind: 'bytes', value: payload.slice(data, Math.min(payload.length, data + length)) };
    last = Math.max(last, at + 16, nameAt + (name?.length ?? 0) + 1, kind === 'STRING' || kind === 'BINARY' ? data + length : 0);
    const typed: Value = kind === undefined ? { kind: 'number', value: type, size: 1 } : { kind: 'number', value: type, size: 1, name: kind };
    const named: Value = name === undefined ? unknown(payload.subarray(at, at + 4), 'the name lies outside the table') : { kind: 'text', value: name };
    items.push({ kind: 'record', type: 'PACKED_REGISTRY_ENTRY', union: false, fields: [{ name: 'name', value: named }, { name: 'type', value: typed }, { name: 'data', value }] });
  }
  const rest = last < payload.length ? [{ name: '(rest)', value: unknown(payload.subarray(last), 'in no entry of the table') }] : [];
  const replaced = withField(record, 'entries', { kind: 'list', items });
  return { record: { ...replaced, fields: [...replaced.fields.filter(({ name }) => name !== '(rest)'), ...rest] }, subject: counted(count, 'key') };
}

function stringAt(bytes: Uint8Array, at: number): string | undefined {
  if (at >= bytes.length) return undefined;
  const end = bytes.indexOf(0, at);
  return end < 0 ? undefined : textOf(bytes.subarray(at, end + 1), true);
}

/** Operands of the sequencer's operations. Source: open-gpu-kernel-modules: src/common/sdk/nvidia/inc/rmgspseq.h */
const OPERANDS: Readonly<Record<string, readonly string[]>> = {
  REG_WRITE: ['addr', 'val'], REG_MODIFY: ['addr', 'mask', 'val'], REG_POLL: ['addr', 'mask', 'val', 'timeout', 'error'], DELAY_US: ['val'],
  REG_STORE: ['addr', 'index'], CORE_RESET: [], CORE_START: [], CORE_WAIT_FOR_HALT: [], CORE_RESUME: [],
};

function sequencer(record: RecordValue, payload: Uint8Array, context: BodyContext): Body {
  const used = numberAt(record, 'cmdIndex');
  const start = tailOf(record, context);
  if (used === undefined || start === 0) return { record };
  const words = Math.min(used, Math.floor((payload.length - start) / 4));
  const view = viewOf(payload);
  const items: Value[] = [];
  let at = 0;
  while (at < words) {
    const opcode = view.getUint32(start + at * 4, true);
    const name = context.tables.words.sequencerOpcode.get(opcode);
    const operands = name === undefined ? undefined : OPERANDS[name];
    if (name === undefined || operands === undefined || at + 1 + operands.length > words) break;
    const fields: NamedValue[] = operands.map((operand, i) => ({ name: operand, value: { kind: 'number', value: view.getUint32(start + (at + 1 + i) * 4, true), size: 4 } }));
    items.push({ kind: 'record', type: name, union: false, fields: [{ name: 'opCode', value: { kind: 'number', value: opcode, size: 4, name } }, ...fields] });
    at += 1 + operands.length;
  }
  const replaced = withField(record, 'commandBuffer', { kind: 'list', items });
  const rest = payload.subarray(start + at * 4);
  // The buffer may be larger than the program.
  const unused = at === words && rest.every((byte) => byte === 0);
  const tail = rest.length === 0 || unused ? [] : [{ name: '(rest)', value: unknown(rest, at < words ? 'no operation of the sequencer' : 'behind the program') }];
  return { record: { ...replaced, fields: [...replaced.fields, ...tail] }, subject: counted(items.length, 'operation') };
}

/** Data of events by notifier. Source: open-gpu-kernel-modules: src/common/sdk/nvidia/inc/class/cl2080_notification.h */
export const NOTIFICATIONS: Readonly<Record<string, string>> = {
  HOTPLUG: 'Nv2080HotplugNotification', DP_IRQ: 'Nv2080DpIrqNotification', PSTATE_CHANGE: 'Nv2080PStateChangeNotification',
  ECC_DBE: 'Nv2080EccDbeNotification', CLOCKS_CHANGE: 'Nv2080ClocksChangeNotification', HDCP_STATUS_CHANGE: 'Nv2080HdcpStatusChangeNotification',
  PRIV_REG_ACCESS_FAULT: 'Nv2080PrivRegAccessFaultNotification', POWER_EVENT: 'Nv2080PowerEventNotification', HDMI_FRL_RETRAINING_REQUEST: 'Nv2080HdmiFrlRequestNotification',
};

function postEvent(record: RecordValue, payload: Uint8Array, context: BodyContext): Body {
  const index = numberAt(record, 'notifyIndex');
  const told = numberAt(record, 'eventDataSize');
  const layout = context.layout(record.type);
  const at = (layout?.offsets as Readonly<Record<string, number>> | undefined)?.['eventData'];
  if (index === undefined || told === undefined || at === undefined) return { record };
  const notifier = context.tables.words.notifier.get(index & 0xffff);
  const bytes = payload.subarray(at, Math.min(payload.length, at + told));
  let value: Value = { kind: 'bytes', value: bytes.slice() };
  const data = notifier === undefined ? undefined : NOTIFICATIONS[notifier];
  const known = data === undefined || bytes.length === 0 ? undefined : context.layout(data);
  if (known?.size === bytes.length) value = explain(known, bytes, context.nameOf);
  else if (bytes.length > 0) value = unknown(bytes, `data of notifier ${notifier ?? hex(index & 0xffff)}`);
  // The structure counts padding that the data begins in, so up to three bytes follow the data.
  const rest = payload.subarray(at + bytes.length);
  const tail = rest.length <= 3 && rest.every((byte) => byte === 0) ? [] : [{ name: '(rest)', value: unknown(rest, 'behind the data') }];
  const replaced = withField(record, 'eventData', value);
  return { record: { ...replaced, fields: [...replaced.fields, ...tail] }, subject: notifier ?? hex(index & 0xffff) };
}

function libosPrint(record: RecordValue, payload: Uint8Array, context: BodyContext): Body {
  const told = numberAt(record, 'libosPrintBufSize');
  const at = tailOf(record, context);
  if (told === undefined || at === 0) return { record };
  const bytes = payload.subarray(at, Math.min(payload.length, at + told));
  const replaced = withField(record, 'libosPrintBuf', { kind: 'text', value: textOf(bytes, true) ?? '' });
  const rest = payload.subarray(at + bytes.length);
  return { record: rest.length === 0 ? replaced : { ...replaced, fields: [...replaced.fields, { name: '(rest)', value: unknown(rest, 'behind the text') }] } };
}

function allocMemory(record: RecordValue, payload: Uint8Array, context: BodyContext): Body {
  const count = numberAt(record, 'pageCount');
  const at = tailOf(record, context);
  const desc = valueAt(record, 'pteDesc');
  const subject = context.tables.classes.get(numberAt(record, 'hClass') ?? -1)?.[0]?.name;
  const about = subject === undefined ? {} : { subject };
  if (count === undefined || at === 0 || desc?.kind !== 'record') return { record, ...about };
  const view = viewOf(payload);
  const pages = Math.max(0, Math.min(count, Math.floor((payload.length - at) / 8)));
  const items: Value[] = Array.from({ length: pages }, (_, i) => ({ kind: 'number', value: view.getBigUint64(at + i * 8, true), size: 8 }));
  const rest = payload.subarray(at + pages * 8);
  const listed = withField(record, 'pteDesc', withField(desc, 'pte_pde', { kind: 'list', items }));
  return { record: rest.length === 0 ? listed : { ...listed, fields: [...listed.fields, { name: '(rest)', value: unknown(rest, 'behind the page list') }] }, ...about };
}
