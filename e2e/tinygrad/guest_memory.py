"""The driver's memory as the device sees it: pages of 4 KiB, each with an address of its own."""

import random

PAGE = 0x1000
# Above what 32 bits reach, below where the BARs are put.
FIRST = 0x1_0000_0000


class GuestMemory:
    """Memory that is handed out in pages, and that the device reads and writes by address."""

    def __init__(self, seed=1):
        self.missed = []  # what the device asked for in vain
        self._pages = {}
        self._next = FIRST
        self._random = random.Random(seed)

    def allocate(self, size, scattered):
        """(bytes, addresses of its pages): one after the other, or in any order and never two that touch."""
        count = -(-size // PAGE)
        data = bytearray(count * PAGE)
        step = 2 * PAGE if scattered else PAGE
        addresses = [self._next + i * step for i in range(count)]
        # A page that is nobody's lies between two allocations.
        self._next += count * step + PAGE
        if scattered:
            self._random.shuffle(addresses)
        for i, address in enumerate(addresses):
            self._pages[address // PAGE] = memoryview(data)[i * PAGE : (i + 1) * PAGE]
        return data, addresses

    def read(self, address, count):
        return b"".join(bytes(part) for part in self._parts(address, count))

    def write(self, address, data):
        done = 0
        for part in self._parts(address, len(data)):
            part[:] = data[done : done + len(part)]
            done += len(part)

    def _parts(self, address, count):
        parts = []
        while count > 0:
            page = self._pages.get(address // PAGE)
            if page is None:
                raise LookupError(f"no page at {address:#x}")
            part = page[address % PAGE : address % PAGE + count]
            parts.append(part)
            address, count = address + len(part), count - len(part)
        return parts
