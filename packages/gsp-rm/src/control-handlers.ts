import type { ControlIntents } from './control-intents.ts';
import { CHANNEL_HANDLERS } from './handlers/channels.ts';
import { DISPLAY_HANDLERS } from './handlers/display.ts';
import { GPU_HANDLERS } from './handlers/gpu.ts';
import { GRAPHICS_HANDLERS } from './handlers/graphics.ts';
import type { Handlers } from './handlers/handler.ts';
import { MEMORY_HANDLERS } from './handlers/memory.ts';
import { POWER_HANDLERS } from './handlers/power.ts';
import { VGPU_HANDLERS } from './handlers/vgpu.ts';

/** What the model does for each control, once for all releases. */
export const CONTROL_HANDLERS: Handlers<ControlIntents> = {
  ...GPU_HANDLERS, ...MEMORY_HANDLERS, ...CHANNEL_HANDLERS, ...GRAPHICS_HANDLERS, ...POWER_HANDLERS, ...DISPLAY_HANDLERS, ...VGPU_HANDLERS,
};
