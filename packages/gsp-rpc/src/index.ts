// The driver's end
export { openDriverEnd } from './driver-end.ts';
export type { DriverBounds, DriverEnd, DriverEndOptions, DriverWake, WaitOptions } from './driver-end.ts';
export type { EventForm, UnknownEvents } from './event-hub.ts';
export type { Signal } from './turns.ts';
export { formatHistory, HISTORY_DEPTH } from './history.ts';
export type { History, HistoryEntry } from './history.ts';

// The firmware's end
export { flush, openFirmwareEnd, queueMessage, receiveRequest } from './firmware-end.ts';
export type { FirmwareEndState, Outgoing, QueueState, RpcRequest } from './firmware-end.ts';
export { mapMemory } from './map-memory.ts';
export { runJob } from './memory-job.ts';
export type { MemoryJob, MemoryRequest } from './memory-job.ts';

// Rings in mapped memory, for either end
export { openRingReader, openRingWriter } from './open-rings.ts';
export type { RingOptions } from './open-rings.ts';
export type { RingReader } from './ring-reader.ts';
export { createRecord } from './ring-record.ts';
export type { RingRecord } from './ring-record.ts';
export type { RingWriter } from './ring-writer.ts';
export { initSharedMemory, SHARED_MEMORY } from './shared-memory.ts';
export type { SharedMemoryArguments } from './shared-memory.ts';

// Framing
export type { FramingProfile, SizedPayload } from './profile.ts';
export { PROFILE_535_113_01 } from './r535_113_01.ts';
export { PROFILE_570_144 } from './r570_144.ts';
export { PROFILE_580_105_08 } from './r580_105_08.ts';
export { PENDING } from './record.ts';
export type { Wire } from './wire.ts';

// Messages
export { largestPayload } from './continuation.ts';
export type { PartialMessage } from './continuation.ts';
export type { RpcMessage } from './message.ts';
export type { Direction, MessageTap } from './tap.ts';

// What can be wrong
export { CHECKS } from './checks.ts';
export type { Strictness } from './checks.ts';
export { GspRpcError } from './errors.ts';
export type { CheckCode, GspRpcErrorCode, GspRpcErrorDetail, RingPointers } from './errors.ts';
export { POINTS } from './points.ts';
