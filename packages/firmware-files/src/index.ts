export { FirmwareFileError, type FirmwareFileErrorCode, type FirmwareFileFault } from './errors.ts';
export type { Region } from './file-bytes.ts';
export type { BinHeader } from './bin-header.ts';
export {
  parseElf32, parseElf64, writeElf32, writeElf64, type Elf32, type Elf64, type ElfHeader, type ElfHeaderOf, type ElfOf, type ElfSection, type ElfSectionHeader,
  type ElfSectionHeaderOf, type ElfSectionOf,
} from './elf.ts';
export { parseFmc, writeFmc, type Fmc } from './fmc.ts';
export { gspSignature, parseGspImage, writeGspImage, type GspImage } from './gsp-image.ts';
export {
  parseRiscvBootloader, writeRiscvBootloader,
  type BootloaderDescriptor, type BootloaderDescriptorTail, type RiscvBootloader,
} from './riscv-bootloader.ts';
export {
  parseBooter, writeBooter,
  type Booter, type BooterApp, type BooterLoadHeader, type BooterMetadata, type BooterParts, type HsHeader,
} from './booter.ts';
export {
  parseFalconBootloader, writeFalconBootloader, type FalconBootloader, type FalconBootloaderDescriptor,
} from './falcon-bootloader.ts';
export { CHIPS, type ChipFiles } from './chips.ts';
export { isTlv, parseTlv, TLV_MAGIC, writeTlv, type Tlv, type TlvBlock } from './tlv/container.ts';
export {
  parseBooterTlv, parseBootloaderTlv, parseFalconBootloaderTlv, parseFmcTlv, parseGspTlv, writeBooterTlv, writeBootloaderTlv, writeFalconBootloaderTlv,
  writeFmcTlv, writeGspTlv, type BooterTlv, type BootloaderTlv, type FalconBootloaderTlv, type FmcTlv, type GspTlv,
} from './tlv/contents.ts';
export { binToTlv, readTlvImage, tlvToBin, type ConvertedFile, type ConvertOptions } from './tlv/convert.ts';
export { acrBootloaderPath, FIRMWARE_LINKS, firmwareKinds, firmwarePath, resolveLinks, tlvPath, type FirmwareKind } from './paths.ts';
export { memorySource, type FirmwareSource } from './source.ts';
export { compareVersions, firmwareVersions } from './versions.ts';
export { SYNTHETIC_VERSIONS, syntheticPack, type SyntheticPackOptions } from './synthetic/pack.ts';
export { knownReleases, type KnownFile } from './known-releases.ts';
export { loadedFacts, samplePages, type LoadedFacts } from './loaded-facts.ts';
export { verifiedSource, verifyFile, type Sha256 } from './verify.ts';
export { SERIES, SYNTHETIC_ID_BASE, VGPU_GPUS, type SeriesFacts, type VgpuGpu, type VgpuProfile, type VgpuSeries } from './vgpu/profiles.ts';
export type { PciIdentity, TypeRecords } from './vgpu/type-records.ts';
export { parseAnyVgpuTypeFile, typesFor, type AnyVgpuTypeFile } from './vgpu/any-type-file.ts';
export { parseVgpuTypeFile, writeVgpuTypeFile, type OpaqueGroup, type TypesGroup, type VgpuTypeFile } from './vgpu/type-file.ts';
export { parseGen1TypeFile, writeGen1TypeFile, type Gen1TypeFile, type Gen1Types } from './vgpu/type-file-gen1.ts';
export { syntheticTypeFile, type SyntheticTypeFileOptions } from './vgpu/synthetic-type-file.ts';
