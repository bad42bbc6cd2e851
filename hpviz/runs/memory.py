"""How much memory a run could have on this machine."""

import re
from pathlib import Path

MEMORY_INFO = Path("/proc/meminfo")
CONTAINER = Path("/sys/fs/cgroup")


def available_bytes() -> int | None:
    """Memory that can be had without swapping, a container's limit counted; None where the system does not tell."""
    known = [amount for amount in (_free(), _left_in_container()) if amount is not None]
    return min(known, default=None)


def _free() -> int | None:
    found = _number(MEMORY_INFO, r"^MemAvailable:\s*(\d+) kB")
    return None if found is None else found * 1024


def _left_in_container() -> int | None:
    limit, used = _number(CONTAINER / "memory.max", r"^(\d+)$"), _number(CONTAINER / "memory.current", r"^(\d+)$")
    if limit is None or used is None:
        return None
    # Files read before count as used, but give way.
    return limit - used + (_number(CONTAINER / "memory.stat", r"^inactive_file (\d+)$") or 0)


def _number(file: Path, pattern: str) -> int | None:
    found = re.search(pattern, file.read_text(), re.MULTILINE) if file.exists() else None
    return int(found[1]) if found else None
