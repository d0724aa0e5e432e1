import { active, delay, expected, GSP, modify, poll, read, scrubbed, SEC2, send, write, type Kind, type Step } from './steps.ts';

/**
 * What Linux's nova-core 7.3 does to registers from probe to unload, in order, on a chip that booter starts.
 * Source: linux: drivers/gpu/nova-core/{gpu,gfw,fb,falcon,vbios}.rs, falcon/hal/, firmware/{booter,fwsec}.rs, gsp/{boot,sequencer,commands}.rs, gsp/hal/tu102.rs
 */
export function novaCore(kind: Kind): readonly Step[] {
  const { falcons } = kind;
  const reset = (falcon: number): Step[] => [
    ...(falcons === 'ga102' ? [poll(falcon + 0xf4, 0x8000_0000, 0x8000_0000, 150, 'the engine is ready for its reset')] : []),
    modify(falcon + 0x3c0, 0, 1), delay(10), modify(falcon + 0x3c0, 1, 0), scrubbed(falcon, falcons),
    ...(falcons === 'ga102' ? [read(falcon + 0x1668, 0, 'the falcon core is selected', 0x10)] : []),
    scrubbed(falcon, falcons),
    read(0x000000, 'boot0', 'the chip is still there'), write(falcon + 0x084, 'boot0'),
    read(falcon + 0x100, 0x10, 'the falcon is halted', 0x10),
  ];
  const started = (falcon: number): Step[] => [
    read(falcon + 0x100, 0, 'no alias is to be used', 0x40), write(falcon + 0x100, 2), poll(falcon + 0x100, 0x10, 0x10, 2_000_000, 'the falcon has halted'),
  ];
  const prologue = (falcon: number): Step[] => [modify(falcon + 0x624, 0, 0x80), write(falcon + 0x10c, 0)];
  const brom = (falcon: number, mask: number, id: number, pkc: string): Step[] =>
    [write(falcon + 0x1210, pkc), write(falcon + 0x119c, mask), write(falcon + 0x1198, id), write(falcon + 0x1180, 1)];
  const loaded = (falcon: number, name: string, mask: number, id: number): Step[] => (falcons === 'tu102'
    ? [
        ...prologue(falcon),
        { op: 'port', falcon, memory: 'imem', bytes: `${name}.nonsecure` }, { op: 'port', falcon, memory: 'secure imem', bytes: `${name}.secure` }, { op: 'port', falcon, memory: 'dmem', bytes: `${name}.dmem` },
        write(falcon + 0x104, `${name}.vector`),
      ]
    : [
        ...prologue(falcon), modify(falcon + 0x600, 0b111, 0b101),
        { op: 'fetch', falcon, memory: 'secure imem', bytes: `${name}.secure` }, { op: 'fetch', falcon, memory: 'dmem', bytes: `${name}.dmem` },
        ...brom(falcon, mask, id, `${name}.pkc`), write(falcon + 0x104, `${name}.vector`),
      ]);
  const fwsec = (name: string): Step[] => [
    ...reset(GSP),
    ...(falcons === 'tu102'
      ? [
          ...prologue(GSP),
          { op: 'port', falcon: GSP, memory: 'imem', bytes: 'bootloader.code' } as const, { op: 'port', falcon: GSP, memory: 'dmem', bytes: `${name}.arguments` } as const,
          write(GSP + 0x104, 0xfd00), modify(GSP + 0x610, 0b111, 0b101),
        ]
      : loaded(GSP, name, 0x400, 9)),
    write(GSP + 0x040, 0), write(GSP + 0x044, 0), ...started(GSP), read(GSP + 0x040, 0, 'FWSEC is content'),
  ];
  const booter = (name: string, low: string | number, high: string | number): Step[] => [
    ...reset(SEC2), ...loaded(SEC2, name, 1, 3), write(SEC2 + 0x040, low), write(SEC2 + 0x044, high), ...started(SEC2), read(SEC2 + 0x040, 0, 'booter is content'),
  ];
  const [activeAt, activeBit] = active(kind);
  return [
    read(0x000000, 'boot0', 'the chip'), read(0x000a00, 'boot42', 'the chip'),
    poll(0x118128, 1, 1, 4_000_000, 'progress may be read'), poll(0x118234, 0xff, 0xff, 4_000_000, 'boot firmware is through'),
    ...kind.flush.map(([at, value]) => write(at, value)),
    write(GSP + 0x004, 0x40),
    read(kind.vram, 'vram', 'size of VRAM'), read(kind.displayFuse, kind.display ? 0 : 1, 'display', 1),
    ...(kind.display ? [read(0x625f04, 0, 'no VGA workspace of its own', 8)] : []),
    ...(falcons === 'ga102' ? [read(0x8241c0 + 4 * 8, 0, 'FWSEC of any version'), read(0x824140 + 4 * 2, 0, 'booter of any version')] : []),
    read(0x1fa828, 0, 'WPR2 is not set'),
    ...(kind.frts
      ? [
          ...fwsec('frts'), read(0x001438, 0, 'FRTS was made', 0xffff_0000),
          read(0x1fa828, 'frts.end', 'WPR2 ends where FRTS does'), read(0x1fa824, 'frts.start', 'WPR2 is FRTS'),
        ]
      : []),
    ...reset(GSP), write(GSP + 0x040, 'libos.low'), write(GSP + 0x044, 'libos.high'), ...started(GSP),
    read(GSP + 0x040, 'libos.low', 'nothing ran: the mailboxes stay'), read(GSP + 0x044, 'libos.high', 'nothing ran: the mailboxes stay'),
    read(activeAt, 0, 'RISC-V is not active yet', activeBit),
    ...booter('load', 'meta.low', 'meta.high'),
    read(0x1fa824, 'wpr2.start', 'booter made all of WPR2'), read(0x1fa828, 'wpr2.end', 'booter made all of WPR2'),
    write(GSP + 0x080, 0), poll(activeAt, activeBit, activeBit, 5_000_000, 'RISC-V is active'),
    send(72, 'system info'), send(73, 'registry'), expected(0x1002, 40), expected(0x1001, 0),
    send(65, 'static info'), expected(65, 1656),
    // And down again
    send(47, 'unloading'), expected(47, 0), poll(GSP + 0x040, 0x8000_0000, 0x8000_0000, 5_000_000, 'the firmware has stopped'), read(activeAt, 0, 'RISC-V is not active any more', activeBit),
    ...fwsec('sb'), read(0x001454, 0, 'SB was done', 0xffff),
    read(0x1fa828, 'wpr2.end', 'WPR2 is still set'), ...booter('unload', 0xff, 0xff), read(0x1fa828, 0, 'WPR2 is gone'),
    ...[...kind.flush].reverse().flatMap(([at, value]) => [read(at, value, 'the flush page is still ours'), write(at, 0)]),
  ];
}

/**
 * What Linux's nouveau does with the firmware of release 570 on the same chips, up to its first memory through BAR2, and down.
 * Source: linux: drivers/gpu/drm/nouveau/nvkm/{engine/device/base,falcon/{base,fw,gm200,gp102,tu102,ga102},subdev/{devinit,gsp,vfn,timer,bar,mmu,pci}}
 */
export function nouveau(kind: Kind): readonly Step[] {
  const { falcons } = kind;
  const select = (falcon: number): Step[] => (falcons === 'ga102' ? [read(falcon + 0x1668, 0, 'the falcon core is selected', 0x10)] : []);
  const pulse = (falcon: number): Step[] => [
    ...(falcons === 'ga102' ? [poll(falcon + 0xf4, 0x8000_0000, 0x8000_0000, 150, 'the engine is ready for its reset')] : []),
    modify(falcon + 0x3c0, 0, 1), delay(10), modify(falcon + 0x3c0, 1, 0),
  ];
  /** Where RISC-V was selected for the firmware, the falcon is first. */
  const reselect = (falcon: number): Step[] =>
    (falcons === 'ga102' ? [read(falcon + 0x1668, 0x10, 'RISC-V is selected', 0x10), write(falcon + 0x1668, 0), poll(falcon + 0x1668, 1, 1, 10_000, 'the choice is valid'), ...select(falcon)] : []);
  const reset = (falcon: number, ran = false): Step[] => [
    ...(ran ? reselect(falcon) : select(falcon)), modify(falcon + 0x048, 3, 0), write(falcon + 0x014, 0xffff_ffff), ...pulse(falcon), modify(falcon + 0x040, 0, 0), scrubbed(falcon, falcons),
    ...pulse(falcon), scrubbed(falcon, falcons), ...select(falcon), scrubbed(falcon, falcons), write(falcon + 0x084, 'boot0'),
  ];
  const looked = (falcon: number): Step[] => [
    read(falcon + 0x12c, 0x30, 'the falcon is secure', 0x30), read(falcon + 0x108, 0x100, 'IMEM of 64 KiB', 0x1ff),
  ];
  const started = (falcon: number, low: string | number, high: string | number | undefined, vector: string | number): Step[] => [
    write(falcon + 0x040, low), ...(high === undefined ? [] : [write(falcon + 0x044, high)]), write(falcon + 0x104, vector), write(falcon + 0x100, 2),
    poll(falcon + 0x100, 0x10, 0x10, 2_000_000, 'the falcon has halted'), read(falcon + 0x040, 0, 'the ucode is content'),
  ];
  const prologue = (falcon: number): Step[] => [modify(falcon + 0x624, 0, 0x80), write(falcon + 0x10c, 0)];
  const loaded = (falcon: number, name: string, mask: number, id: number): Step[] => (falcons === 'tu102'
    ? [
        ...prologue(falcon),
        { op: 'port', falcon, memory: 'imem', bytes: `${name}.nonsecure` }, { op: 'port', falcon, memory: 'secure imem', bytes: `${name}.secure` }, { op: 'port', falcon, memory: 'dmem', bytes: `${name}.dmem` },
      ]
    : [
        ...prologue(falcon), modify(falcon + 0x600, 0x1_0007, 0b101),
        { op: 'fetch', falcon, memory: 'secure imem', bytes: `${name}.secure` }, { op: 'fetch', falcon, memory: 'dmem', bytes: `${name}.dmem` },
        write(falcon + 0x1210, `${name}.pkc`), write(falcon + 0x119c, mask), write(falcon + 0x1198, id), write(falcon + 0x1180, 1),
      ]);
  const fwsec = (name: string, ran = false): Step[] => [
    ...reset(GSP, ran),
    ...(falcons === 'tu102'
      ? [
          ...prologue(GSP), { op: 'port', falcon: GSP, memory: 'imem', bytes: 'bootloader.code' } as const, modify(GSP + 0x610, 0b111, 0b101),
          { op: 'port', falcon: GSP, memory: 'dmem', bytes: `${name}.arguments` } as const, ...started(GSP, 0, undefined, 0xfd00),
        ]
      : [...loaded(GSP, name, 0x400, 9), ...started(GSP, 0, undefined, `${name}.vector`)]),
  ];
  const booter = (name: string, low: string | number, high: string | number): Step[] =>
    [...reset(SEC2), ...loaded(SEC2, name, 1, 3), ...started(SEC2, low, high, `${name}.vector`)];
  const [activeAt, activeBit] = active(kind);
  const leaf = 155 >>> 5;
  return [
    // The chip, and what can go wrong before the firmware's turn
    read(0x000004, 0, 'little endian, no guest'), read(0x000000, 'boot0', 'the chip'), read(0x000004, 0, 'no guest', 0x3_0000), read(0x101000, 0, 'the crystal', 0x40_0040),
    modify(0x088050, 1, 0), read(0x300000, 'rom', 'the VBIOS begins'), modify(0x088050, 0, 1), read(0x088050, 1, 'the ROM is shadowed again', 1),
    write(0xb81610, 0xf), write(0x100c10, 'flush.low'),
    poll(0x118128, 1, 1, 4_000_000, 'progress may be read'), poll(0x118234, 0xff, 0xff, 4_000_000, 'boot firmware is through'),
    write(0x009140, 0), write(0xb81610, 0xf),
    ...Array.from({ length: 8 }, (_, i) => [write(0xb81400 + 4 * i, 0xffff_ffff), write(0xb81200 + 4 * i, 0)]).flat(),
    write(0xb81608, 0xf), read(0xb81608, 0xf, 'subtrees are enabled', 0xf),
    read(kind.vram, 'vram', 'size of VRAM'),
    ...(kind.displayFuse === 0x820c04 && !kind.frts ? [read(0x1fa7c8, 1, 'the lock of VRAM may be read', 1), read(0x1fa82c, 0, 'nothing is locked'), read(0x1fa830, 0, 'nothing is locked')] : []),
    // Both messages wait in the queue; nobody listens yet.
    send(72, 'system info'), send(73, 'registry'), read(activeAt, 0, 'RISC-V is not active', activeBit),
    ...looked(GSP),
    ...(kind.frts ? [...fwsec('frts'), read(0x001438, 0, 'FRTS was made', 0xffff_0000), read(0x1fa824, 'frts.start', 'WPR2 is FRTS'), read(0x1fa828, 'frts.end', 'WPR2 is FRTS')] : []),
    ...pulse(GSP), scrubbed(GSP, falcons), ...(falcons === 'ga102' ? [modify(GSP + 0x1668, 0x111, 0x111)] : []),
    write(GSP + 0x040, 'libos.low'), write(GSP + 0x044, 'libos.high'),
    ...looked(SEC2), ...booter('load', 'meta.low', 'meta.high'),
    read(0x1fa824, 'wpr2.start', 'booter made all of WPR2'), read(0x1fa828, 'wpr2.end', 'booter made all of WPR2'),
    write(GSP + 0x080, 0),
    // Once: it is active before SEC2 halts.
    read(activeAt, activeBit, 'RISC-V is active', activeBit),
    expected(0x1002, 40), expected(0x1001, 0), send(65, 'static info'), expected(65, 1656),
    // From here on messages interrupt.
    write(0xb81000 + 4 * leaf, 2 ** (155 & 31)), write(0xb81200 + 4 * leaf, 2 ** (155 & 31)), read(0xb81200 + 4 * leaf, 'gsp.bit', 'the vector is enabled', 2 ** (155 & 31)),
    write(GSP + 0x004, 0x40), write(0x088704, 0), { op: 'interrupts', least: 0 },
    send(65, 'static info'), expected(65, 1656), { op: 'interrupts', least: 1 },
    read(GSP + 0x008, 0x40, 'the falcon says why', 0x40), read(0xb81600, 2 ** (leaf >>> 1), 'the top says where', 2 ** (leaf >>> 1)), read(0xb81000 + 4 * leaf, 'gsp.bit', 'and the leaf', 2 ** (155 & 31)),
    write(0xb81610, 0xf), write(0x088704, 0), write(0xb81000 + 4 * leaf, 2 ** (155 & 31)), write(GSP + 0x004, 0x40), ...(kind.retrigger ? [write(GSP + 0x3e8, 1)] : []), write(0xb81608, 0xf),
    read(GSP + 0x008, 0, 'nothing pends', 0x40), read(0xb81600, 0, 'nothing pends'),
    // Time, and memory through the window
    write(0x009410, 1), write(0x009400, 0), read(0x009410, 1, 'the clock was set'),
    write(0x001700, 0x10), write(0x700000, 0x1234_5678), read(0x700000, 0x1234_5678, 'PRAMIN shows VRAM at 1 MiB'), write(0x001700, 0x20), read(0x700000, 0, 'and elsewhere other memory'),
    write(0x070000, 1), poll(0x070000, 2, 0, 2_000_000, 'writes are flushed'),
    write(0xb830a0, 0x10 << 4), write(0xb830a4, 0), write(0xb830b0, 0x8000_0001), poll(0xb830b0, 0x8000_0000, 0, 2_000_000, 'translations are forgotten'),
    // And down again
    send(47, 'unloading'), expected(47, 0), poll(GSP + 0x040, 0xffff_ffff, 0x8000_0000, 2_000_000, 'the firmware has stopped'),
    ...fwsec('sb', true), read(0x001454, 0, 'SB was done', 0xffff), ...booter('unload', 0xff, 0xff), read(0x1fa828, 0, 'WPR2 is gone'),
  ];
}
