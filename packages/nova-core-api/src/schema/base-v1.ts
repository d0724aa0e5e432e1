const base = {
  name: 'base',
  major: 1,
  minor: 2,
  enums: {
    LostCause: { removed: 1, reset: 2, deadline: 3, failed: 4 },
    SessionState: { Attached: 1, Draining: 2, Revoking: 3, Lost: 4, Detached: 5, Quiescing: 6 },
    QuiesceCause: { sriov: 1, suspend: 2, reset: 3 },
  },
  records: {
    PciAddress: {
      segment: { kind: 'u16', text: 'PCI segment of the device.' },
      bus: { kind: 'u8', text: 'PCI bus of the device.' },
      device: { kind: 'u8', range: [0, 31], text: 'PCI device number.' },
      function: { kind: 'u8', range: [0, 7], text: 'PCI function number.' },
    },
    DeviceInfo: {
      name: { kind: 'text', length: 64, text: 'Product name, for people.' },
      uuid: { kind: 'octets', length: 16, text: 'Identity of this very device, the same after every start.' },
      pci: { kind: 'record', record: 'PciAddress', text: 'Where the device sits.' },
      vendor: { kind: 'u16', text: 'PCI vendor id.' },
      product: { kind: 'u16', text: 'PCI device id.' },
      subsystemVendor: { kind: 'u16', text: 'PCI subsystem vendor id.' },
      subsystem: { kind: 'u16', text: 'PCI subsystem id.' },
      memoryTotal: { kind: 'size', text: 'Bytes of device memory.' },
      memoryUsable: { kind: 'size', text: 'Bytes of device memory that clients can have between them.' },
      aperture: { kind: 'size', text: 'Bytes of device memory that the CPU can look at at the same time.' },
    },
    Limits: {
      totalVfs: { kind: 'u32', text: 'Virtual functions that the device can have; 0 when it can have none.' },
      enabledVfs: { kind: 'u32', text: 'Virtual functions that exist now.' },
      memoryAvailable: { kind: 'size', text: 'Bytes of device memory that are free now.' },
      largestRegion: { kind: 'size', text: 'Bytes of the largest region that can be allocated now.' },
      windowGranularity: { kind: 'size', text: 'Regions are rounded up to a multiple of this many bytes.' },
      eventQueue: { kind: 'u32', text: 'Events that wait for a client before some are lost.' },
      submitBytes: { kind: 'size', text: 'Bytes of the largest data that can be submitted at once.' },
      openMilliseconds: { kind: 'u32', text: 'Longest time that opening an instance takes, in milliseconds.' },
      closeMilliseconds: { kind: 'u32', text: 'Longest time that closing an instance takes, in milliseconds.' },
      resetMilliseconds: { kind: 'u32', text: 'Longest time that resetting an instance takes, in milliseconds.' },
    },
    Counters: {
      calls: { kind: 'size', text: 'Calls that the core took since the session began.' },
      failedCalls: { kind: 'size', text: 'Those of them that ended with an error.' },
      objectsHeld: { kind: 'u32', text: 'Objects that the session holds now.' },
      eventsDelivered: { kind: 'size', text: 'Events that were handed to the client.' },
      eventsLost: { kind: 'size', text: 'Events that were dropped because the queue was full.' },
    },
  },
  operations: {
    deviceInfo: {
      text: 'Tells which device this is.', needs: 'device.info', sync: true,
      out: { info: { kind: 'record', record: 'DeviceInfo', text: 'The device.' } },
    },
    limits: {
      text: 'Tells what can be asked for at this moment.', needs: 'device.info', sync: true,
      out: { limits: { kind: 'record', record: 'Limits', text: 'The limits.' } },
    },
    counters: {
      text: 'Tells what went on in this session.', needs: 'diagnostics.counters', sync: true, bySession: true,
      out: { counters: { kind: 'record', record: 'Counters', text: 'The counters.' } },
    },
    sessionState: {
      text: 'Tells where the session stands. One that is lost or has ended answers with the error that every call has then.', needs: 'device.info', sync: true, bySession: true, since: 2,
      out: { state: { kind: 'enum', enum: 'SessionState', text: 'Where it stands.' } },
    },
    allocate: {
      text: 'Takes a region of device memory. It reads zero.',
      needs: 'memory.region',
      in: { size: { kind: 'size', range: [1, 0x1fffffffffffff], text: 'Bytes wanted; rounded up to the window granularity.' } },
      out: { region: { kind: 'object', object: 'region', text: 'The region.' }, size: { kind: 'size', text: 'Bytes that the region has.' } },
    },
  },
  objects: {
    region: {
      text: 'Device memory lent to a client. It is cleared when it is given back.',
      operations: {
        clear: {
          text: 'Sets a part of the region to zero.',
          needs: 'memory.clear',
          in: { offset: { kind: 'size', text: 'First byte, from the start of the region.' }, length: { kind: 'size', text: 'Bytes to clear.' } },
        },
        read: {
          text: 'Copies bytes out of the region.',
          needs: 'memory.cpu-window',
          sync: true,
          in: { offset: { kind: 'size', text: 'First byte, from the start of the region.' }, length: { kind: 'size', range: [0, 0x10000000], text: 'Bytes to read.' } },
          out: { bytes: { kind: 'data', sizedBy: 'length', text: 'What stands there.' } },
        },
        write: {
          text: 'Copies bytes into the region.',
          needs: 'memory.cpu-window',
          sync: true,
          in: { offset: { kind: 'size', text: 'First byte, from the start of the region.' }, bytes: { kind: 'data', text: 'What to put there.' } },
        },
      },
    },
  },
  events: {
    'session.revoking': {
      text: 'The core wants the session to end.', code: 1, severity: 'warning', terminal: true,
      payload: { deadlineMilliseconds: { kind: 'u32', text: 'Time until the session is lost, in milliseconds.' } },
    },
    'session.lost': {
      text: 'The device or the core is gone; only releasing and detaching are left.', code: 2, severity: 'fatal', terminal: true,
      payload: { cause: { kind: 'enum', enum: 'LostCause', text: 'Why.' } },
    },
    'device.fault': {
      text: 'The device reported a fault.', code: 3, severity: 'error',
      payload: { contained: { kind: 'flag', text: 'True when nothing but the one at fault is affected.' } },
    },
    'device.quiesce': {
      text: 'The core does nothing new for a while; what reads or gives back goes on.', code: 5, severity: 'info', since: 1, terminal: true, needs: 'device.suspend-notify',
      payload: { cause: { kind: 'enum', enum: 'QuiesceCause', text: 'Why.' } },
    },
    'device.resumed': {
      text: 'The core works again as before.', code: 6, severity: 'info', since: 1, terminal: true, needs: 'device.suspend-notify',
      payload: {},
    },
    'events.lost': {
      text: 'The queue was full.', code: 4, severity: 'warning', terminal: true,
      payload: { count: { kind: 'u32', text: 'Events that were dropped since the last one delivered.' } },
    },
  },
} as const;

/** What every client gets. */
export const BASE_V1: typeof base = base;
