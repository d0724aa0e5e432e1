import type { Hello } from '../handshake.ts';
import { attach, demand, demandEqual, demandError, hello, shown, type ConformanceCase } from './case.ts';

/** How a client and a core meet. */
export const HANDSHAKE_CASES: readonly ConformanceCase[] = [
  {
    name: 'handshake.selects', duty: 'agrees on the highest minor that both have, per interface',
    async run(core) {
      const session = await attach(core);
      for (const [name, offered] of Object.entries(core.endpoint.offer.interfaces)) {
        const newest = offered.find(({ major }) => major === 1);
        if (newest) demandEqual(session.agreement.interfaces[name as 'base'], { major: 1, minor: newest.minor, deprecated: newest.deprecated === true }, `agreed version of ${name}`);
      }
    },
  },
  {
    name: 'handshake.epoch', duty: 'refuses a hello to an offer of another epoch',
    async run(core) {
      await demandError(() => attach(core, { epoch: core.endpoint.offer.epoch + 1n }), 'StaleGeneration', 'attaching in another epoch');
    },
  },
  {
    name: 'handshake.mismatch', duty: 'says who is behind and all that it offers when versions do not meet',
    async run(core) {
      const newer = await demandError(() => attach(core, { wants: [{ interface: 'base', major: 9, minMinor: 0, maxMinor: 0 }] }), 'VersionMismatch', 'wanting base 9');
      demandEqual([newer.subject, newer.reason], ['base', 'core-too-old'], 'what the refusal is about');
      demandEqual(newer.offered, core.endpoint.offer.interfaces, 'what the refusal offers');
    },
  },
  {
    name: 'handshake.capability', duty: 'refuses a client that requires a capability which is not offered, naming it; grants what was asked for and is there, and no more',
    async run(core) {
      const { offer } = core.endpoint;
      await demandError(() => attach(core, { required: ['vgpu.quota.encoder'] }), 'MissingCapability', 'requiring what nobody offers').then(({ subject }) => { demandEqual(subject, 'vgpu.quota.encoder', 'subject'); });
      const session = await attach(core, { required: ['device.info'], optional: ['device.events', 'vgpu.quota.encoder'] });
      demandEqual([...session.agreement.capabilities].sort(), ['device.events', 'device.info'].filter((name) => offer.capabilities.includes(name as 'device.info')).sort(), 'capabilities granted');
    },
  },
  {
    name: 'handshake.malformed', duty: 'answers a hello that is none with InvalidArgument or Range, and goes on',
    async run(core) {
      const good = hello(core);
      const bad: unknown[] = [
        undefined, null, 7, {}, { ...good, name: '' }, { ...good, name: 'x'.repeat(33) }, { ...good, wants: 'all' }, { ...good, wants: [{}] }, { ...good, kind: 'spy' }, { ...good, epoch: 1 },
        { ...good, wants: Array.from({ length: 33 }, () => good.wants[0]) }, { ...good, wants: [{ interface: 'base', major: 1, minMinor: 2, maxMinor: 1 }] }, { ...good, required: [7] },
      ];
      for (const one of bad) await demandError(() => core.endpoint.attach(one as Hello), ['InvalidArgument', 'Range', 'VersionMismatch'], `hello ${shown(one).slice(0, 80)}`);
      demandEqual((await attach(core)).state, 'Attached', 'a good hello afterwards');
    },
  },
  {
    name: 'handshake.unknown', duty: 'passes by interfaces and capabilities that it does not know',
    async run(core) {
      const session = await attach(core, {
        wants: [{ interface: 'base', major: 1, minMinor: 0, maxMinor: 0 }, { interface: 'teapot' as 'drm', major: 1, minMinor: 0, maxMinor: 0, optional: true }],
        optional: ['device.info', 'tea.brew' as 'device.info'],
      });
      demandEqual(Object.keys(session.agreement.interfaces), ['base'], 'interfaces agreed on');
      demandEqual(session.agreement.capabilities, ['device.info'], 'capabilities granted');
    },
  },
  {
    name: 'handshake.frozen', duty: 'hands out an offer and an agreement that nobody can change',
    async run(core) {
      const { agreement } = await attach(core);
      for (const [what, value] of Object.entries({ offer: core.endpoint.offer, interfaces: core.endpoint.offer.interfaces, agreement, agreed: agreement.interfaces, capabilities: agreement.capabilities })) demand(Object.isFrozen(value), `${what} can be changed`);
    },
  },
  {
    name: 'handshake.minor', duty: 'shows a session of an earlier minor nothing that came later', interfaces: ['vgpu'],
    async run(core) {
      const { vgpu } = await attach(core, { wants: [{ interface: 'base', major: 1, minMinor: 0, maxMinor: 0 }, { interface: 'vgpu', major: 1, minMinor: 0, maxMinor: 0 }] });
      demand(vgpu !== undefined && !('submitTypes' in vgpu), 'a session of vgpu 1.0 sees submitTypes, which came with 1.1');
    },
  },
];
