const vgpu = {
  name: 'vgpu',
  major: 2,
  minor: 0,
  open: ['Series', 'CreatableReason'],
  enums: {
    /** Where an instance stands. */
    InstanceState: {
      Unassigned: 1, Assigned: 2, Opening: 3, Active: 4, Resetting: 5, Stopped: 6, Failed: 7, Closing: 8, Quarantined: 9, Lost: 10,
    },
    /** Line of products. */
    Series: { Q: 1, B: 2, A: 3, C: 4, other: 255 },
    SupportReason: { none: 1, 'no-hardware': 2, 'turned-off': 3, 'no-vfs': 4, 'incompatible-data': 5, quarantined: 6 },
    VerdictReason: { none: 1, 'other-device': 2, 'bad-record': 3, 'too-many': 4, refused: 5 },
    /** How a device is shared out. */
    SizeMode: { equal: 1, mixed: 2 },
    CreatableReason: { none: 1, 'other-size': 2, 'no-capacity': 3, 'no-function': 4, 'memory-protection': 5, 'no-placement': 6, 'other-mode': 7 },
    OperationKind: { open: 1, reset: 2, close: 3, save: 4, restore: 5 },
    OperationState: { Running: 1, Cancelling: 2, Done: 3, Failed: 4, Cancelled: 5 },
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
      maxEqual: { kind: 'u32', text: 'Instances that one device can have where all are of one size.' },
      maxMixed: { kind: 'u32', text: 'Instances that one device can have where sizes may differ; 0 when it cannot be had so.' },
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
    TypeCapacity: {
      typeId: { kind: 'u32', text: 'Id of the type; stable for a product.' },
      supported: { kind: 'u32', text: 'Instances that the device could have in this mode if nothing were assigned.' },
      creatable: { kind: 'u32', text: 'Further instances that can be assigned now, if nothing else is.' },
      reason: { kind: 'enum', enum: 'CreatableReason', text: 'Why none can be assigned; none when one can.' },
    },
    Placement: {
      placement: { kind: 'token', text: 'The place, opaque; holds with its plan.' },
      start: { kind: 'u32', text: 'First unit of the place; units say how places lie to each other, and nothing else.' }, units: { kind: 'u32', text: 'Units that the place takes.' },
      free: { kind: 'flag', text: 'It can be assigned now.' },
    },
  },
  operations: {
    querySupport: {
      text: 'Tells whether virtual GPUs can be had.', needs: 'vgpu.types.list', sync: true,
      out: {
        enabled: { kind: 'flag', text: 'Instances can be opened.' },
        reason: { kind: 'enum', enum: 'SupportReason', text: 'Why not.' },
        operations: { kind: 'u32', text: 'Operations that a session can hold at a time.' },
      },
    },
    listTypes: {
      text: 'Lists the types that were accepted.', needs: 'vgpu.types.list', sync: true,
      out: {
        types: { kind: 'list', element: { kind: 'record', record: 'VgpuType', text: 'A type.' }, text: 'Types in the order of their ids.' },
        plan: { kind: 'token', text: 'Token of the plan; changes whenever what can be had does.' },
      },
    },
    submitTypes: {
      text: 'Hands over data that describes types. The core decides on each; data for another release is Incompatible.', needs: 'vgpu.types.submit',
      in: {
        data: { kind: 'data', text: 'The data as its publisher made it; opaque to clients.' },
        label: { kind: 'text', length: 256, text: 'Where the data came from, for people.' },
      },
      out: {
        verdicts: { kind: 'list', element: { kind: 'record', record: 'TypeVerdict', text: 'The verdict on a type.' }, text: 'One for each type that the data holds for this device.' },
        plan: { kind: 'token', text: 'Token of the plan; changes whenever what can be had does.' },
      },
    },
    capacity: {
      text: 'Tells what the device can have and what of it can be had now, with reasons.', needs: 'vgpu.capacity.plan', sync: true,
      out: {
        plan: { kind: 'token', text: 'Token of the plan; changes whenever what can be had does.' },
        mode: { kind: 'enum', enum: 'SizeMode', text: 'How the device is shared out.' },
        units: { kind: 'u32', text: 'Units that places are counted in, of the whole device.' },
        types: { kind: 'list', element: { kind: 'record', record: 'TypeCapacity', text: 'What can be had of a type.' }, text: 'One for each type, in the order of their ids.' },
      },
    },
    placements: {
      text: 'Lists the places of a type in the plan. Another plan by now is StaleGeneration.', needs: 'vgpu.placement.explicit', sync: true,
      in: { plan: { kind: 'token', text: 'Token of the plan; changes whenever what can be had does.' }, typeId: { kind: 'u32', text: 'Id of the type; stable for a product.' } },
      out: { placements: { kind: 'list', element: { kind: 'record', record: 'Placement', text: 'A place.' }, text: 'Places by ascending first unit.' } },
    },
    setMode: {
      text: 'Changes how the device is shared out; InUse while anything is assigned.', needs: 'vgpu.mixed-sizes',
      in: { mode: { kind: 'enum', enum: 'SizeMode', text: 'How it is to be shared out.' } },
      out: { plan: { kind: 'token', text: 'Token of the plan; changes whenever what can be had does.' } },
    },
    assign: {
      text: 'Reserves an instance of a type, and its place, for a virtual function. No memory is touched.', needs: 'vgpu.instance.basic',
      in: {
        vf: { kind: 'u32', range: [0, 0xffff], optional: true, text: 'Index of the virtual function; left out, the core takes the first that is free.' },
        typeId: { kind: 'u32', text: 'Id of the type; stable for a product.' }, owner: { kind: 'octets', length: 16, text: 'Who holds the assignment: 16 bytes that the client chose.' },
        plan: { kind: 'token', optional: true, text: 'Token of the plan that the choice was made from; another plan by now is StaleGeneration.' },
        placement: { kind: 'token', optional: true, text: 'The place, out of the plan; needs `vgpu.placement.explicit`. Left out, the core takes the first that is free.' },
      },
      out: { vf: { kind: 'u32', range: [0, 0xffff], text: 'Index of the virtual function, from 0.' }, identity: { kind: 'record', record: 'GuestIdentity', text: 'What the guest sees.' }, start: { kind: 'u32', text: 'First unit of the place; units say how places lie to each other, and nothing else.' }, units: { kind: 'u32', text: 'Units that the place takes.' } },
    },
    unassign: { text: 'Takes an assignment back.', needs: 'vgpu.instance.basic', ending: true, in: { vf: { kind: 'u32', range: [0, 0xffff], text: 'Index of the virtual function, from 0.' }, owner: { kind: 'octets', length: 16, text: 'Who holds the assignment: 16 bytes that the client chose.' } } },
    getAssignment: {
      text: 'Tells what a virtual function was assigned.', needs: 'vgpu.instance.basic', sync: true,
      in: { vf: { kind: 'u32', range: [0, 0xffff], text: 'Index of the virtual function, from 0.' }, owner: { kind: 'octets', length: 16, optional: true, text: 'Who may hold the assignment: 16 bytes that the client chose.' } },
      out: {
        typeId: { kind: 'u32', text: 'Id of the type; stable for a product.' },
        state: { kind: 'enum', enum: 'InstanceState', text: 'Where the instance stands.' },
        mine: { kind: 'flag', text: 'The given owner holds the assignment.' },
        identity: { kind: 'record', record: 'GuestIdentity', text: 'What the guest sees.' }, start: { kind: 'u32', text: 'First unit of the place; units say how places lie to each other, and nothing else.' }, units: { kind: 'u32', text: 'Units that the place takes.' },
      },
    },
    open: {
      text: 'Begins to make the instance that a virtual function was assigned run, its memory cleared.', needs: 'vgpu.instance.basic',
      in: { vf: { kind: 'u32', range: [0, 0xffff], text: 'Index of the virtual function, from 0.' }, owner: { kind: 'octets', length: 16, text: 'Who holds the assignment: 16 bytes that the client chose.' }, label: { kind: 'text', length: 64, text: 'Name of the guest, for people.' }, process: { kind: 'u32', range: [1, 0x7fffffff], text: 'Process that the guest runs in, for accounting.' } },
      out: {
        operation: { kind: 'object', object: 'operation', text: 'What is under way; releasing it cancels it and waits for its end.' },
        id: { kind: 'token', text: 'What events call the operation; never used twice in a session.' },
      },
    },
    restore: {
      text: 'Begins to make an instance out of a saved state, which is then written to the operation. The instance is Stopped at the end.', needs: 'vgpu.migration.stop-copy',
      in: { vf: { kind: 'u32', range: [0, 0xffff], text: 'Index of the virtual function, from 0.' }, owner: { kind: 'octets', length: 16, text: 'Who holds the assignment: 16 bytes that the client chose.' }, label: { kind: 'text', length: 64, text: 'Name of the guest, for people.' }, process: { kind: 'u32', range: [1, 0x7fffffff], text: 'Process that the guest runs in, for accounting.' }, compatibility: { kind: 'octets', length: 32, text: 'Says of a saved state where it can be restored; opaque to clients.' } },
      out: {
        operation: { kind: 'object', object: 'operation', text: 'What is under way; releasing it cancels it and waits for its end.' },
        id: { kind: 'token', text: 'What events call the operation; never used twice in a session.' },
      },
    },
  },
  objects: {
    instance: {
      text: 'A virtual GPU.',
      operations: {
        setBusMaster: {
          text: 'Lets the guest\'s device reach the guest\'s memory, or stops it.', needs: 'vgpu.instance.basic',
          in: { on: { kind: 'flag', text: 'Whether it may.' } },
        },
        info: {
          text: 'Tells how the instance is.', needs: 'vgpu.instance.basic', sync: true,
          out: {
            vf: { kind: 'u32', range: [0, 0xffff], text: 'Index of the virtual function, from 0.' },
            typeId: { kind: 'u32', text: 'Id of the type; stable for a product.' },
            state: { kind: 'enum', enum: 'InstanceState', text: 'Where the instance stands.' },
            memoryUsed: { kind: 'size', text: 'Bytes of device memory that the instance takes.' },
          },
        },
        reset: { text: 'Begins to put the instance back to how it was opened; its memory reads zero then.', needs: 'vgpu.instance.basic', out: {
            operation: { kind: 'object', object: 'operation', text: 'What is under way; releasing it cancels it and waits for its end.' },
            id: { kind: 'token', text: 'What events call the operation; never used twice in a session.' },
          } },
        close: { text: 'Begins to close the instance; at the end its memory is cleared and it can be opened again.', needs: 'vgpu.instance.basic', ending: true, out: {
            operation: { kind: 'object', object: 'operation', text: 'What is under way; releasing it cancels it and waits for its end.' },
            id: { kind: 'token', text: 'What events call the operation; never used twice in a session.' },
          } },
        stop: { text: 'Stops the guest\'s device; its state stays as it is.', needs: 'vgpu.migration.stop-copy' },
        resume: { text: 'Makes a stopped device go on.', needs: 'vgpu.migration.stop-copy' },
        compatibility: { text: 'Tells where a saved state of the instance can be restored.', needs: 'vgpu.migration.stop-copy', sync: true, out: { compatibility: { kind: 'octets', length: 32, text: 'Says of a saved state where it can be restored; opaque to clients.' } } },
        save: { text: 'Begins to save the state of a stopped instance, which is then read from the operation.', needs: 'vgpu.migration.stop-copy', out: {
            operation: { kind: 'object', object: 'operation', text: 'What is under way; releasing it cancels it and waits for its end.' },
            id: { kind: 'token', text: 'What events call the operation; never used twice in a session.' },
          } },
      },
    },
    operation: {
      text: 'Something that takes time. An instance that it made and that was not taken is closed with it.',
      operations: {
        status: {
          text: 'Tells how far it is.', needs: 'vgpu.instance.basic', sync: true,
          out: {
            id: { kind: 'token', text: 'What events call the operation; never used twice in a session.' },
            kind: { kind: 'enum', enum: 'OperationKind', text: 'What it does.' },
            state: { kind: 'enum', enum: 'OperationState', text: 'Where it stands.' },
            done: { kind: 'u32', text: 'Steps that are done; never goes back.' },
            total: { kind: 'u32', text: 'Steps that there are, as far as is known; 0 when it is not.' },
          },
        },
        cancel: { text: 'Asks it to end. What is done by then is undone; where that comes too late it ends as it would have.', needs: 'vgpu.instance.basic', sync: true, ending: true },
        wait: { text: 'Waits for its end.', needs: 'vgpu.instance.basic', out: { state: { kind: 'enum', enum: 'OperationState', text: 'How it ended.' } } },
        outcome: { text: 'Fails with what it failed with; Busy while it runs, Cancelled when it was cancelled.', needs: 'vgpu.instance.basic', sync: true },
        instance: {
          text: 'Gives the instance that it made, once.', needs: 'vgpu.instance.basic',
          out: { instance: { kind: 'object', object: 'instance', text: 'The instance; releasing it closes it.' }, identity: { kind: 'record', record: 'GuestIdentity', text: 'What the guest sees.' } },
        },
        read: {
          text: 'Takes the next bytes of a saved state.', needs: 'vgpu.migration.stop-copy',
          in: { length: { kind: 'u32', range: [1, 0x100000], text: 'Bytes to take at most.' } },
          out: { bytes: { kind: 'data', text: 'The bytes; none at the end.' }, end: { kind: 'flag', text: 'No more will come.' } },
        },
        write: {
          text: 'Hands over the next bytes of a state that is to be restored.', needs: 'vgpu.migration.stop-copy',
          in: { bytes: { kind: 'data', text: 'The bytes.' }, end: { kind: 'flag', text: 'No more will come.' } },
        },
      },
    },
  },
  events: {
    'capacity.changed': {
      text: 'What can be had changed.', code: 64, severity: 'info',
      payload: { generation: { kind: 'token', text: 'Token of the plan now.' } },
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
    'operation.done': {
      text: 'An operation of the session ended.', code: 66, severity: 'info', terminal: true,
      payload: {
        operation: { kind: 'token', text: 'Which operation: its id.' },
        kind: { kind: 'enum', enum: 'OperationKind', text: 'What it did.' },
        state: { kind: 'enum', enum: 'OperationState', text: 'How it ended.' },
      },
    },
  },
} as const;

/** Management of virtual GPUs, with what takes time as operations, places that can be chosen, and moving to another device. */
export const VGPU_V2: typeof vgpu = vgpu;
