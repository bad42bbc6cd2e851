"""The processor cores that this process may use. It imports little, as whoever is started for a short while does."""

import os
import re
from contextlib import suppress
from pathlib import Path

CPU_QUOTA = Path("/sys/fs/cgroup/cpu.max")  # microseconds of computing, and the period that they are for


def usable() -> set[int]:
    """The numbers of the logical cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return set(os.sched_getaffinity(0))
    import psutil

    with suppress(OSError, psutil.Error):
        if (affinity := getattr(psutil.Process(), "cpu_affinity", None)) is not None:  # macOS has no such thing
            return set(affinity())
    return set(range(os.cpu_count() or 1))


def within_quota(cores: int) -> int:
    """As many of so many cores as a container may keep busy, one at the least."""
    with suppress(OSError):
        if quota := re.match(r"(\d+) (\d+)", CPU_QUOTA.read_text(encoding="utf-8")):
            cores = min(cores, round(int(quota[1]) / int(quota[2])))
    return max(1, cores)
