// The rival: a blocking server that does nothing but answer. server PATH
#include "vfio-user.h"

static char in[1 << 18], out[sizeof(struct access) + (1 << 20)];
static uint32_t memory[(1 << 20) / 4];

/* Answers one message; tells how long the reply is. */
static size_t answer(const char *message) {
  struct access access;
  memcpy(&access, message, sizeof access);
  switch (access.header.command) {
    case VERSION:
      memcpy(out, message, 20);
      return 20;
    case REGION_READ:
      if (access.region == BAR0 && access.count <= sizeof memory) memcpy(out + sizeof access, (char *)memory + access.offset % sizeof memory, access.count);
      memcpy(out, message, sizeof access);
      return sizeof access + access.count;
    case REGION_WRITE:
      if (access.region == BAR0 && access.count == 4) memcpy((char *)memory + access.offset % sizeof memory, message + sizeof access, 4);
      memcpy(out, message, sizeof access);
      return sizeof access;
    default:
      return sizeof access.header;
  }
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  struct sockaddr_un address;
  int listener = unix_socket(argv[1], &address);
  if (bind(listener, (void *)&address, sizeof address) || listen(listener, 1)) fail(argv[1]);
  puts("ready");
  fflush(stdout);
  for (;;) {
    int client = accept(listener, 0, 0);
    if (client < 0) fail("accept");
    size_t have = 0;
    for (;;) {
      ssize_t came = recv(client, in + have, sizeof in - have, 0);
      if (came <= 0) break;
      have += came;
      size_t at = 0;
      while (have - at >= sizeof(struct header)) {
        struct header header;
        memcpy(&header, in + at, sizeof header);
        if (have - at < header.size) break;
        size_t size = answer(in + at);
        at += header.size;
        if (header.flags & NO_REPLY) continue;
        header.size = size;
        header.flags = REPLY;
        memcpy(out, &header, sizeof header);
        put(client, out, size);
      }
      memmove(in, in + at, have - at);
      have -= at;
    }
    close(client);
  }
}
