"""How much memory a run could have on this machine."""

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psutil

MACHINE_COUNTERS = Path("/proc/vmstat")
CONTAINER = Path("/sys/fs/cgroup")
GROUPS = Path("/proc/self/cgroup")

# Version 1 writes the largest number of pages it can count where there is no limit: 2⁶³ bytes, rounded down.
UNLIMITED = 2**60


class Files(NamedTuple):
    """Where a version of control groups keeps a group's limit, its use, and what of that gives way."""

    limit: str
    used: str
    cached: str  # in memory.stat, the groups below counted
    kills: str


VERSION_1 = Files("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file", "memory.oom_control")
VERSION_2 = Files("memory.max", "memory.current", "inactive_file", "memory.events")


def available_bytes() -> int | None:
    """Memory that can be had without swapping, a container's limit counted; None where the system does not tell."""
    known = [_left(folder, files) for folder, files in _groups()]
    return min((amount for amount in (_free(), *known) if amount is not None), default=None)


def kills() -> int:
    """How often the system has ended a process for want of memory, of our control groups if they tell; 0 if none does.

    A process can be ended for the want of its group or of the whole machine.
    """
    counters = [group / files.kills for group, files in _groups()]
    known = [_number(counter, r"^oom_kill (\d+)$") for counter in counters]
    if not any(each is not None for each in known):
        known = [_number(MACHINE_COUNTERS, r"^oom_kill (\d+)$")]
    return max((each for each in known if each is not None), default=0)


def _free() -> int | None:
    with suppress(OSError, psutil.Error):
        return int(psutil.virtual_memory().available)
    return None


def _groups() -> Iterator[tuple[Path, Files]]:
    """The folder of this process's control group and of every group around it, for each bounds what is inside.

    Lines read `hierarchy:controllers:/path`. Inside a container the path may be the host's, of which only the root is
    to be seen.
    """
    yield CONTAINER, VERSION_2
    yield CONTAINER / "memory", VERSION_1
    for line in _text(GROUPS).splitlines():
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        parts = [part for part in path.split("/") if part]
        if ".." in parts or not (number == "0" or "memory" in controllers.split(",")):
            continue
        root, files = (CONTAINER, VERSION_2) if number == "0" else (CONTAINER / "memory", VERSION_1)
        for depth in range(1, len(parts) + 1):
            yield root.joinpath(*parts[:depth]), files


def _left(group: Path, files: Files) -> int | None:
    """Bytes that a control group may still take; None if it has no limit."""
    limit, used = _number(group / files.limit, r"^(\d+)$"), _number(group / files.used, r"^(\d+)$")
    if limit is None or used is None or limit >= UNLIMITED:
        return None
    # Files read before count as used, but give way.
    return max(limit - used + (_number(group / "memory.stat", rf"^{files.cached} (\d+)$") or 0), 0)


def _number(file: Path, pattern: str) -> int | None:
    found = re.search(pattern, _text(file), re.MULTILINE)
    return int(found[1]) if found else None


def _text(file: Path) -> str:
    """What a file of the kernel's says; nothing where there is none or it may not be read."""
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
