import type { KnownBootloader, KnownImage } from '../images.ts';
import type { KnownUcode } from '../ucode.ts';

/** NVIDIA's files of 570.144 that the model recognises; chips whose boot it can follow. */
const RELEASE = '570.144';

const booter = (chip: string, kind: 'booterLoad' | 'booterUnload', imemLength: number, imemSha256: string): KnownUcode =>
  ({ kind, version: RELEASE, chip, interfaceOffset: 0, imemLength, imemSha256 });

/** Length and SHA-256 of the secure code. */
export const KNOWN_UCODES: readonly KnownUcode[] = [
  booter('ga102', 'booterLoad', 0x8900, 'c13735b06dc8054579f5009b079402f1a3a75775b19668d54fb2abdd442e1c12'),
  booter('ga102', 'booterUnload', 0x4f00, 'cfb62679609cf8252fa9ec46e0528705c78a6c4ee34f5fe19761a25af328806f'),
  booter('ad102', 'booterLoad', 0x7d00, 'cc554149af920f2d886867ab7b5ff61a51071e930790a27021a53148ed98fc47'),
  booter('ad102', 'booterUnload', 0x4f00, '52dc95c40dacbdf5d214be03caf715f9ebbb3feee64df466a6bfcd7f1a9e058c'),
];

export const KNOWN_IMAGES: readonly KnownImage[] = [
  {
    release: RELEASE, architectures: ['ampere', 'ada', 'hopper', 'blackwell-gb10x', 'blackwell-gb20x'], size: 63541248,
    sample: '0401348c69f90db6c190f2c0937ec0311387e6562fc05e2e92772c35a54028fd',
  },
  {
    release: RELEASE, architectures: ['turing'], size: 28528288,
    sample: '035fd0224e1894a2d764bd60ed649281ba4ed7d2f85e958050e572e896b4806f',
  },
];

/** Length and SHA-256 of the RISC-V bootloader's data. */
export const KNOWN_BOOTLOADERS: readonly KnownBootloader[] = [
  { chip: 'ga102', size: 0x6000, sha256: '3df651acb174fd5f5561a1996965b192f50c5d763168446ed0d4ead19d895768' },
  { chip: 'ad102', size: 0x9000, sha256: '45d6335a8185d6ff13e8d1484cea73f68d3d13aa1c19dc080ed1c3482dd5bac0' },
];
