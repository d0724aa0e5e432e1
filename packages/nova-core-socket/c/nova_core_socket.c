/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L

#include "nova_core_socket.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "nova_core_frames.h"

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "frames are little-endian, and this library copies structs as they are"
#endif

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

#define IFACES (sizeof(nova_frames_ifaces) / sizeof(nova_frames_ifaces[0]))
/* struct_size and present, with which every struct of an interface begins. */
#define STRUCT_HEAD 8u
/* Events that one dispatch() delivers at most, so that it ends even while new ones keep coming. */
#define DISPATCH_MAX 256

struct session {
	/* 0 for a place that is free. */
	uint64_t handle;
	void (*on_event)(void *ctx, const struct nova_event *event);
	void *ctx;
	/* An event was received and not delivered; there is never a second one. */
	int waiting;
	struct nova_event event;
};

struct connection {
	struct nova_core core;
	/* -1 when the connection is broken. */
	int fd;
	uint32_t call;
	/* An event is being delivered. */
	int delivering;
	/* The request that is being put together. */
	uint8_t *out;
	size_t out_used;
	size_t out_room;
	/* The last frame that came. */
	uint8_t *in;
	size_t in_used;
	size_t in_room;
	/* Room for the largest struct that comes out. */
	uint8_t *scratch;
	struct nova_offer offer;
	struct nova_iface_offer *ifaces;
	char *support_id;
	void *ops[IFACES];
	struct session sessions[NOVA_FRAME_SESSIONS];
};

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static uint32_t get32(const void *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static uint64_t get(const uint8_t *at, uint32_t width)
{
	uint64_t value;

	if (width == 4)
		return get32(at);
	memcpy(&value, at, sizeof(value));
	return value;
}

static void put32(uint8_t *at, uint32_t value)
{
	memcpy(at, &value, sizeof(value));
}

static void put(uint8_t *at, uint64_t value, uint32_t width)
{
	if (width == 4)
		put32(at, (uint32_t)value);
	else
		memcpy(at, &value, sizeof(value));
}

static void *get_pointer(const uint8_t *at)
{
	void *pointer;

	memcpy(&pointer, at, sizeof(pointer));
	return pointer;
}

static int all_zero(const uint8_t *bytes, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++)
		if (bytes[i] != 0)
			return 0;
	return 1;
}

/* Errors */

static void give_error(struct nova_error *error, const void *bytes, size_t length)
{
	size_t known;

	if (error == NULL || error->struct_size < STRUCT_HEAD)
		return;
	known = smaller(error->struct_size, sizeof(*error));
	memset(error, 0, known);
	memcpy(error, bytes, smaller(known, length));
	error->struct_size = (uint32_t)known;
}

static int fail(struct nova_error *error, uint32_t code, const char *text)
{
	struct nova_error all;

	memset(&all, 0, sizeof(all));
	all.code = code;
	all.category = nova_frames_errors[code].category;
	all.retry = nova_frames_errors[code].retry;
	memcpy(all.text, text, smaller(strlen(text), sizeof(all.text)));
	give_error(error, &all, sizeof(all));
	return -nova_frames_errors[code].number;
}

static int lost(struct nova_error *error)
{
	return fail(error, NOVA_ERROR_DEVICE_LOST, "The connection to the core is broken");
}

/* The stream cannot be followed any more. */
static int broken(struct connection *connection, struct nova_error *error)
{
	if (connection->fd >= 0)
		close(connection->fd);
	connection->fd = -1;
	return lost(error);
}

/* What came is not what the contract says. */
static int strange(struct connection *connection, struct nova_error *error)
{
	broken(connection, NULL);
	return fail(error, NOVA_ERROR_INCOMPATIBLE, "The core's frames are not those of the contract");
}

/* Requests */

static int grow(uint8_t **bytes, size_t *room, size_t wanted)
{
	uint8_t *grown;
	size_t size = *room ? *room : 4096;

	if (wanted <= *room)
		return 0;
	if (wanted > NOVA_FRAME_MAX)
		return -1;
	while (size < wanted)
		size *= 2;
	grown = realloc(*bytes, size);
	if (grown == NULL)
		return -1;
	*bytes = grown;
	*room = size;
	return 0;
}

/* Takes so many zeros in the request, up to a multiple of 8. Returns where, or 0 when there is no room. */
static size_t take(struct connection *connection, size_t size)
{
	size_t at = connection->out_used;
	size_t rounded;

	if (size > NOVA_FRAME_MAX)
		return 0;
	rounded = (size + 7) / 8 * 8;
	if (grow(&connection->out, &connection->out_room, at + rounded) != 0)
		return 0;
	memset(connection->out + at, 0, rounded);
	connection->out_used = at + rounded;
	return at;
}

static int too_long(struct nova_error *error)
{
	return fail(error, NOVA_ERROR_RANGE, "More goes in than a frame or the memory has room for");
}

/* Begins a request. */
static int begin(struct connection *connection, uint16_t type, uint64_t session, struct nova_error *error)
{
	struct nova_frame head;

	if (connection->fd < 0)
		return lost(error);
	memset(&head, 0, sizeof(head));
	head.type = type;
	head.call = ++connection->call;
	head.session = session;
	connection->out_used = 0;
	/* The head lies at 0, which take() cannot tell from a failure. */
	if (grow(&connection->out, &connection->out_room, sizeof(head)) != 0)
		return too_long(error);
	memcpy(connection->out, &head, sizeof(head));
	connection->out_used = sizeof(head);
	return 0;
}

static int send_all(int fd, const uint8_t *bytes, size_t length)
{
	while (length > 0) {
		ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			return -1;
		bytes += sent;
		length -= (size_t)sent;
	}
	return 0;
}

static int receive_all(int fd, uint8_t *bytes, size_t length)
{
	while (length > 0) {
		ssize_t got = recv(fd, bytes, length, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return -1;
		bytes += got;
		length -= (size_t)got;
	}
	return 0;
}

/* Receives a frame, whatever it is. */
static int receive(struct connection *connection, struct nova_frame *head, struct nova_error *error)
{
	if (grow(&connection->in, &connection->in_room, sizeof(*head)) != 0 || receive_all(connection->fd, connection->in, sizeof(*head)) != 0)
		return broken(connection, error);
	memcpy(head, connection->in, sizeof(*head));
	if (head->length < sizeof(*head) || head->length > NOVA_FRAME_MAX || head->length % 8 != 0)
		return strange(connection, error);
	if (grow(&connection->in, &connection->in_room, head->length) != 0 || receive_all(connection->fd, connection->in + sizeof(*head), head->length - sizeof(*head)) != 0)
		return broken(connection, error);
	connection->in_used = head->length;
	return 0;
}

static struct session *find_session(struct connection *connection, uint64_t handle)
{
	size_t i;

	for (i = 0; handle != 0 && i < NOVA_FRAME_SESSIONS; i++)
		if (connection->sessions[i].handle == handle)
			return &connection->sessions[i];
	return NULL;
}

/* The struct at `at` of the frame that came, or NULL when it is not one. */
static const uint8_t *struct_at(const struct connection *connection, size_t at, size_t least, uint32_t *size)
{
	if (connection->in_used < at + STRUCT_HEAD)
		return NULL;
	*size = get32(connection->in + at);
	return *size >= least && *size <= connection->in_used - at ? connection->in + at : NULL;
}

/* Puts the event that came where dispatch() finds it. */
static int file_event(struct connection *connection, const struct nova_frame *head, struct nova_error *error)
{
	struct session *session = find_session(connection, head->session);
	uint32_t size;
	const uint8_t *bytes = struct_at(connection, sizeof(*head), offsetof(struct nova_event, payload), &size);

	if (session == NULL || session->waiting || session->on_event == NULL || bytes == NULL)
		return strange(connection, error);
	memset(&session->event, 0, sizeof(session->event));
	memcpy(&session->event, bytes, smaller(size, sizeof(session->event)));
	session->event.struct_size = sizeof(session->event);
	if (session->event.payload_len > sizeof(session->event.payload))
		return strange(connection, error);
	session->waiting = 1;
	return 0;
}

/* Sends the request and waits for its reply, which is in `in` afterwards; events that come first are filed. */
static int exchange(struct connection *connection, struct nova_error *error)
{
	struct nova_frame head;
	uint32_t call = connection->call;
	uint32_t size;
	const uint8_t *bytes;
	int rc;

	put32(connection->out, (uint32_t)connection->out_used);
	if (send_all(connection->fd, connection->out, connection->out_used) != 0) {
		/* A core that refuses a conversation says why before it closes it. */
		if (receive(connection, &head, error) != 0)
			return broken(connection, error);
	} else if ((rc = receive(connection, &head, error)) != 0) {
		return rc;
	}
	while (head.type == NOVA_FRAME_EVENT) {
		rc = file_event(connection, &head, error);
		if (rc == 0)
			rc = receive(connection, &head, error);
		if (rc != 0)
			return rc;
	}
	if (head.type != NOVA_FRAME_REPLY || (head.call != call && head.status == 0))
		return strange(connection, error);
	if (head.status == 0)
		return 0;
	bytes = struct_at(connection, sizeof(head), STRUCT_HEAD, &size);
	if (bytes == NULL || head.status >= sizeof(nova_frames_errors) / sizeof(nova_frames_errors[0]))
		return strange(connection, error);
	give_error(error, bytes, size);
	if (head.call != call)
		broken(connection, NULL);
	return -nova_frames_errors[head.status].number;
}

/* Calls */

/* Whether a pointer and what stands beside it lie within the part of its struct that is there. */
static int has_pointer(const struct nova_frames_pointer *pointer, size_t known)
{
	return pointer->offset + 8u <= known && pointer->length + pointer->width <= known && pointer->capacity + pointer->width <= known && pointer->stride + 4u <= known;
}

static int wrong(struct nova_error *error, const char *text)
{
	return fail(error, NOVA_ERROR_INVALID_ARGUMENT, text);
}

/* Puts a struct into the request as it is. Returns its place through `at`. */
static int put_struct(struct connection *connection, const struct nova_frames_struct *type, const uint8_t *bytes, size_t *at, size_t *known, struct nova_error *error)
{
	uint32_t size = get32(bytes);

	if (size < STRUCT_HEAD)
		return wrong(error, "A struct_size is too small");
	*known = smaller(size, type->size);
	if (!all_zero(bytes + *known, size - *known))
		return wrong(error, "A struct has more than this library knows");
	*at = take(connection, *known);
	if (*at == 0)
		return too_long(error);
	memcpy(connection->out + *at, bytes, *known);
	put32(connection->out + *at, (uint32_t)*known);
	return 0;
}

static void put_pointer(struct connection *connection, size_t at, size_t offset, size_t length)
{
	struct nova_frame_pointer pointer = { (uint32_t)offset, (uint32_t)length };

	memcpy(connection->out + at, &pointer, sizeof(pointer));
}

static int put_in(struct connection *connection, const struct nova_frames_struct *type, const uint8_t *in, struct nova_error *error)
{
	size_t base, known, at, size;
	uint32_t i;
	int rc;

	if (in == NULL)
		return wrong(error, "There is nothing where `in` points to");
	rc = put_struct(connection, type, in, &base, &known, error);
	for (i = 0; rc == 0 && i < type->count; i++) {
		const struct nova_frames_pointer *pointer = &type->pointers[i];
		const uint8_t *bytes;

		if (!has_pointer(pointer, known)) {
			if (pointer->offset < known)
				memset(connection->out + base + pointer->offset, 0, smaller(8, known - pointer->offset));
			continue;
		}
		bytes = get_pointer(in + pointer->offset);
		put_pointer(connection, base + pointer->offset, 0, 0);
		if (pointer->kind == NOVA_FRAMES_RECORD_IN) {
			if (bytes == NULL)
				continue;
			rc = put_struct(connection, pointer->to, bytes, &at, &size, error);
			if (rc == 0)
				put_pointer(connection, base + pointer->offset, at, size);
		} else {
			uint64_t length = get(in + pointer->length, pointer->width);

			if (length == 0)
				continue;
			if (bytes == NULL)
				return wrong(error, "Bytes have a length and no place");
			at = length > NOVA_FRAME_MAX ? 0 : take(connection, (size_t)length);
			if (at == 0)
				return too_long(error);
			memcpy(connection->out + at, bytes, (size_t)length);
			put_pointer(connection, base + pointer->offset, at, (size_t)length);
		}
	}
	return rc;
}

/* Tells what room there is for what comes out, and nothing else that may stand there. */
static int put_room(struct connection *connection, const struct nova_frames_struct *type, const uint8_t *out, struct nova_error *error)
{
	size_t base, known;
	uint32_t i;

	if (out == NULL || get32(out) < STRUCT_HEAD)
		return wrong(error, "There is no struct where `out` points to");
	known = smaller(get32(out), type->size);
	base = take(connection, known);
	if (base == 0)
		return too_long(error);
	put32(connection->out + base, (uint32_t)known);
	for (i = 0; i < type->count; i++) {
		const struct nova_frames_pointer *pointer = &type->pointers[i];
		const uint8_t *room;
		uint64_t capacity;

		if (!has_pointer(pointer, known))
			continue;
		room = get_pointer(out + pointer->offset);
		if (pointer->kind == NOVA_FRAMES_RECORD_OUT) {
			if (room == NULL)
				continue;
			if (get32(room) < STRUCT_HEAD)
				return wrong(error, "A record to be filled has no struct_size");
			put_pointer(connection, base + pointer->offset, 0, smaller(get32(room), pointer->to->size));
			continue;
		}
		capacity = get(out + pointer->capacity, pointer->width);
		if (room == NULL && capacity > 0)
			return wrong(error, "There is a capacity and no room");
		if (pointer->kind == NOVA_FRAMES_LIST_OUT && capacity > 0 && get32(out + pointer->stride) < STRUCT_HEAD)
			return wrong(error, "The stride is less than an element");
		put(connection->out + base + pointer->capacity, capacity > NOVA_FRAME_MAX ? NOVA_FRAME_MAX : capacity, pointer->width);
	}
	return 0;
}

/* Fills a caller's record with one that came, or with zeros. */
static void fill_record(uint8_t *to, size_t room, const struct nova_frames_struct *type, const uint8_t *from, size_t length)
{
	size_t known = smaller(room, type->size);

	memset(to, 0, known);
	if (length > 0)
		memcpy(to, from, smaller(known, length));
	put32(to, (uint32_t)known);
}

/* The bytes of the reply that a pointer leads to; NULL for none, or when they do not lie in it. */
static const uint8_t *pointed(const struct connection *connection, const uint8_t *at, size_t *length)
{
	struct nova_frame_pointer pointer;

	memcpy(&pointer, at, sizeof(pointer));
	*length = pointer.length;
	if (pointer.offset < sizeof(struct nova_frame) || pointer.offset > connection->in_used || pointer.length > connection->in_used - pointer.offset)
		return NULL;
	return connection->in + pointer.offset;
}

/* Whether what a pointer of the reply leads to is in the reply, and fits. */
static int fits(const struct connection *connection, const struct nova_frames_pointer *pointer, const uint8_t *reply, const uint8_t *out)
{
	size_t length;
	const uint8_t *bytes = pointed(connection, reply + pointer->offset, &length);
	uint64_t count, capacity;

	if (length > 0 && bytes == NULL)
		return 0;
	if (pointer->kind == NOVA_FRAMES_RECORD_OUT)
		return length == 0 || length >= STRUCT_HEAD;
	count = get(reply + pointer->length, pointer->width);
	capacity = get(out + pointer->capacity, pointer->width);
	if (count > capacity)
		return 0;
	if (pointer->kind == NOVA_FRAMES_BYTES_OUT)
		return length == count;
	return count == 0 ? length == 0 : length % count == 0 && length / count >= STRUCT_HEAD;
}

/* Writes what came to where the caller wants it. All or nothing. */
static int get_out(struct connection *connection, const struct nova_frames_struct *type, uint8_t *out, struct nova_error *error)
{
	uint32_t size, i;
	const uint8_t *reply = struct_at(connection, sizeof(struct nova_frame), STRUCT_HEAD, &size);
	size_t known = smaller(get32(out), type->size);

	for (i = 0; reply != NULL && i < type->count; i++)
		if (has_pointer(&type->pointers[i], smaller(known, size)) && !fits(connection, &type->pointers[i], reply, out))
			reply = NULL;
	if (reply == NULL)
		return strange(connection, error);

	memcpy(connection->scratch, out, known);
	fill_record(out, known, type, reply, size);
	for (i = 0; i < type->count; i++) {
		const struct nova_frames_pointer *pointer = &type->pointers[i];
		const uint8_t *from = NULL;
		size_t length = 0;
		uint8_t *to;

		/* Where things go, and how much room there is, stays as the caller said. */
		if (!has_pointer(pointer, known))
			continue;
		memcpy(out + pointer->offset, connection->scratch + pointer->offset, 8);
		if (pointer->capacity != 0)
			memcpy(out + pointer->capacity, connection->scratch + pointer->capacity, pointer->width);
		if (pointer->stride != 0)
			memcpy(out + pointer->stride, connection->scratch + pointer->stride, 4);
		to = get_pointer(out + pointer->offset);
		if (has_pointer(pointer, size))
			from = pointed(connection, reply + pointer->offset, &length);
		/* A record that there is none of is all zero. */
		if (to != NULL && pointer->kind == NOVA_FRAMES_RECORD_OUT)
			fill_record(to, get32(to), pointer->to, from, length);
		if (to == NULL || from == NULL || length == 0 || pointer->kind == NOVA_FRAMES_RECORD_OUT)
			continue;
		if (pointer->kind == NOVA_FRAMES_BYTES_OUT) {
			memcpy(to, from, length);
		} else {
			uint32_t count = get32(out + pointer->length);
			uint32_t stride = get32(out + pointer->stride);
			size_t each = length / count;
			uint32_t n;

			for (n = 0; n < count; n++)
				fill_record(to + (size_t)n * stride, stride, pointer->to, from + n * each, each);
		}
	}
	return 0;
}

/* Behind an error there may stand how much there was to give. */
static void get_counts(const struct connection *connection, const struct nova_frames_struct *type, uint8_t *out)
{
	uint32_t error_size, size, i;
	const uint8_t *error = struct_at(connection, sizeof(struct nova_frame), STRUCT_HEAD, &error_size);
	const uint8_t *counts = error == NULL ? NULL : struct_at(connection, sizeof(struct nova_frame) + (error_size + 7) / 8 * 8, STRUCT_HEAD, &size);

	for (i = 0; counts != NULL && i < type->count; i++) {
		const struct nova_frames_pointer *pointer = &type->pointers[i];

		if (pointer->capacity != 0 && has_pointer(pointer, smaller(smaller(get32(out), type->size), size)))
			put(out + pointer->length, get(counts + pointer->length, pointer->width), pointer->width);
	}
}

static int nova_frames_call(struct nova_core *core, const struct nova_frames_slot *slot, uint64_t session, uint64_t object, const uint8_t *in, uint8_t *out, struct nova_error *error)
{
	struct connection *connection = core->ctx;
	struct nova_frame head;
	int rc;

	if (connection->delivering && !slot->sync)
		return fail(error, NOVA_ERROR_INVALID_STATE, "What may block may not be called while an event is delivered");
	/* There is nothing left to do: nothing was lent, or its giver is gone. */
	if (slot->release && (object == 0 || connection->fd < 0))
		return 0;
	rc = begin(connection, NOVA_FRAME_CALL, session, error);
	if (rc != 0)
		return rc;
	memcpy(&head, connection->out, sizeof(head));
	head.iface = slot->iface;
	head.major = slot->major;
	head.slot = slot->slot;
	head.object = object;
	memcpy(connection->out, &head, sizeof(head));
	if (slot->in != NULL)
		rc = put_in(connection, slot->in, in, error);
	if (rc == 0 && slot->out != NULL)
		rc = put_room(connection, slot->out, out, error);
	if (rc != 0)
		return rc;
	rc = exchange(connection, error);
	if (slot->release && connection->fd < 0)
		return 0;
	if (rc == 0 && slot->out != NULL)
		return get_out(connection, slot->out, out, error);
	if (rc == -ENOSPC && slot->out != NULL)
		get_counts(connection, slot->out, out);
	return rc;
}

/* The functions of a core */

static int core_offer(struct nova_core *core, struct nova_offer *offer, struct nova_error *error)
{
	struct connection *connection = core->ctx;
	size_t known;

	if (offer == NULL || offer->struct_size < STRUCT_HEAD)
		return wrong(error, "There is no struct where `offer` points to");
	known = smaller(offer->struct_size, sizeof(*offer));
	memcpy(offer, &connection->offer, known);
	offer->struct_size = (uint32_t)known;
	return 0;
}

static int put_hello(struct connection *connection, const struct nova_hello *hello, struct nova_error *error)
{
	struct nova_hello all;
	const uint8_t *bytes = (const uint8_t *)hello;
	size_t known, base, list;
	uint32_t i;

	if (hello == NULL || hello->struct_size < STRUCT_HEAD)
		return wrong(error, "There is no struct where `hello` points to");
	known = smaller(hello->struct_size, sizeof(all));
	if (!all_zero(bytes + known, hello->struct_size - known))
		return wrong(error, "A struct has more than this library knows");
	memset(&all, 0, sizeof(all));
	memcpy(&all, hello, known);
	if (all.want_count > 0 && (all.wants == NULL || all.stride < sizeof(struct nova_iface_want)))
		return wrong(error, "There are wants and no place or stride");
	base = take(connection, sizeof(all));
	list = all.want_count > NOVA_FRAME_MAX / sizeof(struct nova_iface_want) ? 0 : take(connection, all.want_count * sizeof(struct nova_iface_want));
	if (base == 0 || list == 0)
		return too_long(error);
	for (i = 0; i < all.want_count; i++) {
		const uint8_t *want = (const uint8_t *)all.wants + (size_t)i * all.stride;

		if (!all_zero(want + sizeof(struct nova_iface_want), all.stride - sizeof(struct nova_iface_want)))
			return wrong(error, "A want has more than this library knows");
		memcpy(connection->out + list + i * sizeof(struct nova_iface_want), want, sizeof(struct nova_iface_want));
	}
	memcpy(connection->out + base, &all, sizeof(all));
	put32(connection->out + base, sizeof(all));
	put32(connection->out + base + offsetof(struct nova_hello, stride), sizeof(struct nova_iface_want));
	put_pointer(connection, base + offsetof(struct nova_hello, wants), all.want_count > 0 ? list : 0, all.want_count * sizeof(struct nova_iface_want));
	put(connection->out + base + offsetof(struct nova_hello, ctx), 0, 8);
	/* In a frame a callback is a number: whether there is one. */
	put(connection->out + base + offsetof(struct nova_hello, on_event), all.on_event != NULL, 8);
	return 0;
}

static int core_attach(struct nova_core *core, const struct nova_hello *hello, struct nova_agreement *agreement, struct nova_error *error)
{
	struct connection *connection = core->ctx;
	struct session *session = NULL;
	struct nova_agreement all;
	const uint8_t *reply;
	uint32_t size;
	size_t i, known;
	int rc;

	if (connection->delivering)
		return fail(error, NOVA_ERROR_INVALID_STATE, "What may block may not be called while an event is delivered");
	if (agreement == NULL || agreement->struct_size < STRUCT_HEAD)
		return wrong(error, "There is no struct where `agreement` points to");
	for (i = 0; i < NOVA_FRAME_SESSIONS; i++)
		if (connection->sessions[i].handle == 0)
			session = &connection->sessions[i];
	if (session == NULL)
		return fail(error, NOVA_ERROR_NO_CAPACITY, "A connection has no room for more sessions");
	rc = begin(connection, NOVA_FRAME_ATTACH, 0, error);
	if (rc == 0)
		rc = put_hello(connection, hello, error);
	if (rc == 0)
		rc = exchange(connection, error);
	if (rc != 0)
		return rc;
	reply = struct_at(connection, sizeof(struct nova_frame), offsetof(struct nova_agreement, flags), &size);
	memset(&all, 0, sizeof(all));
	if (reply != NULL)
		memcpy(&all, reply, smaller(size, sizeof(all)));
	if (all.session == 0 || find_session(connection, all.session) != NULL || all.count > sizeof(all.agreed) / sizeof(all.agreed[0]))
		return strange(connection, error);
	memset(session, 0, sizeof(*session));
	session->handle = all.session;
	if (hello->struct_size >= offsetof(struct nova_hello, epoch)) {
		session->on_event = hello->on_event;
		session->ctx = hello->ctx;
	}
	known = smaller(agreement->struct_size, sizeof(all));
	memcpy(agreement, &all, known);
	agreement->struct_size = (uint32_t)known;
	return 0;
}

static int no_session(struct nova_error *error)
{
	return fail(error, NOVA_ERROR_INVALID_STATE, "There is no such session");
}

static int core_detach(struct nova_core *core, uint64_t handle, struct nova_error *error)
{
	struct connection *connection = core->ctx;
	struct session *session = find_session(connection, handle);
	int rc;

	if (session == NULL)
		return no_session(error);
	if (connection->delivering)
		return fail(error, NOVA_ERROR_INVALID_STATE, "A session cannot be detached while an event is delivered");
	rc = begin(connection, NOVA_FRAME_DETACH, handle, NULL);
	if (rc == 0)
		rc = exchange(connection, error);
	memset(session, 0, sizeof(*session));
	/* On the other side, the end of a connection ends its sessions. */
	return connection->fd < 0 ? 0 : rc;
}

static int64_t milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits until an event of the session is there, or the time is over. */
static int await_event(struct connection *connection, const struct session *session, uint32_t timeout_ms, struct nova_error *error)
{
	int64_t end = milliseconds() + timeout_ms;

	while (!session->waiting) {
		struct pollfd one = { connection->fd, POLLIN, 0 };
		struct nova_frame head;
		int64_t left = end - milliseconds();
		int rc = poll(&one, 1, left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left);

		if (rc < 0 && errno == EINTR)
			continue;
		if (rc < 0)
			return broken(connection, error);
		if (rc == 0) {
			if (left <= 0 || milliseconds() >= end)
				return 0;
			continue;
		}
		rc = receive(connection, &head, error);
		if (rc == 0 && head.type != NOVA_FRAME_EVENT)
			rc = strange(connection, error);
		if (rc == 0)
			rc = file_event(connection, &head, error);
		if (rc != 0)
			return rc;
	}
	return 0;
}

static int core_dispatch(struct nova_core *core, uint64_t handle, uint32_t timeout_ms, struct nova_error *error)
{
	struct connection *connection = core->ctx;
	struct session *session = find_session(connection, handle);
	int rc, delivered;

	if (session == NULL)
		return no_session(error);
	if (connection->delivering)
		return fail(error, NOVA_ERROR_INVALID_STATE, "Events are being delivered already");
	if (session->on_event == NULL)
		return 0;
	if (connection->fd < 0)
		return lost(error);
	rc = await_event(connection, session, timeout_ms, error);
	for (delivered = 0; rc == 0 && session->waiting && delivered < DISPATCH_MAX; delivered++) {
		struct nova_event event = session->event;

		session->waiting = 0;
		connection->delivering = 1;
		session->on_event(session->ctx, &event);
		connection->delivering = 0;
		/* The next one, if one waits, comes before the answer to this. */
		rc = begin(connection, NOVA_FRAME_EVENT_ACK, handle, error);
		if (rc == 0)
			rc = exchange(connection, error);
	}
	return rc;
}

/* Connecting */

static int get_offer(struct connection *connection)
{
	struct nova_offer offer;
	uint32_t size, i;
	size_t list_length, text_length;
	const uint8_t *reply = struct_at(connection, sizeof(struct nova_frame), offsetof(struct nova_offer, caps), &size);
	const uint8_t *list, *text;

	if (reply == NULL)
		return -EPROTO;
	memset(&offer, 0, sizeof(offer));
	memcpy(&offer, reply, smaller(size, sizeof(offer)));
	list = pointed(connection, reply + offsetof(struct nova_offer, ifaces), &list_length);
	text = pointed(connection, reply + offsetof(struct nova_offer, support_id), &text_length);
	if ((list == NULL && offer.count > 0) || offer.count > NOVA_FRAME_MAX / sizeof(*connection->ifaces) || offer.stride < sizeof(*connection->ifaces) || list_length != (size_t)offer.count * offer.stride)
		return -EPROTO;
	if (text == NULL || text_length == 0 || text[text_length - 1] != 0)
		return -EPROTO;
	connection->ifaces = calloc(offer.count + 1u, sizeof(*connection->ifaces));
	connection->support_id = malloc(text_length);
	if (connection->ifaces == NULL || connection->support_id == NULL)
		return -ENOMEM;
	for (i = 0; i < offer.count; i++)
		memcpy(&connection->ifaces[i], list + (size_t)i * offer.stride, sizeof(*connection->ifaces));
	memcpy(connection->support_id, text, text_length);
	offer.struct_size = sizeof(offer);
	offer.stride = sizeof(*connection->ifaces);
	offer.ifaces = connection->ifaces;
	offer.support_id = connection->support_id;
	connection->offer = offer;
	return 0;
}

/* Gives the core a table for each interface that is offered, as long as the minor that is offered. */
static int make_tables(struct connection *connection)
{
	size_t i, largest = 0;
	uint32_t n;

	for (i = 0; i < IFACES; i++) {
		const struct nova_frames_iface *iface = &nova_frames_ifaces[i];
		const struct nova_iface_offer *offered = NULL;
		uint32_t counts[2];

		for (n = 0; n < iface->count; n++)
			if (iface->slots[n].out != NULL && iface->slots[n].out->size > largest)
				largest = iface->slots[n].out->size;
		for (n = 0; n < connection->offer.count; n++)
			if (connection->ifaces[n].iface == iface->iface && connection->ifaces[n].major == iface->major)
				offered = &connection->ifaces[n];
		if (offered == NULL)
			continue;
		connection->ops[i] = malloc(iface->ops_size);
		if (connection->ops[i] == NULL)
			return -ENOMEM;
		memcpy(connection->ops[i], iface->ops, iface->ops_size);
		for (n = 0; n < iface->count && iface->slots[n].since <= offered->minor; n++)
			;
		/* Every table begins with its size and the number of its functions. */
		counts[0] = (uint32_t)(sizeof(counts) + n * sizeof(void (*)(void)));
		counts[1] = n;
		memcpy(connection->ops[i], counts, sizeof(counts));
		memcpy((uint8_t *)&connection->core + iface->core_offset, &connection->ops[i], sizeof(void *));
	}
	connection->scratch = malloc(largest);
	return connection->scratch == NULL ? -ENOMEM : 0;
}

static int greet(struct connection *connection)
{
	struct nova_frame_greeting greeting = { NOVA_FRAME_MAGIC, NOVA_FRAME_VERSION };
	size_t at;
	int rc = begin(connection, NOVA_FRAME_OFFER, 0, NULL);

	if (rc != 0)
		return rc;
	at = take(connection, sizeof(greeting));
	if (at == 0)
		return -ENOMEM;
	memcpy(connection->out + at, &greeting, sizeof(greeting));
	rc = exchange(connection, NULL);
	if (rc == 0)
		rc = get_offer(connection);
	return rc == 0 ? make_tables(connection) : rc;
}

static int open_socket(const char *path)
{
	struct sockaddr_un address;
	size_t length = strlen(path);
	int fd, rc;

	if (length >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memset(&address, 0, sizeof(address));
	address.sun_family = AF_UNIX;
	memcpy(address.sun_path, path, length);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd < 0)
		return -errno;
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

int nova_core_connect(const char *path, struct nova_core **core)
{
	struct connection *connection;
	int rc;

	if (path == NULL || core == NULL)
		return -EINVAL;
	connection = calloc(1, sizeof(*connection));
	if (connection == NULL)
		return -ENOMEM;
	connection->core.struct_size = sizeof(connection->core);
	connection->core.ctx = connection;
	connection->core.offer = core_offer;
	connection->core.attach = core_attach;
	connection->core.detach = core_detach;
	connection->core.dispatch = core_dispatch;
	rc = connection->fd = open_socket(path);
	if (rc >= 0)
		rc = greet(connection);
	if (rc != 0) {
		nova_core_disconnect(&connection->core);
		return rc;
	}
	*core = &connection->core;
	return 0;
}

void nova_core_disconnect(struct nova_core *core)
{
	struct connection *connection;
	size_t i;

	if (core == NULL)
		return;
	connection = core->ctx;
	if (connection->fd >= 0)
		close(connection->fd);
	for (i = 0; i < IFACES; i++)
		free(connection->ops[i]);
	free(connection->ifaces);
	free(connection->support_id);
	free(connection->scratch);
	free(connection->out);
	free(connection->in);
	free(connection);
}

int nova_core_fd(const struct nova_core *core)
{
	const struct connection *connection = core->ctx;

	return connection->fd;
}
