import type { PointTable } from '@nova-stack/trace';

/** This package's points. */
export const POINTS: PointTable = {
  'vfio-user.server.listening': { level: 'step', text: '{device} listens on {path}' },
  'vfio-user.descriptors.missing': { level: 'warning', text: '{device} takes no file descriptors: {why}; memory goes by messages or by a named file, INTx and MSI-X cannot be signalled' },
  'vfio-user.client.connected': { level: 'step', text: 'a client of {device} connected' },
  'vfio-user.client.agreed': { level: 'detail', text: 'version {major}.{minor}, at most {transfer:bytes} at once' },
  'vfio-user.client.refused': { level: 'warning', text: '{device} has a client already, another one was turned away' },
  'vfio-user.client.gone': { level: 'step', text: 'the client of {device} is gone: {why}' },
  'vfio-user.request.refused': { level: 'warning', text: 'command {command} refused with errno {errno}: {why}' },
  'vfio-user.dma.mapped': { level: 'detail', text: '{size:bytes} at {address:hex}, {how}' },
  'vfio-user.dma.unmapped': { level: 'detail', text: '{count} ranges from {address:hex}, {size:bytes}' },
  'vfio-user.dma.error': { level: 'warning', text: 'bus error on {op} of {size} bytes at {address:hex}: {why}' },
  'vfio-user.device.reset': { level: 'step', text: '{device} reset by its client' },
  'vfio-user.interrupt.sent': { level: 'detail', text: 'message {data:hex} to {address:hex}' },
  'vfio-user.interrupt.raised': { level: 'detail', text: '{kind} vector {vector} signalled' },
  'vfio-user.interrupt.lost': { level: 'warning', text: 'interrupt {vector} lost: {why}' },
  'vfio-user.remote.connected': { level: 'step', text: '{device} is {vendor:hex}:{id:hex} on {path}, {bars} BARs' },
  'vfio-user.remote.lost': { level: 'warning', text: '{device} left the bus: {why}' },
  'vfio-user.remote.error': { level: 'warning', text: '{device}: {op} of region {region} at {offset:hex} answered with errno {errno}' },
  'vfio-user.remote.refused': { level: 'warning', text: '{device}: bus error on {op} of {size} bytes at {address:hex}: {why} ({count} requests refused)' },
};
