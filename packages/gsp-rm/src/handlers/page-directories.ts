import { settleHostChannels } from '../host-channels.ts';
import { dataOf, findObject } from '../resources/tree.ts';
import type { Aperture } from '../resources/objects.ts';
import { STATUS, type Status } from '../status.ts';
import type { ServeContext } from './handler.ts';

/** NV0080_CTRL_DMA_SET_PAGE_DIRECTORY_FLAGS_APERTURE, bits 1:0 */
const APERTURES: readonly Aperture[] = ['vram', 'system', 'system', 'unknown'];
const PAGE = 0x1000;

/** Gives an address space that the driver manages itself its root. */
export function setPageDirectory(
  { hardware, state }: ServeContext, client: number, request: { readonly vaspace: number; readonly address: number; readonly entries: number; readonly flags: number },
): Status {
  const data = dataOf(state.resources, findObject(state.resources, client, request.vaspace), 'vaspace');
  if (data === undefined) return STATUS.INVALID_OBJECT;
  if (!data.externallyOwned) return STATUS.INVALID_STATE;
  const { address, entries, flags } = request;
  const aperture = APERTURES[flags & 3]!;
  if (aperture === 'unknown' || entries === 0) return STATUS.INVALID_ARGUMENT;
  if (address % PAGE !== 0 || !Number.isSafeInteger(address)) return STATUS.INVALID_ADDRESS;
  if (aperture === 'vram' && address + entries * 8 > hardware.facts.vramSize) return STATUS.INVALID_ADDRESS;
  data.directory = { address, entries, aperture };
  settleHostChannels(hardware, state);
  return STATUS.OK;
}

/** Takes the root away again. */
export function unsetPageDirectory({ hardware, state }: ServeContext, client: number, vaspace: number): Status {
  const data = dataOf(state.resources, findObject(state.resources, client, vaspace), 'vaspace');
  if (data === undefined) return STATUS.INVALID_OBJECT;
  if (!data.externallyOwned) return STATUS.INVALID_STATE;
  data.directory = undefined;
  settleHostChannels(hardware, state);
  return STATUS.OK;
}
