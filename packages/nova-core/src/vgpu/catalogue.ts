import { FirmwareFileError, parseAnyVgpuTypeFile, typesFor } from '@nova-stack/firmware-files';
import { HEADER } from '@nova-stack/pci';

import { report, type Device } from '../device.ts';
import { NovaCoreError } from '../errors.ts';
import type { VgpuTypeFacts } from '../firmware/vgpu-abi.ts';
import type { HostingControls } from '../gsp/client.ts';
import { instanceShare, type PlacementFacts } from './placement.ts';

/** Why a type cannot be used here, in words that hold for any firmware. */
export type Rejection =
  /** The record makes no sense. */
  | 'damaged'
  /** It is made for another board. */
  | 'other-board'
  /** It needs a GPU that is cut into parts. */
  | 'partitioned'
  /** A vGPU of this type lives, and the record differs from what it was made with. */
  | 'in-use'
  /** There is no room for more types. */
  | 'too-many'
  /** The same id occurs twice. */
  | 'duplicate'
  /** The board has too little memory for one such vGPU. */
  | 'too-large'
  /** The GPU refused it. */
  | 'refused';

export interface TypeVerdict {
  /** Undefined where the record cannot be read. */
  readonly id: number | undefined;
  readonly name: string;
  readonly rejection: Rejection | undefined;
}

/** Why a whole file was turned down. */
export class TypeFileRejected extends Error {
  override readonly name = 'TypeFileRejected';
  /** `damaged`: it is no type file or a broken one; `incompatible`: it is made for other software. */
  readonly reason: 'damaged' | 'incompatible';

  constructor(reason: 'damaged' | 'incompatible', cause: unknown) {
    super(`the type file is ${reason}`, { cause });
    this.reason = reason;
  }
}

interface Entry {
  readonly facts: VgpuTypeFacts;
  readonly record: Uint8Array;
}
/** One record of a file on its way into the firmware. */
interface Candidate {
  readonly entry: Entry | undefined;
  rejection: Rejection | undefined;
}
type Readable = Candidate & { readonly entry: Entry };

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** The types that the firmware holds. */
export class TypeCatalogue {
  readonly #device: Device;
  readonly #gsp: HostingControls;
  readonly #facts: PlacementFacts;
  readonly #inUse: (typeId: number) => boolean;
  #entries = new Map<number, Entry>();

  /** @param inUse - whether a vGPU of this type lives, or is kept */
  constructor(device: Device, gsp: HostingControls, facts: PlacementFacts, inUse: (typeId: number) => boolean) {
    this.#device = device;
    this.#gsp = gsp;
    this.#facts = facts;
    this.#inUse = inUse;
  }

  /** By ascending id. */
  get types(): readonly VgpuTypeFacts[] {
    return [...this.#entries.values()].map(({ facts }) => facts).sort((a, b) => a.id - b.id);
  }

  get(id: number): VgpuTypeFacts | undefined {
    return this.#entries.get(id)?.facts;
  }

  /**
   * Takes a file of types. What the firmware holds changes only if something is accepted.
   *
   * @param label - what the caller calls the file
   * @throws {@link TypeFileRejected} for a file of which nothing can be used; {@link NovaCoreError}
   */
  async submit(bytes: Uint8Array, label: string): Promise<TypeVerdict[]> {
    const candidates = this.#judge(this.#read(bytes, label));
    await this.#upload(candidates);
    const verdicts = candidates.map(({ entry, rejection }): TypeVerdict => ({ id: entry?.facts.id, name: entry?.facts.name ?? '', rejection }));
    const accepted = verdicts.filter(({ rejection }) => rejection === undefined).length;
    report(this.#device.trace, 'nova-core.vgpu.types-uploaded', { accepted, rejected: verdicts.length - accepted });
    return verdicts;
  }

  #read(bytes: Uint8Array, label: string): readonly Uint8Array[] {
    const { pci } = this.#device;
    const gpu = {
      vendor: pci.readConfig(HEADER.vendor, 2), device: pci.readConfig(HEADER.device, 2),
      subsystemVendor: pci.readConfig(HEADER.subsystemVendor, 2), subsystem: pci.readConfig(HEADER.subsystem, 2),
    };
    try {
      return typesFor(parseAnyVgpuTypeFile(bytes, label), gpu, this.#gsp.abi.version)?.records ?? [];
    } catch (cause) {
      if (!(cause instanceof FirmwareFileError)) throw cause;
      throw new TypeFileRejected(cause.code === 'WRONG_RELEASE' ? 'incompatible' : 'damaged', cause);
    }
  }

  #judge(records: readonly Uint8Array[]): Candidate[] {
    const seen = new Set<number>();
    return records.map((record): Candidate => {
      const facts = this.#decode(record);
      if (facts === undefined) return { entry: undefined, rejection: 'damaged' };
      // The client's bytes are the client's: what is kept is a copy.
      const entry = { facts, record: record.slice() };
      const rejection = seen.has(facts.id) ? 'duplicate' : this.#rejection(entry);
      seen.add(facts.id);
      return { entry, rejection };
    });
  }

  #decode(record: Uint8Array): VgpuTypeFacts | undefined {
    const { vgpu } = this.#gsp.abi;
    if (record.length !== vgpu.typeRecordSize) return undefined;
    try {
      return vgpu.decodeType(record);
    } catch (error) {
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  }

  #rejection({ facts, record }: Entry): Rejection | undefined {
    const { plugin } = this.#gsp.abi.vgpu;
    if (facts.physicalDevice !== this.#device.pci.readConfig(HEADER.device, 2)) return 'other-board';
    if (facts.partitioned) return 'partitioned';
    if (facts.id === 0 || facts.maxInstances < 1 || facts.profileSize < 1 || facts.fbLength < 1 || facts.fbLength > facts.profileSize || facts.heapSize < plugin.communicationSize) return 'damaged';
    const share = instanceShare(this.#facts, facts);
    if (share.guestMemory < 1 || share.channels < 2) return 'too-large';
    const held = this.#entries.get(facts.id);
    if (held !== undefined && this.#inUse(facts.id) && !sameBytes(held.record, record)) return 'in-use';
    return undefined;
  }

  async #upload(candidates: readonly Candidate[]): Promise<void> {
    const fresh = candidates.filter((candidate): candidate is Readable => candidate.entry !== undefined && candidate.rejection === undefined);
    const isHeld = ({ facts, record }: Entry): boolean => {
      const held = this.#entries.get(facts.id);
      return held !== undefined && sameBytes(held.record, record);
    };
    const wanted = fresh.filter(({ entry }) => !isHeld(entry));
    if (wanted.length === 0) return;
    const replaces = wanted.some(({ entry }) => this.#entries.has(entry.facts.id));
    // The firmware replaces all types or none: what is to stay is sent again.
    const next = new Map(this.#entries);
    for (const candidate of wanted) {
      const { entry } = candidate;
      if (!next.has(entry.facts.id) && next.size >= this.#gsp.abi.vgpu.maxTypes) candidate.rejection = 'too-many';
      else next.set(entry.facts.id, entry);
    }
    const records = (entries: Iterable<Entry>): Uint8Array[] => [...entries].map(({ record }) => record);
    const added = wanted.filter(({ rejection }) => rejection === undefined).map(({ entry }) => entry);
    const { uploadTypes } = this.#gsp.abi.vgpu.controls;
    try {
      await this.#gsp.control('vgpu', uploadTypes, replaces ? { discardOthers: true, records: records(next.values()) } : { discardOthers: false, records: records(added) });
      this.#entries = next;
    } catch (error) {
      if (!(error instanceof NovaCoreError) || error.code !== 'REFUSED') throw error;
      await this.#uploadOneByOne(wanted, replaces);
    }
  }

  /** Finds out which of several the firmware refuses. */
  async #uploadOneByOne(wanted: readonly Readable[], replaces: boolean): Promise<void> {
    for (const candidate of wanted) {
      if (candidate.rejection !== undefined) continue;
      const { entry } = candidate;
      if (replaces && this.#entries.has(entry.facts.id)) {
        candidate.rejection = 'refused';
        continue;
      }
      try {
        await this.#gsp.control('vgpu', this.#gsp.abi.vgpu.controls.uploadTypes, { discardOthers: false, records: [entry.record] });
        this.#entries.set(entry.facts.id, entry);
      } catch (error) {
        if (!(error instanceof NovaCoreError) || error.code !== 'REFUSED') throw error;
        candidate.rejection = 'refused';
      }
    }
  }
}
