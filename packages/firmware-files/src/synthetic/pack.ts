import { FirmwareFileError } from '../errors.ts';
import { acrBootloaderPath, firmwarePath, resolveLinks, type FirmwareKind } from '../paths.ts';
import { memorySource, type FirmwareSource } from '../source.ts';
import { compareVersions } from '../versions.ts';
import { syntheticBooter } from './booter.ts';
import { syntheticBootloader } from './bootloader.ts';
import { syntheticFalconBootloader } from './falcon-bootloader.ts';
import { syntheticFmc } from './fmc.ts';
import { syntheticGspImage } from './gsp-image.ts';
import { SHAPES, type PackShape } from './shapes.ts';

export interface SyntheticPackOptions {
  /** Lower-case chip name, `ad102`; the ucode says that it is for this chip. */
  readonly chip: string;
  /** Firmware release, `570.144`. */
  readonly version: string;
  /** Bytes of the GSP-RM image, a multiple of 4 KiB; default 256 KiB. */
  readonly imageSize?: number;
  /** Families that the image is signed for; default those of the real file, of which the chip's is one. */
  readonly signatures?: readonly string[];
}

/** Releases that there are packs of, newest first. */
export const SYNTHETIC_VERSIONS: readonly string[] = Object.keys(SHAPES).sort((a, b) => compareVersions(b, a));

const DEFAULT_IMAGE_SIZE = 0x40000;
const PAGE = 0x1000;

/**
 * Firmware that nobody but this project made, in exactly the formats of linux-firmware: same headers, offsets and
 * sizes as the real files of that chip and release (but for the image, which is small), and content that says what
 * it is. `gsp-rm` runs it; a real GPU would not. Files are made when they are first read, the same on every run.
 *
 * @throws {FirmwareFileError} `UNSUPPORTED` for a chip or release that there is no shape for.
 */
export function syntheticPack(options: SyntheticPackOptions): FirmwareSource {
  const { chip, version, imageSize = DEFAULT_IMAGE_SIZE } = options;
  const name = `synthetic ${chip} ${version}`;
  const shape = shapeFor(chip, version, name);
  if (!Number.isSafeInteger(imageSize) || imageSize < PAGE || imageSize % PAGE !== 0 || imageSize > 2 ** 31) {
    throw new FirmwareFileError({ code: 'BAD_VALUE', file: name, field: 'imageSize', value: imageSize, message: 'should be a multiple of 4 KiB up to 2 GiB' });
  }
  const signatures = options.signatures ?? shape.signatures;
  const path = (kind: FirmwareKind): string => firmwarePath({ chip, kind, version });
  const { booter, fmc } = shape;
  const recipes: readonly (readonly [FirmwareKind, (file: string) => Uint8Array])[] = [
    ['gsp', (file) => syntheticGspImage({ chip, version, file, imageSize, signatures })],
    ['bootloader', (file) => syntheticBootloader(shape, { chip, version, file })],
    ...(booter ? (['load', 'unload'] as const).map((direction) =>
      [`booter_${direction}` as const, (file: string) => syntheticBooter(booter, { chip, version, file, direction })] as const) : []),
    ...(fmc ? [['fmc', (file: string) => syntheticFmc(fmc, { chip, version, file })] as const] : []),
  ];
  const fetcher = shape.falconBootloader && (shape.falconBootloader === 'gen_bootloader' ? path('gen_bootloader') : acrBootloaderPath(chip));
  const files = new Map(recipes.map(([kind, make]) => [path(kind), () => make(path(kind))] as const));
  if (fetcher) files.set(fetcher, () => syntheticFalconBootloader({ chip, version, file: fetcher }));
  return memorySource(files, name);
}

function shapeFor(chip: string, version: string, name: string): PackShape {
  const shapes = Object.hasOwn(SHAPES, version) ? SHAPES[version]! : {};
  // A chip that shares another's files looks like it.
  const owner = resolveLinks(firmwarePath({ chip, kind: 'booter_load', version })).map((path) => path.split('/')[1]!).find((each) => Object.hasOwn(shapes, each));
  if (owner !== undefined) return shapes[owner]!;
  const known = Object.entries(SHAPES).flatMap(([release, chips]) => Object.keys(chips).map((each) => `${each} ${release}`));
  throw new FirmwareFileError({ code: 'UNSUPPORTED', file: name, message: `there is no such pack; there are ${known.join(', ')} and the chips that share their files` });
}
