import type { PointTable } from '@nova-stack/trace';

/** What this package tells a trace. */
export const POINTS: PointTable = {
  'gsp-rpc.sent': { level: 'detail', text: 'sent function {function:hex}, sequence {sequence}, {length:bytes}' },
  'gsp-rpc.received': { level: 'detail', text: 'received function {function:hex}, result {result:hex}, {length:bytes}' },
  'gsp-rpc.space.wait': { level: 'detail', text: 'command ring full: waiting to send function {function:hex}' },
  'gsp-rpc.linked': { level: 'detail', text: 'status queue linked: {entries} entries' },
  'gsp-rpc.event.unknown': { level: 'warning', text: 'unknown event {function:hex}, {length:bytes}' },
  'gsp-rpc.event.dropped': { level: 'warning', text: 'nobody took event {function:hex}' },
  'gsp-rpc.event.result': { level: 'warning', text: 'event {function:hex} with result {result:hex}' },
  'gsp-rpc.reply.stale': { level: 'warning', text: 'unexpected reply {function:hex}, sequence {sequence}' },
  'gsp-rpc.event.body': { level: 'warning', text: 'event {function:hex} of {length:bytes} cannot be decoded' },
  'gsp-rpc.noted': { level: 'warning', text: 'noted in a message: {code}' },
  'gsp-rpc.rejected': { level: 'warning', text: 'message rejected: {code}' },
};
