// What src/cases/rings.ts compares with: the same queue by hand in C, as message_queue_cpu.c of NVIDIA's open kernel
// modules does it. A record goes into the ring (header, payload, checksum, pointer) and is taken out again into private memory,
// checked and handed on.
//
// rings LENGTH MESSAGES shared|own: prints the nanoseconds of one message with LENGTH payload bytes. Between threads a pointer
// is published with a full fence behind it, as drivers do before they ring the doorbell; alone there is none.
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ENTRY = 0x1000, ENTRIES = 63, MOST = 16, HEADER = 0x50, ELEMENT = 0x30 };

struct record {
    uint8_t auth[0x20];
    uint32_t checksum, seqNum, elemCount, pad;
    uint32_t version, signature, length, function, result, resultPrivate, sequence, spare;
    uint8_t payload[MOST * ENTRY - HEADER];
};

static _Alignas(ENTRY) uint8_t ring[ENTRIES * ENTRY];
static _Atomic uint32_t writePtr, readPtr;

static uint32_t checksum(const void *from, size_t bytes)
{
    const uint64_t *words = from;
    uint64_t sum = 0;
    for (size_t i = 0; i < bytes / 8; i++) sum ^= words[i];
    if (bytes % 8 != 0) {
        uint64_t tail = 0;
        memcpy(&tail, (const uint8_t *)from + bytes / 8 * 8, bytes % 8);
        sum ^= tail;
    }
    return (uint32_t)(sum >> 32) ^ (uint32_t)sum;
}

static int shared;

static void publish(_Atomic uint32_t *pointer, uint32_t value)
{
    if (shared) atomic_store_explicit(pointer, value, memory_order_seq_cst);
    else atomic_store_explicit(pointer, value, memory_order_release);
}

static uint32_t sendSeq, receiveSeq;
static struct record outgoing, incoming;

static int enqueue(uint32_t function, const uint8_t *payload, uint32_t length)
{
    uint32_t total = HEADER + length, entries = (total + ENTRY - 1) / ENTRY;
    uint32_t write = atomic_load_explicit(&writePtr, memory_order_relaxed);
    uint32_t read = atomic_load_explicit(&readPtr, memory_order_acquire);
    if (read >= ENTRIES || (read + ENTRIES - write - 1) % ENTRIES < entries) return 0;
    struct record *record = &outgoing;
    memset(record, 0, HEADER);
    record->seqNum = sendSeq++;
    record->elemCount = entries;
    record->version = 0x03000000;
    record->signature = 0x43505256;
    record->length = total - ELEMENT;
    record->function = function;
    record->result = record->resultPrivate = 0xffffffff;
    memcpy(record->payload, payload, length);
    record->checksum = checksum(record, total);
    uint32_t first = (ENTRIES - write) * ENTRY;
    if (first > total) first = total;
    memcpy(ring + write * ENTRY, record, first);
    memcpy(ring, (uint8_t *)record + first, total - first);
    publish(&writePtr, (write + entries) % ENTRIES);
    return 1;
}

static const struct record *dequeue(void)
{
    uint32_t read = atomic_load_explicit(&readPtr, memory_order_relaxed);
    uint32_t write = atomic_load_explicit(&writePtr, memory_order_acquire);
    if (write >= ENTRIES) return NULL;
    uint32_t available = (write + ENTRIES - read) % ENTRIES;
    if (available == 0) return NULL;
    struct record *record = &incoming;
    memcpy(record, ring + read * ENTRY, HEADER);
    uint32_t entries = record->elemCount, total = ELEMENT + record->length;
    if (entries < 1 || entries > MOST || entries > available) return NULL;
    if (total < HEADER || total > MOST * ENTRY || (total + ENTRY - 1) / ENTRY != entries) return NULL;
    uint32_t first = (ENTRIES - read) * ENTRY;
    if (first > total) first = total;
    memcpy((uint8_t *)record + HEADER, ring + read * ENTRY + HEADER, first - HEADER);
    memcpy((uint8_t *)record + first, ring, total - first);
    if (checksum(record, total) != 0 || record->seqNum != receiveSeq) return NULL;
    receiveSeq++;
    publish(&readPtr, (read + entries) % ENTRIES);
    if (record->version != 0x03000000 || record->signature != 0x43505256) return NULL;
    return record;
}

int main(int argc, char **argv)
{
    if (argc != 4) return 2;
    shared = strcmp(argv[3], "shared") == 0;
    uint32_t length = (uint32_t)atoi(argv[1]), messages = (uint32_t)atoi(argv[2]), sum = 0;
    if (length == 0 || length > MOST * ENTRY - HEADER || messages == 0) return 2;
    static uint8_t payload[MOST * ENTRY];
    for (uint32_t i = 0; i < length; i++) payload[i] = (uint8_t)(i * 31 + 1);
    struct timespec began, ended;
    // The first half is for the caches.
    for (uint32_t i = 0; i < 2 * messages; i++) {
        if (i == messages) clock_gettime(CLOCK_MONOTONIC, &began);
        payload[i & (length - 1)]++;
        if (!enqueue(76, payload, length)) return 1;
        const struct record *record = dequeue();
        if (record == NULL) return 1;
        sum += record->payload[i & (length - 1)];
    }
    clock_gettime(CLOCK_MONOTONIC, &ended);
    printf("%f %u\n", ((double)(ended.tv_sec - began.tv_sec) * 1e9 + (double)(ended.tv_nsec - began.tv_nsec)) / messages, sum);
    return 0;
}
