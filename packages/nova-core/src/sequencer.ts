import { BAR0_SIZE, NV_PGC6_BSI_SECURE_SCRATCH_14 } from '@nova-stack/gpu-regs';

import { MS, report, S, until, US, type Device } from './device.ts';
import { hex, NovaCoreError } from './errors.ts';
import type { Falcon } from './falcon.ts';
import { read } from './mmio.ts';
import { decodeSequence, type SequencerCommand } from './sequencer-commands.ts';

/** What a sequence may act on. */
export interface SequencerTarget {
  readonly gsp: Falcon;
  readonly sec2: Falcon;
  /** Bus address of the libos arguments, for restarting the firmware. */
  readonly libosArguments: number;
  /** Application version of the RISC-V bootloader. */
  readonly applicationVersion: number;
}

const STEP = 'sequencer';
/** When a poll names no time of its own. */
const DEFAULT_POLL = 4 * S;
const POLL_EVERY = 10 * US;
const HANDOFF = { bound: 2 * S, every: MS } as const;

/** Starts the GSP's firmware again with SEC2's help. */
async function resume(device: Device, { gsp, sec2, libosArguments, applicationVersion }: SequencerTarget): Promise<void> {
  await gsp.reset(STEP);
  gsp.setMailboxes({ mailbox0: libosArguments % 2 ** 32, mailbox1: Math.floor(libosArguments / 2 ** 32) });
  sec2.start();
  await until(device, STEP, 'hand-off by SEC2', HANDOFF, () => read(device.bar0, NV_PGC6_BSI_SECURE_SCRATCH_14).bootStage3Handoff === 1);
  const { mailbox0 } = sec2.mailboxes;
  if (mailbox0 !== 0) throw new NovaCoreError('FALCON_FAILED', STEP, `SEC2 ends with mailbox ${hex(mailbox0)}`, { detail: { mailbox0 } });
  gsp.setApplicationVersion(applicationVersion);
  if (!gsp.riscvActive) throw new NovaCoreError('FALCON_FAILED', STEP, 'the RISC-V core did not come back');
}

async function carryOut(device: Device, target: SequencerTarget, command: SequencerCommand, saved: number[]): Promise<void> {
  const { bar0 } = device;
  if ('address' in command && command.address + 4 > Math.min(bar0.size, BAR0_SIZE)) {
    throw new NovaCoreError('SEQUENCER', STEP, `register ${hex(command.address)} is outside BAR0`, { detail: { address: command.address } });
  }
  switch (command.op) {
    case 'write':
      bar0.write32(command.address, command.value);
      return;
    case 'modify':
      bar0.write32(command.address, ((bar0.read32(command.address) & ~command.mask) | command.value) >>> 0);
      return;
    case 'poll': {
      const bound = command.timeout === 0 ? DEFAULT_POLL : command.timeout * US;
      await until(device, STEP, `register ${hex(command.address)} & ${hex(command.mask)} = ${hex(command.value)}`, { bound, every: POLL_EVERY },
        () => ((bar0.read32(command.address) & command.mask) >>> 0) === command.value);
      return;
    }
    case 'delay':
      await device.clock.sleep(command.time * US, 'CPU sequencer');
      return;
    case 'store':
      saved[command.index] = bar0.read32(command.address);
      return;
    case 'core-reset':
      await target.gsp.reset(STEP);
      target.gsp.allowPhysical();
      return;
    case 'core-start':
      target.gsp.start();
      return;
    case 'core-wait-for-halt':
      await target.gsp.halted(STEP);
      return;
    case 'core-resume':
      await resume(device, target);
      return;
  }
}

/**
 * Carries out what the firmware asks for, in order.
 * Source: linux: drivers/gpu/nova-core/gsp/sequencer.rs, drivers/gpu/drm/nouveau/nvkm/subdev/gsp/rm/r535/gsp.c.
 *
 * @throws {@link NovaCoreError} `SEQUENCER` for commands that cannot be carried out (nothing was then), `TIMEOUT`.
 */
export async function runSequence(device: Device, target: SequencerTarget, buffer: Uint8Array): Promise<void> {
  const commands = decodeSequence(buffer);
  const saved: number[] = [];
  for (const command of commands) await carryOut(device, target, command, saved);
  report(device.trace, 'nova-core.sequencer.done', { commands: commands.length });
}
