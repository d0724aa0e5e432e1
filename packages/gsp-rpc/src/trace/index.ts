export type { Direction, MessageTap } from '../tap.ts';

// What a trace holds
export { messagesOf } from './entry.ts';
export type { MessageEntry, NoteEntry, TraceEntry } from './entry.ts';
export { TraceError } from './errors.ts';
export type { TraceErrorCode } from './errors.ts';

// Recording and reading
export { createRecorder } from './recorder.ts';
export type { Recorder, RecorderOptions } from './recorder.ts';
export { readTrace, TraceReader } from './reader.ts';
export type { Trace } from './reader.ts';

// Replaying
export { compareBytes, createReplay } from './replay.ts';
export type { CompareMessages, Divergence, Replay, ReplayedMessage, ReplayOptions } from './replay.ts';
export { serveReplay } from './replay-end.ts';

// Dumps of the shared memory
export { readDump } from './dump.ts';
export type { Dump, DumpPageTable, DumpQueue } from './dump.ts';
export type { DumpHeader, HeaderField } from './dump-header.ts';
export { guessRelease } from './dump-ring.ts';
export type { DumpMessage, DumpRecord } from './dump-ring.ts';
