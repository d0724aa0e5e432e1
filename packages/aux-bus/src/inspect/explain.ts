import type { ProbeRecord } from '../binding/binding.ts';
import type { Deferral } from '../binding/deferral.ts';
import type { Device } from '../device/device.ts';
import type { DriverEntry } from '../driver.ts';
import { explainTable, matchId, type EntryVerdict } from '../match.ts';

export type BindVerdict = 'bound' | 'no match' | 'bound elsewhere' | 'busy' | 'waits' | 'refused' | 'let go' | 'never tried';

/** Why a driver does, or does not, have a device. */
export interface Explanation {
  readonly matches: boolean;
  readonly verdict: BindVerdict;
  /** The verdict as a sentence. */
  readonly text: string;
  /** What became of every entry of the driver's table. */
  readonly entries: readonly EntryVerdict[];
  /** How the last probe ended, if there was one. */
  readonly lastProbe: ProbeRecord | undefined;
}

export function explainBinding(device: Device, entry: DriverEntry, deferral: Deferral, autoprobe: boolean): Explanation {
  const matches = matchId(entry.driver.idTable, device.matchName) !== undefined;
  const lastProbe = device.probes.get(entry.name);
  const [verdict, text] = judge(device, entry, { matches, lastProbe, deferral, autoprobe });
  return { matches, verdict, text, entries: explainTable(entry.driver.idTable, device.matchName), lastProbe };
}

interface Facts {
  readonly matches: boolean;
  readonly lastProbe: ProbeRecord | undefined;
  readonly deferral: Deferral;
  readonly autoprobe: boolean;
}

function judge(device: Device, entry: DriverEntry, { matches, lastProbe, deferral, autoprobe }: Facts): readonly [BindVerdict, string] {
  const { binding } = device;
  const pair = `${entry.name} and ${device.name}`;
  if (binding?.entry === entry && binding.phase === 'bound') return ['bound', `${device.name} is bound to ${entry.name}`];
  if (binding?.entry === entry) return ['busy', `${entry.name} is ${binding.phase} ${device.name} now`];
  if (!matches) return ['no match', `${entry.name} has no entry ${JSON.stringify(device.matchName)} in its table`];
  if (binding) return ['bound elsewhere', `${device.name} is held by ${binding.entry.name}`];
  const waiting = deferral.reason(device);
  if (waiting) return ['waits', `${device.name} waits: ${waiting.reason}`];
  if (lastProbe && lastProbe.code !== 'OK') return ['refused', `${entry.name} answered ${lastProbe.code}: ${lastProbe.message}`];
  if (lastProbe) return ['let go', `${entry.name} had ${device.name} and let go; nothing binds again by itself`];
  return ['never tried', `${pair} match and were never tried on each other${autoprobe ? '' : ': autoprobe is off'}`];
}
