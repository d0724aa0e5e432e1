import type { Ioctl } from '../dispatch.ts';
import { DrmError } from '../errors.ts';
import type { File } from '../file.ts';
import { BUS_TYPE_PCIE, drm_nouveau_getparam, NOUVEAU_GETPARAM, NOUVEAU_IOCTL } from '../uapi/nouveau.ts';

/** Pushes of one EXEC: half of a ring of 0x2000 bytes with entries of 8, less one. linux: drivers/gpu/drm/nouveau/nouveau_exec.h */
export const EXEC_PUSH_MAX = 510;

/** Each parameter that is no fact of the hardware, and what it is. linux: drivers/gpu/drm/nouveau/nouveau_abi16.c */
const PARAMS: Readonly<Record<number, (file: File) => number>> = {
  [NOUVEAU_GETPARAM.PCI_VENDOR]: (file) => info(file).vendor,
  [NOUVEAU_GETPARAM.PCI_DEVICE]: (file) => info(file).product,
  [NOUVEAU_GETPARAM.BUS_TYPE]: () => BUS_TYPE_PCIE,
  [NOUVEAU_GETPARAM.FB_SIZE]: (file) => info(file).memoryUsable,
  [NOUVEAU_GETPARAM.AGP_SIZE]: ({ parts: { system } }) => system.limit,
  [NOUVEAU_GETPARAM.VM_VRAM_BASE]: () => 0,
  [NOUVEAU_GETPARAM.HAS_BO_USAGE]: () => 1,
  [NOUVEAU_GETPARAM.EXEC_PUSH_MAX]: () => EXEC_PUSH_MAX,
  [NOUVEAU_GETPARAM.VRAM_BAR_SIZE]: (file) => info(file).aperture,
  [NOUVEAU_GETPARAM.VRAM_USED]: (file) => info(file).memoryUsable - file.parts.session.base.limits().limits.memoryAvailable,
  [NOUVEAU_GETPARAM.HAS_VMA_TILEMODE]: () => 1,
};

export const GETPARAM_IOCTLS: readonly Ioctl<File>[] = [{ request: NOUVEAU_IOCTL.NOUVEAU_GETPARAM, run: getparam }];

const info = ({ parts: { session } }: File) => session.base.deviceInfo().info;

function getparam(file: File, argument: Uint8Array): void {
  const { param } = drm_nouveau_getparam.read(argument);
  drm_nouveau_getparam.write(argument, 0, { param, value: valueOf(file, param) });
}

/** What the hardware is, userspace asks and the core answers, key by key; nobody in between knows what it means. */
function valueOf(file: File, param: bigint): bigint {
  const known = param <= 0xffffn ? PARAMS[Number(param)] : undefined;
  if (known) return BigInt(known(file));
  const { session } = file.parts;
  const facts = session.agreement.capabilities.includes('drm.facts') ? (session.drm?.facts().facts ?? []) : [];
  const fact = facts.find(({ key }) => BigInt(key) === param);
  if (!fact) throw new DrmError('EINVAL', `There is no parameter ${param}`);
  return fact.value;
}
