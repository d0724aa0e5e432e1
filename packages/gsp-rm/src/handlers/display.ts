import { DISPLAY_PUSHBUFFER_SIZE } from '@nova-stack/gpu-regs';
import type { DisplayFacts, OutputFacts } from '@nova-stack/hw-model/port';
import type { DisplayIntents, DisplayTarget } from '../control-intents.ts';
import { channelCount, displayOf, idMask, outputOf, windowMask } from '../facts/display.ts';
import { setPushbuffer } from '../display-channels.ts';
import { STATUS } from '../status.ts';
import { auxTransfer } from './display-port.ts';
import type { Answer, HandlerContext, Handlers } from './handler.ts';

/** Largest window on instance memory. */
const INSTANCE_MEMORY_LIMIT = 0x100_0000;
const FULL_BRIGHTNESS = 100;

/** What a handler answers when there is a display; NOT_SUPPORTED otherwise. */
function onDisplay<In, Out>(act: (display: DisplayFacts, context: HandlerContext, input: In) => Answer<Out>): (context: HandlerContext, input: In) => Answer<Out> {
  return (context, input) => {
    const display = displayOf(context.hardware.facts);
    return display === undefined ? { status: STATUS.NOT_SUPPORTED } : act(display, context, input);
  };
}

/** What a handler answers about one output; INVALID_ARGUMENT when the id is no output's. */
function onOutput<In extends DisplayTarget, Out>(
  act: (found: { readonly index: number; readonly output: OutputFacts }, context: HandlerContext, input: In, display: DisplayFacts) => Answer<Out>,
): (context: HandlerContext, input: In) => Answer<Out> {
  return onDisplay((display, context, input) => {
    const found = outputOf(display, input.id);
    return found === undefined ? { status: STATUS.INVALID_ARGUMENT } : act(found, context, input, display);
  });
}

const accept = onOutput<DisplayTarget, undefined>(() => ({ status: STATUS.OK }));
/** For outputs that a protocol reaches only with a monitor on them. */
const withMonitor = (connector: readonly OutputFacts['connector'][]): ((context: HandlerContext, input: DisplayTarget) => Answer<undefined>) =>
  onOutput(({ output }) => ({ status: connector.includes(output.connector) ? STATUS.OK : STATUS.NOT_SUPPORTED }));

const HDMI = withMonitor(['HDMI']);
const DISPLAY_PORT = withMonitor(['DP']);

export const DISPLAY_HANDLERS: Handlers<DisplayIntents> = {
  displayInstanceMemory: onDisplay((_display, { hardware, state }, { address, size }) => {
    if (size === 0 || size > INSTANCE_MEMORY_LIMIT || address % 0x1000 !== 0 || address + size > hardware.facts.vramSize) return { status: STATUS.INVALID_ADDRESS };
    state.display.instanceMemory = { address, size };
    hardware.display?.setMemory({ address, size });
    return { status: STATUS.OK };
  }),
  displayStaticInfo: onDisplay((display) => ({ out: { windows: windowMask(display), heads: display.heads, channels: channelCount(display) } })),
  // Whatever the machine's firmware knows of its panel is welcome, also nothing.
  brightnessTable: onDisplay(() => ({ status: STATUS.OK })),
  displayPushbuffer: onDisplay((_display, { state }, { class: cls, instance, valid, aperture, address, limit }) => {
    // The limit counts from the address.
    if (valid && limit >= DISPLAY_PUSHBUFFER_SIZE) return { status: STATUS.INVALID_LIMIT };
    if (valid && aperture !== 'vram' && aperture !== 'system') return { status: STATUS.INVALID_ADDRESS };
    setPushbuffer(state.display, cls, instance, valid && (aperture === 'vram' || aperture === 'system') ? { source: aperture, address, limit } : undefined);
    return { status: STATUS.OK };
  }),
  manualDisplayPort: onDisplay(() => ({ status: STATUS.OK })),
  headCount: onDisplay(({ heads }) => ({ out: { heads } })),
  headMask: onDisplay(({ heads }) => ({ out: { mask: 2 ** heads - 1 } })),
  supportedOutputs: onDisplay((display) => ({ out: { mask: idMask(display), ddc: idMask(display) } })),
  outputResource: onOutput(({ output, index }, _context, _input, { sors }) => ({ out: { output, index: index % sors } })),
  connector: onOutput((found) => ({ out: found })),
  displayPortCaps: onDisplay(() => ({ out: { multistream: false } })),
  connectState: onDisplay((display, _context, { mask }) => ({ out: { mask: (idMask(display, ({ monitor }) => monitor !== undefined) & mask) >>> 0 } })),
  outputInfo: onOutput(({ output }) => ({ out: { output } })),
  activeOutput: onDisplay(({ heads }, { state }, { head }) => (head < heads ? { out: { id: state.display.active[head] ?? 0 } } : { status: STATUS.INVALID_ARGUMENT })),
  edid: onOutput(({ output }) => (output.monitor === undefined ? { status: STATUS.NOT_SUPPORTED } : { out: { edid: output.monitor.edid } })),
  auxChannel: onOutput(({ output }, _context, input) => auxTransfer(output, input)),
  assignSor: onOutput((_found, { state }, { id, exclude }, { sors }) => {
    const held = state.display.sors.indexOf(id);
    const free = Array.from({ length: sors }, (_, sor) => sor).find((sor) => (state.display.sors[sor] ?? 0) === 0 && (exclude >>> sor & 1) === 0);
    const sor = held >= 0 && (exclude >>> held & 1) === 0 ? held : free;
    if (sor === undefined) return { status: STATUS.INSUFFICIENT_RESOURCES };
    state.display.sors = Array.from({ length: sors }, (_, index) => (index === sor ? id : state.display.sors[index] === id ? 0 : state.display.sors[index] ?? 0));
    return { out: { sor, id, sors } };
  }),
  // Links of the model always train.
  linkTraining: onOutput(({ output }) => (output.connector === 'DP' ? { out: { error: 0 } } : { status: STATUS.NOT_SUPPORTED })),
  linkRates: onOutput(({ output }) => (output.connector === 'DP' ? { out: { count: 0 } } : { status: STATUS.NOT_SUPPORTED })),
  laneData: DISPLAY_PORT,
  streamConfig: onDisplay(({ heads, sors }, _context, { head, sor }) => ({ status: head < heads && sor < sors ? STATUS.OK : STATUS.INVALID_ARGUMENT })),
  // Displays behind a hub are not modelled.
  allocateDisplayId: onOutput(() => ({ status: STATUS.INSUFFICIENT_RESOURCES })),
  freeDisplayId: onOutput(() => ({ status: STATUS.INVALID_ARGUMENT })),
  hdmiEnable: accept,
  hdmiSinkCaps: HDMI,
  infoFrame: accept,
  hdmiAudioMute: accept,
  audioCaps: accept,
  audioEnable: accept,
  displayPortAudioMute: DISPLAY_PORT,
  brightness: onOutput((_found, { state }, { id }) => ({ out: { percent: state.display.brightness.get(id) ?? FULL_BRIGHTNESS } })),
  setBrightness: onOutput((_found, { state }, { id, percent }) => {
    if (percent > FULL_BRIGHTNESS) return { status: STATUS.INVALID_ARGUMENT };
    state.display.brightness.set(id, percent);
    return { status: STATUS.OK };
  }),
};
