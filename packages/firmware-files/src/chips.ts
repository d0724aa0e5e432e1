/** What firmware files have to do with a chip. */
export interface ChipFiles {
  /** The GSP image's signature section is `.fwsignature_<this>`. */
  readonly signature: string;
  /** How the files of this chip are made up: with booters before the FSP, with an FMC since. */
  readonly boot: 'booter' | 'fmc';
}

/**
 * Chips that have GSP firmware.
 * Source: linux: drivers/gpu/nova-core/firmware/gsp.rs, drivers/gpu/drm/nouveau/nvkm/subdev/gsp/.
 */
export const CHIPS: Readonly<Record<string, ChipFiles>> = {
  tu102: { signature: 'tu10x', boot: 'booter' },
  tu104: { signature: 'tu10x', boot: 'booter' },
  tu106: { signature: 'tu10x', boot: 'booter' },
  tu116: { signature: 'tu11x', boot: 'booter' },
  tu117: { signature: 'tu11x', boot: 'booter' },
  ga100: { signature: 'ga100', boot: 'booter' },
  ga102: { signature: 'ga10x', boot: 'booter' },
  ga103: { signature: 'ga10x', boot: 'booter' },
  ga104: { signature: 'ga10x', boot: 'booter' },
  ga106: { signature: 'ga10x', boot: 'booter' },
  ga107: { signature: 'ga10x', boot: 'booter' },
  gh100: { signature: 'gh100', boot: 'fmc' },
  ad102: { signature: 'ad10x', boot: 'booter' },
  ad103: { signature: 'ad10x', boot: 'booter' },
  ad104: { signature: 'ad10x', boot: 'booter' },
  ad106: { signature: 'ad10x', boot: 'booter' },
  ad107: { signature: 'ad10x', boot: 'booter' },
  gb100: { signature: 'gb10x', boot: 'fmc' },
  gb102: { signature: 'gb10x', boot: 'fmc' },
  gb202: { signature: 'gb20x', boot: 'fmc' },
  gb203: { signature: 'gb20x', boot: 'fmc' },
  gb205: { signature: 'gb20x', boot: 'fmc' },
  gb206: { signature: 'gb20x', boot: 'fmc' },
  gb207: { signature: 'gb20x', boot: 'fmc' },
};
