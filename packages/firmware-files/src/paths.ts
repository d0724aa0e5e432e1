import { CHIPS } from './chips.ts';

/** The files that a driver reads, in a linux-firmware tree. */
export type FirmwareKind = 'gsp' | 'bootloader' | 'booter_load' | 'booter_unload' | 'gen_bootloader' | 'fmc';

/** Path of a firmware file, such as `nvidia/ad102/gsp/booter_load-570.144.bin`. */
export function firmwarePath({ chip, kind, version }: { readonly chip: string; readonly kind: FirmwareKind; readonly version: string }): string {
  return `nvidia/${chip}/gsp/${kind}-${version}.bin`;
}

/** Names of the containers that nova-core reads; they have no version. Source: linux: drivers/gpu/nova-core/firmware/ */
const TLV_NAMES: Readonly<Record<FirmwareKind, string>> = {
  gsp: 'gsp', bootloader: 'gsp_bootloader', booter_load: 'booter_load', booter_unload: 'booter_unload', gen_bootloader: 'gen_bootloader', fmc: 'fmc',
};

/** Path of a container, such as `nvidia/ad102/gsp/booter_load.tlv`. */
export function tlvPath({ chip, kind }: { readonly chip: string; readonly kind: FirmwareKind }): string {
  return `nvidia/${chip}/gsp/${TLV_NAMES[kind]}.tlv`;
}

/** The FWSEC bootloader of Turing and GA100 as nouveau names it; it has no version. */
export function acrBootloaderPath(chip: string): string {
  return `nvidia/${chip}/acr/bl.bin`;
}

/** Kinds of files that a chip boots with. */
export function firmwareKinds(chip: string): readonly FirmwareKind[] {
  if (CHIPS[chip]?.boot === 'fmc') return ['gsp', 'bootloader', 'fmc'];
  const kinds: FirmwareKind[] = ['gsp', 'bootloader', 'booter_load', 'booter_unload'];
  return chip.startsWith('tu') || chip === 'ga100' ? [...kinds, 'gen_bootloader'] : kinds;
}

/**
 * Links of linux-firmware: what starts with the first path is what starts with the second. Applied in order, more
 * than once. On disk the file system follows them; a source in memory uses {@link resolveLinks}.
 * Source: linux-firmware: WHENCE.
 */
export const FIRMWARE_LINKS: readonly (readonly [from: string, to: string])[] = [
  ['nvidia/tu104/gsp/', 'nvidia/tu102/gsp/'],
  ['nvidia/tu106/gsp/', 'nvidia/tu102/gsp/'],
  ['nvidia/tu117/gsp/', 'nvidia/tu116/gsp/'],
  ['nvidia/tu116/gsp/gsp-', 'nvidia/tu102/gsp/gsp-'],
  ['nvidia/tu116/gsp/bootloader-', 'nvidia/tu102/gsp/bootloader-'],
  ['nvidia/tu116/gsp/gen_bootloader-', 'nvidia/tu102/gsp/gen_bootloader-'],
  ['nvidia/tu102/gsp/bootloader-570.144.bin', 'nvidia/tu102/gsp/bootloader-535.113.01.bin'],
  ['nvidia/ga100/gsp/gsp-', 'nvidia/tu102/gsp/gsp-'],
  ['nvidia/ga100/gsp/gen_bootloader-', 'nvidia/tu102/gsp/gen_bootloader-'],
  ['nvidia/ga100/gsp/bootloader-570.144.bin', 'nvidia/ga100/gsp/bootloader-535.113.01.bin'],
  ['nvidia/ga103/gsp/', 'nvidia/ga102/gsp/'],
  ['nvidia/ga104/gsp/', 'nvidia/ga102/gsp/'],
  ['nvidia/ga106/gsp/', 'nvidia/ga102/gsp/'],
  ['nvidia/ga107/gsp/', 'nvidia/ga102/gsp/'],
  ['nvidia/ad103/', 'nvidia/ad102/'],
  ['nvidia/ad104/', 'nvidia/ad102/'],
  ['nvidia/ad106/', 'nvidia/ad102/'],
  ['nvidia/ad107/', 'nvidia/ad102/'],
  ['nvidia/ad102/gsp/gsp-', 'nvidia/ga102/gsp/gsp-'],
  ['nvidia/gh100/gsp/gsp-570.144.bin', 'nvidia/ga102/gsp/gsp-570.144.bin'],
  ['nvidia/gb102/', 'nvidia/gb100/'],
  ['nvidia/gb100/gsp/gsp-570.144.bin', 'nvidia/ga102/gsp/gsp-570.144.bin'],
  ['nvidia/gb203/', 'nvidia/gb202/'],
  ['nvidia/gb205/', 'nvidia/gb202/'],
  ['nvidia/gb206/', 'nvidia/gb202/'],
  ['nvidia/gb207/', 'nvidia/gb202/'],
  ['nvidia/gb202/gsp/gsp-570.144.bin', 'nvidia/ga102/gsp/gsp-570.144.bin'],
  ['nvidia/tu104/acr/bl.bin', 'nvidia/tu102/acr/bl.bin'],
  ['nvidia/tu106/acr/bl.bin', 'nvidia/tu102/acr/bl.bin'],
  ['nvidia/tu117/acr/bl.bin', 'nvidia/tu116/acr/bl.bin'],
  ['nvidia/ga100/acr/bl.bin', 'nvidia/tu102/acr/bl.bin'],
  ['nvidia/tu102/acr/bl.bin', 'nvidia/gp102/acr/bl.bin'],
  ['nvidia/tu116/acr/bl.bin', 'nvidia/gp102/acr/bl.bin'],
];

/** Every path that a link chain passes, the given one first; the last is where linux-firmware keeps the file. */
export function resolveLinks(path: string): readonly string[] {
  const chain = [path];
  for (;;) {
    const last = chain.at(-1)!;
    const link = FIRMWARE_LINKS.find(([from]) => last.startsWith(from));
    const next = link && link[1] + last.slice(link[0].length);
    if (next === undefined || chain.includes(next)) return chain;
    chain.push(next);
  }
}
