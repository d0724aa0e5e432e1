// The house law: which siblings a package may import. The linter (eslint.config.js), the import graph
// (.dependency-cruiser.cjs) and the test of the packed packages (integration/walls) all read this table.

const floors = {
  "c-layout": [],
  timebase: [],
  trace: [],
  pci: ["timebase", "trace"],
  "aux-bus": ["timebase", "trace"],
  "nvrm-headers": ["c-layout"],
  "gpu-regs": ["c-layout"],
  "vfio-user": ["pci", "timebase", "trace"],
  "firmware-files": ["c-layout", "nvrm-headers", "gpu-regs"],
  "gsp-rpc": ["c-layout", "nvrm-headers", "timebase", "trace"],
  "nova-core-api": ["c-layout", "aux-bus", "timebase", "trace"],
  "hw-model": ["pci", "gpu-regs", "c-layout", "timebase", "trace"],
  "gsp-rm": ["gsp-rpc", "nvrm-headers", "gpu-regs", "c-layout", "timebase", "trace", "hw-model"],
  "nova-core": [
    "pci",
    "aux-bus",
    "gpu-regs",
    "gsp-rpc",
    "nvrm-headers",
    "firmware-files",
    "nova-core-api",
    "c-layout",
    "timebase",
    "trace",
  ],
  vgpu: ["nova-core-api"],
  "nova-drm": ["nova-core-api", "c-layout"],
  "nova-core-socket": ["nova-core-api"],
  "vgpu-vfio": ["nova-core-api", "pci"],
};

/**
 * Package -> siblings that it may import, from the lowest floor up. The command line wires everything together.
 * @type {Readonly<Record<string, readonly string[]>>}
 */
export const MAY_IMPORT = { ...floors, nova: Object.keys(floors) };

/**
 * Permissions narrower than a whole sibling: package -> sibling -> the entry points of which it may import types, and
 * nothing else of that sibling. The firmware model plugs into the hardware model's port; it never calls the model.
 * @type {Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>}
 */
export const TYPES_ONLY = { "gsp-rm": { "hw-model": ["port"] } };

/**
 * Packages for Node alone; every other one runs wherever JavaScript does.
 * @type {readonly string[]}
 */
export const NODE_PACKAGES = ["nova", "nova-core-socket", "vfio-user"];

/**
 * Folders of a neutral package that are for Node alone: package -> folders under its src. The rest of the package may
 * not import from them.
 * @type {Readonly<Record<string, readonly string[]>>}
 */
export const NODE_FOLDERS = { "nvrm-headers": ["cli", "import"] };
