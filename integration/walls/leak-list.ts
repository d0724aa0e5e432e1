// What must never cross the client contract: names that belong to the firmware, its wire formats, the chip or the
// driver's insides. A client that knows one of them breaks with the next firmware or the next board.
//
// `words` are matched against the words of identifiers and prose, whatever their spelling: "vmmu segment" finds
// VMMU_SEGMENTS, vmmuSegmentSize and "VMMU segments", and never a part of another word ("chid" is not in "which").
// `patterns` are matched against the raw text, for what is not made of words: command numbers and version strings.
//
// Free to cross: byte sizes, counts and percentages, PCI ids shown to a guest, product type ids and names, VF indices,
// abstract slot counts, opaque tokens, reasons and causes as the contract's own enums.

export interface LeakGroup {
  readonly name: string;
  readonly words: readonly string[];
  readonly patterns: readonly RegExp[];
}

export const LEAKS: readonly LeakGroup[] = [
  {
    name: "firmware object model",
    words: [
      "gsp", "rpc", "rm", "resman", "subdevice", "client handle", "device handle", "h client", "h object", "h parent",
      "sequence number", "nv status", "nv err",
    ],
    patterns: [
      /\b0x_?(?:2080|a081|a084)_?[0-9a-f]{4}n?\b/gi, // command numbers
      /\bNV\w*_CTRL_\w+/gi,
      /(?<![a-z0-9])nv_?(?=[0-9a-f]*\d)[0-9a-f]{4}(?![a-z0-9])/gi, // class names: NV2080, Nv0080, NVA081
    ],
  },
  {
    name: "firmware identity",
    words: [
      "firmware version", "firmware branch", "firmware release", "driver branch", "branch number", "build string",
      "ucode", "fwsec", "booter", "bootloader", "plugin version",
    ],
    patterns: [
      /(?<![\d.])[3-6]\d\d\.\d{2,3}(?:\.\d{2})?(?![\d.]*\d)/g, // build strings: 570.144, 535.113.01
      /(?<![a-z0-9])r[3-6]\d\d(?:_\d+)*(?![a-z0-9])/gi, // branches and version namespaces: r570, r570_144
      /\bvgpu (?:software )?(?:version |release )?\d\d\.\d\b/gi, // product releases: vGPU 18.1
    ],
  },
  {
    name: "key/value protocol",
    words: ["nvkv", "gmc", "tlv", "opcode", "command id", "message header"],
    patterns: [],
  },
  {
    name: "type blobs",
    words: ["signature bytes", "vgpu signature", "extra parameter", "extra params", "blob offset", "blob header", "kernel record"],
    patterns: [],
  },
  {
    name: "channels and engines",
    words: [
      "chid", "channel number", "channel bitmap", "channel offset", "engine bitmap", "engine mask", "runlist", "run list",
      "ce class", "copy engine class", "pushbuf", "push buffer", "pushbuffer", "gpfifo", "gp fifo", "userd", "instance block",
      "semaphore", "doorbell",
    ],
    patterns: [],
  },
  {
    name: "memory",
    words: [
      "physical address", "phys addr", "fb addr", "fb address", "fb offset", "framebuffer address", "framebuffer offset",
      "vram addr", "vram address", "vram offset", "vmmu", "page kind", "pte kind", "plc", "compressible", "huge page",
      "bar 0", "bar 1", "bar 2", "pramin", "wpr", "wpr 2", "heap size", "gsp heap", "plugin heap", "frts",
    ],
    patterns: [],
  },
  {
    name: "identity encodings",
    words: ["gfid", "dbdf", "sbdf", "swizz", "swizzid", "placement id", "device instance"],
    patterns: [],
  },
  {
    name: "plugin interface",
    words: [
      "plugin", "shared buffer", "message id", "ready marker", "log buffer", "config snapshot", "vnc", "surface structure",
      "control buffer",
    ],
    patterns: [],
  },
  {
    name: "board and boot",
    words: [
      "prc", "fsp", "fmc", "falcon", "sec 2", "risc v", "riscv", "brom", "boot rom", "vbios", "registry key", "vf partition",
      "scrubber", "config mirror", "hal", "chipset", "chip id", "architecture id",
    ],
    patterns: [
      /\bRMSet\w+/g,
      /(?<![a-z0-9])(?:gm|gp|gv|tu|ga|ad|gh|gb)[12]\d[0-9a-fx](?![a-z0-9])/gi, // chips: TU102, GA10x, AD102, GH100
      /\b(?:Turing|Ampere|Ada|Hopper|Blackwell|Volta|Pascal)\b/g,
      /\bNV_[A-Z]+_\w+/g, // registers: NV_PMC_BOOT_0
    ],
  },
  {
    name: "interrupts",
    words: ["vector number", "interrupt vector", "irq vector", "interrupt tree", "interrupt leaf", "intr leaf", "non stall", "nonstall"],
    patterns: [],
  },
  {
    name: "driver plumbing",
    words: ["module parameter", "module param", "pci dev", "private pointer", "spinlock", "raw lock"],
    patterns: [/\bvoid\s*\*/g, /\bstruct module\b/g],
  },
  {
    name: "timing",
    words: ["firmware timeout", "firmware time out", "boot timeout"],
    patterns: [],
  },
  {
    name: "policy",
    words: ["power of two channel", "ecc formula", "deny list", "denylist", "placement recursion"],
    patterns: [],
  },
];
