// A GPU's firmware of which the part behind the message queues is a recording: FWSEC and booter are the model's, and so is everything that they do
// to registers; from the moment at which the RISC-V core would open the queues, a replay answers. What the recorded firmware did to video memory and
// registers is not in a trace, so only what needs messages alone works: booting, asking, unloading.
import { openFirmwareEnd, type FirmwareEndState, type FramingProfile, type MemoryJob } from '@nova-stack/gsp-rpc';
import { serveReplay, type Replay } from '@nova-stack/gsp-rpc/trace';
import type { Firmware, FirmwareHardware, FirmwarePort } from '@nova-stack/hw-model/port';

/** The timer with which the model's firmware comes to opening its queues. */
const OPENS_QUEUES = 'queues';
const REPLAYS = 'replay';
const UNLOADING_GUEST_DRIVER = 47;
const UNLOADED = 0x80000000;
const SWGEN0 = 0x40;
/** "RMARGS" as libos packs names: the first letter highest. */
const RMARGS = 0x524d41524753n;

export function replayFirmware(model: Firmware, profile: FramingProfile, replay: Replay): Firmware {
  return (hardware) => {
    let queues: FirmwareEndState | undefined;
    let unloading = false;
    const watched = watch(replay, (request) => { unloading ||= request === UNLOADING_GUEST_DRIVER; });

    function* serve(): MemoryJob {
      if (queues === undefined) return;
      yield* serveReplay(profile, queues, watched);
      hardware.raiseFalconInterrupt('gsp', SWGEN0);
      if (!unloading) return;
      unloading = false;
      queues = undefined;
      port.engineReset('gsp');
      hardware.setRiscv('gsp', { active: false, halted: true });
      hardware.setMailbox('gsp', 0, UNLOADED);
    }

    function* comeUp(): MemoryJob {
      const page = new Uint8Array(0x1000);
      yield { op: 'read', address: hardware.mailbox('gsp', 0) + hardware.mailbox('gsp', 1) * 0x1_0000_0000, into: page };
      const regions = new DataView(page.buffer);
      let at = 0;
      while (at < page.length && regions.getBigUint64(at, true) !== RMARGS) at += 0x20;
      const bytes = new Uint8Array(0x20);
      yield { op: 'read', address: Number(regions.getBigUint64(at + 8, true)), into: bytes };
      const view = new DataView(bytes.buffer);
      queues = yield* openFirmwareEnd({
        sharedMemPhysAddr: Number(view.getBigUint64(0, true)), pageTableEntryCount: view.getUint32(8, true),
        cmdQueueOffset: Number(view.getBigUint64(0x10, true)), statQueueOffset: Number(view.getBigUint64(0x18, true)),
      });
      yield* serve();
    }

    const port: FirmwarePort = model(intercept(hardware, (timer) => timer.event === OPENS_QUEUES && (hardware.arm({ ...timer, event: REPLAYS }), true)));
    return {
      falconStarted: (start) => { port.falconStarted(start); },
      engineReset: (engine) => { port.engineReset(engine); },
      doorbell: (index) => { if (index === 0) hardware.start(serve()); },
      timer: (event, arg) => { if (event === REPLAYS) hardware.start(comeUp()); else port.timer(event, arg); },
      vfDoorbell: (value) => { port.vfDoorbell(value); },
      deviceReset: () => { port.deviceReset(); },
      snapshot: () => port.snapshot(),
      restore: (state) => { port.restore(state); },
    };
  };
}

/** The replay, with somebody looking at the requests. */
function watch(replay: Replay, seen: (fn: number) => void): Replay {
  return {
    begin: () => replay.begin(),
    take: (request) => {
      seen(request.function);
      return replay.take(request);
    },
    get divergence() { return replay.divergence; },
    get remaining() { return replay.remaining; },
  };
}

/** The hardware as the model sees it, without the timers that somebody else takes. */
function intercept(hardware: FirmwareHardware, takes: (timer: Parameters<FirmwareHardware['arm']>[0]) => boolean): FirmwareHardware {
  return new Proxy(hardware, {
    get(target, name) {
      if (name === 'arm') return (timer: Parameters<FirmwareHardware['arm']>[0]) => { if (!takes(timer)) target.arm(timer); };
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
