import { CAPABILITIES, type Capability } from './capabilities.ts';
import { ContractError } from './errors.ts';
import { INTERFACES, type InterfaceName } from './schema/interface.ts';

/** A major version that a core has, with its highest minor. */
export interface OfferedMajor {
  readonly major: number;
  readonly minor: number;
  /** Will go away; clients should move on. */
  readonly deprecated?: boolean;
  /** Clients of this interface must use it; there is no silent downgrade. */
  readonly required?: boolean;
}

/** What a core publishes about itself before anybody attaches. */
export interface Offer {
  /** Changes with every reset of the device; a Hello must name the one that it answers. */
  readonly epoch: bigint;
  readonly interfaces: Readonly<Partial<Record<InterfaceName, readonly OfferedMajor[]>>>;
  readonly capabilities: readonly Capability[];
  /** Opaque, for bug reports. */
  readonly supportId: string;
}

/** A range of versions of one interface that a client speaks. */
export interface Want {
  readonly interface: InterfaceName;
  readonly major: number;
  readonly minMinor: number;
  readonly maxMinor: number;
  /** The client goes on without the interface. */
  readonly optional?: boolean;
}

export const CLIENT_KINDS = { drm: 1, 'vgpu-manager': 2, 'vf-driver': 3, diagnostic: 4 } as const;
export type ClientKind = keyof typeof CLIENT_KINDS;

/** What a client answers. */
export interface Hello {
  readonly kind: ClientKind;
  /** 1 to 32 characters, for people. */
  readonly name: string;
  readonly wants: readonly Want[];
  readonly required: readonly Capability[];
  readonly optional: readonly Capability[];
  readonly epoch: bigint;
}

export interface AgreedVersion {
  readonly major: number;
  readonly minor: number;
  readonly deprecated: boolean;
}

/** What both keep to for the session; never changes. */
export interface Agreement {
  readonly epoch: bigint;
  readonly interfaces: Readonly<Partial<Record<InterfaceName, AgreedVersion>>>;
  readonly capabilities: readonly Capability[];
}

const MAX_WANTS = 32;

/**
 * Finds what an offer and a hello have in common: per interface the highest common major whose offered minor is
 * not below the client's least, at the smaller of both highest minors. Pure: the same two give the same answer.
 *
 * @throws {ContractError} `InvalidArgument` (the hello is malformed), `StaleGeneration` (another epoch),
 * `VersionMismatch` (reason `required-major` or `no-common-version`), `MissingCapability`.
 */
export function negotiate(offer: Offer, hello: Hello): Agreement {
  checkHello(hello);
  if (hello.epoch !== offer.epoch) {
    throw new ContractError('StaleGeneration', 'The device was reset since the offer was read; read it again', { subject: 'epoch' });
  }
  const interfaces: Partial<Record<InterfaceName, AgreedVersion>> = {};
  for (const name of new Set(hello.wants.map((want) => want.interface))) {
    const agreed = agree(name, offer.interfaces[name] ?? [], hello.wants.filter((want) => want.interface === name));
    if (agreed) interfaces[name] = agreed;
  }
  const missing = hello.required.find((capability) => !offer.capabilities.includes(capability));
  if (missing !== undefined) {
    throw new ContractError('MissingCapability', `The device does not have the capability ${missing}`, { subject: missing });
  }
  const asked = new Set([...hello.required, ...hello.optional]);
  const capabilities = offer.capabilities.filter((capability) => asked.has(capability)).sort((a, b) => CAPABILITIES[a] - CAPABILITIES[b]);
  return Object.freeze({ epoch: offer.epoch, interfaces: Object.freeze(interfaces), capabilities: Object.freeze(capabilities) });
}

function agree(name: InterfaceName, offered: readonly OfferedMajor[], wants: readonly Want[]): AgreedVersion | undefined {
  const optional = wants.every((want) => want.optional);
  const required = offered.filter((one) => one.required).sort((a, b) => b.major - a.major)[0];
  if (required && !wants.some((want) => want.major === required.major && want.minMinor <= required.minor)) {
    if (optional) return undefined;
    throw new ContractError('VersionMismatch', `Interface ${name}: version ${required.major} is required; the core has ${said(offered)}`, {
      subject: name, reason: 'required-major',
    });
  }
  const common = offered
    .flatMap((one) => wants.filter((want) => want.major === one.major && want.minMinor <= one.minor).map((want) => ({ one, want })))
    .filter(({ one }) => !required || one.major >= required.major)
    .sort((a, b) => b.one.major - a.one.major || b.want.maxMinor - a.want.maxMinor)[0];
  if (common) {
    return Object.freeze({ major: common.one.major, minor: Math.min(common.one.minor, common.want.maxMinor), deprecated: common.one.deprecated === true });
  }
  if (optional) return undefined;
  throw new ContractError('VersionMismatch', `Interface ${name}: no common version; the core has ${said(offered)}`, { subject: name, reason: 'no-common-version' });
}

const said = (offered: readonly OfferedMajor[]): string => (offered.length === 0 ? 'none' : offered.map(({ major, minor }) => `${major}.${minor}`).join(', '));

function checkHello(hello: Hello): void {
  const wrong = (subject: string, message: string): never => {
    throw new ContractError('InvalidArgument', message, { subject });
  };
  if (!(hello.kind in CLIENT_KINDS)) wrong('hello.kind', `Client kind ${hello.kind} is unknown: expected one of ${Object.keys(CLIENT_KINDS).join(', ')}`);
  if (hello.name.length < 1 || hello.name.length > 32) wrong('hello.name', `Client name has ${hello.name.length} characters: expected 1 to 32`);
  if (hello.wants.length > MAX_WANTS) wrong('hello.wants', `${hello.wants.length} wants: expected at most ${MAX_WANTS}`);
  hello.wants.forEach((want, index) => {
    const at = `hello.wants[${index}]`;
    if (!(want.interface in INTERFACES)) wrong(`${at}.interface`, `Interface ${want.interface} is unknown`);
    for (const [field, value] of [['major', want.major], ['minMinor', want.minMinor], ['maxMinor', want.maxMinor]] as const) {
      if (!Number.isInteger(value) || value < 0 || value > 0xffff) wrong(`${at}.${field}`, `${field} is ${String(value)}: expected 0 to 65535`);
    }
    if (want.minMinor > want.maxMinor) wrong(`${at}.minMinor`, `minMinor ${want.minMinor} is above maxMinor ${want.maxMinor}`);
  });
}
