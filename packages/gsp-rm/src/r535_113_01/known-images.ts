import type { KnownBootloader, KnownImage } from '../images.ts';
import { knownBooter, type KnownUcode } from '../ucode.ts';

/** NVIDIA's files of 535.113.01 that the model recognises; chips whose boot it can follow. */
const RELEASE = '535.113.01';

/** Length and SHA-256 of the secure code. */
export const KNOWN_UCODES: readonly KnownUcode[] = [
  knownBooter(RELEASE, 'tu102', 'booterLoad', 0x7f00, 'fd7e3e786f662cb9579319bf2f1eaf092a064c8d725a00b383c8596ae50b188f'),
  knownBooter(RELEASE, 'tu102', 'booterUnload', 0x4600, '030428ed4ef7d97affb83577235101bba26fcb56f9819707fd2af38efa18d72c'),
  knownBooter(RELEASE, 'tu116', 'booterLoad', 0x7f00, '40b9dff173d60af4720aeb02df7b4434aa698d7247dd5d0d73598a65b778ab6f'),
  knownBooter(RELEASE, 'tu116', 'booterUnload', 0x4600, 'c2bcaa50c0a0d8f02c4eb4fbea24f542fa8baea1ae21e071b2625c9bf87b25f4'),
  knownBooter(RELEASE, 'ga100', 'booterLoad', 0x8000, 'f52807fb7f664df55b871e11068d21380c0fa4e866dd8ef3c294aa8c7916cda0'),
  knownBooter(RELEASE, 'ga100', 'booterUnload', 0x4600, 'dac8c3ca90906939c842ff5e58a0b6cf305dc02e35daaf1bc1f6bcf2567cf68f'),
  knownBooter(RELEASE, 'ga102', 'booterLoad', 0x8300, '93490057379c531c14764d1795fcbc5ddbae245dab6b5c730fe3883659c0eba7'),
  knownBooter(RELEASE, 'ga102', 'booterUnload', 0x4900, '0b5ab396ecc0da2e15e0e9e0ed856f7cc3cf803a83b721b82c193e6410cb11bf'),
  knownBooter(RELEASE, 'ad102', 'booterLoad', 0x7600, '47c6b4825c81cb082e377b47e58605added72344b078fa7b26d64d3e48046db3'),
  knownBooter(RELEASE, 'ad102', 'booterUnload', 0x4800, '03032428187ee1754045d6613bf466df72fbc835e4fd1fc90133fd7d29a19b64'),
];

export const KNOWN_IMAGES: readonly KnownImage[] = [
  {
    release: RELEASE, size: 38043648,
    signatures: {
      ga10: 'f549bfbb3c241180cb3c0107d545c80f5f882a320603d7388645e20dd52259d8',
      ad10: 'a8c1a715244927efb17781870d668c09193199f49456840c8f9da7d0cf625484',
      gh100: '8c2c5939b057593071cba8e1b97930f6f9f1d67ab04268f42f09f7ad65878466',
    },
    sample: '33fb712dd3f99a4c7b24a868085100e3aed1c8702e244eb97306b91cd3a658ac',
  },
  {
    release: RELEASE, size: 23737168,
    signatures: {
      tu10: '6e5616f63f74c0d2888d61d267137e77135bcf830f35440d7ef9f4216815efcd',
      tu11: '10786e75b3ce2b2b412561ce14594017d8842ba1bd011e7d48727224946871c3',
      ga100: 'e02c38951d1a06aca6915171c1507342d5808e5f75eb99341b6d76a55aff154b',
    },
    sample: 'fc4788cce05f270283eac0538cc0af04ab060052655b54fc13c177d5504d183c',
  },
];

/** Length and SHA-256 of the RISC-V bootloader's data. */
export const KNOWN_BOOTLOADERS: readonly KnownBootloader[] = [
  { chip: 'tu102', size: 0x1000, sha256: '8765694cd38beaa4e2b8b1b83a31fb7aee6cb9d8b7c6bc7a86e6d931a3a056c2' },
  { chip: 'ga102', size: 0x5000, sha256: 'a1af02f2eb7969986b0ea2863f066db34ec42bfb1aa1fa3f4d8cae1c7644df90' },
  { chip: 'ad102', size: 0x8000, sha256: 'a09c3f7cf03b1e497d222093a2e3dc1c5baeb0a15bd5c0998a9c720f95d6fa52' },
];
