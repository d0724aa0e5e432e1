import type { PointTable } from '@nova-stack/trace';

/** What sessions trace, where a core gives them a trace. */
export const POINTS: PointTable = {
  'nova-core-api.session.attached': { level: 'detail', text: 'session {session}: {client} attached, {versions}' },
  'nova-core-api.session.refused': { level: 'detail', text: '{client} refused: {code}, {reason}' },
  'nova-core-api.session.state': { level: 'detail', text: 'session {session}: {from} to {to}' },
  'nova-core-api.session.failed': { level: 'detail', text: 'session {session}: {what} failed, {code}' },
  'nova-core-api.events.lost': { level: 'warning', text: 'session {session}: event {kind} dropped, the queue is full' },
};
