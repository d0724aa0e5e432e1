"""A PCI device for tinygrad's drivers, behind a vfio-user socket. It does what a host's firmware and kernel do before a
user-space driver gets the device: places the BARs and turns decoding on.
"""

import struct

from guest_memory import GuestMemory
from tinygrad.runtime.support.hcq import MMIOInterface
from tinygrad.runtime.support.system import RemotePCIDevice
from vfio_user import CONFIG, VfioUser

MiB = 1 << 20
COMMAND, BAR0 = 0x04, 0x10
DECODE = 0x2  # of the command register: memory
IS_IO, IS_64, PREFETCHABLE = 0x1, 0x4, 0x8
# Where BARs with 32-bit and with 64-bit addresses are put, aligned to their size.
SPACE_32, SPACE_64 = 0xC000_0000, 0x100_0000_0000
# The queue block, 516 KiB, and the firmware image are reached through tables of pages, so their pages may lie anywhere; what
# else the driver allocates it uses as if it were in one piece.
QUEUE_BLOCK = 0x81000
LARGEST_IN_ONE_PIECE = 2 * MiB


class View(MMIOInterface):
    """What tinygrad reads and writes by index and by slice; `fmt` is an element's letter in `struct`."""

    def __init__(self, nbytes, fmt):  # A view has no address in this process.
        self.nbytes, self.fmt, self._size = nbytes, fmt, struct.calcsize(fmt)

    def __len__(self):
        return self.nbytes // self._size

    def __getitem__(self, index):
        if not isinstance(index, slice):
            return struct.unpack(f"<{self.fmt}", self._read(index * self._size, self._size))[0]
        start, stop, step = index.indices(len(self))
        data = self._read(start * self._size, (stop - start) * self._size)
        return (data if self.fmt == "B" else list(struct.unpack(f"<{stop - start}{self.fmt}", data)))[::step]

    def __setitem__(self, index, value):
        if not isinstance(index, slice):
            self._write(index * self._size, struct.pack(f"<{self.fmt}", value))
            return
        start, stop, step = index.indices(len(self))
        data = bytes(value) if self.fmt == "B" else struct.pack(f"<{len(value)}{self.fmt}", *value)
        if step != 1 or len(data) != (stop - start) * self._size:
            raise ValueError(f"{len(data)} bytes for {stop - start} elements of {self._size}, step {step}")
        self._write(start * self._size, data)


class BarView(View):
    def __init__(self, device, bar, offset, nbytes, fmt):
        super().__init__(nbytes, fmt)
        self._device, self._bar, self._offset = device, bar, offset

    def _read(self, at, count):
        return self._device.vfio.read(self._bar, self._offset + at, count)

    def _write(self, at, data):
        self._device.vfio.write(self._bar, self._offset + at, data, posted=True)

    def view(self, offset=0, size=None, fmt=None):
        return BarView(self._device, self._bar, self._offset + offset, self.nbytes - offset if size is None else size, fmt or self.fmt)


class MemoryView(View):
    def __init__(self, device, data, offset, nbytes, fmt):
        super().__init__(nbytes, fmt)
        self._device, self._data, self._offset = device, data, offset

    def _read(self, at, count):
        # What the device wrote meanwhile may still be on its way.
        self._device.vfio.serve()
        return bytes(self._data[self._offset + at : self._offset + at + count])

    def _write(self, at, data):
        self._data[self._offset + at : self._offset + at + len(data)] = data

    def view(self, offset=0, size=None, fmt=None):
        return MemoryView(self._device, self._data, self._offset + offset, self.nbytes - offset if size is None else size, fmt or self.fmt)


class VfioUserPciDevice(RemotePCIDevice):
    """Remote, as far as tinygrad is concerned: it then maps nothing of the device into its own address space."""

    def __init__(self, path):
        self.pcibus, self.peer_group, self.irq_poller = f"remote:{path}", "vfio-user", None
        self.memory = GuestMemory()
        self.vfio = VfioUser(path, self.memory)
        self._bars = self._place_bars()
        self.write_config(COMMAND, self.read_config(COMMAND, 2) | DECODE, 2)

    def _place_bars(self):
        bars, next_32, next_64 = {}, SPACE_32, SPACE_64
        index = 0
        while index < 6:
            register = BAR0 + 4 * index
            size = self.vfio.region_size(index)
            kind = self.read_config(register, 4)
            if size and not kind & IS_IO:
                if kind & IS_64:
                    address = next_64 = -(-next_64 // size) * size
                    next_64 += size
                    self.write_config(register + 4, address >> 32, 4)
                else:
                    address = next_32 = -(-next_32 // size) * size
                    next_32 += size
                self.write_config(register, address & 0xFFFF_FFFF, 4)
                bars[index] = (address, size)
            index += 2 if size and kind & IS_64 else 1
        return bars

    def bar_info(self, bar_idx):
        return self._bars[bar_idx]

    def map_bar(self, bar, off=0, addr=0, size=None, fmt="B"):
        return BarView(self, bar, off, size or self._bars[bar][1] - off, fmt)

    def resize_bar(self, bar_idx):
        raise RuntimeError("this device's BARs have one size")

    def alloc_sysmem(self, size, vaddr=0, contiguous=False):
        scattered = not contiguous and (size == QUEUE_BLOCK or size > LARGEST_IN_ONE_PIECE)
        data, addresses = self.memory.allocate(size, scattered)
        # As many ranges as pages, also where pages lie side by side.
        self.vfio.map([(address, 0x1000) for address in addresses])
        return MemoryView(self, data, 0, size, "B"), addresses

    def read_config(self, offset, size):
        return int.from_bytes(self.vfio.read(CONFIG, offset, size), "little")

    def write_config(self, offset, value, size):
        self.vfio.write(CONFIG, offset, value.to_bytes(size, "little"), posted=False)

    def reset(self):
        """The header keeps what was written to it, as when vfio resets a function."""
        self.vfio.reset()
