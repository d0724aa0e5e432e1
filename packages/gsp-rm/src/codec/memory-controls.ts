import type { ControlIntents, MemoryIntents } from '../control-intents.ts';
import type { ReleaseControls } from '../release.ts';
import { order, query, signal } from './control.ts';
import type { Needs, Part } from './needs.ts';
import { RAM_TYPES } from './static-info.ts';
import { toNumber } from './words.ts';

/** Controls about video memory and page tables. */

interface MemorySystemRecord {
  readonly bOneToOneComptagLineAllocation: boolean;
  readonly bUseRawModeComptaglineAllocation: boolean;
  readonly bEnabledEccFBPA: boolean;
  readonly l2CacheSize: bigint;
  readonly bFbpaPresent: boolean;
  readonly comprPageSize: number;
  readonly comprPageShift: number;
  readonly ramType: number;
  readonly ltcCount: number;
  readonly ltsPerLtcCount: number;
}

interface CompressionStoreRecord {
  readonly Size: bigint;
}

export interface MemoryNeeds extends Needs<
  | 'NV2080_CTRL_CMD_INTERNAL_MEMMGR_MEMORY_TRANSFER_WITH_GSP' | 'NV2080_CTRL_INTERNAL_MEMMGR_MEMORY_TRANSFER_WITH_GSP_PARAMS'
  | 'NV2080_CTRL_CMD_INTERNAL_MEMSYS_GET_STATIC_CONFIG' | 'NV0080_CTRL_CMD_FB_GET_COMPBIT_STORE_INFO'
  | 'NV2080_CTRL_CMD_INTERNAL_MEMSYS_PROGRAM_RAW_COMPRESSION_MODE' | 'NV2080_CTRL_INTERNAL_MEMSYS_PROGRAM_RAW_COMPRESSION_MODE_PARAMS'
  | 'NV0080_CTRL_CMD_DMA_SET_PAGE_DIRECTORY' | 'NV0080_CTRL_DMA_SET_PAGE_DIRECTORY_PARAMS'
  | 'NV0080_CTRL_CMD_DMA_UNSET_PAGE_DIRECTORY' | 'NV0080_CTRL_DMA_UNSET_PAGE_DIRECTORY_PARAMS'
  | 'NV90F1_CTRL_CMD_VASPACE_COPY_SERVER_RESERVED_PDES' | 'NV90F1_CTRL_VASPACE_COPY_SERVER_RESERVED_PDES_PARAMS'
  | 'NV2080_CTRL_CMD_INTERNAL_BUS_FLUSH_WITH_SYSMEMBAR'
> {
  readonly NV2080_CTRL_INTERNAL_MEMSYS_GET_STATIC_CONFIG_PARAMS: Part<MemorySystemRecord, keyof MemorySystemRecord>;
  readonly NV0080_CTRL_FB_GET_COMPBIT_STORE_INFO_PARAMS: Part<CompressionStoreRecord, keyof CompressionStoreRecord>;
}

type Surface = ControlIntents['memoryTransfer']['in']['source'];

/** Framebuffer, as an address space of RM. */
const FBMEM = 2;
const OPERATIONS: Readonly<Record<number, 'copy' | 'set'>> = { 0: 'copy', 1: 'set' };

export function memoryControls(rm: MemoryNeeds): Pick<ReleaseControls, keyof MemoryIntents> {
  return {
    memoryTransfer: order(rm.NV2080_CTRL_CMD_INTERNAL_MEMMGR_MEMORY_TRANSFER_WITH_GSP, rm.NV2080_CTRL_INTERNAL_MEMMGR_MEMORY_TRANSFER_WITH_GSP_PARAMS, 'subdevice',
      ({ src, dst, transferSize, value, memop }) => {
        const surface = ({ baseAddr, offset, size, aperture }: typeof src): Surface =>
          ({ address: toNumber(baseAddr + offset), size: toNumber(size > offset ? size - offset : 0n), vram: aperture === FBMEM });
        return { operation: OPERATIONS[memop] ?? 'unknown', source: surface(src), target: surface(dst), size: toNumber(transferSize), value };
      }),
    memorySystem: query(rm.NV2080_CTRL_CMD_INTERNAL_MEMSYS_GET_STATIC_CONFIG, rm.NV2080_CTRL_INTERNAL_MEMSYS_GET_STATIC_CONFIG_PARAMS, 'subdevice',
      (memory) => ({
        bOneToOneComptagLineAllocation: !memory.rawCompression, bUseRawModeComptaglineAllocation: memory.rawCompression,
        bEnabledEccFBPA: memory.ecc, l2CacheSize: BigInt(memory.l2CacheSize), bFbpaPresent: true,
        comprPageSize: memory.compressionPage.size, comprPageShift: memory.compressionPage.shift,
        ramType: RAM_TYPES[memory.type], ltcCount: memory.ltcCount, ltsPerLtcCount: memory.slicesPerLtc,
      })),
    compressionStore: query(rm.NV0080_CTRL_CMD_FB_GET_COMPBIT_STORE_INFO, rm.NV0080_CTRL_FB_GET_COMPBIT_STORE_INFO_PARAMS, 'device', ({ size }) => ({ Size: BigInt(size) })),
    rawCompression: order(rm.NV2080_CTRL_CMD_INTERNAL_MEMSYS_PROGRAM_RAW_COMPRESSION_MODE, rm.NV2080_CTRL_INTERNAL_MEMSYS_PROGRAM_RAW_COMPRESSION_MODE_PARAMS, 'subdevice',
      ({ bRawMode }) => ({ raw: bRawMode })),
    setPageDirectory: order(rm.NV0080_CTRL_CMD_DMA_SET_PAGE_DIRECTORY, rm.NV0080_CTRL_DMA_SET_PAGE_DIRECTORY_PARAMS, 'device',
      ({ hVASpace, physAddress, numEntries, flags }) => ({ vaspace: hVASpace, address: toNumber(physAddress), entries: numEntries, flags })),
    unsetPageDirectory: order(rm.NV0080_CTRL_CMD_DMA_UNSET_PAGE_DIRECTORY, rm.NV0080_CTRL_DMA_UNSET_PAGE_DIRECTORY_PARAMS, 'device',
      ({ hVASpace }) => ({ vaspace: hVASpace })),
    copyServerDirectories: order(rm.NV90F1_CTRL_CMD_VASPACE_COPY_SERVER_RESERVED_PDES, rm.NV90F1_CTRL_VASPACE_COPY_SERVER_RESERVED_PDES_PARAMS, 'vaspace',
      ({ virtAddrLo, virtAddrHi, pageSize, numLevelsToCopy, levels }) => ({
        start: toNumber(virtAddrLo), end: toNumber(virtAddrHi), pageSize: toNumber(pageSize), count: numLevelsToCopy,
        levels: levels.slice(0, numLevelsToCopy).map((level) => ({ address: toNumber(level.physAddress), size: toNumber(level.size), shift: level.pageShift })),
      })),
    flushSystemMemory: signal(rm.NV2080_CTRL_CMD_INTERNAL_BUS_FLUSH_WITH_SYSMEMBAR, 'subdevice'),
  };
}
