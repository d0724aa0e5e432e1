/* SPDX-License-Identifier: MIT */
/* The contract with a GPU core in another process, over a UNIX socket.
 *
 * nova_core_connect() fills a struct nova_core of nova_core_api.h; from there on a client cannot tell the core from one
 * in its own process. Every function blocks until the core has answered. Events are delivered by dispatch() and at no
 * other time. A core belongs to one thread at a time.
 *
 * When the connection breaks, whatever is called returns -ENODEV (device lost); releasing and detaching succeed, for the
 * other side has given everything back by itself.
 *
 * Who has too little room for data or a list gets -ENOSPC, and how much there is in the length or count beside it. */
#ifndef NOVA_CORE_SOCKET_H
#define NOVA_CORE_SOCKET_H

#include "nova_core_api.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Connects to the core that listens at `path`. Returns 0, or an errno number below 0 and then leaves `core` alone. */
int nova_core_connect(const char *path, struct nova_core **core);

/* Ends the connection and frees the core. Sessions that there still are end, and what they hold is given back. Not to be
 * called while an event is delivered. NULL is allowed. */
void nova_core_disconnect(struct nova_core *core);

/* The connection's descriptor, for poll(): when it can be read, dispatch() with a timeout of 0 has something to do. -1
 * when the connection is broken. It may not be read, written or closed. */
int nova_core_fd(const struct nova_core *core);

#ifdef __cplusplus
}
#endif

#endif
