// Has nouveau move buffers, copies between them with a pushbuffer of its own, and makes nouveau evict one, from inside the guest.
//   buffers COPY-CLASS        (in hexadecimal, as c7b5)
// Every byte is compared. Prints a line of each that went well, or says what failed and ends with status 1.
// Numbers and layouts are those of linux: include/uapi/drm/nouveau_drm.h; methods those of open-gpu-kernel-modules 570.144: clc7b5.h.
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

struct channel_alloc {
  uint32_t fb, tt;
  int32_t channel;
  uint32_t domains, notifier;
  struct { uint32_t handle, class; } subchannels[8];
  uint32_t count;
};
struct grobj_alloc { int32_t channel; uint32_t handle; int32_t class; };
struct gem_info { uint32_t handle, domain; uint64_t size, offset, map; uint32_t tile_mode, tile_flags; };
struct gem_new { struct gem_info info; uint32_t hint, align; };
struct buffer {
  uint64_t priv;
  uint32_t handle, read, write, valid;
  struct { uint32_t valid, domain; uint64_t offset; } presumed;
};
struct push { uint32_t buffer, pad; uint64_t offset, length; };
struct pushbuf {
  uint32_t channel, nr_buffers;
  uint64_t buffers;
  uint32_t nr_relocs, nr_push;
  uint64_t relocs, push;
  uint32_t suffix0, suffix1;
  uint64_t vram, gart;
};
struct getparam { uint64_t param, value; };
struct cpu_prep { uint32_t handle, flags; };

#define GETPARAM _IOWR('d', 0x40, struct getparam)
#define CHANNEL_ALLOC _IOWR('d', 0x42, struct channel_alloc)
#define GROBJ_ALLOC _IOW('d', 0x44, struct grobj_alloc)
#define GEM_NEW _IOWR('d', 0x80, struct gem_new)
#define GEM_PUSHBUF _IOWR('d', 0x81, struct pushbuf)
#define GEM_CPU_PREP _IOW('d', 0x82, struct cpu_prep)
#define GEM_INFO _IOWR('d', 0x84, struct gem_info)

enum { CPU = 1, VRAM = 2, GART = 4, MAPPABLE = 8 };
enum { FB_SIZE = 8, ENGINE_CE = 0x30, SUBCHANNEL = 4 };
#define SIZE (5u << 20)
#define FILLER (64u << 20)

static int fd, channel;
static struct gem_info commands;
static uint32_t *words;
static unsigned class, used;

static void fail(const char *what) {
  printf("BUFFERS %s: %s\n", what, errno ? strerror(errno) : "wrong");
  exit(1);
}

static void call(unsigned long number, void *argument, const char *what) {
  errno = 0;
  if (ioctl(fd, number, argument)) fail(what);
}

static struct gem_info make(uint32_t domain, uint64_t size) {
  struct gem_new request = { .info = { .domain = domain, .size = size } };
  call(GEM_NEW, &request, "GEM_NEW");
  return request.info;
}

static void *map(struct gem_info *info) {
  void *at = mmap(NULL, info->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, info->map);
  if (at == MAP_FAILED) fail("mmap");
  return at;
}

static uint32_t domain_of(uint32_t handle) {
  struct gem_info info = { .handle = handle };
  call(GEM_INFO, &info, "GEM_INFO");
  return info.domain;
}

static void wait_for(uint32_t handle) {
  struct cpu_prep request = { .handle = handle, .flags = 4 };
  call(GEM_CPU_PREP, &request, "GEM_CPU_PREP");
}

static void method(unsigned address, unsigned count) { words[used++] = 1u << 29 | count << 16 | SUBCHANNEL << 13 | address >> 2; }

// Submits what was put into the command buffer, with a buffer and where it must lie, and perhaps another in video memory.
static void submit(struct gem_info *one, uint32_t where, struct gem_info *other) {
  struct buffer buffers[3] = {
    { .handle = commands.handle, .read = GART, .valid = GART },
    { .handle = one->handle, .read = where, .write = where, .valid = where },
    { .handle = other ? other->handle : 0, .read = VRAM, .write = VRAM, .valid = VRAM },
  };
  struct push push = { .length = used * 4 };
  struct pushbuf request = { .channel = channel, .nr_buffers = other ? 3 : 2, .buffers = (uintptr_t)buffers, .nr_push = 1, .push = (uintptr_t)&push };
  call(GEM_PUSHBUF, &request, "GEM_PUSHBUF");
  for (unsigned i = 0; i < request.nr_buffers; i++) wait_for(buffers[i].handle);
  used = 0;
}

// Binds the copy engine's object to the subchannel.
static void bind(void) {
  method(0, 1);
  words[used++] = class;
}

// Submits nothing that does anything: it is only where the buffer must lie that counts.
static void move(struct gem_info *what, uint32_t where) {
  bind();
  submit(what, where, NULL);
  if (domain_of(what->handle) != where) fail("a buffer did not move");
}

int main(int argc, char **argv) {
  setvbuf(stdout, NULL, _IONBF, 0);
  if (argc != 2) return 2;
  class = strtoul(argv[1], NULL, 16);
  fd = open("/dev/dri/renderD128", O_RDWR);
  if (fd < 0) fail("renderD128");
  struct channel_alloc allocation = { .fb = ~0u, .tt = ENGINE_CE };
  call(CHANNEL_ALLOC, &allocation, "CHANNEL_ALLOC");
  channel = allocation.channel;
  struct grobj_alloc object = { .channel = channel, .handle = 0xbeef0000u | class, .class = class };
  call(GROBJ_ALLOC, &object, "GROBJ_ALLOC");

  commands = make(GART | MAPPABLE, 0x10000);
  words = map(&commands);
  struct gem_info one = make(VRAM | GART | MAPPABLE, SIZE), other = make(VRAM | GART | MAPPABLE, SIZE);
  uint32_t *seen = map(&one), *copy = map(&other), *want = malloc(SIZE);
  uint32_t random = 0x9e3779b9;
  for (unsigned i = 0; i < SIZE / 4; i++) {
    random ^= random << 13, random ^= random >> 17, random ^= random << 5;
    want[i] = random;
  }
  // The CPU reads video memory slowly: bytes are written and compared in system memory, a few of them in video memory too.
  move(&one, GART);
  memcpy(seen, want, SIZE);
  move(&one, VRAM);
  for (unsigned i = 0; i < SIZE / 4; i += SIZE / 256) if (seen[i] != want[i]) fail("a word that moved to video memory");
  move(&one, GART);
  if (memcmp(seen, want, SIZE)) fail("bytes that moved there and back");
  printf("BUFFERS moved=ok\n");

  move(&one, VRAM);
  move(&other, VRAM);
  bind();
  method(0x400, 8);
  words[used++] = one.offset >> 32, words[used++] = one.offset;
  words[used++] = other.offset >> 32, words[used++] = other.offset;
  words[used++] = 4096, words[used++] = 4096, words[used++] = 4096, words[used++] = SIZE / 4096;
  method(0x300, 1);
  // Not pipelined, flushed, from and to pitch, many lines.
  words[used++] = 2 | 1 << 2 | 1 << 7 | 1 << 8 | 1 << 9;
  submit(&one, VRAM, &other);
  move(&other, GART);
  if (memcmp(copy, want, SIZE)) fail("bytes that were copied");
  printf("BUFFERS copied=ok\n");

  // As much as there is of it, and one more: the oldest has to go. Looking at a buffer makes it young again, so nobody looks before.
  struct getparam size = { .param = FB_SIZE };
  call(GETPARAM, &size, "GETPARAM");
  for (uint64_t filled = 0; filled <= size.value; filled += FILLER) make(VRAM, FILLER);
  if (domain_of(one.handle) != GART) fail("nothing was evicted");
  if (memcmp(seen, want, SIZE)) fail("bytes that were evicted");
  printf("BUFFERS evicted=ok\n");
  return 0;
}
