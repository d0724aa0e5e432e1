/* SPDX-License-Identifier: MIT */
/* A client that does what it is told, one command a line, and answers each with one line: what was returned, then what came out, or the
 * code and text of the error. The tests give the commands. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nova_core_socket.h"

static struct nova_core *core;
static struct nova_error error;
static char seen[65536];
static uint64_t probe_session;

static struct nova_error *fresh(void)
{
	memset(&error, 0xa5, sizeof(error));
	error.struct_size = sizeof(error);
	return &error;
}

static int done(int rc)
{
	if (rc != 0)
		printf("%d code %" PRIu32 " category %" PRIu32 " retry %" PRIu32 " %.64s\n", rc, error.code, error.category, error.retry, error.text);
	return rc != 0;
}

static size_t unhex(const char *text, uint8_t *bytes)
{
	size_t length = strlen(text) / 2, i;

	for (i = 0; i < length; i++) {
		unsigned int value = 0;

		sscanf(text + 2 * i, "%2x", &value);
		bytes[i] = (uint8_t)value;
	}
	return length;
}

static void hex(const uint8_t *bytes, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++)
		printf("%02x", bytes[i]);
}

static void on_event(void *ctx, const struct nova_event *event)
{
	size_t used = strlen(seen);
	uint32_t first = 0;

	if (event->payload_len >= 12)
		memcpy(&first, event->payload + 8, sizeof(first));
	snprintf(seen + used, sizeof(seen) - used, " %s%" PRIu32 ":%" PRIu64 ":%" PRIu32, ctx == NULL ? "" : (const char *)ctx, event->kind, event->sequence, first);
	if (probe_session != 0) {
		struct nova_base_limits limits = { .struct_size = sizeof(limits) };
		struct nova_base_limits_out out = { .struct_size = sizeof(out), .limits = &limits };
		struct nova_base_allocate_in in = { .struct_size = sizeof(in), .size = 1 };
		struct nova_base_allocate_out got = { .struct_size = sizeof(got) };

		used = strlen(seen);
		snprintf(seen + used, sizeof(seen) - used, " limits=%d allocate=%d detach=%d dispatch=%d", core->base->limits(core, probe_session, &out, NULL),
			core->base->allocate(core, probe_session, &in, &got, NULL), core->detach(core, probe_session, NULL), core->dispatch(core, probe_session, 0, NULL));
	}
}

static void attach(uint32_t vgpu_minor, int events, const char *tag)
{
	struct nova_iface_want wants[] = {
		{ .iface = NOVA_IFACE_BASE, .major = 1, .max_minor = 1 }, { .iface = NOVA_IFACE_VGPU, .major = 1, .max_minor = (uint16_t)vgpu_minor, .flags = NOVA_WANT_OPTIONAL },
		{ .iface = NOVA_IFACE_DRM, .major = 1, .flags = NOVA_WANT_OPTIONAL }, { .iface = 99, .major = 1, .flags = NOVA_WANT_OPTIONAL },
	};
	struct nova_offer offer = { .struct_size = sizeof(offer) };
	struct nova_hello hello = { .struct_size = sizeof(hello), .kind = NOVA_CLIENT_DIAGNOSTIC, .name = "fixture", .want_count = 4, .stride = sizeof(wants[0]), .wants = wants };
	struct nova_agreement agreement = { .struct_size = sizeof(agreement) };
	uint32_t i;

	if (done(core->offer(core, &offer, fresh())))
		return;
	hello.epoch = offer.epoch;
	hello.required[0] = 1u << NOVA_CAP_DEVICE_INFO;
	hello.optional[0] = ~0ull;
	hello.optional[1] = ~0ull;
	hello.optional[2] = ~0ull;
	if (events) {
		hello.on_event = on_event;
		hello.ctx = (void *)(uintptr_t)tag;
	}
	if (done(core->attach(core, &hello, &agreement, fresh())))
		return;
	printf("0 %" PRIu64 " caps %" PRIx64 " %" PRIx64 " %" PRIx64, agreement.session, agreement.caps[0], agreement.caps[1], agreement.caps[2]);
	for (i = 0; i < agreement.count; i++)
		printf(" %" PRIu32 "=%u.%u", agreement.agreed[i].iface, (unsigned int)agreement.agreed[i].major, (unsigned int)agreement.agreed[i].minor);
	printf("\n");
}

/* `room`: bytes of the record that the caller knows. */
static void info(uint64_t session, uint32_t room)
{
	struct { struct nova_base_device_info info; uint8_t guard[64]; } one;
	struct nova_base_device_info_out out = { .struct_size = sizeof(out), .info = &one.info };

	memset(&one, 0x5a, sizeof(one));
	one.info.struct_size = room;
	if (done(core->base->device_info(core, session, &out, fresh())))
		return;
	printf("0 size %" PRIu32 " ", one.info.struct_size);
	hex((const uint8_t *)&one + (room < sizeof(one.info) ? room : sizeof(one.info)), 8);
	printf(" %.64s %" PRIu64 "\n", one.info.name, one.info.memory_total);
}

static void allocate(uint64_t session, uint64_t size)
{
	struct nova_base_allocate_in in = { .struct_size = sizeof(in), .size = size };
	struct nova_base_allocate_out out = { .struct_size = sizeof(out) };

	if (!done(core->base->allocate(core, session, &in, &out, fresh())))
		printf("0 %" PRIu64 " %" PRIu64 "\n", out.region, out.size);
}

/* A struct of a later minor: 8 bytes more than this library knows. */
static void allocate_later(uint64_t session, uint64_t size, uint8_t more)
{
	struct { struct nova_base_allocate_in in; uint8_t more[8]; } in = { .in = { .struct_size = sizeof(in), .size = size }, .more = { 0 } };
	struct { struct nova_base_allocate_out out; uint8_t more[8]; } out = { .out = { .struct_size = sizeof(out) }, .more = { 1, 2, 3, 4, 5, 6, 7, 8 } };

	in.more[3] = more;
	if (done(core->base->allocate(core, session, &in.in, &out.out, fresh())))
		return;
	printf("0 %" PRIu64 " %" PRIu64 " size %" PRIu32 "\n", out.out.region, out.out.size, out.out.struct_size);
}

static void read_region(uint64_t session, uint64_t region, uint64_t offset, uint64_t length, uint64_t capacity)
{
	struct nova_base_region_read_in in = { .struct_size = sizeof(in), .offset = offset, .length = length };
	uint8_t *bytes = calloc(1, (size_t)capacity + 1);
	struct nova_base_region_read_out out = { .struct_size = sizeof(out), .bytes = capacity == 0 ? NULL : bytes, .bytes_capacity = capacity };
	int rc = core->base->region_read(core, session, region, &in, &out, fresh());

	if (rc != 0) {
		printf("%d code %" PRIu32 " length %" PRIu64 " %.64s\n", rc, error.code, out.bytes_length, error.text);
	} else {
		printf("0 %" PRIu64 " ", out.bytes_length);
		hex(bytes, (size_t)(out.bytes_length < 64 ? out.bytes_length : 64));
		printf(" capacity %" PRIu64 "\n", out.bytes_capacity);
	}
	free(bytes);
}

static void write_region(uint64_t session, uint64_t region, uint64_t offset, const char *text)
{
	uint8_t bytes[4096];
	struct nova_base_region_write_in in = { .struct_size = sizeof(in), .offset = offset, .bytes = bytes, .bytes_length = unhex(text, bytes) };

	if (!done(core->base->region_write(core, session, region, &in, fresh())))
		printf("0\n");
}

/* A write of so many bytes, which may be more than a frame holds. */
static void write_long(uint64_t session, uint64_t region, uint64_t length)
{
	uint8_t *bytes = calloc(1, (size_t)length + 1);
	struct nova_base_region_write_in in = { .struct_size = sizeof(in), .bytes = bytes, .bytes_length = length };

	if (!done(core->base->region_write(core, session, region, &in, fresh())))
		printf("0\n");
	free(bytes);
}

/* `room`: bytes of each element that the caller knows. */
static void types(uint64_t session, uint32_t capacity, uint32_t room)
{
	uint8_t *all = malloc((size_t)capacity * room + 1);
	struct nova_vgpu_list_types_out out = { .struct_size = sizeof(out), .types = (struct nova_vgpu_type *)(void *)(capacity == 0 ? NULL : all), .types_capacity = capacity, .types_stride = room };
	int rc = core->vgpu->list_types(core, session, &out, fresh());
	uint32_t i;

	if (rc != 0) {
		printf("%d code %" PRIu32 " count %" PRIu32 " %.64s\n", rc, error.code, out.types_count, error.text);
	} else {
		printf("0 generation %" PRIu64, out.generation);
		for (i = 0; i < out.types_count; i++) {
			struct nova_vgpu_type one;

			memset(&one, 0, sizeof(one));
			memcpy(&one, all + (size_t)i * room, room < sizeof(one) ? room : sizeof(one));
			printf(" %" PRIu32 ":%.64s:%" PRIu64 ":%" PRIu32, one.type_id, one.name, one.guest_memory, one.creatable);
		}
		printf("\n");
	}
	free(all);
}

static void submit(uint64_t session, const char *text, uint32_t capacity)
{
	static uint8_t bytes[8192];
	struct nova_vgpu_type_verdict verdicts[64];
	struct nova_vgpu_submit_types_in in = { .struct_size = sizeof(in), .data = bytes, .data_length = unhex(text, bytes), .label = "from a test", .label_length = 11 };
	struct nova_vgpu_submit_types_out out = { .struct_size = sizeof(out), .verdicts = verdicts, .verdicts_capacity = capacity, .verdicts_stride = sizeof(verdicts[0]) };
	uint32_t i;

	if (core->vgpu->count < 11) {
		printf("no function\n");
		return;
	}
	if (done(core->vgpu->submit_types(core, session, &in, &out, fresh())))
		return;
	printf("0");
	for (i = 0; i < out.verdicts_count; i++)
		printf(" %" PRIu32 ":%u:%" PRIu32, verdicts[i].type_id, (unsigned int)verdicts[i].accepted, verdicts[i].reason);
	printf("\n");
}

static void assign(uint64_t session, int vf, uint32_t type, uint8_t owner)
{
	struct nova_vgpu_guest_identity identity = { .struct_size = sizeof(identity) };
	struct nova_vgpu_assign_in in = { .struct_size = sizeof(in), .type_id = type };
	struct nova_vgpu_assign_out out = { .struct_size = sizeof(out), .identity = &identity };

	memset(in.owner, owner, sizeof(in.owner));
	if (vf >= 0) {
		in.present |= NOVA_VGPU_ASSIGN_IN_HAS_VF;
		in.vf = (uint32_t)vf;
	}
	if (!done(core->vgpu->assign(core, session, &in, &out, fresh())))
		printf("0 %" PRIu32 " %" PRIu64 "\n", out.vf, identity.memory);
}

static void unassign(uint64_t session, uint32_t vf, uint8_t owner)
{
	struct nova_vgpu_unassign_in in = { .struct_size = sizeof(in), .vf = vf };

	memset(in.owner, owner, sizeof(in.owner));
	if (!done(core->vgpu->unassign(core, session, &in, fresh())))
		printf("0\n");
}

static void assignment(uint64_t session, uint32_t vf, int owner)
{
	struct nova_vgpu_get_assignment_in in = { .struct_size = sizeof(in), .vf = vf };
	/* The identity is not wanted. */
	struct nova_vgpu_get_assignment_out out = { .struct_size = sizeof(out), .identity = NULL };

	if (owner >= 0) {
		in.present = NOVA_VGPU_GET_ASSIGNMENT_IN_HAS_OWNER;
		memset(in.owner, owner, sizeof(in.owner));
	}
	if (!done(core->vgpu->get_assignment(core, session, &in, &out, fresh())))
		printf("0 %" PRIu32 " state %" PRIu32 " mine %u\n", out.type_id, out.state, (unsigned int)out.mine);
}

static void open_instance(uint64_t session, uint32_t vf, uint8_t owner, const char *label)
{
	struct nova_vgpu_guest_identity identity = { .struct_size = sizeof(identity) };
	struct nova_vgpu_open_in in = { .struct_size = sizeof(in), .vf = vf, .label = label, .label_length = (uint32_t)strlen(label), .process = 7 };
	struct nova_vgpu_open_out out = { .struct_size = sizeof(out), .identity = &identity };

	memset(in.owner, owner, sizeof(in.owner));
	if (!done(core->vgpu->open(core, session, &in, &out, fresh())))
		printf("0 %" PRIu64 " %" PRIu64 "\n", out.instance, identity.memory);
}

static void instance_info(uint64_t session, uint64_t instance)
{
	struct nova_vgpu_instance_info_out out = { .struct_size = sizeof(out) };

	if (!done(core->vgpu->instance_info(core, session, instance, &out, fresh())))
		printf("0 vf %" PRIu32 " state %" PRIu32 " memory %" PRIu64 "\n", out.vf, out.state, out.memory_used);
}

static void master(uint64_t session, uint64_t instance, uint8_t on)
{
	struct nova_vgpu_instance_set_bus_master_in in = { .struct_size = sizeof(in), .on = on };

	if (!done(core->vgpu->instance_set_bus_master(core, session, instance, &in, fresh())))
		printf("0\n");
}

static void facts(uint64_t session, uint32_t capacity)
{
	struct nova_drm_fact all[16];
	struct nova_drm_facts_out out = { .struct_size = sizeof(out), .facts = all, .facts_capacity = capacity, .facts_stride = sizeof(all[0]) };
	uint32_t i;

	if (done(core->drm->facts(core, session, &out, fresh())))
		return;
	printf("0");
	for (i = 0; i < out.facts_count; i++)
		printf(" %" PRIu32 "=%" PRIu64, all[i].key, all[i].value);
	printf("\n");
}

static void dispatch(uint64_t session, uint32_t timeout_ms)
{
	seen[0] = 0;
	if (!done(core->dispatch(core, session, timeout_ms, fresh())))
		printf("0%s\n", seen);
}

static void counters(uint64_t session)
{
	struct nova_base_counters all = { .struct_size = sizeof(all) };
	struct nova_base_counters_out out = { .struct_size = sizeof(out), .counters = &all };

	if (!done(core->base->counters(core, session, &out, fresh())))
		printf("0 calls %" PRIu64 " failed %" PRIu64 " held %" PRIu32 "\n", all.calls, all.failed_calls, all.objects_held);
}

static void plain(int rc)
{
	if (!done(rc))
		printf("0\n");
}

static void nonsense(uint64_t session)
{
	struct nova_base_allocate_in in = { .struct_size = sizeof(in), .size = 1 };
	struct nova_base_allocate_out out = { .struct_size = 4 };
	struct nova_base_region_read_out bytes = { .struct_size = sizeof(bytes), .bytes_capacity = 4 };
	struct nova_vgpu_list_types_out list = { .struct_size = sizeof(list), .types = (void *)&bytes, .types_capacity = 1, .types_stride = 4 };
	struct nova_base_region_write_in write = { .struct_size = sizeof(write), .bytes_length = 5 };

	printf("%d %d %d %d %d\n", core->base->allocate(core, session, NULL, &out, NULL), core->base->allocate(core, session, &in, &out, NULL),
		core->base->region_read(core, session, 1, &(struct nova_base_region_read_in){ .struct_size = 24 }, &bytes, NULL), core->vgpu->list_types(core, session, &list, NULL),
		core->base->region_write(core, session, 1, &write, NULL));
}

/* A whole life at the second major: what takes time is an operation. */
static void second(const char *data)
{
	static uint8_t bytes[8192];
	struct nova_offer offer = { .struct_size = sizeof(offer) };
	struct nova_iface_want wants[] = { { .iface = NOVA_IFACE_BASE, .major = 1, .max_minor = 9 }, { .iface = NOVA_IFACE_VGPU, .major = 2, .max_minor = 9 } };
	struct nova_hello hello = { .struct_size = sizeof(hello), .kind = NOVA_CLIENT_VGPU_MANAGER, .name = "second", .want_count = 2, .stride = sizeof(wants[0]), .wants = wants };
	struct nova_agreement agreed = { .struct_size = sizeof(agreed) };
	struct nova_vgpu2_type_verdict verdicts[8];
	struct nova_vgpu2_submit_types_in submit = { .struct_size = sizeof(submit), .data = bytes, .data_length = unhex(data, bytes), .label = "x", .label_length = 1 };
	struct nova_vgpu2_submit_types_out submitted = { .struct_size = sizeof(submitted), .verdicts = verdicts, .verdicts_capacity = 8, .verdicts_stride = sizeof(verdicts[0]) };
	struct nova_vgpu2_type_capacity types[8];
	struct nova_vgpu2_capacity_out plan = { .struct_size = sizeof(plan), .types = types, .types_capacity = 8, .types_stride = sizeof(types[0]) };
	struct nova_vgpu2_placement places[64];
	struct nova_vgpu2_placements_in where = { .struct_size = sizeof(where) };
	struct nova_vgpu2_placements_out placed = { .struct_size = sizeof(placed), .placements = places, .placements_capacity = 64, .placements_stride = sizeof(places[0]) };
	struct nova_vgpu2_assign_in want = { .struct_size = sizeof(want), .owner = { 7 }, .present = NOVA_VGPU2_ASSIGN_IN_HAS_PLAN | NOVA_VGPU2_ASSIGN_IN_HAS_PLACEMENT };
	struct nova_vgpu2_assign_out got = { .struct_size = sizeof(got) };
	struct nova_vgpu2_open_in open = { .struct_size = sizeof(open), .owner = { 7 }, .label = "guest", .label_length = 5, .process = 1 };
	struct nova_vgpu2_open_out opening = { .struct_size = sizeof(opening) };
	struct nova_vgpu2_operation_wait_out over = { .struct_size = sizeof(over) };
	struct nova_vgpu2_operation_status_out status = { .struct_size = sizeof(status) };
	struct nova_vgpu2_operation_instance_out made = { .struct_size = sizeof(made) };
	struct nova_vgpu2_instance_info_out info = { .struct_size = sizeof(info) };
	struct nova_vgpu2_instance_close_out closing = { .struct_size = sizeof(closing) };
	const struct nova_vgpu2_ops *vgpu = core->vgpu2;
	uint64_t s;

	core->offer(core, &offer, NULL);
	hello.epoch = offer.epoch;
	memcpy(hello.optional, offer.caps, sizeof(hello.optional));
	if (done(core->attach(core, &hello, &agreed, fresh())))
		return;
	s = agreed.session;
	if (done(vgpu->submit_types(core, s, &submit, &submitted, fresh())) || done(vgpu->capacity(core, s, &plan, fresh())))
		return;
	where.plan = want.plan = plan.plan;
	where.type_id = want.type_id = types[0].type_id;
	if (done(vgpu->placements(core, s, &where, &placed, fresh())))
		return;
	want.placement = places[1].placement;
	if (done(vgpu->assign(core, s, &want, &got, fresh())))
		return;
	printf("0 mode %" PRIu32 " types %" PRIu32 " creatable %" PRIu32 " place %" PRIu32 "+%" PRIu32, plan.mode, plan.types_count, types[0].creatable, got.start, got.units);
	want.vf = 1;
	want.present |= NOVA_VGPU2_ASSIGN_IN_HAS_VF;
	printf(" stale %d", vgpu->assign(core, s, &want, &got, NULL));
	open.vf = 0;
	vgpu->open(core, s, &open, &opening, fresh());
	vgpu->operation_wait(core, s, opening.operation, &over, fresh());
	vgpu->operation_status(core, s, opening.operation, &status, fresh());
	printf(" opened %" PRIu32 " %" PRIu32 "/%" PRIu32, over.state, status.done, status.total);
	vgpu->operation_instance(core, s, opening.operation, &made, fresh());
	vgpu->operation_release(core, s, opening.operation, fresh());
	vgpu->instance_info(core, s, made.instance, &info, fresh());
	vgpu->instance_close(core, s, made.instance, &closing, fresh());
	vgpu->operation_wait(core, s, closing.operation, &over, fresh());
	printf(" state %" PRIu32 " closed %" PRIu32 " after %d", info.state, over.state, vgpu->instance_info(core, s, made.instance, &info, NULL));
	printf(" detached %d\n", core->detach(core, s, fresh()));
}

static int command(char *line)
{
	char text[16500] = "";
	uint64_t s = 0, a = 0, b = 0, c = 0, d = 0;
	int vf = 0;

	if (sscanf(line, "attach %" SCNu64 " %" SCNu64 " %63s", &a, &b, text) >= 2) {
		static char tags[16][64];
		static int used;

		strncpy(tags[used % 16], text, 63);
		attach((uint32_t)a, (int)b, tags[used++ % 16]);
	} else if (sscanf(line, "detach %" SCNu64, &s) == 1) plain(core->detach(core, s, fresh()));
	else if (sscanf(line, "info %" SCNu64 " %" SCNu64, &s, &a) == 2) info(s, (uint32_t)a);
	else if (sscanf(line, "allocate %" SCNu64 " %" SCNu64, &s, &a) == 2) allocate(s, a);
	else if (sscanf(line, "allocate-later %" SCNu64 " %" SCNu64 " %" SCNu64, &s, &a, &b) == 3) allocate_later(s, a, (uint8_t)b);
	else if (sscanf(line, "release %" SCNu64 " %" SCNu64, &s, &a) == 2) plain(core->base->region_release(core, s, a, fresh()));
	else if (sscanf(line, "clear %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64, &s, &a, &b, &c) == 4)
		plain(core->base->region_clear(core, s, a, &(struct nova_base_region_clear_in){ .struct_size = sizeof(struct nova_base_region_clear_in), .offset = b, .length = c }, fresh()));
	else if (sscanf(line, "read %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64, &s, &a, &b, &c, &d) == 5) read_region(s, a, b, c, d);
	else if (sscanf(line, "write %" SCNu64 " %" SCNu64 " %" SCNu64 " %8192s", &s, &a, &b, text) >= 3) write_region(s, a, b, text);
	else if (sscanf(line, "write-long %" SCNu64 " %" SCNu64 " %" SCNu64, &s, &a, &b) == 3) write_long(s, a, b);
	else if (sscanf(line, "types %" SCNu64 " %" SCNu64 " %" SCNu64, &s, &a, &b) == 3) types(s, (uint32_t)a, (uint32_t)b);
	else if (sscanf(line, "submit %" SCNu64 " %" SCNu64 " %16384s", &s, &a, text) >= 2) submit(s, text, (uint32_t)a);
	else if (sscanf(line, "assign %" SCNu64 " %d %" SCNu64 " %" SCNu64, &s, &vf, &a, &b) == 4) assign(s, vf, (uint32_t)a, (uint8_t)b);
	else if (sscanf(line, "unassign %" SCNu64 " %" SCNu64 " %" SCNu64, &s, &a, &b) == 3) unassign(s, (uint32_t)a, (uint8_t)b);
	else if (sscanf(line, "assignment %" SCNu64 " %" SCNu64 " %d", &s, &a, &vf) == 3) assignment(s, (uint32_t)a, vf);
	else if (sscanf(line, "open %" SCNu64 " %" SCNu64 " %" SCNu64 " %255s", &s, &a, &b, text) >= 3) open_instance(s, (uint32_t)a, (uint8_t)b, text);
	else if (sscanf(line, "instance %" SCNu64 " %" SCNu64, &s, &a) == 2) instance_info(s, a);
	else if (sscanf(line, "reset %" SCNu64 " %" SCNu64, &s, &a) == 2) plain(core->vgpu->instance_reset(core, s, a, fresh()));
	else if (sscanf(line, "master %" SCNu64 " %" SCNu64 " %" SCNu64, &s, &a, &b) == 3) master(s, a, (uint8_t)b);
	else if (sscanf(line, "close %" SCNu64 " %" SCNu64, &s, &a) == 2) plain(core->vgpu->instance_release(core, s, a, fresh()));
	else if (sscanf(line, "facts %" SCNu64 " %" SCNu64, &s, &a) == 2) facts(s, (uint32_t)a);
	else if (sscanf(line, "dispatch %" SCNu64 " %" SCNu64, &s, &a) == 2) dispatch(s, (uint32_t)a);
	else if (sscanf(line, "probe %" SCNu64, &probe_session) == 1) printf("0\n");
	else if (sscanf(line, "counters %" SCNu64, &s) == 1) counters(s);
	else if (sscanf(line, "nonsense %" SCNu64, &s) == 1) nonsense(s);
	else if (sscanf(line, "second %16384s", text) == 1) second(text);
	else if (strncmp(line, "why", 3) == 0)
		printf("reason %" PRIu32 " about %.64s\n", error.reason, error.about);
	else if (strncmp(line, "tables", 6) == 0)
		printf("%d %d %d fd %d\n", core->base ? (int)core->base->count : -1, core->vgpu ? (int)core->vgpu->count : -1, core->drm ? (int)core->drm->count : -1, nova_core_fd(core) >= 0);
	else if (strncmp(line, "quit", 4) == 0)
		return 0;
	else
		printf("what? %s", line);
	return 1;
}

int main(int argc, char **argv)
{
	static char line[20000];
	int rc = argc < 2 ? -1 : nova_core_connect(argv[1], &core);

	setvbuf(stdout, NULL, _IOLBF, 4096);
	printf("%d connected\n", rc);
	if (rc != 0)
		return 1;
	while (fgets(line, sizeof(line), stdin) != NULL && command(line))
		;
	nova_core_disconnect(core);
	return 0;
}
