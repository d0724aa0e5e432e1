import type { PointTable } from '@nova-stack/trace';

/**
 * What the model tells a trace. Faults, whose action may have any name:
 * - `hw-model.wpr2`: at power-on and after a reset of the device, WPR2 is set already; `value` is its end
 * - `hw-model.gfw`: a read of the progress of boot firmware finds it stuck
 * - `hw-model.fsp.boot`: a read of the FSP's progress finds it stuck
 * - `hw-model.fsp.silent`: the FSP takes a message and never answers
 * - `hw-model.falcon.<engine>.scrub`: a look at the memories finds them still being cleared
 * - `hw-model.falcon.<engine>.dma`: a look at the transfer finds it still under way
 * - `hw-model.falcon.<engine>.halt`: the CPU does not halt when its code would
 * - `hw-model.interrupt.lost`: a message interrupt is not sent, and counts as sent
 * - `hw-model.interrupt.storm`: a vector that software clears stays pending
 */
export const POINTS: PointTable = {
  'hw-model.reset': { level: 'detail', text: '{kind} reset' },
  'hw-model.register.unknown-read': { level: 'detail', text: 'read of unknown register {address:hex}' },
  'hw-model.register.unknown-write': { level: 'detail', text: 'write of {value:hex} to unknown register {address:hex}' },
  'hw-model.falcon.started': { level: 'detail', text: '{engine} falcon started at {bootvec:hex}' },
  'hw-model.falcon.start-ignored': { level: 'warning', text: '{engine} falcon was not started: {why}' },
  'hw-model.falcon.dma-refused': { level: 'warning', text: '{engine} falcon refused a transfer from {address:hex}: {why}' },
  'hw-model.falcon.dma-failed': { level: 'warning', text: '{engine} falcon: bus error at {address:hex}' },
  'hw-model.fsp.malformed': { level: 'warning', text: 'FSP channel {channel}: no message from {head:hex} to {tail:hex}' },
  'hw-model.window.refused': { level: 'warning', text: '{window} access at {offset:hex} came to nothing: {why}' },
  'hw-model.display.updated': { level: 'detail', text: 'display channel {channel}: update' },
  'hw-model.display.stopped': { level: 'warning', text: 'display channel {channel} stopped at {get:hex}: {why}' },
  'hw-model.display.write-ignored': { level: 'warning', text: 'display channel {channel}: a write at {offset:hex} came to nothing' },
  'hw-model.host.doorbell-ignored': { level: 'warning', text: 'doorbell {value:hex} is of no channel' },
  'hw-model.host.fault': { level: 'warning', text: 'channel {channel} of runlist {runlist} stopped, {kind}: {why}' },
  'hw-model.wpr2.set': { level: 'detail', text: 'WPR2 {start:hex}..{end:hex}' },
  'hw-model.wpr2.cleared': { level: 'detail', text: 'WPR2 cleared' },
};
