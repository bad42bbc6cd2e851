"""What is known of this machine without loading PyTorch: its processor, its cores, and which PyTorch is installed."""

import ctypes
import importlib.util
import os
import platform
import re
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, NamedTuple

import psutil

from hpviz import __version__
from hpviz.cores import usable, within_quota
from hpviz.spec import BadInput

CPU_INFO, CORES = Path("/proc/cpuinfo"), Path("/sys/devices/system/cpu")
NO_TF32 = (
    "This run is in tf32, in which only newer NVIDIA GPUs compute and this machine's device does not: train the same "
    "setting in fp32 or bf16."
)
BF16_FLAGS = {"avx512_bf16", "amx_bf16", "bf16"}  # AMD and Intel; Intel; Arm


class Build(NamedTuple):
    """The PyTorch that is installed: its version as it tells it, and what GPUs it was built for, if any."""

    version: str
    gpus: Literal["", "NVIDIA", "other"]


def machine(choice: str) -> dict[str, Any] | None:
    """The machine as `training.numerics.machine` describes it, where that needs no PyTorch; else None.

    It needs none where runs train on the CPU: that was asked for, or PyTorch cannot find anything else here.
    """
    build = torch_build()
    if build is None or not (choice == "cpu" or (choice == "auto" and not may_find_gpus(build))):
        return None
    return {
        "device": "cpu",
        "name": cpu_name(),
        "precision": "bf16" if has_bf16() else "fp32",
        "threads": threads(),
        "torch": build.version,
        "platform": platform.platform(),
        "hpviz": __version__,
        "devices": ["cpu"],
    }


def torch_build() -> Build | None:
    """What the installed PyTorch says of itself in torch/version.py; None if there is none."""
    try:
        found = importlib.util.find_spec("torch")  # finds it and imports nothing
        text = Path(found.origin).with_name("version.py").read_text(encoding="utf-8") if found and found.origin else ""
    except (OSError, ValueError):
        return None
    told = dict(re.findall(r"^(\w+)(?:: [\w\[\]]+)? = (?:'([^']*)'|None)$", text, re.MULTILINE))
    if not told.get("__version__"):
        return None
    if told.get("hip", "unknown"):
        return Build(told["__version__"], "other")
    return Build(told["__version__"], "NVIDIA" if told.get("cuda", "unknown") else "")


def may_find_gpus(build: Build) -> bool:
    """False where that PyTorch certainly finds none: it was built for none, or there is no driver of NVIDIA's."""
    if build.gpus != "NVIDIA":
        return bool(build.gpus)
    try:
        ctypes.CDLL("nvcuda.dll" if os.name == "nt" else "libcuda.so.1")
    except OSError:
        return False
    return True


def resolve_precision(choice: str, machines_own: str) -> str:
    """ "fp32" or "bf16"; "auto" is `machines_own`, what the machine computes in best. Raises BadInput for others.

    bf16 works everywhere, but slowly where the hardware does not compute in it. tf32 is not for choosing.
    """
    if choice == "auto":
        return machines_own
    if choice not in ("fp32", "bf16"):
        raise BadInput(f"Precision should be auto, fp32 or bf16; {choice!r} was given.")
    return choice


def has_bf16() -> bool:
    """Whether the CPU computes in bf16 in hardware, by its flags."""
    flags = re.search(r"^(?:flags|Features)\s*:(.*)$", cpu_info(), re.MULTILINE)
    return bool(flags and BF16_FLAGS & set(flags[1].split()))


def cpu_name() -> str:
    name = re.search(r"^model name\s*:\s*(.+)$", cpu_info(), re.MULTILINE)
    return name[1] if name else platform.processor() or platform.machine()


def cpu_info() -> str:
    """What Linux says of the processor; nothing elsewhere."""
    with suppress(OSError):
        return CPU_INFO.read_text(encoding="utf-8", errors="replace")
    return ""


def threads() -> int:
    """The threads that PyTorch computes with here: the physical cores, unless OMP_NUM_THREADS asks for fewer."""
    asked = re.match(r"\s*(\d+)", os.environ.get("OMP_NUM_THREADS", ""))
    return min(int(asked[1]), _cores()) if asked and int(asked[1]) else physical_cores()


def physical_cores() -> int:
    """The cores this process may use: affinity and a container's quota counted, hyper-threads not."""
    return within_quota(_cores())


def _cores() -> int:
    numbers, siblings = usable(), set()
    for number in numbers:
        with suppress(OSError):
            path = CORES / f"cpu{number}" / "topology" / "thread_siblings_list"
            siblings.add(path.read_text(encoding="utf-8"))
    # Elsewhere than on Linux a system tells how many there are, not which of them are ours.
    return len(siblings) or min(psutil.cpu_count(logical=False) or len(numbers), len(numbers))
