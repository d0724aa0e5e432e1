/* SPDX-License-Identifier: MIT */
/* A client of a core driver, in C: looks at the device, uses some of its memory, opens a virtual GPU and closes it.
 *
 *     c-client SOCKET TYPE-FILE
 *
 * It knows nova_core_api.h. That the core is in another process it knows from one line, nova_core_connect(). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nova_core_socket.h"

#define TYPES 64

static struct nova_core *core;
static struct nova_error error = { .struct_size = sizeof(error) };

/* Ends the program unless all went well. Disconnecting gives back whatever is held. */
static void must(const char *what, int rc)
{
	if (rc == 0)
		return;
	fprintf(stderr, "%s: %s: %.*s\n", what, strerror(-rc), (int)sizeof(error.text), error.text);
	nova_core_disconnect(core);
	exit(1);
}

static void on_event(void *ctx, const struct nova_event *event)
{
	/* The payload is a struct of the kind; it is copied out, as it may be longer in later minors. */
	if (event->kind == NOVA_VGPU_EVENT_INSTANCE_STATE) {
		struct nova_vgpu_event_instance_state state;

		memcpy(&state, event->payload, sizeof(state));
		printf("event %" PRIu64 ": instance %" PRIu32 " from state %" PRIu32 " to %" PRIu32 "\n", event->sequence, state.vf, state.from, state.to);
	} else {
		printf("event %" PRIu64 ": kind %" PRIu32 "\n", event->sequence, event->kind);
	}
	++*(int *)ctx;
}

static uint64_t attach(int *events)
{
	struct nova_offer offer = { .struct_size = sizeof(offer) };
	struct nova_iface_want wants[] = {
		{ .iface = NOVA_IFACE_BASE, .major = 1, .max_minor = 1 },
		{ .iface = NOVA_IFACE_VGPU, .major = 1, .min_minor = 1, .max_minor = 1 },
	};
	struct nova_hello hello = {
		.struct_size = sizeof(hello), .kind = NOVA_CLIENT_VGPU_MANAGER, .name = "c-client",
		.want_count = 2, .stride = sizeof(wants[0]), .wants = wants, .on_event = on_event, .ctx = events,
	};
	struct nova_agreement agreement = { .struct_size = sizeof(agreement) };

	must("offer", core->offer(core, &offer, &error));
	hello.epoch = offer.epoch;
	hello.required[0] = 1 << NOVA_CAP_DEVICE_INFO | 1 << NOVA_CAP_DEVICE_EVENTS | 1 << NOVA_CAP_MEMORY_REGION | 1 << NOVA_CAP_MEMORY_CPU_WINDOW;
	hello.required[1] = 1 << (NOVA_CAP_VGPU_TYPES_LIST - 64) | 1 << (NOVA_CAP_VGPU_TYPES_SUBMIT - 64) | 1 << (NOVA_CAP_VGPU_INSTANCE_BASIC - 64);
	must("attach", core->attach(core, &hello, &agreement, &error));
	printf("attached: base %u.%u, vgpu %u.%u\n", agreement.agreed[0].major, agreement.agreed[0].minor, agreement.agreed[1].major, agreement.agreed[1].minor);
	return agreement.session;
}

static void look(uint64_t session)
{
	struct nova_base_device_info info = { .struct_size = sizeof(info) };
	struct nova_base_device_info_out out = { .struct_size = sizeof(out), .info = &info };

	must("device_info", core->base->device_info(core, session, &out, &error));
	printf("device: %.*s, %" PRIu64 " MiB, of which clients can have %" PRIu64 "\n", (int)sizeof(info.name), info.name, info.memory_total >> 20, info.memory_usable >> 20);
}

static void use_memory(uint64_t session)
{
	static const uint8_t text[] = "written by a client in C";
	uint8_t back[sizeof(text)] = { 0 };
	struct nova_base_allocate_in want = { .struct_size = sizeof(want), .size = 100000 };
	struct nova_base_allocate_out got = { .struct_size = sizeof(got) };
	struct nova_base_region_write_in write = { .struct_size = sizeof(write), .offset = 4090, .bytes = text, .bytes_length = sizeof(text) };
	struct nova_base_region_read_in read = { .struct_size = sizeof(read), .offset = 4090, .length = sizeof(back) };
	struct nova_base_region_read_out seen = { .struct_size = sizeof(seen), .bytes = back, .bytes_capacity = sizeof(back) };

	must("allocate", core->base->allocate(core, session, &want, &got, &error));
	must("write", core->base->region_write(core, session, got.region, &write, &error));
	must("read", core->base->region_read(core, session, got.region, &read, &seen, &error));
	printf("memory: %" PRIu64 " bytes; at %" PRIu64 " stands \"%s\"\n", got.size, read.offset, (const char *)back);
	must("release", core->base->region_release(core, session, got.region, &error));
}

static void submit_types(uint64_t session, const char *path)
{
	static uint8_t data[1 << 20];
	static struct nova_vgpu_type_verdict verdicts[TYPES];
	FILE *file = fopen(path, "rb");
	struct nova_vgpu_submit_types_in in = { .struct_size = sizeof(in), .data = data, .label = path, .label_length = (uint32_t)strlen(path) };
	struct nova_vgpu_submit_types_out out = { .struct_size = sizeof(out), .verdicts = verdicts, .verdicts_capacity = TYPES, .verdicts_stride = sizeof(verdicts[0]) };
	uint32_t i, accepted = 0;

	if (file == NULL) {
		perror(path);
		exit(1);
	}
	in.data_length = fread(data, 1, sizeof(data), file);
	fclose(file);
	must("submit_types", core->vgpu->submit_types(core, session, &in, &out, &error));
	for (i = 0; i < out.verdicts_count; i++)
		accepted += verdicts[i].accepted;
	printf("types: %" PRIu32 " of %" PRIu32 " accepted\n", accepted, out.verdicts_count);
}

static void use_vgpu(uint64_t session)
{
	static struct nova_vgpu_type types[TYPES];
	static const char label[] = "a guest";
	struct nova_vgpu_list_types_out list = { .struct_size = sizeof(list), .types = types, .types_capacity = TYPES, .types_stride = sizeof(types[0]) };
	struct nova_vgpu_guest_identity identity = { .struct_size = sizeof(identity) };
	struct nova_vgpu_assign_in assign = { .struct_size = sizeof(assign), .owner = "c-client", .present = NOVA_VGPU_ASSIGN_IN_HAS_GENERATION };
	struct nova_vgpu_assign_out assigned = { .struct_size = sizeof(assigned) };
	struct nova_vgpu_open_in open = { .struct_size = sizeof(open), .owner = "c-client", .label = label, .label_length = sizeof(label) - 1, .process = 1 };
	struct nova_vgpu_open_out opened = { .struct_size = sizeof(opened), .identity = &identity };
	struct nova_vgpu_unassign_in unassign = { .struct_size = sizeof(unassign), .owner = "c-client" };
	uint32_t i = 0;

	must("list_types", core->vgpu->list_types(core, session, &list, &error));
	while (i < list.types_count && types[i].creatable == 0)
		i++;
	if (i == list.types_count) {
		fprintf(stderr, "no type can be created\n");
		exit(1);
	}
	printf("list: %" PRIu32 " types; the first that can be created is %.*s, %" PRIu32 " of them\n", list.types_count, (int)sizeof(types[i].name), types[i].name, types[i].creatable);
	assign.type_id = types[i].type_id;
	assign.generation = list.generation;
	must("assign", core->vgpu->assign(core, session, &assign, &assigned, &error));
	open.vf = unassign.vf = assigned.vf;
	must("open", core->vgpu->open(core, session, &open, &opened, &error));
	printf("vGPU: open on virtual function %" PRIu32 ", its guest sees %" PRIu64 " MiB\n", open.vf, identity.memory >> 20);
	must("set_bus_master", core->vgpu->instance_set_bus_master(core, session, opened.instance, &(struct nova_vgpu_instance_set_bus_master_in){ .struct_size = sizeof(struct nova_vgpu_instance_set_bus_master_in), .on = 1 }, &error));
	must("reset", core->vgpu->instance_reset(core, session, opened.instance, &error));
	must("close", core->vgpu->instance_release(core, session, opened.instance, &error));
	must("unassign", core->vgpu->unassign(core, session, &unassign, &error));
	printf("vGPU: closed\n");
}

int main(int argc, char **argv)
{
	int events = 0, rc;
	uint64_t session;

	if (argc != 3) {
		fprintf(stderr, "usage: %s SOCKET TYPE-FILE\n", argv[0]);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 4096);
	rc = nova_core_connect(argv[1], &core);
	if (rc != 0) {
		fprintf(stderr, "%s: %s\n", argv[1], strerror(-rc));
		return 1;
	}
	session = attach(&events);
	look(session);
	use_memory(session);
	submit_types(session, argv[2]);
	use_vgpu(session);
	must("dispatch", core->dispatch(core, session, 1000, &error));
	must("detach", core->detach(core, session, &error));
	nova_core_disconnect(core);
	printf("done: %d events\n", events);
	return events > 0 ? 0 : 1;
}
