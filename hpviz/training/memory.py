"""How much memory training really holds, beside the estimate that is made before it."""

import re
from pathlib import Path

import torch

STATUS = Path("/proc/self/status")
CLEAR_REFS = Path("/proc/self/clear_refs")
RESET_PEAK = "5"  # proc(5): sets the peak resident size to the current one


class MemoryMeter:
    """The most memory, in bytes, that this process (or its GPU) held for training beyond what it held before.

    Made before the network is. Pages of mapped files, such as the prepared images, are not counted: the system can take
    them back at any moment.
    """

    def __init__(self, device: str) -> None:
        self._device = device
        self._peak: int | None = None
        if device != "cpu":
            self._before: int | None = torch.cuda.memory_allocated(device)
            torch.cuda.reset_peak_memory_stats(device)
        else:
            self._before = _resident("RssAnon") if _peak_begins_anew() else None

    def peak(self) -> int | None:
        """The most until this was first asked; None where the system does not tell.

        Asked after the updates of the first epoch: evaluation, in larger batches, leaves freed memory behind that later
        epochs would be charged with.
        """
        if self._peak is None and self._before is not None:
            self._peak = self._reading(self._before)
        return self._peak

    def _reading(self, before: int) -> int | None:
        if self._device != "cpu":
            return torch.cuda.max_memory_allocated(self._device) - before
        highest, files = _resident("VmHWM"), _resident("RssFile")
        return None if highest is None or files is None else max(highest - files - before, 0)


def _peak_begins_anew() -> bool:
    """Whether the system let the peak start from here; where it does not, the peak is that of the process's life."""
    if not CLEAR_REFS.exists():
        return False
    try:
        CLEAR_REFS.write_text(RESET_PEAK, encoding="utf-8")
    except OSError:  # some kernels and containers have the file and refuse to be written to
        return False
    return True


def _resident(name: str) -> int | None:
    """An entry of the process's status in bytes."""
    try:
        found = re.search(rf"^{name}:\s*(\d+) kB", STATUS.read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        return None
    return int(found[1]) * 1024 if found else None
