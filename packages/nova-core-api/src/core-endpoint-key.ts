import { endpointKey, type EndpointKey } from '@nova-stack/aux-bus';

import type { CoreEndpoint } from './session.ts';

/** Names the data that an auxiliary device carries from a core to its client. */
export const CORE_ENDPOINT: EndpointKey<CoreEndpoint> = endpointKey('nova-core-api endpoint');
