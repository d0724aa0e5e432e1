// The contract as bytes on a stream: frames without pointers, from the same form as the headers
export { FRAME_MAGIC, FRAME_VERSION, FRAMES, MAX_FRAME, MAX_SESSIONS, type FrameRow, type FrameType } from '../emit/frame-form.ts';
export { frameLength, FrameReader, FrameWriter, HEAD_BYTES, type FrameHead } from './frame.ts';
export { readGreeting, readOffer, writeGreeting, writeOffer } from './offer.ts';
export { readAgreement, readHello, writeAgreement, writeHello, type HelloFrame } from './hello.ts';
export { readEvent, writeEvent } from './event.ts';
export { readError, statusOf, writeError } from './error.ts';
export { roomFor, slotAt, slotsInFrames, type CallBody, type SlotCodec } from './calls.ts';
export { prefixOf } from '../emit/contract-form.ts';
export type { Room } from './room.ts';
export { agreedSchemas } from '../agreed.ts';
