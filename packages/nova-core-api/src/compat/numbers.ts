import { CAPABILITIES } from '../capabilities.ts';
import { ERRORS } from '../errors.ts';
import { REASONS } from '../reasons.ts';
import { CLIENT_KINDS } from '../schema/handshake.ts';
import { INTERFACES, SEVERITIES } from '../schema/interface.ts';
import { SESSION_STATES } from '../states.ts';

/** Numbers that all interfaces share. What was released stays; more may come, an error only in a category that there is. */
export const SHARED_NUMBERS: Readonly<Record<string, Readonly<Record<string, number | string>>>> = {
  interfaces: INTERFACES, clientKinds: CLIENT_KINDS, severities: SEVERITIES, capabilities: CAPABILITIES, reasons: REASONS,
  errors: Object.fromEntries(Object.entries(ERRORS).map(([name, { number, category, errno }]) => [name, `${number} ${category} ${errno}`])),
  sessionStates: Object.fromEntries(Object.entries(SESSION_STATES).map(([name, { number }]) => [name, number])),
};
