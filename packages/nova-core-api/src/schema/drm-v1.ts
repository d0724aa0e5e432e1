const drm = {
  name: 'drm',
  major: 1,
  minor: 0,
  enums: {},
  records: {
    Fact: {
      key: { kind: 'u32', text: 'Key, as userspace knows it.' },
      value: { kind: 'token', text: 'Value, as userspace knows it.' },
    },
  },
  operations: {
    facts: {
      text: 'Facts for userspace compilers, passed through; a driver does not interpret them.',
      needs: 'drm.facts',
      sync: true,
      out: {
        facts: {
          kind: 'list',
          element: { kind: 'record', record: 'Fact', text: 'One fact.' },
          text: 'All facts, by ascending key.',
        },
      },
    },
  },
  objects: {},
  events: {},
} as const;

/** What a graphics driver needs beyond the base. Address spaces, queues and fences come with a later minor. */
export const DRM_V1: typeof drm = drm;
