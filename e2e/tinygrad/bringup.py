"""Runs tinygrad's NVIDIA driver on a device behind a vfio-user socket, and says how far it came.

    python3 bringup.py --tinygrad DIR --socket PATH --firmware DIR [--backend] [--times N]

Output: tinygrad's own lines, then one line of JSON that begins with "RESULT ". Exit status 0 when the driver was content.
"""

import argparse
import hashlib
import inspect
import json
import os
import pathlib
import random
import re
import sys
import time
import traceback

arguments = argparse.ArgumentParser()
arguments.add_argument("--tinygrad", required=True, help="tinygrad's source tree")
arguments.add_argument("--socket", required=True, help="the vfio-user server's socket")
arguments.add_argument("--firmware", required=True, help="a linux-firmware tree, not compressed")
arguments.add_argument("--backend", action="store_true", help="go on to the whole backend: channels, pushbuffers, semaphores")
arguments.add_argument("--times", type=int, default=1, help="how often the GPU is brought up, one after the other")
options = arguments.parse_args()
sys.path.insert(0, options.tinygrad)
os.environ["DEV"] = "PCI+NV"

from pci_device import VfioUserPciDevice  # noqa: E402
from tinygrad import helpers  # noqa: E402
from tinygrad.runtime.autogen import nv  # noqa: E402
from tinygrad.runtime.support.nv import ip  # noqa: E402
from tinygrad.runtime.support.nv.nvdev import NVDev  # noqa: E402
from tinygrad.runtime.support.system import System  # noqa: E402

VERSION = "570.144"
CHIPS = {"ga102": ("booter_load", "bootloader"), "ad102": ("booter_load", "bootloader"), "gb202": ("fmc", "bootloader")}


def link_firmware(tree):
    """Puts the files where tinygrad looks before it goes to the network: under the MD5 of their address."""
    where = re.search(r'"(https://[^"{]*)\{path\}/\{name\}"', inspect.getsource(helpers.fetch_fw)).group(1)
    cache = pathlib.Path(helpers._ensure_downloads_dir()) / "fw"
    cache.mkdir(parents=True, exist_ok=True)
    for chip, kind in [("ga102", "gsp"), *((chip, kind) for chip, kinds in CHIPS.items() for kind in kinds)]:
        path, name = f"nvidia/{chip}/gsp", f"{kind}-{VERSION}.bin"
        link = cache / hashlib.md5(f"{where}{path}/{name}".encode()).hexdigest()
        file = pathlib.Path(tree).resolve() / path / name
        if file.is_file() and not link.exists():
            link.symlink_to(file.resolve())


class Watch:
    """Listens to the answers of the GSP as tinygrad takes them: tinygrad does not look at the status inside."""

    def __init__(self):
        self.messages, self.bad = [], []
        original = ip.NVRpcQueue.read_resp

        def read_resp(queue):
            for function, message in original(queue):
                self.take(function, message)
                yield function, message

        ip.NVRpcQueue.read_resp = read_resp

    def take(self, function, message):
        kinds = {
            nv.NV_VGPU_MSG_FUNCTION_GSP_RM_ALLOC: (nv.rpc_gsp_rm_alloc_v, "hClass"),
            nv.NV_VGPU_MSG_FUNCTION_GSP_RM_CONTROL: (nv.rpc_gsp_rm_control_v, "cmd"),
        }
        name = nv.rpc_fns.get(function) or nv.rpc_events.get(function) or hex(function)
        if function in kinds:
            layout, field = kinds[function]
            call = layout.from_buffer_copy(message)
            name = f"{name} {getattr(call, field):#x}"
            if call.status:
                self.bad.append(f"{name}: status {call.status:#x}")
        self.messages.append(name)


def reached(dev):
    """What the driver's own objects say about how far it came."""
    gsp, falcon = getattr(dev, "gsp", None), getattr(dev, "flcn", None)
    return {
        "chip": getattr(dev, "chip_name", None),
        "memory": getattr(dev, "vram_size", None),
        "large_bar": getattr(dev, "large_bar", None),
        "vbios": hasattr(falcon, "desc_v3"),
        "images": hasattr(gsp, "wpr_meta"),
        "queues": hasattr(gsp, "stat_q"),
        "init_done": hasattr(gsp, "priv_root"),
        "runlists": len(getattr(gsp, "runlists", ())),
        "context_buffers": {str(k): v.size for k, v in getattr(gsp, "grctx_bufs", {}).items()},
    }


def attempt(what):
    """Runs `what`; the error that ended it, if one did, and how long it took."""
    began = time.perf_counter()
    error = None
    try:
        what()
    except Exception as failure:
        traceback.print_exc()
        error = f"{type(failure).__name__}: {failure}"
    return {"error": error, "seconds": round(time.perf_counter() - began, 2)}


def read_through_tables(dev, count=(6 << 20) + 0x5000):
    """Whether BAR1 shows what tinygrad's page tables say once it goes through them; None where it does not reach so far.

    Instance block: linux: drivers/gpu/drm/nouveau/nvkm/subdev/mmu/vmmgp100.c (gp100_vmm_join)
    """
    large_pages, small_pages = dev.mm.valloc(count), dev.mm.valloc(0x3000)
    if max(mapping.va_addr + mapping.size for mapping in (large_pages, small_pages)) > dev.vram.nbytes:
        return None
    block = dev.mm.palloc(0x1000)
    # In video memory, format 2 or later, large pages of 64 KiB; which format it is, the chip knows.
    directory = dev.mm.root_page_table.paddr | 1 << 10 | 1 << 11
    dev.vram.view(block + 0x200, 8, fmt="Q")[0] = directory
    same = True
    for mapping in (large_pages, small_pages):
        data = random.Random(mapping.va_addr).randbytes(mapping.size)
        done = 0
        for address, size in mapping.paddrs:
            dev.vram.view(address, size)[:] = data[done : done + size]
            done += size
        bind_bar1(dev, 1, block)
        same &= dev.pci_dev.map_bar(1, off=mapping.va_addr, size=mapping.size)[:] == data
        bind_bar1(dev, 0, 0)
    return same


def bind_bar1(dev, mode, block):
    """Has BAR1 go through the page tables of an instance block, or not."""
    if dev.fmc_boot:
        dev.NV_VIRTUAL_FUNCTION_PRIV_FUNC_BAR1_BLOCK_HIGH_ADDR.write(block >> 32)
        dev.NV_VIRTUAL_FUNCTION_PRIV_FUNC_BAR1_BLOCK_LOW_ADDR.write(mode=mode, target=0, ptr=block >> 12 & 0xFFFFF)
    else:
        dev.NV_PBUS_BAR1_BLOCK.write(mode=mode, target=0, ptr=block >> 12)


def bring_up(device):
    """NVDev: from the first register to the first allocations, and the end that it makes of it."""
    dev = NVDev.__new__(NVDev)  # kept, so that it can be looked at when it fails half-way
    tables = None

    def run():
        nonlocal tables
        dev.__init__(device)
        if dev.is_err_state:
            raise RuntimeError("tinygrad took the device for broken")
        tables = read_through_tables(dev)
        dev.fini()

    return {**attempt(run), **reached(dev), "tables": tables}


COPIED = 5 << 20


def copies(dev):
    """Random bytes to video memory, from there to another place in it, and back; whether they are the same bytes."""
    from tinygrad.device import BufferSpec

    allocator = dev.allocator
    data = random.Random(570144).randbytes(COPIED)
    here, there = (allocator.alloc(COPIED, BufferSpec()) for _ in range(2))
    allocator._copyin(here, memoryview(bytearray(data)))
    allocator._transfer(there, here, COPIED, dev, dev)
    back = memoryview(bytearray(COPIED))
    allocator._copyout(back, there)
    dev.synchronize()
    return bytes(back) == data


def whole_backend(opened):
    """What `Device["NV"]` makes: everything above, then its own channels, two pushbuffers and their semaphores; then copies."""
    from tinygrad.runtime.ops_nv import NVDevice

    System.list_devices = lambda *_args, **_kwargs: [(lambda devpref, pcibus: opened(pcibus), options.socket)]
    dev = NVDevice.__new__(NVDevice)
    copied = None

    def run():
        nonlocal copied
        dev.__init__("NV")
        copied = copies(dev)
        dev.iface.device_fini()

    outcome = attempt(run)
    iface = getattr(dev, "iface", None)
    channels = {name: f"{getattr(dev, name).token:#x}" for name in ("compute_gpfifo", "dma_gpfifo") if hasattr(dev, name)}
    shape = {name: getattr(dev, name) for name in ("num_gpcs", "num_tpc_per_gpc", "num_sm_per_tpc", "max_warps_per_sm", "arch") if hasattr(dev, name)}
    signal = getattr(dev, "timeline_signal", None)
    return {**outcome, **reached(getattr(iface, "dev_impl", None)), "channels": channels, "shape": shape, "signal": signal.value if signal else None, "copied": copied}


def main():
    link_firmware(options.firmware)
    watch = Watch()
    devices = []

    def opened(path):
        devices.append(VfioUserPciDevice(path))
        return devices[-1]

    runs = []
    if options.backend:
        runs.append(whole_backend(opened))
    else:
        device = opened(options.socket)
        for _ in range(options.times):
            runs.append(bring_up(device))
            if runs[-1]["error"]:
                break
    [device] = devices
    device.vfio.close()
    result = {"runs": runs, "messages": watch.messages, "bad": watch.bad, "counts": device.vfio.counts, "missed": device.memory.missed}
    print(f"RESULT {json.dumps(result)}", flush=True)
    return 1 if any(run["error"] for run in runs) or watch.bad or device.memory.missed else 0


status = main()
# Without tinygrad's own clean-up at exit, for the device is gone.
os._exit(status)
