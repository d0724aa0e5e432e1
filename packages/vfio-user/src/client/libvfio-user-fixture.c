/* For tests: a device made with libvfio-user. libvfio-user-fixture SOCKET
 * BAR 0, 4 KiB, keeps what is written. A write of register 8 copies a word from the address in register 0 to the address
 * in register 4, adds one to it, and counts in register 12. A bus error counts in register 16. */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <libvfio-user.h>

static uint32_t registers[1024];

static int move(vfu_ctx_t *ctx, uint32_t address, uint32_t *word, int protection)
{
	dma_sg_t *sg = alloca(dma_sg_size());

	if (vfu_addr_to_sgl(ctx, (vfu_dma_addr_t)(uintptr_t)address, 4, sg, 1, protection) != 1)
		return -1;
	return protection == PROT_READ ? vfu_sgl_read(ctx, sg, 1, word, 0) : vfu_sgl_write(ctx, sg, 1, word, 0);
}

static ssize_t bar0(vfu_ctx_t *ctx, char *buf, size_t count, loff_t offset, bool is_write)
{
	uint32_t word;

	if (offset < 0 || offset + count > sizeof registers) {
		errno = EINVAL;
		return -1;
	}
	if (!is_write) {
		memcpy(buf, (char *)registers + offset, count);
		return count;
	}
	memcpy((char *)registers + offset, buf, count);
	if (offset != 8)
		return count;
	if (move(ctx, registers[0], &word, PROT_READ) == 0) {
		word++;
		if (move(ctx, registers[1], &word, PROT_WRITE) == 0) {
			registers[3]++;
			return count;
		}
	}
	registers[4]++;
	return count;
}

static int reset(vfu_ctx_t *ctx, vfu_reset_type_t type)
{
	(void)ctx;
	(void)type;
	memset(registers, 0, sizeof registers);
	return 0;
}

static void dma_comes(vfu_ctx_t *ctx, vfu_dma_info_t *info) { (void)ctx; (void)info; }
static void dma_goes(vfu_ctx_t *ctx, vfu_dma_info_t *info) { (void)ctx; (void)info; }

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	vfu_ctx_t *ctx = vfu_create_ctx(VFU_TRANS_SOCK, argv[1], 0, NULL, VFU_DEV_TYPE_PCI);
	if (!ctx || vfu_pci_init(ctx, VFU_PCI_TYPE_CONVENTIONAL, PCI_HEADER_TYPE_NORMAL, 0) < 0)
		err(1, "context");
	vfu_pci_set_id(ctx, 0x1234, 0x5679, 0x1234, 1);
	vfu_pci_set_class(ctx, 0x12, 0, 0);
	if (vfu_setup_region(ctx, VFU_PCI_DEV_BAR0_REGION_IDX, sizeof registers, bar0, VFU_REGION_FLAG_RW | VFU_REGION_FLAG_MEM, NULL, 0, -1, 0) < 0
	    || vfu_setup_device_nr_irqs(ctx, VFU_DEV_INTX_IRQ, 1) < 0
	    || vfu_setup_device_dma(ctx, 64, dma_comes, dma_goes) < 0
	    || vfu_setup_device_reset_cb(ctx, reset) < 0
	    || vfu_realize_ctx(ctx) < 0
	    || vfu_attach_ctx(ctx) < 0)
		err(1, "device");
	while (vfu_run_ctx(ctx) >= 0)
		;
	return errno == ENOTCONN ? 0 : 1;
}
