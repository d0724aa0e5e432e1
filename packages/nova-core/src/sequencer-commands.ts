import { NovaCoreError, hex } from './errors.ts';

/**
 * Commands that the firmware asks the CPU to carry out while the GSP cannot. Times in microseconds, addresses are
 * offsets in BAR0.
 */
export type SequencerCommand =
  | { readonly op: 'write'; readonly address: number; readonly value: number }
  | { readonly op: 'modify'; readonly address: number; readonly mask: number; readonly value: number }
  | { readonly op: 'poll'; readonly address: number; readonly mask: number; readonly value: number; readonly timeout: number; readonly error: number }
  | { readonly op: 'delay'; readonly time: number }
  | { readonly op: 'store'; readonly address: number; readonly index: number }
  | { readonly op: 'core-reset' }
  | { readonly op: 'core-start' }
  | { readonly op: 'core-wait-for-halt' }
  | { readonly op: 'core-resume' };

/** Operands per opcode, in 32-bit words. Index is the opcode. */
const FORMS = [
  { op: 'write', operands: ['address', 'value'] },
  { op: 'modify', operands: ['address', 'mask', 'value'] },
  { op: 'poll', operands: ['address', 'mask', 'value', 'timeout', 'error'] },
  { op: 'delay', operands: ['time'] },
  { op: 'store', operands: ['address', 'index'] },
  { op: 'core-reset', operands: [] },
  { op: 'core-start', operands: [] },
  { op: 'core-wait-for-halt', operands: [] },
  { op: 'core-resume', operands: [] },
] as const satisfies readonly { op: SequencerCommand['op']; operands: readonly string[] }[];

/** Registers that can be saved by `store`. */
const SAVE_SLOTS = 8;

/**
 * Decodes a command buffer; its length in bytes is what the firmware says is used.
 * Source: linux: drivers/gpu/drm/nouveau/nvkm/subdev/gsp/rm/r535/gsp.c, open-gpu-kernel-modules 570.144: kernel_gsp.c.
 *
 * @throws {@link NovaCoreError} `SEQUENCER` for an unknown opcode, a command that is cut off or an operand out of
 *   range; nothing has been carried out then.
 */
export function decodeSequence(buffer: Uint8Array): SequencerCommand[] {
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  const commands: SequencerCommand[] = [];
  const fail = (at: number, why: string): never => {
    throw new NovaCoreError('SEQUENCER', 'sequencer', `command ${commands.length} at byte ${at}: ${why}`, { detail: { at } });
  };
  let at = 0;
  while (at < buffer.length) {
    if (at + 4 > buffer.length) fail(at, 'the buffer ends inside an opcode');
    const opcode = view.getUint32(at, true);
    const form = FORMS[opcode] ?? fail(at, `unknown opcode ${hex(opcode)}`);
    if (at + 4 + form.operands.length * 4 > buffer.length) fail(at, `the buffer ends inside ${form.op}`);
    const command: Record<string, string | number> = { op: form.op };
    for (const [i, name] of form.operands.entries()) command[name] = view.getUint32(at + 4 + i * 4, true);
    const address = command['address'];
    if (typeof address === 'number' && address % 4 !== 0) fail(at, `register ${hex(address)} is not a multiple of 4`);
    if (form.op === 'store' && Number(command['index']) >= SAVE_SLOTS) fail(at, `save slot ${Number(command['index'])} is not below ${SAVE_SLOTS}`);
    commands.push(command as unknown as SequencerCommand);
    at += 4 + form.operands.length * 4;
  }
  return commands;
}
