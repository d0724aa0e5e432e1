import type { SequencerCommand } from '../sequencer.ts';
import type { SystemInfo } from '../state.ts';
import type { Needs, Part } from './needs.ts';
import { toNumber } from './words.ts';

/** Bodies of the messages of the boot exchange. */

interface SystemInfoRecord {
  readonly gpuPhysAddr: bigint;
  readonly gpuPhysFbAddr: bigint;
  readonly gpuPhysInstAddr: bigint;
  readonly nvDomainBusDeviceFunc: bigint;
  readonly pciConfigMirrorBase: number;
}

export interface SystemInfoCodec {
  readonly size: number;
  decode(payload: Uint8Array): SystemInfo;
}

/** `deviceId` is told apart, for 535 does not send it. */
export function systemInfoCodec<V extends SystemInfoRecord>(layout: Part<V, keyof V>, deviceId: (info: V) => number | undefined): SystemInfoCodec {
  return {
    size: layout.size,
    decode(payload) {
      const info = layout.read(payload) as V;
      return {
        registers: toNumber(info.gpuPhysAddr), framebuffer: toNumber(info.gpuPhysFbAddr), instance: toNumber(info.gpuPhysInstAddr),
        busDeviceFunction: toNumber(info.nvDomainBusDeviceFunc & 0xffffn), deviceId: deviceId(info), configMirror: info.pciConfigMirrorBase,
      };
    },
  };
}

const OPCODES = { writeRegister: 0, delayUs: 3 } as const;

/**
 * The body of a sequencer event. `cmdIndex` counts dwords, but nova-core takes it for commands and stops at the end of
 * the payload: so the payload ends with the last command. OpenRM wants the buffer to be larger than what is used.
 */
export function sequencerEncoder({ rpc_run_cpu_sequencer_v: layout }: Needs<'rpc_run_cpu_sequencer_v'>): (commands: readonly SequencerCommand[]) => Uint8Array {
  return (commands) => {
    const words = commands.flatMap((command) => command.op === 'delayUs'
      ? [OPCODES.delayUs, command.microseconds]
      : [OPCODES.writeRegister, command.address, command.value]);
    const bytes = new Uint8Array(layout.size + 4 * words.length);
    layout.write(bytes, 0, { bufferSizeDWord: words.length + 1, cmdIndex: words.length });
    const view = new DataView(bytes.buffer);
    for (const [index, word] of words.entries()) view.setUint32(layout.size + 4 * index, word, true);
    return bytes;
  };
}
