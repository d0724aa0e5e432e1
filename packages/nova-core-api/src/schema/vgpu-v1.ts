const vgpu = {
  name: 'vgpu',
  major: 1,
  minor: 1,
  open: ['Series'],
  enums: {
    /** Where an instance stands. */
    InstanceState: {
      Unassigned: 1, Assigned: 2, Opening: 3, Active: 4, Resetting: 5, Stopped: 6, Failed: 7, Closing: 8, Quarantined: 9, Lost: 10,
    },
    /** Line of products. */
    Series: { Q: 1, B: 2, A: 3, C: 4, other: 255 },
    SupportReason: { none: 1, 'no-hardware': 2, 'turned-off': 3, 'no-vfs': 4, 'incompatible-data': 5, quarantined: 6 },
    VerdictReason: { none: 1, 'other-device': 2, 'bad-record': 3, 'too-many': 4, refused: 5 },
  },
  records: {
    GuestIdentity: {
      vendor: { kind: 'u16', text: 'PCI vendor id that the guest sees.' },
      device: { kind: 'u16', text: 'PCI device id that the guest sees.' },
      subsystemVendor: { kind: 'u16', text: 'PCI subsystem vendor id that the guest sees.' },
      subsystem: { kind: 'u16', text: 'PCI subsystem id that the guest sees.' },
      memory: { kind: 'size', text: 'Bytes of memory that the guest can use.' },
      aperture: { kind: 'size', text: 'Bytes of the guest\'s memory aperture, a power of two.' },
      heads: { kind: 'u32', text: 'Display heads.' },
      maxX: { kind: 'u32', text: 'Greatest width of a head in pixels.' },
      maxY: { kind: 'u32', text: 'Greatest height of a head in pixels.' },
    },
    VgpuType: {
      typeId: { kind: 'u32', text: 'Id of the type; stable for a product.' },
      name: { kind: 'text', length: 64, text: 'Product name of the type.' },
      series: { kind: 'enum', enum: 'Series', text: 'Line of products.' },
      profileSize: { kind: 'size', text: 'Nominal memory of the type in bytes.' },
      guestMemory: { kind: 'size', text: 'Bytes of memory that a guest can use.' },
      aperture: { kind: 'size', text: 'Bytes of the guest\'s memory aperture.' },
      maxInstances: { kind: 'u32', text: 'Instances of this type that one device can have.' },
      creatable: { kind: 'u32', text: 'Further instances of this type that can be assigned now.' },
      heads: { kind: 'u32', text: 'Display heads.' },
      maxX: { kind: 'u32', text: 'Greatest width of a head in pixels.' },
      maxY: { kind: 'u32', text: 'Greatest height of a head in pixels.' },
      frameLimit: { kind: 'u32', text: 'Frames per second that the type is limited to; 0 for no limit.' },
      compute: { kind: 'flag', text: 'Compute work is allowed.' },
    },
    TypeVerdict: {
      typeId: { kind: 'u32', text: 'Id of the type; stable for a product.' },
      name: { kind: 'text', length: 64, text: 'Product name of the type.' },
      accepted: { kind: 'flag', text: 'The type can be assigned from now on.' },
      reason: { kind: 'enum', enum: 'VerdictReason', text: 'Why it was not accepted.' },
    },
  },
  operations: {
    querySupport: {
      text: 'Tells whether virtual GPUs can be had.', needs: 'vgpu.types.list', sync: true,
      out: {
        enabled: { kind: 'flag', text: 'Instances can be opened.' },
        reason: { kind: 'enum', enum: 'SupportReason', text: 'Why not.' },
      },
    },
    listTypes: {
      text: 'Lists the types that were accepted.', needs: 'vgpu.types.list', sync: true,
      out: {
        types: { kind: 'list', element: { kind: 'record', record: 'VgpuType', text: 'A type.' }, text: 'Types in the order of their ids.' },
        generation: { kind: 'token', text: 'Changes whenever the answer does.' },
      },
    },
    submitTypes: {
      text: 'Hands over data that describes types. The core decides on each; data for another release is Incompatible.',
      needs: 'vgpu.types.submit',
      since: 1,
      in: {
        data: { kind: 'data', text: 'The data as its publisher made it; opaque to clients.' },
        label: { kind: 'text', length: 256, text: 'Where the data came from, for people.' },
      },
      out: {
        verdicts: { kind: 'list', element: { kind: 'record', record: 'TypeVerdict', text: 'The verdict on a type.' }, text: 'One for each type that the data holds for this device.' },
        generation: { kind: 'token', text: 'Generation of the list of types afterwards.' },
      },
    },
    assign: {
      text: 'Reserves an instance of a type for a virtual function. No memory is touched.',
      needs: 'vgpu.instance.basic',
      in: {
        vf: { kind: 'u32', range: [0, 0xffff], optional: true, text: 'Index of the virtual function; left out, the core takes the first that is free.' },
        typeId: { kind: 'u32', text: 'Id of the type; stable for a product.' },
        owner: { kind: 'octets', length: 16, text: 'Who holds the assignment: 16 bytes that the client chose.' },
        generation: { kind: 'token', optional: true, text: 'Generation of the list that the choice was made from; a newer list is StaleGeneration.' },
      },
      out: {
        vf: { kind: 'u32', range: [0, 0xffff], text: 'Index of the virtual function, from 0.' },
        identity: { kind: 'record', record: 'GuestIdentity', text: 'What the guest will see.' },
      },
    },
    unassign: {
      text: 'Takes an assignment back.', needs: 'vgpu.instance.basic', ending: true,
      in: {
        vf: { kind: 'u32', range: [0, 0xffff], text: 'Index of the virtual function, from 0.' },
        owner: { kind: 'octets', length: 16, text: 'Who holds the assignment: 16 bytes that the client chose.' },
      },
    },
    getAssignment: {
      text: 'Tells what a virtual function was assigned.', needs: 'vgpu.instance.basic', sync: true,
      in: {
        vf: { kind: 'u32', range: [0, 0xffff], text: 'Index of the virtual function, from 0.' },
        owner: { kind: 'octets', length: 16, optional: true, text: 'Who may hold the assignment: 16 bytes that the client chose.' },
      },
      out: {
        typeId: { kind: 'u32', text: 'Id of the type; stable for a product.' },
        state: { kind: 'enum', enum: 'InstanceState', text: 'Where the instance stands.' },
        mine: { kind: 'flag', text: 'The given owner holds the assignment.' },
        identity: { kind: 'record', record: 'GuestIdentity', text: 'What the guest sees.' },
      },
    },
    open: {
      text: 'Makes the instance that a virtual function was assigned run, its memory cleared.',
      needs: 'vgpu.instance.basic',
      in: {
        vf: { kind: 'u32', range: [0, 0xffff], text: 'Index of the virtual function, from 0.' },
        owner: { kind: 'octets', length: 16, text: 'Who holds the assignment: 16 bytes that the client chose.' },
        label: { kind: 'text', length: 64, text: 'Name of the guest, for people.' },
        process: { kind: 'u32', range: [1, 0x7fffffff], text: 'Process that the guest runs in, for accounting.' },
      },
      out: {
        instance: { kind: 'object', object: 'instance', text: 'The running instance; releasing it closes it.' },
        identity: { kind: 'record', record: 'GuestIdentity', text: 'What the guest sees.' },
      },
    },
  },
  objects: {
    instance: {
      text: 'A running virtual GPU.',
      operations: {
        setBusMaster: {
          text: 'Lets the guest\'s device reach the guest\'s memory, or stops it.', needs: 'vgpu.instance.basic',
          in: { on: { kind: 'flag', text: 'Whether it may.' } },
        },
        reset: { text: 'Puts the instance back to how it was opened; its memory reads zero.', needs: 'vgpu.instance.basic' },
        info: {
          text: 'Tells how the instance is.', needs: 'vgpu.instance.basic', sync: true,
          out: {
            vf: { kind: 'u32', range: [0, 0xffff], text: 'Index of the virtual function, from 0.' },
            typeId: { kind: 'u32', text: 'Id of the type; stable for a product.' },
            state: { kind: 'enum', enum: 'InstanceState', text: 'Where the instance stands.' },
            memoryUsed: { kind: 'size', text: 'Bytes of device memory that the instance takes.' },
          },
        },
      },
    },
  },
  events: {
    'capacity.changed': {
      text: 'What can be created changed.', code: 64, severity: 'info',
      payload: { generation: { kind: 'token', text: 'Generation of the list now.' } },
    },
    'instance.state': {
      text: 'The instance of a virtual function changed its state.', code: 65, severity: 'info',
      terminal: { field: 'to', values: ['Failed', 'Quarantined', 'Lost'] },
      payload: {
        vf: { kind: 'u32', range: [0, 0xffff], text: 'Index of the virtual function, from 0.' },
        from: { kind: 'enum', enum: 'InstanceState', text: 'Where it stood.' },
        to: { kind: 'enum', enum: 'InstanceState', text: 'Where it stands now.' },
      },
    },
  },
} as const;

/** Management of virtual GPUs. */
export const VGPU_V1: typeof vgpu = vgpu;

export type InstanceState = keyof typeof VGPU_V1.enums.InstanceState;
