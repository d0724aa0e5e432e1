import type { LoadedFacts } from './loaded-facts.ts';

export interface KnownFile {
  /** Bytes. */
  readonly size: number;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  /** What a processor gets to see of it. */
  readonly loaded?: LoadedFacts;
}

/**
 * NVIDIA's released files by release and by where linux-firmware keeps them, links resolved.
 * Measured on Debian's firmware-nvidia-graphics by scripts/known-releases.mjs, which rewrites what follows.
 */
export const knownReleases: Readonly<Record<string, Readonly<Record<string, KnownFile>>>> = {
  '570.144': {
    'nvidia/ad102/gsp/booter_load-570.144.bin': {
      size: 57720, sha256: '8b293e19b637c5e22c87a2428d1c71bb13e0904e8a88ac6b3c6c1f2679c6e37a',
      loaded: {
        imemSize: 0x7d00, imemSha256: 'cc554149af920f2d886867ab7b5ff61a51071e930790a27021a53148ed98fc47',
        dmemSize: 0x6000, dmemSha256: '1df396b92c0034e26d401abc0555e8330569794935cf3fbc923c8daa8c090659',
      },
    },
    'nvidia/ad102/gsp/booter_unload-570.144.bin': {
      size: 41592, sha256: '975b85a14ded8e430d30f000c3c1afdd55c15dee04f35ff9dfd876acd7e67186',
      loaded: {
        imemSize: 0x4f00, imemSha256: '52dc95c40dacbdf5d214be03caf715f9ebbb3feee64df466a6bfcd7f1a9e058c',
        dmemSize: 0x4e00, dmemSha256: '035ac7e722cf3cd3afb45d183e640ac68407e0c17860e26ea35518dfa3b9cc43',
      },
    },
    'nvidia/ad102/gsp/bootloader-570.144.bin': {
      size: 36972, sha256: '65ab2e6b6e0fca95365c4deac79a34582abcfeb15b6ae234138f22e7183118a8',
      loaded: {
        dataSize: 0x9000, dataSha256: '45d6335a8185d6ff13e8d1484cea73f68d3d13aa1c19dc080ed1c3482dd5bac0',
      },
    },
    'nvidia/ga100/gsp/booter_load-570.144.bin': {
      size: 60664, sha256: '46bafe32b2d1f59713fc8369b5e59e7267d7da4413ad6486aef69d50daa764cd',
      loaded: {
        imemSize: 0x8600, imemSha256: 'cd23e5e6fc1793ed00bc1ed2d878d7365b86b4e0bcff7882a093f8420be7fb03',
        dmemSize: 0x6400, dmemSha256: 'c65206769723a13afe80c0d925531639ceef9c2eb97eee3b1b542739ec40597f',
      },
    },
    'nvidia/ga100/gsp/booter_unload-570.144.bin': {
      size: 40440, sha256: '33bea24690c3880a82b47b1a67cbd3cb48707d1c9c26a5db40df6e9682de4da6',
      loaded: {
        imemSize: 0x4c00, imemSha256: 'e5c57afa12946e9440495e37369f46c502761a3915bc00dbc5d12b4a62d218e1',
        dmemSize: 0x4f00, dmemSha256: 'e93ecb7f8ca50ae76aa7909234a12766077560f854a52c3a1fd541fe52a64de1',
      },
    },
    'nvidia/ga100/gsp/bootloader-535.113.01.bin': {
      size: 4196, sha256: 'e7670009c98791b8030953ab1d22ecdbf3e073744d928fa15f6267de4eceaad3',
      loaded: {
        dataSize: 0x1000, dataSha256: 'b80c6623f09df2f155ab335095575c637aef5e66cba6542e047422a6bab094e4',
      },
    },
    'nvidia/ga102/gsp/booter_load-570.144.bin': {
      size: 61304, sha256: '4497e3eff7e95c774b8a569d17b27c08c9650158d10b229d2be81cdcad9a085b',
      loaded: {
        imemSize: 0x8900, imemSha256: 'c13735b06dc8054579f5009b079402f1a3a75775b19668d54fb2abdd442e1c12',
        dmemSize: 0x6200, dmemSha256: 'd82ad1081dfe2e318b6d888666acf1f5edde7d6dfbfebfc53ffaf52dcff90a0b',
      },
    },
    'nvidia/ga102/gsp/booter_unload-570.144.bin': {
      size: 41080, sha256: '8e63db5b78d7d3e349f20a2d11099c3d7109081393cb09ffc0a28133324ae009',
      loaded: {
        imemSize: 0x4f00, imemSha256: 'cfb62679609cf8252fa9ec46e0528705c78a6c4ee34f5fe19761a25af328806f',
        dmemSize: 0x4d00, dmemSha256: 'd0d114a159f590f7a3ce150c7544bda866495f16f03d847631046c7242fa62f2',
      },
    },
    'nvidia/ga102/gsp/bootloader-570.144.bin': {
      size: 24684, sha256: '82428f532240727e95bb3083fbaaba9b2cc7b937314323f2d546ce7245f27fad',
      loaded: {
        dataSize: 0x6000, dataSha256: '3df651acb174fd5f5561a1996965b192f50c5d763168446ed0d4ead19d895768',
      },
    },
    'nvidia/ga102/gsp/gsp-570.144.bin': {
      size: 63571696, sha256: 'a8c3ebeed280323aedb51c061f321e73379cce7a9ae643a33dd03915df027f7f',
      loaded: {
        imageSize: 0x3c99000, sampleSha256: '0401348c69f90db6c190f2c0937ec0311387e6562fc05e2e92772c35a54028fd',
      },
    },
    'nvidia/gb100/gsp/bootloader-570.144.bin': {
      size: 200812, sha256: 'daebc2235c9756f2418c2116815a4bb94fc330506f5af60d883e4a740d397062',
      loaded: {
        dataSize: 0x31000, dataSha256: '5891c8b5f851e1db44491220858c718c71f8cb5ae8f321ffe7b6af1104cbb5ba',
      },
    },
    'nvidia/gb100/gsp/fmc-570.144.bin': {
      size: 198028, sha256: 'bc7497c2d8116cceec2fe5638081d60b8f9c0e3dceb0b57dc93950c84909ce21',
      loaded: {
        dataSize: 0x30348, dataSha256: 'f565db712ca5a8c5e38b33ab5a795eea9114689e2b9c49de37de11a13111ac52',
      },
    },
    'nvidia/gb202/gsp/bootloader-570.144.bin': {
      size: 200812, sha256: 'd40b48e431d1707dc77af3605db358ed7a32ebfc2830eb74de2eddb4d3025071',
      loaded: {
        dataSize: 0x31000, dataSha256: '8b8cf1a1067c6f9d0cd966ca9553f9a6894a71b69607171a4c2c98e62e5ead4b',
      },
    },
    'nvidia/gb202/gsp/fmc-570.144.bin': {
      size: 199820, sha256: 'cb59a35c1d4bd1274d7267fd10243c29f843ff41c851b9cbd59f5af2ddd7fece',
      loaded: {
        dataSize: 0x30a48, dataSha256: 'e4d176500d82d824c1a915202aca89e093c27febf8be1cf1a0705b544c2d6ddb',
      },
    },
    'nvidia/gh100/gsp/bootloader-570.144.bin': {
      size: 168044, sha256: '2176e42f05729ac4dd93ed6cd1b4c6c5650b6aa79c115dfcd9f26a71c1d8d82e',
      loaded: {
        dataSize: 0x29000, dataSha256: '0fcc7e9848940e0374657b71a3ad1c918568d9d9bc82e9b01ea9c33bbc2a0cde',
      },
    },
    'nvidia/gh100/gsp/fmc-570.144.bin': {
      size: 166600, sha256: 'f3ce25f3897c860e4cdde183ebf09b254d94a5d8191d666c12afb33cc7121107',
      loaded: {
        dataSize: 0x28648, dataSha256: '29ba35ac564419f4656793b656aa6626c3dc866c73b529bc6e24f4726c750c3d',
      },
    },
    'nvidia/tu102/gsp/booter_load-570.144.bin': {
      size: 59272, sha256: '7bb181f544a942299bbf4642da6d9bb58bfed8459725094e2ace56647cd3ec8c',
      loaded: {
        imemSize: 0x8400, imemSha256: '4d1690f2340e46cd4f304962e96ec4d5a54aedd2059d6c96e9c12ad32b281ef0',
        dmemSize: 0x6200, dmemSha256: 'd82ad1081dfe2e318b6d888666acf1f5edde7d6dfbfebfc53ffaf52dcff90a0b',
      },
    },
    'nvidia/tu102/gsp/booter_unload-570.144.bin': {
      size: 39304, sha256: '5c7f1aa37d045cc20bb81584a830e8dfa4483f1cd63943de83a58c4be19a1782',
      loaded: {
        imemSize: 0x4b00, imemSha256: 'cfed6249b5f4bf2e120c601493d1b840af84b3f2f5b7625c4327c52fd238d2ff',
        dmemSize: 0x4d00, dmemSha256: 'd0d114a159f590f7a3ce150c7544bda866495f16f03d847631046c7242fa62f2',
      },
    },
    'nvidia/tu102/gsp/bootloader-535.113.01.bin': {
      size: 4196, sha256: '12e987b636c2f00fa40f42fd95097515c0817b158119c584049a37faf38f8f96',
      loaded: {
        dataSize: 0x1000, dataSha256: '8765694cd38beaa4e2b8b1b83a31fb7aee6cb9d8b7c6bc7a86e6d931a3a056c2',
      },
    },
    'nvidia/tu102/gsp/gen_bootloader-570.144.bin': {
      size: 816, sha256: 'b37776a511b4a00901e4e3ac568db917086d3bf439f85bc9b3e4adc7338a0aff',
    },
    'nvidia/tu102/gsp/gsp-570.144.bin': {
      size: 28542040, sha256: '3052aee2872182a14d8d7c069e3a14fe4642405894b24692c4aca4101dfb1809',
      loaded: {
        imageSize: 0x1b34ea0, sampleSha256: '035fd0224e1894a2d764bd60ed649281ba4ed7d2f85e958050e572e896b4806f',
      },
    },
    'nvidia/tu116/gsp/booter_load-570.144.bin': {
      size: 59016, sha256: '9bd01804b4b91d92904e7735b025e07a3c935bc6fb92e3833e85c297546025b9',
      loaded: {
        imemSize: 0x8300, imemSha256: '8e5edf2218ebe68e612165549d5816eb5ddd1102a66a39e019eff998cd49214d',
        dmemSize: 0x6200, dmemSha256: 'd82ad1081dfe2e318b6d888666acf1f5edde7d6dfbfebfc53ffaf52dcff90a0b',
      },
    },
    'nvidia/tu116/gsp/booter_unload-570.144.bin': {
      size: 39048, sha256: 'bf4a2b778722dde57850839bb9f7651ae29592ce85d6df4160d2d228ff430156',
      loaded: {
        imemSize: 0x4a00, imemSha256: '1fc942a474cb9dd096f57bb3bf2d4e41b9e807b418de9acd75b9b5f9ca4c5e83',
        dmemSize: 0x4d00, dmemSha256: 'd0d114a159f590f7a3ce150c7544bda866495f16f03d847631046c7242fa62f2',
      },
    },
  },
  '535.113.01': {
    'nvidia/ad102/gsp/booter_load-535.113.01.bin': {
      size: 55928, sha256: '7d4ef3258da016f5208cfb1b348a9a1d69aaa13c2f8d4ee8c05d66bd05b45cd6',
      loaded: {
        imemSize: 0x7600, imemSha256: '47c6b4825c81cb082e377b47e58605added72344b078fa7b26d64d3e48046db3',
        dmemSize: 0x6000, dmemSha256: '1df396b92c0034e26d401abc0555e8330569794935cf3fbc923c8daa8c090659',
      },
    },
    'nvidia/ad102/gsp/booter_unload-535.113.01.bin': {
      size: 39800, sha256: 'd036dfee0545c36e2194bc555cb268a5e11a6f13b5f66a7dec40838efc6ad87e',
      loaded: {
        imemSize: 0x4800, imemSha256: '03032428187ee1754045d6613bf466df72fbc835e4fd1fc90133fd7d29a19b64',
        dmemSize: 0x4e00, dmemSha256: '035ac7e722cf3cd3afb45d183e640ac68407e0c17860e26ea35518dfa3b9cc43',
      },
    },
    'nvidia/ad102/gsp/bootloader-535.113.01.bin': {
      size: 32876, sha256: '044d3a21eff73eb12f22840e5f145d685727f40165b3f2d265cf664753e9ff9c',
      loaded: {
        dataSize: 0x8000, dataSha256: 'a09c3f7cf03b1e497d222093a2e3dc1c5baeb0a15bd5c0998a9c720f95d6fa52',
      },
    },
    'nvidia/ga100/gsp/booter_load-535.113.01.bin': {
      size: 59128, sha256: '1d11d861ef1f41ee0a3437684ec29d0a5573be0c65b2823d38a2a8ec395c8ed9',
      loaded: {
        imemSize: 0x8000, imemSha256: 'f52807fb7f664df55b871e11068d21380c0fa4e866dd8ef3c294aa8c7916cda0',
        dmemSize: 0x6400, dmemSha256: 'c65206769723a13afe80c0d925531639ceef9c2eb97eee3b1b542739ec40597f',
      },
    },
    'nvidia/ga100/gsp/booter_unload-535.113.01.bin': {
      size: 38904, sha256: '0518f894d45977d817b6308448ea482e93ede1096808d49c6ed62c7604772f0c',
      loaded: {
        imemSize: 0x4600, imemSha256: 'dac8c3ca90906939c842ff5e58a0b6cf305dc02e35daaf1bc1f6bcf2567cf68f',
        dmemSize: 0x4f00, dmemSha256: 'e93ecb7f8ca50ae76aa7909234a12766077560f854a52c3a1fd541fe52a64de1',
      },
    },
    'nvidia/ga100/gsp/bootloader-535.113.01.bin': {
      size: 4196, sha256: 'e7670009c98791b8030953ab1d22ecdbf3e073744d928fa15f6267de4eceaad3',
      loaded: {
        dataSize: 0x1000, dataSha256: 'b80c6623f09df2f155ab335095575c637aef5e66cba6542e047422a6bab094e4',
      },
    },
    'nvidia/ga102/gsp/booter_load-535.113.01.bin': {
      size: 59768, sha256: '3ab46bf4c70d72e8fc89d98e6bdc9b83a61954a586629d26b8b5653a620237e0',
      loaded: {
        imemSize: 0x8300, imemSha256: '93490057379c531c14764d1795fcbc5ddbae245dab6b5c730fe3883659c0eba7',
        dmemSize: 0x6200, dmemSha256: 'd82ad1081dfe2e318b6d888666acf1f5edde7d6dfbfebfc53ffaf52dcff90a0b',
      },
    },
    'nvidia/ga102/gsp/booter_unload-535.113.01.bin': {
      size: 39544, sha256: '09240c83595856a0fe70d2ab3ec7325455cd8adfc48ec7b47f6fced1e5431beb',
      loaded: {
        imemSize: 0x4900, imemSha256: '0b5ab396ecc0da2e15e0e9e0ed856f7cc3cf803a83b721b82c193e6410cb11bf',
        dmemSize: 0x4d00, dmemSha256: 'd0d114a159f590f7a3ce150c7544bda866495f16f03d847631046c7242fa62f2',
      },
    },
    'nvidia/ga102/gsp/bootloader-535.113.01.bin': {
      size: 20588, sha256: '076d2a0675131ad8a8de215c611ce4271289adcc03e2cf39995f9b29079e2136',
      loaded: {
        dataSize: 0x5000, dataSha256: 'a1af02f2eb7969986b0ea2863f066db34ec42bfb1aa1fa3f4d8cae1c7644df90',
      },
    },
    'nvidia/ga102/gsp/gsp-535.113.01.bin': {
      size: 38061600, sha256: 'e30231ec0d317021770e16c81ae2c0553f728d0344248827582f78132c9447d4',
      loaded: {
        imageSize: 0x2448000, sampleSha256: '33fb712dd3f99a4c7b24a868085100e3aed1c8702e244eb97306b91cd3a658ac',
      },
    },
    'nvidia/tu102/gsp/booter_load-535.113.01.bin': {
      size: 57992, sha256: 'e1c574cc0734aebeae7954ad727917141d11f472e15dd206791857e63df84fda',
      loaded: {
        imemSize: 0x7f00, imemSha256: 'fd7e3e786f662cb9579319bf2f1eaf092a064c8d725a00b383c8596ae50b188f',
        dmemSize: 0x6200, dmemSha256: 'd82ad1081dfe2e318b6d888666acf1f5edde7d6dfbfebfc53ffaf52dcff90a0b',
      },
    },
    'nvidia/tu102/gsp/booter_unload-535.113.01.bin': {
      size: 38024, sha256: '68cddb9e6d61d7bf78b06197e6bce8fc6f25b2f34d570c517f85974b4f360a2a',
      loaded: {
        imemSize: 0x4600, imemSha256: '030428ed4ef7d97affb83577235101bba26fcb56f9819707fd2af38efa18d72c',
        dmemSize: 0x4d00, dmemSha256: 'd0d114a159f590f7a3ce150c7544bda866495f16f03d847631046c7242fa62f2',
      },
    },
    'nvidia/tu102/gsp/bootloader-535.113.01.bin': {
      size: 4196, sha256: '12e987b636c2f00fa40f42fd95097515c0817b158119c584049a37faf38f8f96',
      loaded: {
        dataSize: 0x1000, dataSha256: '8765694cd38beaa4e2b8b1b83a31fb7aee6cb9d8b7c6bc7a86e6d931a3a056c2',
      },
    },
    'nvidia/tu102/gsp/gsp-535.113.01.bin': {
      size: 23750944, sha256: 'be2c3bb39cee2c4bd6680dce9eb75b26105c576e5aaf2c82f59d11a79f103749',
      loaded: {
        imageSize: 0x16a3350, sampleSha256: 'fc4788cce05f270283eac0538cc0af04ab060052655b54fc13c177d5504d183c',
      },
    },
    'nvidia/tu116/gsp/booter_load-535.113.01.bin': {
      size: 57992, sha256: 'aeca340bbc42f739d34a1c64c91b0176f264df5e1b8ff5a054e91d53d70a5cf8',
      loaded: {
        imemSize: 0x7f00, imemSha256: '40b9dff173d60af4720aeb02df7b4434aa698d7247dd5d0d73598a65b778ab6f',
        dmemSize: 0x6200, dmemSha256: 'd82ad1081dfe2e318b6d888666acf1f5edde7d6dfbfebfc53ffaf52dcff90a0b',
      },
    },
    'nvidia/tu116/gsp/booter_unload-535.113.01.bin': {
      size: 38024, sha256: '3653ff42f0d64d2918e9f250bf10ee332fc9d8ab775afcfb695566e95c295acf',
      loaded: {
        imemSize: 0x4600, imemSha256: 'c2bcaa50c0a0d8f02c4eb4fbea24f542fa8baea1ae21e071b2625c9bf87b25f4',
        dmemSize: 0x4d00, dmemSha256: 'd0d114a159f590f7a3ce150c7544bda866495f16f03d847631046c7242fa62f2',
      },
    },
  },
};
