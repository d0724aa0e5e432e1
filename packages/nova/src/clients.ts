import { SYNTHETIC_VERSIONS, syntheticTypeFile, VGPU_GPUS } from '@nova-stack/firmware-files';
import { ContractError } from '@nova-stack/nova-core-api';
import { drm_nova_gem_create, drm_gem_close, IOCTL, type DrmDevice } from '@nova-stack/nova-drm';
import type { Trace } from '@nova-stack/trace';
import type { VgpuManager } from '@nova-stack/vgpu';

import { JobError } from './job-error.ts';

/** Memory of the type that is opened when the user names none: what a desktop guest usually gets. */
const USUAL_SIZE = 4 * 2 ** 30;
const BUFFER = 2 * 2 ** 20;
/** Reaches over the end of a page, of a chunk and of a 1 MiB window. */
const PATTERN_AT = 2 ** 20 - 1000;

/** What the graphics driver of the main job does: a buffer comes, keeps its bytes, and goes. */
export async function useDrm(device: DrmDevice, trace: Trace, pattern: Uint8Array): Promise<void> {
  const file = device.open();
  try {
    const create = drm_nova_gem_create.create({ size: BigInt(BUFFER) });
    expectSuccess('GEM_CREATE', await file.ioctl(IOCTL.NOVA_GEM_CREATE, create));
    const { handle } = drm_nova_gem_create.read(create);
    const buffer = file.buffer(handle);
    trace.event('nova-drm.gem.created', { handle, size: buffer.size });

    buffer.write(PATTERN_AT, pattern);
    const seen = buffer.read(PATTERN_AT, pattern.length);
    const wrong = seen.findIndex((byte, at) => byte !== pattern[at]);
    if (wrong >= 0) throw new JobError(`buffer ${handle}: byte ${PATTERN_AT + wrong} reads ${String(seen[wrong])}, ${String(pattern[wrong])} was written`);
    trace.event('nova-drm.gem.verified', { handle, size: pattern.length });

    expectSuccess('GEM_CLOSE', await file.ioctl(IOCTL.GEM_CLOSE, drm_gem_close.create({ handle })));
    trace.event('nova-drm.gem.closed', { handle });
  } finally {
    await file.close();
  }
}

function expectSuccess(what: string, result: number): void {
  if (result !== 0) throw new JobError(`${what} answered errno ${-result}`);
}

/** What the vGPU manager of the main job did. */
export interface VgpuSummary {
  readonly type: string;
  readonly vf: number;
  readonly memory: number;
}

/**
 * What the vGPU manager does: types for another release are refused, the right ones accepted; an instance is opened,
 * reset and closed.
 *
 * @param device - PCI device id that the types are for; `version` is the firmware's
 * @param wanted - name of the type; undefined for the first that fits
 */
export async function useVgpu(
  manager: VgpuManager,
  { device, version, trace, owner }: { readonly device: number; readonly version: string; readonly trace: Trace; readonly owner: Uint8Array },
  wanted: string | undefined,
): Promise<VgpuSummary | undefined> {
  const obstacle = manager.obstacle ?? (VGPU_GPUS.some((gpu) => gpu.device === device) ? undefined : 'the public catalogue has no types for it');
  if (obstacle !== undefined) {
    trace.event('vgpu.none', { device: manager.device, reason: obstacle });
    if (wanted !== undefined) throw new JobError(`--vgpu ${wanted}: this board cannot host virtual GPUs: ${obstacle}`);
    return undefined;
  }
  const other = 'types for another release';
  const otherVersion = SYNTHETIC_VERSIONS.find((each) => each !== version)!;
  try {
    await manager.submitTypes(syntheticTypeFile({ device, version, gspVersion: otherVersion }), other);
    throw new JobError(`${other} were accepted`);
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    trace.event('vgpu.refused', { label: other, code: error.code, reason: error.reason ?? '' });
  }
  const label = 'the type file of this release';
  const verdicts = await manager.submitTypes(syntheticTypeFile({ device, version }), label);
  const accepted = verdicts.filter((verdict) => verdict.accepted);
  trace.event('vgpu.types', { accepted: accepted.length, rejected: verdicts.length - accepted.length, label });

  const types = manager.types();
  const type = wanted ?? (types.find((one) => one.series === 'Q' && one.profileSize >= USUAL_SIZE && one.creatable > 0) ?? types[0])?.name;
  if (type === undefined) throw new JobError('no virtual GPU type can be created');
  const vgpu = await manager.create({ type, owner, label: 'demo guest' });
  const { vf, identity } = vgpu;
  trace.event('vgpu.opened', { type: vgpu.type.name, vf, memory: identity.memory, heads: identity.heads });
  await vgpu.setBusMaster(true);
  await vgpu.reset();
  trace.event('vgpu.reset', { type: vgpu.type.name, vf });
  await vgpu.close();
  trace.event('vgpu.closed', { type: vgpu.type.name, vf });
  return { type: vgpu.type.name, vf, memory: identity.memory };
}
