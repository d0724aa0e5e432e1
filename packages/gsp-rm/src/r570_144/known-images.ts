import type { KnownFmc } from '../fsp/chain-of-trust.ts';
import type { KnownBootloader, KnownImage } from '../images.ts';
import { knownBooter, type KnownUcode } from '../ucode.ts';

/** NVIDIA's files of 570.144 that the model recognises; chips whose boot it can follow. */
const RELEASE = '570.144';

/** Length and SHA-256 of the secure code. */
export const KNOWN_UCODES: readonly KnownUcode[] = [
  knownBooter(RELEASE, 'tu102', 'booterLoad', 0x8400, '4d1690f2340e46cd4f304962e96ec4d5a54aedd2059d6c96e9c12ad32b281ef0'),
  knownBooter(RELEASE, 'tu102', 'booterUnload', 0x4b00, 'cfed6249b5f4bf2e120c601493d1b840af84b3f2f5b7625c4327c52fd238d2ff'),
  knownBooter(RELEASE, 'tu116', 'booterLoad', 0x8300, '8e5edf2218ebe68e612165549d5816eb5ddd1102a66a39e019eff998cd49214d'),
  knownBooter(RELEASE, 'tu116', 'booterUnload', 0x4a00, '1fc942a474cb9dd096f57bb3bf2d4e41b9e807b418de9acd75b9b5f9ca4c5e83'),
  knownBooter(RELEASE, 'ga100', 'booterLoad', 0x8600, 'cd23e5e6fc1793ed00bc1ed2d878d7365b86b4e0bcff7882a093f8420be7fb03'),
  knownBooter(RELEASE, 'ga100', 'booterUnload', 0x4c00, 'e5c57afa12946e9440495e37369f46c502761a3915bc00dbc5d12b4a62d218e1'),
  knownBooter(RELEASE, 'ga102', 'booterLoad', 0x8900, 'c13735b06dc8054579f5009b079402f1a3a75775b19668d54fb2abdd442e1c12'),
  knownBooter(RELEASE, 'ga102', 'booterUnload', 0x4f00, 'cfb62679609cf8252fa9ec46e0528705c78a6c4ee34f5fe19761a25af328806f'),
  knownBooter(RELEASE, 'ad102', 'booterLoad', 0x7d00, 'cc554149af920f2d886867ab7b5ff61a51071e930790a27021a53148ed98fc47'),
  knownBooter(RELEASE, 'ad102', 'booterUnload', 0x4f00, '52dc95c40dacbdf5d214be03caf715f9ebbb3feee64df466a6bfcd7f1a9e058c'),
];

export const KNOWN_IMAGES: readonly KnownImage[] = [
  {
    release: RELEASE, size: 63541248,
    signatures: {
      ga10: '38a70fc20c45cb15ac28c958d127b976a59f6dec5fb2403724e096271178e76e',
      ad10: '98b18fb9f2de1d445bfa9055810398c129decdb231b156333e8865bad28022ce',
      gh100: '0aa55d2d84bc2c6ad5b444bff388e4b4013beb35b1e41c8f80e008358fdd3425',
      gb10: '471e7d3c120ba412474f3eff96b8aaca7ff470b9f113caf94f29f6ffc1c9d2ba',
      gb20: 'b61ff23a7d98f5724e49dcd3d7e231dc9d8361c0e5a7a8784aa47a3009d1c8b7',
    },
    sample: '0401348c69f90db6c190f2c0937ec0311387e6562fc05e2e92772c35a54028fd',
  },
  {
    release: RELEASE, size: 28528288,
    signatures: {
      tu10: '058fcef0cda922f7283a40f0b191a33e7801c801412a283bb93cebfafae54596',
      tu11: 'ca7b794de0e5ee870240583486f2cfdd69f634f121353aeb54c5f6beeaa56ac8',
      ga100: 'b598752c75131a22340560fb1b1b6fd4053fe73828575eec1adf3abae380c450',
    },
    sample: '035fd0224e1894a2d764bd60ed649281ba4ed7d2f85e958050e572e896b4806f',
  },
];

/** Length and SHA-256 of the RISC-V bootloader's data. */
export const KNOWN_BOOTLOADERS: readonly KnownBootloader[] = [
  // All Turings have one, and 535.113.01 the same.
  { chip: 'tu102', size: 0x1000, sha256: '8765694cd38beaa4e2b8b1b83a31fb7aee6cb9d8b7c6bc7a86e6d931a3a056c2' },
  // Of 535.113.01 as well.
  { chip: 'ga100', size: 0x1000, sha256: 'b80c6623f09df2f155ab335095575c637aef5e66cba6542e047422a6bab094e4' },
  { chip: 'ga102', size: 0x6000, sha256: '3df651acb174fd5f5561a1996965b192f50c5d763168446ed0d4ead19d895768' },
  { chip: 'ad102', size: 0x9000, sha256: '45d6335a8185d6ff13e8d1484cea73f68d3d13aa1c19dc080ed1c3482dd5bac0' },
  { chip: 'gh100', size: 0x29000, sha256: '0fcc7e9848940e0374657b71a3ad1c918568d9d9bc82e9b01ea9c33bbc2a0cde' },
  { chip: 'gb100', size: 0x31000, sha256: '5891c8b5f851e1db44491220858c718c71f8cb5ae8f321ffe7b6af1104cbb5ba' },
  { chip: 'gb202', size: 0x31000, sha256: '8b8cf1a1067c6f9d0cd966ca9553f9a6894a71b69607171a4c2c98e62e5ead4b' },
];

/** Image, public key and signature of the GSP-FMCs. */
export const KNOWN_FMCS: readonly KnownFmc[] = [
  {
    release: RELEASE, chips: 'gh100', size: 0x28648,
    sha384: 'f3105e5cc68b39b5630ad6c9c14288833e6c6cfa6eaabe031caddbf79c0604b44de165e39914d1530d3f4cd66b75aca2',
    signature: 'cb9577f27adbda144d323b71a1a1891e5061893f7c4bd44bf9c0eb08a4d7a85a',
  },
  {
    release: RELEASE, chips: 'gb10', size: 0x30348,
    sha384: '65d51e1b09dead2073d46be2adb25ba77f12d696430638a3eb81328f96f8ae6d64ff289680ff0819118cc31e962aab81',
    signature: 'cea6cac1fe5e206ba9bfd530395247ae8be5ad8acfe70e28620e0d1d4ebd8010',
  },
  {
    release: RELEASE, chips: 'gb20', size: 0x30a48,
    sha384: 'ced692549013b63e449cad2390cc7e6bab4eb17f1d499f7034cd99675d8de6de82505419569a77e729b19eac265d1b85',
    signature: 'b1b37c375f88ef456dff135c5ca83996c8c494eb5e11892560d350ed5b528b00',
  },
];
