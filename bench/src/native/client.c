// One client that waits for every answer. client PATH read|post|block COUNT: prints the
// median of the nanoseconds per access, which a busy host disturbs least.
#include <time.h>

#include "vfio-user.h"

static int fd;
static char bytes[sizeof(struct access) + (1 << 20)];

static void get(void *into, size_t size) {
  for (char *at = into; size > 0;) {
    ssize_t came = recv(fd, at, size, 0);
    if (came <= 0) fail("recv");
    at += came;
    size -= came;
  }
}

static uint16_t id;

static void read_region(uint32_t count) {
  struct access request = { { id++, REGION_READ, sizeof request, 0, 0 }, 0, BAR0, count };
  put(fd, &request, sizeof request);
  get(bytes, sizeof request + count);
  struct header reply;
  memcpy(&reply, bytes, sizeof reply);
  if (reply.id != request.header.id || reply.flags != REPLY || reply.size != sizeof request + count) {
    fprintf(stderr, "a reply with flags 0x%x and error %u\n", reply.flags, reply.error);
    exit(1);
  }
}

static void post_write(uint32_t value) {
  struct { struct access access; uint32_t value; } __attribute__((packed)) request = { { { id++, REGION_WRITE, sizeof request, NO_REPLY, 0 }, 64, BAR0, 4 }, value };
  put(fd, &request, sizeof request);
}

static void begin(void) {
  struct { struct header header; uint16_t major, minor; char text[3]; } __attribute__((packed)) version = { { id++, VERSION, sizeof version, 0, 0 }, 0, 0, "{}" };
  put(fd, &version, sizeof version);
  struct header reply;
  get(&reply, sizeof reply);
  get(bytes, reply.size - sizeof reply);
  struct { struct access access; uint16_t value; } __attribute__((packed)) command = { { { id++, REGION_WRITE, sizeof command, 0, 0 }, 4, CONFIG, 2 }, 6 };
  put(fd, &command, sizeof command);
  get(bytes, sizeof(struct access));
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e9 + time.tv_nsec;
}

/* Accesses that are timed together: a posted write is done when the read behind it is answered. */
enum { POSTS = 500 };

static double timed(const char *mode) {
  double started = now();
  if (*mode == 'r') read_region(4);
  else if (*mode == 'b') read_region(1 << 20);
  else {
    for (int i = 0; i < POSTS; i++) post_write(i);
    read_region(4);
    return (now() - started) / POSTS;
  }
  return now() - started;
}

static int ascending(const void *left, const void *right) {
  double difference = *(const double *)left - *(const double *)right;
  return difference < 0 ? -1 : difference > 0;
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  struct sockaddr_un address;
  fd = unix_socket(argv[1], &address);
  if (connect(fd, (void *)&address, sizeof address)) fail(argv[1]);
  begin();
  int count = atoi(argv[3]);
  double *times = calloc(count, sizeof *times);
  if (!times || count < 1) return 2;
  for (int i = 0; i < count / 4; i++) timed(argv[2]);
  for (int i = 0; i < count; i++) times[i] = timed(argv[2]);
  qsort(times, count, sizeof *times, ascending);
  printf("%.1f\n", times[count / 2]);
}
