import type { Device } from '../device/device.ts';
import type { Parent } from '../device/parent.ts';
import type { DeviceView } from './view.ts';

/** A parent, or a device, with what was published for it. */
export interface TreeNode {
  readonly name: string;
  /** Undefined for a parent on another bus. */
  readonly device: DeviceView | undefined;
  readonly children: readonly TreeNode[];
}

/** Devices below their parents, in the order in which they were added. */
export function buildTree(devices: readonly Device[], view: (device: Device) => DeviceView): readonly TreeNode[] {
  const below = (scope: Parent): readonly TreeNode[] => devices.filter((device) => device.scope === scope).map(node);
  const node = (device: Device): TreeNode => ({ name: device.name, device: view(device), children: device.binding ? below(device.binding.children) : [] });
  const roots = new Set(devices.map(({ scope }) => scope).filter((scope) => scope.device === undefined));
  return [...roots].map((scope) => ({ name: scope.name, device: undefined, children: below(scope) }));
}

/** The tree as text, a line per node: who drives it, what it waits for, what it needs. */
export function formatTree(nodes: readonly TreeNode[], indent = ''): string {
  return nodes.map((node) => `${indent}${line(node)}\n${formatTree(node.children, `${indent}  `)}`).join('');
}

function line({ name, device }: TreeNode): string {
  if (!device) return name;
  const { phase, heldBy, deferred, suppliers, asleep } = device;
  const parts = [`${name}: ${phase}${heldBy === undefined ? '' : ` ${phase === 'unbinding' ? 'from' : phase === 'probing' ? 'by' : 'to'} ${heldBy}`}`];
  if (deferred !== undefined) parts.push(`waits (${deferred})`);
  for (const { supplier, state } of suppliers) parts.push(`needs ${supplier} (${state})`);
  if (asleep !== undefined) parts.push(`asleep since ${asleep}`);
  return parts.join(', ');
}
