import { ContractError } from '../errors.ts';
import type { VgpuCore } from '../core/vgpu-core.ts';

type Listed = Omit<ReturnType<VgpuCore['listTypes']>['types'][number], 'maxEqual' | 'maxMixed'>;

/** A type as the in-memory core's data describes it; what is left out has a sensible value. */
export type MemoryType = Pick<Listed, 'typeId' | 'name' | 'profileSize'> & Partial<Listed>;

/** What the data holds: the release that it is for, and types. */
interface TypeData {
  readonly release: string;
  readonly types: readonly MemoryType[];
}

/** Data for `submitTypes` of an in-memory core. Clients pass it on as bytes. */
export function memoryTypes(types: readonly MemoryType[], release = 'a'): Uint8Array {
  const text = JSON.stringify({ release, types } satisfies TypeData);
  return Uint8Array.from(text, (character) => character.charCodeAt(0) & 0xff);
}

/** @throws {ContractError} `BadData`, `Incompatible` with the reason `other-release`. */
export function parseTypes(data: Uint8Array, release: string): readonly Listed[] {
  const text = Array.from(data, (byte) => String.fromCharCode(byte)).join('');
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new ContractError('BadData', 'The data is damaged');
  }
  if (!isTypeData(parsed)) throw new ContractError('BadData', 'The data is damaged');
  if (parsed.release !== release) throw new ContractError('Incompatible', 'The data is made for another release than the one that runs', { reason: 'other-release' });
  return parsed.types.map(complete);
}

function isTypeData(value: unknown): value is TypeData {
  const { release, types } = (value ?? {}) as Partial<TypeData>;
  return typeof release === 'string' && Array.isArray(types)
    && types.every((type: MemoryType | null) => Number.isInteger(type?.typeId) && typeof type?.name === 'string' && Number.isInteger(type.profileSize));
}

function complete(type: MemoryType): Listed {
  return {
    series: 'Q', guestMemory: type.profileSize, aperture: 2 ** Math.ceil(Math.log2(type.profileSize)), heads: 4, maxX: 5120, maxY: 2880,
    frameLimit: 60, compute: true, ...type,
  };
}
