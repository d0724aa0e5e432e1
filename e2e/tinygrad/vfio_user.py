"""A plain vfio-user client: no file descriptors, no threads. Protocol version 0.0, numbers little-endian.

Sources: QEMU 11.1: docs/interop/vfio-user.rst; linux: include/uapi/linux/vfio.h
"""

import json
import os
import socket
import struct

HEADER = struct.Struct("<HHIII")  # id, command, size of the whole message, flags, errno
VERSION, DMA_MAP, DEVICE_INFO, REGION_INFO = 1, 2, 4, 5
REGION_READ, REGION_WRITE, DMA_READ, DMA_WRITE, DEVICE_RESET = 9, 10, 11, 12, 13
REPLY, NO_REPLY, ERROR = 0x1, 0x10, 0x20
ENODEV = 19
CONFIG = 7  # index of the configuration space among the regions


class VfioUser:
    """One conversation. `memory` answers the server's DMA messages: `read(address, count)`, `write(address, data)`.

    A message of the server is looked at whenever this side waits for a reply, or looks at memory that the device may
    have written (`serve`): the driver above polls one or the other all the time.
    """

    def __init__(self, path, memory):
        self.memory = memory
        self.counts = {"reads": 0, "writes": 0, "dma_reads": 0, "dma_writes": 0, "maps": 0}
        self._received = bytearray()
        self._next_id = 0
        self._replies = {}
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.connect(path)
        capabilities = {"capabilities": {"max_msg_fds": 0, "max_data_xfer_size": 1 << 20, "max_dma_maps": 65535, "pgsizes": 4096}}
        reply = self.call(VERSION, struct.pack("<HH", 0, 0) + json.dumps(capabilities).encode() + b"\0")
        answer = json.loads(reply[4:].rstrip(b"\0") or b"{}").get("capabilities", {})
        self.max_transfer = min(1 << 20, answer.get("max_data_xfer_size", 1 << 20))

    def region_size(self, index):
        reply = self.call(REGION_INFO, struct.pack("<IIIIQQ", 32, 0, index, 0, 0, 0))
        return struct.unpack_from("<Q", reply, 16)[0]

    def read(self, region, offset, count):
        self.counts["reads"] += 1
        parts = []
        for at in range(offset, offset + count, self.max_transfer):
            part = min(self.max_transfer, offset + count - at)
            parts.append(self.call(REGION_READ, struct.pack("<QII", at, region, part))[16:])
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def write(self, region, offset, data, posted):
        """A posted write wants no reply."""
        self.counts["writes"] += 1
        for start in range(0, len(data), self.max_transfer):
            part = bytes(data[start : start + self.max_transfer])
            body = struct.pack("<QII", offset + start, region, len(part)) + part
            if posted:
                self._send(REGION_WRITE, body, NO_REPLY)
            else:
                self.call(REGION_WRITE, body)

    def map(self, ranges):
        """Announces (address, size) ranges, readable and writable, without descriptors, many requests at a time."""
        for start in range(0, len(ranges), 256):
            for one in [self._send(DMA_MAP, struct.pack("<IIQQQ", 32, 3, 0, address, size)) for address, size in ranges[start : start + 256]]:
                self._wait(one)
        self.counts["maps"] += len(ranges)

    def reset(self):
        self.call(DEVICE_RESET, b"")

    def call(self, command, body):
        return self._wait(self._send(command, body))

    def serve(self):
        """Does what the server asked for, without waiting for more."""
        while True:
            try:
                data = self._socket.recv(1 << 18, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            self._take(data)

    def close(self):
        self._socket.close()

    def _send(self, command, body, flags=0):
        one = self._next_id
        self._next_id = (one + 1) & 0xFFFF
        self._socket.sendall(HEADER.pack(one, command, HEADER.size + len(body), flags, 0) + body)
        return one

    def _wait(self, one):
        while one not in self._replies:
            self._take(self._socket.recv(1 << 18))
        errno, body = self._replies.pop(one)
        if errno:
            raise OSError(errno, os.strerror(errno))
        return body

    def _take(self, data):
        if not data:
            raise ConnectionError("the server closed the connection")
        self._received += data
        at = 0
        while len(self._received) - at >= HEADER.size:
            one, command, size, flags, errno = HEADER.unpack_from(self._received, at)
            if len(self._received) - at < size:
                break
            body = bytes(self._received[at + HEADER.size : at + size])
            at += size
            if flags & REPLY:
                self._replies[one] = (errno if flags & ERROR else 0, body)
            else:
                self._answer(one, command, flags, body)
        del self._received[:at]

    def _answer(self, one, command, flags, body):
        address, count = struct.unpack_from("<QQ", body)
        reply = body[:16]
        try:
            if command == DMA_READ:
                self.counts["dma_reads"] += 1
                reply += self.memory.read(address, count)
            elif command == DMA_WRITE:
                self.counts["dma_writes"] += 1
                self.memory.write(address, body[16 : 16 + count])
            else:
                raise LookupError(f"request {command} of the server")
            errno = 0
        except LookupError as error:
            self.memory.missed.append(str(error))
            reply, errno = b"", ENODEV
        if not flags & NO_REPLY:
            self._socket.sendall(HEADER.pack(one, command, HEADER.size + len(reply), REPLY | (ERROR if errno else 0), errno) + reply)
