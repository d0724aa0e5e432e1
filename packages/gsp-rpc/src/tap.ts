import type { RpcMessage } from './message.ts';

/** Which queue a message went through: `command` is driver to firmware, `status` firmware to driver. */
export type Direction = 'command' | 'status';

/**
 * Sees every whole message as it is sent or taken, continuation records joined. It must not keep or change the payload, wait or
 * throw. A recorder's `tap` is one (`@nova-stack/gsp-rpc/trace`).
 *
 * @param release - firmware release whose framing is in use, `570.144`
 */
export type MessageTap = (direction: Direction, message: RpcMessage, release: string) => void;
