import { randomBytes } from 'node:crypto';

import { serveDevice, type VfioUserServer } from '@nova-stack/vfio-user';
import type { Claim, Provisioner } from '@nova-stack/vgpu/provisioning';
import { openVgpuFunction, type VgpuFunction } from '@nova-stack/vgpu-vfio';

import { JobError } from './job-error.ts';
import type { Output } from './main.ts';
import type { Host } from './vgpu.ts';
import type { ServedName, VgpuOptions } from './vgpu-options.ts';

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** What has to end, last first. */
type Endings = (() => Promise<unknown>)[];

/**
 * `nova vgpu serve`: runs virtual GPUs and serves each on a socket of its own until it is told to end. Those that were created keep their
 * names; those that were asked for by type are there meanwhile.
 *
 * @returns the exit status: 1 when one of them left its guest
 * @throws JobError, VgpuError, ContractError, VfioUserError: none is served then
 */
export async function serveVgpus({ served }: VgpuOptions, host: Host & { readonly provisioner: Provisioner }, output: Output, ended: Promise<unknown>): Promise<number> {
  const endings: Endings = [];
  const gone: string[] = [];
  try {
    for (const one of served) {
      const { fn, server } = await serveOne(one, host, endings, (why) => {
        gone.push(one.what);
        output.err(`nova: ${one.what} on ${one.socket} has left its guest: ${why}\n`);
      });
      const { vendor, device, subsystemVendor, subsystem, aperture, memory } = fn.identity;
      const hex = (id: number): string => id.toString(16).padStart(4, '0');
      output.out(`ready: ${one.what} (VF ${fn.vf}, ${hex(vendor)}:${hex(device)} ${hex(subsystemVendor)}:${hex(subsystem)}, aperture ${aperture}, memory ${memory}) on ${server.path}\n`);
    }
    await ended;
    return gone.length === 0 ? 0 : 1;
  } finally {
    await endAll(endings);
  }
}

/** All, whatever becomes of each. @throws the first that failed */
async function endAll(endings: Endings): Promise<void> {
  const failures: unknown[] = [];
  for (const end of endings.reverse()) await end().catch((error: unknown) => { failures.push(error); });
  if (failures.length > 0) throw failures[0];
}

async function serveOne({ what, socket }: ServedName, { pci, clock, trace, manager, provisioner }: Host & { readonly provisioner: Provisioner }, endings: Endings, left: (why: string) => void): Promise<{ readonly fn: VgpuFunction; readonly server: VfioUserServer }> {
  const claim = UUID.test(what) ? provisioner.claim(what) : await assign(what, manager, endings);
  const device = pci.devices().find(({ virtual }) => virtual?.index === claim.vf);
  if (!device) throw new JobError(`${what}: virtual function ${claim.vf} is not on the bus`);
  const fn = await openVgpuFunction({
    device, owner: claim.owner, label: what.slice(0, 64), process: process.pid,
    onGone: (reason) => { if (reason !== 'closed') left(reason); },
  });
  endings.push(() => fn.close());
  const server = await serveDevice({ device: fn.fn, path: socket, now: () => clock.now(), trace, name: what });
  endings.push(() => server.close());
  return { fn, server };
}

/** One of a type, for as long as this runs. */
async function assign(type: string, manager: Host['manager'], endings: Endings): Promise<Claim> {
  const owner = new Uint8Array(randomBytes(16));
  const { vf } = await manager.assign({ type, owner });
  endings.push(() => manager.unassign(vf, owner));
  return { device: manager.device, vf, owner };
}
