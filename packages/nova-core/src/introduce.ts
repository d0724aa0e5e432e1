import type { Chip } from './chip.ts';
import { report, type Device } from './device.ts';
import type { CommonFiles } from './firmware-files.ts';
import type { RegistryEntry, StaticInfo } from './firmware/abi.ts';
import { requireSameVersion } from './firmware/versions.ts';
import type { GspClient } from './gsp/client.ts';
import { usableRanges } from './memory/vram.ts';
import { systemFacts } from './system-facts.ts';

/** What the firmware is told to do differently from its defaults. */
function registry(vfs: number): RegistryEntry[] {
  const names = ['RMSecBusResetEnable', 'RMForcePcieConfigSave', 'RMDevidCheckIgnore', ...(vfs > 0 ? ['RMSetSriovMode'] : [])];
  return names.map((name) => ({ name, value: 1 }));
}

/** First words to the firmware: what it cannot see for itself. */
export async function introduceItself(device: Device, { family }: Chip, client: GspClient, vfs: number): Promise<void> {
  const { messages } = client.abi;
  const keys = registry(vfs);
  await client.notify('system-info', messages.setSystemInfo, systemFacts(device.pci, family, vfs));
  await client.notify('system-info', messages.setRegistry, keys);
  report(device.trace, 'nova-core.system-info.sent', { keys: keys.length });
}

/** Asks the firmware what it is and what it has. */
export async function inquire(device: Device, client: GspClient, files: CommonFiles): Promise<StaticInfo> {
  const info = await client.call('static-info', files.abi.messages.staticInfo, undefined);
  client.useInternal(info.internal);
  const usable = usableRanges(info.regions).reduce((sum, { start, end }) => sum + end - start, 0);
  report(device.trace, 'nova-core.static-info.read', { name: info.name, usable, total: info.fbSize, regions: info.regions.length });
  const features = await client.control('features', files.abi.controls.features, undefined);
  report(device.trace, 'nova-core.features.read', { version: features.version });
  requireSameVersion(files.version, features.version);
  return info;
}
