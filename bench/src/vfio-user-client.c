/* The rival of the vfio-user client: does nothing but ask and wait, on a blocking socket.
 * vfio-user-client SOCKET read|post COUNT: prints nanoseconds for each access to register 0x10 of BAR 0. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { VERSION = 1, REGION_READ = 9, REGION_WRITE = 10, NO_REPLY = 0x10, CONFIG = 7 };
static int sock;
static uint16_t id;

static void ask(uint16_t command, uint32_t flags, const void *body, uint32_t size)
{
	uint8_t out[256] = { 0 };
	uint32_t length = 16 + size;

	memcpy(out, &id, 2);
	memcpy(out + 2, &command, 2);
	memcpy(out + 4, &length, 4);
	memcpy(out + 8, &flags, 4);
	memcpy(out + 16, body, size);
	id++;
	if (send(sock, out, length, 0) != (ssize_t)length)
		exit(1);
	if (flags & NO_REPLY)
		return;
	/* One reply is on its way at a time, so one call brings it, or several do and nothing more. */
	uint8_t in[4096];
	size_t at = 0;
	for (length = 16; at < length;) {
		ssize_t got = recv(sock, in + at, sizeof in - at, 0);
		if (got <= 0)
			exit(1);
		at += got;
		if (at >= 16)
			memcpy(&length, in + 4, 4);
		if (length < 16 || length > sizeof in)
			exit(1);
	}
}

static void access_region(uint16_t command, uint32_t flags, uint32_t region, uint64_t offset, uint32_t count, uint32_t value)
{
	uint8_t body[20];

	memcpy(body, &offset, 8);
	memcpy(body + 8, &region, 4);
	memcpy(body + 12, &count, 4);
	memcpy(body + 16, &value, 4);
	ask(command, flags, body, command == REGION_READ ? 16 : 16 + count);
}

int main(int argc, char **argv)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct timespec from, till;

	if (argc != 4 || strlen(argv[1]) >= sizeof to.sun_path)
		return 2;
	strcpy(to.sun_path, argv[1]);
	sock = socket(AF_UNIX, SOCK_STREAM, 0);
	if (connect(sock, (struct sockaddr *)&to, sizeof to) != 0)
		return 1;
	ask(VERSION, 0, "\0\0\0\0{}", 7);
	access_region(REGION_WRITE, 0, CONFIG, 4, 2, 2);
	long count = atol(argv[3]);
	int read = strcmp(argv[2], "read") == 0;
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (long i = 0; i < count; i++)
		access_region(read ? REGION_READ : REGION_WRITE, read ? 0 : NO_REPLY, 0, 0x10, 4, i);
	if (!read)
		access_region(REGION_READ, 0, 0, 0x10, 4, 0);
	clock_gettime(CLOCK_MONOTONIC, &till);
	printf("%.1f\n", ((till.tv_sec - from.tv_sec) * 1e9 + (till.tv_nsec - from.tv_nsec)) / count);
	return 0;
}
