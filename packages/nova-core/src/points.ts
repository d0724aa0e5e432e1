import type { PointTable, PointSpec } from '@nova-stack/trace';

/** Names of the points. */
export type PointName = keyof typeof points;

const points = {
  'nova-core.pci.enabled': { level: 'step', text: '{device} enabled: BAR0 {registers:hex}, BAR1 {framebuffer:hex} ({window:bytes}), BAR2 {instance:hex}, {vfs} virtual functions possible' },
  'nova-core.chip.identified': { level: 'step', text: 'chip {chip} revision {revision}' },
  'nova-core.gfw.done': { level: 'step', text: 'boot firmware of the board has finished' },
  'nova-core.flush-page.set': { level: 'step', text: 'flush page at {address:hex}' },
  'nova-core.vbios.read': { level: 'step', text: 'VBIOS {version}: {images} images, FWSEC descriptor version {descriptor}, {signatures} signatures' },
  'nova-core.firmware.loaded': { level: 'step', text: 'firmware {version} from {source}: image {image:bytes}, bootloader {bootloader:bytes}' },
  'nova-core.fb.laid-out': { level: 'step', text: 'framebuffer {size:bytes}: WPR2 {wpr2:hex}, heap {heap:bytes}, image {image:hex}, FRTS {frts:hex}' },
  'nova-core.falcon.reset': { level: 'detail', text: '{falcon} reset' },
  'nova-core.falcon.halted': { level: 'detail', text: '{falcon} halted, mailboxes {mailbox0:hex} {mailbox1:hex}' },
  'nova-core.fwsec.done': { level: 'step', text: 'FWSEC {command} done with signature {signature}' },
  'nova-core.wpr2.set': { level: 'step', text: 'WPR2 {start:hex}..{end:hex}' },
  'nova-core.wpr2.cleared': { level: 'step', text: 'WPR2 is gone' },
  'nova-core.booter.done': { level: 'step', text: 'booter {which} done on SEC2' },
  'nova-core.riscv.active': { level: 'step', text: 'RISC-V core of the GSP active' },
  'nova-core.rpc.sent': { level: 'detail', text: '{name}: {bytes:bytes}' },
  'nova-core.system-info.sent': { level: 'step', text: 'system info and registry ({keys} keys) sent' },
  'nova-core.sequencer.done': { level: 'step', text: 'CPU sequencer: {commands} commands carried out' },
  'nova-core.init.done': { level: 'step', text: 'GSP-RM is up' },
  'nova-core.static-info.read': { level: 'step', text: '{name}: {usable:bytes} of {total:bytes} usable in {regions} regions' },
  'nova-core.features.read': { level: 'step', text: 'running firmware is {version}' },
  'nova-core.gsp.error': { level: 'warning', text: 'the firmware reports exception {xid}: {text}' },
  'nova-core.gsp.lockdown': { level: 'detail', text: 'registers of the GPU locked: {engaged}' },
  'nova-core.gsp.journal': { level: 'warning', text: 'the firmware notes an error of {engine}, code {code:hex}, for {source}' },
  'nova-core.gsp.malformed': { level: 'warning', text: '{name} of {bytes} bytes cannot be decoded' },
  'nova-core.vgpu.withheld': { level: 'step', text: 'no virtual GPUs: firmware {version} {reason}' },
  'nova-core.aux.published': { level: 'step', text: 'published {name}' },
  'nova-core.aux.withdrawn': { level: 'step', text: 'withdrew {name}' },
  'nova-core.probe.failed': { level: 'warning', text: 'probe failed in step {step}: {code}' },
  'nova-core.probe.done': { level: 'step', text: '{device} is up' },
  'nova-core.unload.done': { level: 'step', text: 'GSP-RM unloaded' },
  'nova-core.unload.failed': { level: 'warning', text: 'step {step} of the way down failed: {code}' },
  'nova-core.unbind.done': { level: 'step', text: '{device} is down' },
  'nova-core.memory.allocated': { level: 'detail', text: '{size:bytes} of framebuffer at {start:hex} for {label}' },
  'nova-core.memory.scrubbed': { level: 'step', text: '{what}: {size:bytes} scrubbed and verified' },
  'nova-core.vgpu.types-uploaded': { level: 'step', text: 'vGPU types: {accepted} accepted, {rejected} rejected' },
  'nova-core.vgpu.assigned': { level: 'step', text: 'virtual function {vf} is to be a {type}' },
  'nova-core.vgpu.opened': { level: 'step', text: 'vGPU {type} runs on virtual function {vf}: {memory:bytes} for the guest' },
  'nova-core.vgpu.plugin-ready': { level: 'step', text: 'task of virtual function {vf} is ready' },
  'nova-core.vgpu.plugin-message': { level: 'detail', text: 'message {name} to virtual function {vf}: {result}' },
  'nova-core.vgpu.closed': { level: 'step', text: 'vGPU on virtual function {vf} closed, everything returned' },
  'nova-core.vgpu.quarantined': { level: 'warning', text: 'vGPU on virtual function {vf} quarantined in step {step}' },
  'nova-core.support': { level: 'warning', text: 'support id {id}: {error}' },
} as const;

/** Everything that this package traces. */
export const POINTS: PointTable = points satisfies Readonly<Record<`nova-core.${string}`, PointSpec>>;
