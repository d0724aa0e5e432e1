import type { Named } from './fields.ts';
import { INTERFACES } from './interface.ts';

export const CLIENT_KINDS = { drm: 1, 'vgpu-manager': 2, 'vf-driver': 3, diagnostic: 4 } as const;
export type ClientKind = keyof typeof CLIENT_KINDS;

/**
 * What crosses in the handshake, before there is any version to agree on. Interfaces and capabilities are named by
 * text, so that each side can pass by what only the other one knows; in C they are the numbers of `INTERFACES` and
 * `CAPABILITIES`.
 */
export const HANDSHAKE: Named = {
  enums: { ClientKind: CLIENT_KINDS, Interface: INTERFACES },
  records: {
    OfferedMajor: {
      interface: { kind: 'text', length: 32, text: 'Name of the interface.' },
      major: { kind: 'u16', text: 'A major that the core has.' },
      minor: { kind: 'u16', text: 'Its highest minor.' },
      preferred: { kind: 'flag', optional: true, text: 'The core would rather have clients use it.' },
      deprecated: { kind: 'flag', optional: true, text: 'It will go away; clients should move on.' },
      required: { kind: 'flag', optional: true, text: 'Clients of the interface must use it.' },
    },
    Offer: {
      epoch: { kind: 'token', text: 'Changes with every reset of the device; a hello names the one that it answers.' },
      interfaces: { kind: 'list', element: { kind: 'record', record: 'OfferedMajor', text: 'A major.' }, text: 'What the core has.' },
      capabilities: { kind: 'list', element: { kind: 'text', length: 64, text: 'A capability.' }, text: 'What can be granted.' },
      supportId: { kind: 'text', length: 64, text: 'For bug reports; programs do not read it.' },
    },
    Want: {
      interface: { kind: 'text', length: 32, text: 'Name of the interface.' },
      major: { kind: 'u16', text: 'A major that the client speaks.' },
      minMinor: { kind: 'u16', text: 'The least minor that is of use.' },
      maxMinor: { kind: 'u16', text: 'The highest minor that it knows.' },
      optional: { kind: 'flag', optional: true, text: 'It goes on without the interface.' },
    },
    Hello: {
      kind: { kind: 'enum', enum: 'ClientKind', text: 'What the client is.' },
      name: { kind: 'text', length: 32, text: 'Name of the client, for people; not empty.' },
      wants: { kind: 'list', element: { kind: 'record', record: 'Want', text: 'A range of versions.' }, text: 'What the client speaks; 32 at most.' },
      required: { kind: 'list', element: { kind: 'text', length: 64, text: 'A capability.' }, text: 'What it cannot work without.' },
      optional: { kind: 'list', element: { kind: 'text', length: 64, text: 'A capability.' }, text: 'What it would like to have.' },
      epoch: { kind: 'token', text: 'Epoch of the offer that it answers.' },
    },
    AgreedVersion: {
      interface: { kind: 'text', length: 32, text: 'Name of the interface.' },
      major: { kind: 'u16', text: 'Major agreed on.' },
      minor: { kind: 'u16', text: 'Minor agreed on.' },
      deprecated: { kind: 'flag', text: 'It will go away; the client should move on.' },
    },
    Agreement: {
      epoch: { kind: 'token', text: 'Epoch that the agreement holds in.' },
      interfaces: { kind: 'list', element: { kind: 'record', record: 'AgreedVersion', text: 'A version.' }, text: 'One for each interface that the session has.' },
      capabilities: { kind: 'list', element: { kind: 'text', length: 64, text: 'A capability.' }, text: 'What was granted.' },
    },
  },
};
