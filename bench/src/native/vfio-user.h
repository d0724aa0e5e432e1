// The little of the vfio-user protocol that the benchmark's programs need.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { VERSION = 1, REGION_READ = 9, REGION_WRITE = 10 };
enum { REPLY = 1, NO_REPLY = 0x10 };
enum { BAR0 = 0, CONFIG = 7 };

struct header { uint16_t id, command; uint32_t size, flags, error; };
struct access { struct header header; uint64_t offset; uint32_t region, count; };

static void fail(const char *what) { perror(what); exit(1); }

static int unix_socket(const char *path, struct sockaddr_un *address) {
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  if (strlen(path) >= sizeof address->sun_path) { fprintf(stderr, "%s: too long\n", path); exit(1); }
  strcpy(address->sun_path, path);
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (fd < 0) fail("socket");
  return fd;
}

static void put(int fd, const void *bytes, size_t size) {
  for (const char *at = bytes; size > 0;) {
    ssize_t sent = send(fd, at, size, MSG_NOSIGNAL);
    if (sent <= 0) fail("send");
    at += sent;
    size -= sent;
  }
}
