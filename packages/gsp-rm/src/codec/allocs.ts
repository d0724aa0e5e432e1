import type { AllocCodecs } from '../release.ts';
import type { EngineRef, Memory } from '../resources/objects.ts';
import { numbering, type EngineNumbers } from './engines.ts';
import type { Needs, Part } from './needs.ts';
import { APERTURES } from './apertures.ts';
import { toNumber } from './words.ts';

/** Allocation parameters. */

interface MemoryDescription {
  readonly base: bigint;
  readonly size: bigint;
  readonly addressSpace: number;
}

interface ChannelRecord {
  readonly gpFifoOffset: bigint;
  readonly gpFifoEntries: number;
  readonly flags: number;
  readonly hContextShare: number;
  readonly hVASpace: number;
  readonly engineType: number;
  readonly instanceMem: MemoryDescription;
  readonly userdMem: MemoryDescription;
  readonly internalFlags: number;
}

interface VaspaceRecord {
  readonly index: number;
  readonly flags: number;
  readonly vaSize: bigint;
}

interface MemoryRecord {
  readonly size: bigint;
  readonly offset: bigint;
  readonly hVASpace: number;
}

interface DisplayChannelRecord {
  readonly offset: number;
  readonly channelInstance: number;
}

export interface AllocNeeds extends Needs<
  | 'NV_MEMORY_LIST_ALLOCATION_PARAMS' | 'NV_MEMORY_VIRTUAL_ALLOCATION_PARAMS' | 'NV0005_ALLOC_PARAMETERS'
  | 'NV_CHANNEL_GROUP_ALLOCATION_PARAMETERS' | 'NV_CTXSHARE_ALLOCATION_PARAMETERS' | 'NVB0B5_ALLOCATION_PARAMETERS'
> {
  readonly NV_MEMORY_ALLOCATION_PARAMS: Part<MemoryRecord, keyof MemoryRecord>;
  readonly NV_VASPACE_ALLOCATION_PARAMETERS: Part<VaspaceRecord, keyof VaspaceRecord>;
  readonly NV_CHANNEL_ALLOC_PARAMS: Part<ChannelRecord, keyof ChannelRecord>;
  readonly NV50VAIO_CHANNELDMA_ALLOCATION_PARAMETERS: Part<DisplayChannelRecord, keyof DisplayChannelRecord>;
}

/** NV_VASPACE_ALLOCATION_FLAGS_IS_EXTERNALLY_OWNED */
const EXTERNALLY_OWNED = 0x8;
/** Bits 15:0 of a notification number; its flags stand above. */
const NOTIFY_INDEX = 0xffff;

/** NVOS04_FLAGS of a channel. */
const CHANNEL = {
  privileged: 1 << 5,
  index: { shift: 8, mask: 0x7 },
  indexFixed: 1 << 11,
  page: { shift: 12, mask: 0x1ff },
  pageFixed: 1 << 21,
  channelsPerPage: 8,
} as const;

/** NV_KERNELCHANNEL_ALLOC_INTERNALFLAGS_PRIVILEGE: 0 is a user's. */
const PRIVILEGE = 0x3;

const memoryOf = ({ base, size, addressSpace }: MemoryDescription): Memory =>
  ({ address: toNumber(base), size: toNumber(size), aperture: APERTURES[addressSpace] ?? 'unknown' });

/** The channel id that a driver passes in the place of its USERD. */
function fixedChannelId(flags: number): number | undefined {
  if ((flags & CHANNEL.pageFixed) === 0) return undefined;
  const page = (flags >>> CHANNEL.page.shift) & CHANNEL.page.mask;
  return page * CHANNEL.channelsPerPage + ((flags >>> CHANNEL.index.shift) & CHANNEL.index.mask);
}

/** Where a class of memory has its size. */
const LIST_CLASSES: ReadonlySet<number> = new Set([0x81, 0x82, 0x83]);
const MEMORY_CLASSES: ReadonlySet<number> = new Set([0x3e, 0x40]);
const VIRTUAL_RANGE = 0x70;

export function allocCodecs(rm: AllocNeeds, engines: EngineNumbers): AllocCodecs {
  const nv2080 = numbering(engines.nv2080);
  const engine = (number: number): EngineRef => ({ number, name: nv2080.name(number) });
  return {
    vaspace(params) {
      const { index, flags, vaSize } = rm.NV_VASPACE_ALLOCATION_PARAMETERS.read(params);
      return { index, externallyOwned: (flags & EXTERNALLY_OWNED) !== 0, size: toNumber(vaSize) };
    },
    memory(params, cls) {
      if (LIST_CLASSES.has(cls)) return { size: rm.NV_MEMORY_LIST_ALLOCATION_PARAMS.read(params).pageCount * 0x1000 };
      return { size: MEMORY_CLASSES.has(cls) ? toNumber(rm.NV_MEMORY_ALLOCATION_PARAMS.read(params).size) : 0 };
    },
    virtualMemory(params, cls) {
      if (cls === VIRTUAL_RANGE) {
        const { offset, limit, hVASpace } = rm.NV_MEMORY_VIRTUAL_ALLOCATION_PARAMS.read(params);
        return { start: toNumber(offset), limit: toNumber(limit), vaspace: hVASpace };
      }
      const { offset, size, hVASpace } = rm.NV_MEMORY_ALLOCATION_PARAMS.read(params);
      return { start: toNumber(offset), limit: toNumber(offset + size), vaspace: hVASpace };
    },
    event(params) {
      const { hParentClient, hSrcResource, notifyIndex } = rm.NV0005_ALLOC_PARAMETERS.read(params);
      return { parentClient: hParentClient, source: hSrcResource, notifyIndex: notifyIndex & NOTIFY_INDEX };
    },
    channelGroup(params) {
      const { engineType, hVASpace } = rm.NV_CHANNEL_GROUP_ALLOCATION_PARAMETERS.read(params);
      return { engine: engine(engineType), vaspace: hVASpace };
    },
    contextShare(params) {
      const { hVASpace, flags } = rm.NV_CTXSHARE_ALLOCATION_PARAMETERS.read(params);
      return { vaspace: hVASpace, flags };
    },
    channel(params) {
      const channel = rm.NV_CHANNEL_ALLOC_PARAMS.read(params);
      return {
        engine: engine(channel.engineType), vaspace: channel.hVASpace, contextShare: channel.hContextShare,
        privileged: (channel.flags & CHANNEL.privileged) !== 0 || (channel.internalFlags & PRIVILEGE) !== 0, id: fixedChannelId(channel.flags),
        ring: toNumber(channel.gpFifoOffset), entries: channel.gpFifoEntries,
        instance: memoryOf(channel.instanceMem), userd: memoryOf(channel.userdMem),
      };
    },
    copyObject(params) {
      if (params.every((byte) => byte === 0)) return { engine: engine(0) };
      const { version, engineType } = rm.NVB0B5_ALLOCATION_PARAMETERS.read(params);
      // The first version names the copy engine's instance instead.
      return { engine: version === 0 ? { number: engineType, name: `COPY${engineType}` } : engine(engineType) };
    },
    displayChannel(params) {
      const { offsets } = rm.NV50VAIO_CHANNELDMA_ALLOCATION_PARAMETERS;
      const view = new DataView(params.buffer, params.byteOffset, params.byteLength);
      // A cursor's parameters begin like those of the others, and are shorter.
      return { instance: view.getUint32(offsets.channelInstance, true), put: offsets.offset + 4 <= params.length ? view.getUint32(offsets.offset, true) : 0 };
    },
  };
}
