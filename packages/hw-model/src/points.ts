import type { PointTable } from '@nova-stack/trace';

/** What the model tells a trace. */
export const POINTS: PointTable = {
  'hw-model.reset': { level: 'detail', text: '{kind} reset' },
  'hw-model.register.unknown-read': { level: 'detail', text: 'read of unknown register {address:hex}' },
  'hw-model.register.unknown-write': { level: 'detail', text: 'write of {value:hex} to unknown register {address:hex}' },
  'hw-model.falcon.started': { level: 'detail', text: '{engine} falcon started at {bootvec:hex}' },
  'hw-model.falcon.dma-refused': { level: 'warning', text: '{engine} falcon refused DMA command {command:hex} to {offset:hex} from {address:hex}' },
  'hw-model.falcon.dma-failed': { level: 'warning', text: '{engine} falcon: bus error at {address:hex}' },
  'hw-model.window.outside': { level: 'warning', text: '{window} access outside VRAM at {address:hex}' },
  'hw-model.bar1.unmapped': { level: 'warning', text: 'BAR1 access at {offset:hex} without a translation' },
  'hw-model.wpr2.set': { level: 'detail', text: 'WPR2 {start:hex}..{end:hex}' },
  'hw-model.wpr2.cleared': { level: 'detail', text: 'WPR2 cleared' },
};
