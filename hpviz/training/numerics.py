"""What this machine computes on: its device, its precision, its threads. What needs no PyTorch is in `hardware`."""

import ctypes
import os
import platform
import re
from typing import Any

import torch

from hpviz import __version__, hardware
from hpviz.spec import BadInput

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # malloc.h of glibc


def machine(choice: str = "auto") -> dict[str, Any]:
    """The device chosen and what bears on its numbers and its speed, as plain JSON; "devices" are all it may train on.

    Raises BadInput if that device is not here.
    """
    use_threads()
    device = resolve_device(choice)
    return {
        "device": device,
        "name": torch.cuda.get_device_name(device) if device != "cpu" else hardware.cpu_name(),
        "precision": resolve_precision("auto", device),
        "threads": torch.get_num_threads(),
        "torch": str(torch.__version__),  # a type of its own, which only PyTorch can read
        "platform": platform.platform(),
        "hpviz": __version__,
        "devices": [device] if choice != "auto" else devices(device),
    }


def devices(device: str) -> list[str]:
    """Every device of that one's kind that is here, on which runs may train side by side: all GPUs, or the CPU."""
    return ["cpu"] if device == "cpu" else [f"cuda:{number}" for number in range(torch.cuda.device_count())]


def resolve_device(choice: str) -> str:
    """ "cpu" or "cuda:N"; "auto" is the first GPU, if there is one. Raises BadInput if it is not here."""
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if choice == "auto":
        return "cuda:0" if count else "cpu"
    if choice == "cpu":
        return "cpu"
    found = re.fullmatch(r"cuda(?::(\d+))?", choice)
    if not found:
        raise BadInput(f"Device should be auto, cpu or cuda:0; {choice!r} was given.")
    number = int(found[1] or 0)
    if number >= count:
        raise BadInput(f"There is no device {choice} that PyTorch can use here; `--device cpu` always works.")
    return f"cuda:{number}"


def resolve_precision(choice: str, device: str) -> str:
    """ "fp32" or "bf16"; "auto" is bf16 where the hardware computes in it, else fp32. Raises BadInput for others."""
    return hardware.resolve_precision(choice, "bf16" if has_bf16(device) else "fp32")


def check_precision(precision: str, device: str) -> None:
    """Raise BadInput if the device does not compute in the precision of a run that came from elsewhere.

    Elsewhere than on an NVIDIA GPU of 2020 or later, what asks for tf32 silently gets fp32.
    """
    if precision == "tf32" and not _has_tf32(device):
        raise BadInput(hardware.NO_TF32)


def _has_tf32(device: str) -> bool:
    return device != "cpu" and torch.version.cuda is not None and torch.cuda.get_device_capability(device) >= (8, 0)


def has_bf16(device: str) -> bool:
    """Whether the device computes in bf16 in hardware, by the flags of the CPU or the generation of the GPU."""
    if device != "cpu":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    return hardware.has_bf16()


def use_threads(threads: int | None = None) -> None:
    """Let PyTorch compute on so many threads; None: one a physical core, or as many as OMP_NUM_THREADS says."""
    if threads is None:
        threads = hardware.physical_cores() if not os.environ.get("OMP_NUM_THREADS") else torch.get_num_threads()
    if torch.get_num_threads() != threads:
        torch.set_num_threads(threads)


def autocast(precision: str, device: str) -> torch.autocast:
    """The context in which a forward pass computes in that precision; parameters stay fp32."""
    return torch.autocast(torch.device(device).type, torch.bfloat16, enabled=precision == "bf16")


def set_matmul_precision(precision: str) -> None:
    """Choose between fp32 and tf32 on a GPU, for the whole process."""
    torch.set_float32_matmul_precision("high" if precision == "tf32" else "highest")
    torch.backends.cudnn.allow_tf32 = precision == "tf32"


def keep_freed_memory() -> None:
    """Let glibc hand the same pages to every step instead of returning them to the kernel, which has to zero them.

    Worth 10–25% at 150 px; elsewhere than on Linux with glibc it does nothing.
    """
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(M_MMAP_THRESHOLD, 2**30)
        libc.mallopt(M_TRIM_THRESHOLD, 2**31 - 1)


def give_freed_memory_back() -> None:
    """Return what `keep_freed_memory` kept."""
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).malloc_trim(0)
