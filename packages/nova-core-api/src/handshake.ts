import { CAPABILITIES, type Capability } from './capabilities.ts';
import { ContractError } from './errors.ts';
import { HANDSHAKE, type ClientKind } from './schema/handshake.ts';
import type { InterfaceName } from './schema/interface.ts';
import { checkFields } from './validate.ts';

/** A major version that a core has, with its highest minor. */
export interface OfferedMajor {
  readonly major: number;
  readonly minor: number;
  /** The core would rather have clients use it; the selection goes by the highest anyway. */
  readonly preferred?: boolean;
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

/** A range of versions of one interface that a client speaks; several of one interface add up. */
export interface Want {
  readonly interface: InterfaceName;
  readonly major: number;
  readonly minMinor: number;
  readonly maxMinor: number;
  /** The client goes on without the interface; it does so when all wants of the interface say it. */
  readonly optional?: boolean;
}

/** What a client answers. */
export interface Hello {
  readonly kind: ClientKind;
  /** 1 to 32 bytes, for people. */
  readonly name: string;
  /** At most 32. */
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

/**
 * Why versions do not meet: the core has no such interface, one side is older than what the other one speaks, or the
 * core insists on a major.
 */
export type MismatchReason = 'not-offered' | 'core-too-old' | 'client-too-old' | 'required-major';

const MAX_WANTS = 32;

/**
 * Finds what an offer and a hello have in common: per interface the highest common major whose offered minor is
 * not below the client's least, at the smaller of both highest minors. Pure and synchronous: the same two give the
 * same answer, in whatever order their lists are.
 *
 * @throws {ContractError} `InvalidArgument` or `Range` (the hello is malformed), `StaleGeneration` (another epoch),
 * `VersionMismatch` with a {@link MismatchReason} and all that is offered, `MissingCapability`.
 */
export function negotiate(offer: Offer, hello: Hello): Agreement {
  checkHello(hello);
  if (hello.epoch !== offer.epoch) {
    throw new ContractError('StaleGeneration', 'The device was reset since the offer was read; read it again', { subject: 'epoch' });
  }
  const interfaces: Partial<Record<InterfaceName, AgreedVersion>> = {};
  for (const name of [...new Set(hello.wants.map((want) => want.interface))].sort()) {
    const offered = Object.hasOwn(offer.interfaces, name) ? offer.interfaces[name]! : [];
    const wants = hello.wants.filter((want) => want.interface === name);
    const agreed = agree(offered, wants);
    if (typeof agreed === 'object') interfaces[name] = Object.freeze(agreed);
    else if (!wants.every((want) => want.optional)) throw mismatch(name, agreed, offered, offer);
  }
  const missing = hello.required.find((capability) => !offer.capabilities.includes(capability));
  if (missing !== undefined) {
    throw new ContractError('MissingCapability', `The device does not have the capability ${missing}`, { subject: missing });
  }
  const asked = new Set([...hello.required, ...hello.optional]);
  const capabilities = offer.capabilities.filter((capability) => asked.has(capability)).sort((a, b) => CAPABILITIES[a] - CAPABILITIES[b]);
  return Object.freeze({ epoch: offer.epoch, interfaces: Object.freeze(interfaces), capabilities: Object.freeze(capabilities) });
}

function agree(offered: readonly OfferedMajor[], wants: readonly Want[]): AgreedVersion | MismatchReason {
  const meet = (one: OfferedMajor, want: Want): boolean => want.major === one.major && want.minMinor <= one.minor;
  const required = highest(offered.filter((one) => one.required));
  if (required && !wants.some((want) => meet(required, want))) return 'required-major';
  const common = highest(offered.filter((one) => wants.some((want) => meet(one, want))));
  if (common) {
    const known = Math.max(...wants.filter((want) => meet(common, want)).map((want) => want.maxMinor));
    return { major: common.major, minor: Math.min(common.minor, known), deprecated: common.deprecated === true };
  }
  const newest = highest(offered);
  if (!newest) return 'not-offered';
  // The highest major of each side tells who is behind; at the same major it is the core, whose minor is too low.
  return highest(wants)!.major < newest.major ? 'client-too-old' : 'core-too-old';
}

function highest<T extends { readonly major: number }>(all: readonly T[]): T | undefined {
  return all.reduce<T | undefined>((best, one) => (best && best.major >= one.major ? best : one), undefined);
}

const TOLD: Readonly<Record<MismatchReason, string>> = {
  'not-offered': 'the core does not have it',
  'core-too-old': 'the core is older than what the client speaks',
  'client-too-old': 'the client is older than what the core speaks',
  'required-major': 'the core insists on a version that the client does not speak',
};

function mismatch(name: string, reason: MismatchReason, offered: readonly OfferedMajor[], offer: Offer): ContractError {
  const has = offered.map(({ major, minor, required }) => `${major}.${minor}${required ? ' (required)' : ''}`).join(', ');
  return new ContractError('VersionMismatch', `Interface ${name}: ${TOLD[reason]}${has === '' ? '' : `; the core has ${has}`}`, {
    subject: name, reason, offered: offer.interfaces,
  });
}

/**
 * A hello may hold more than is known here, from a client that is newer; it may not hold less.
 *
 * @throws {ContractError} `InvalidArgument` or `Range`, with the field's path
 */
export function checkHello(hello: Hello): void {
  checkFields(HANDSHAKE, 'hello', HANDSHAKE.records['Hello']!, hello, 'ignore');
  const wrong = (subject: string, message: string): never => {
    throw new ContractError('InvalidArgument', message, { subject });
  };
  if (hello.name === '') wrong('hello.name', 'hello.name is empty: expected 1 to 32 bytes of text');
  if (hello.wants.length > MAX_WANTS) wrong('hello.wants', `hello.wants has ${hello.wants.length} entries: expected at most ${MAX_WANTS}`);
  hello.wants.forEach(({ minMinor, maxMinor }, index) => {
    if (minMinor > maxMinor) wrong(`hello.wants[${index}].minMinor`, `hello.wants[${index}].minMinor is ${minMinor}: expected 0 to ${maxMinor}, its maxMinor`);
  });
}
