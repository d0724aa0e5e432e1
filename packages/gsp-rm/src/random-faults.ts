import type { Random } from '@nova-stack/timebase';
import type { FaultRule } from '@nova-stack/trace';

export interface RandomFaultOptions {
  /** How many occurrences of each point are covered. */
  readonly occurrences: number;
  /** Share of them that a fault strikes, 0 to 1. */
  readonly share: number;
}

/** What may happen where; a hang and a crash end a run and are left to scripts. */
const CHOICES: Readonly<Record<string, readonly Omit<FaultRule, 'point' | 'nth'>[]>> = {
  'gsp-rm.reply': [
    { action: 'delay', value: 1_000_000 }, { action: 'delay', value: 30_000_000 }, { action: 'drop' }, { action: 'duplicate' }, { action: 'checksum' },
    { action: 'length', value: 0x10 }, { action: 'status', value: 0x65 },
  ],
  'gsp-rm.event': [{ action: 'delay', value: 1_000_000 }, { action: 'drop' }, { action: 'duplicate' }, { action: 'reorder' }, { action: 'checksum' }],
  'gsp-rm.request': [{ action: 'drop' }, { action: 'status', value: 0x55 }],
  'gsp-rm.provoke': [{ action: 'osError' }, { action: 'rcTriggered' }, { action: 'mmuFault' }, { action: 'nocat' }, { action: 'lockdown' }, { action: 'perfBridgeless' }],
};

/** Parts that a share is counted in. */
const PARTS = 1_000_000;

/** Rules for a fault plan, drawn from `random`: the same seed gives the same rules. */
export function randomFaults(random: Random, { occurrences, share }: RandomFaultOptions): readonly FaultRule[] {
  const rules: FaultRule[] = [];
  for (const [point, choices] of Object.entries(CHOICES)) {
    for (let nth = 1; nth <= occurrences; nth++) {
      if (random.below(PARTS) < share * PARTS) rules.push({ point, nth, ...choices[random.below(choices.length)]! });
    }
  }
  return rules;
}
