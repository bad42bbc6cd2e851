"""Links that lead out of a folder of images: where to, and which of those places a person has confirmed.

A data set can be made of links: DVC, git-annex and hub caches keep the files elsewhere, a subset links to the whole.
A folder from a stranger can hold links as well, to files that are nobody's business. So links are followed inside the
folder, and outside only below a root that the person has named for this very folder. It is remembered in the cache:
resuming, the pages and the workers then find the same images.
"""

import os
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from hpviz.data.remembered import memory_of, recall, remember
from hpviz.gate import current, named, refuse_changes
from hpviz.installation import typed
from hpviz.paths import nature, quoted, spelled
from hpviz.spec import BadInput

# Where no one keeps pictures, but a link to them could betray or hang a machine.
SYSTEM = ("/proc", "/sys", "/dev", "/boot", "/etc", "/private/etc", "/System", "C:\\Windows")
# Where a folder has its name in every case, and Python follows links to it without its own spelling of it.
ANY_CASE = sys.platform in ("darwin", "win32")
SHARED_MEMORY = "/dev/shm"  # noqa: S108 - where people do put images, for speed
SECRET = {".ssh", ".gnupg", ".aws", ".kube", ".password-store"}
ROOTS_TOLD = 3


def within(path: str, root: str) -> bool:
    """Whether a real path is `root` or lies below it."""
    return path == root or path.startswith(root.rstrip(os.sep) + os.sep)


def is_never_followed(path: str) -> bool:
    """Whether a real path belongs to the system or to a person's keys, or holds all that people have."""
    return is_of_the_system(path) or holds_everything(Path(path)) or not SECRET.isdisjoint(Path(path).parts)


def is_of_the_system(path: str) -> bool:
    """Whether a real path is where the system keeps its own, some of which never ends or waits forever when read."""
    path, places = (path.casefold(), map(str.casefold, SYSTEM)) if ANY_CASE else (path, iter(SYSTEM))
    return not within(path, SHARED_MEMORY) and any(within(path, place) for place in places)


def holds_everything(place: Path) -> bool:
    """Whether a place is the root of a file system or the folder of all people's homes."""
    return place == place.parent or (place.parent == place.parent.parent and place.name in ("home", "Users"))


def confirmed(folder: Path, cache: Path) -> tuple[str, ...]:
    """The roots that links of this folder may lead to; where pages may not read everything, those that they may."""
    roots = map(str, recall(_memory(folder, cache)).get("followed", ()))
    return tuple(root for root in roots if current().admits(Path(root)))


def confirm(folder: Path, root: str | Path, cache: Path) -> None:
    """Let the links of a folder lead to `root`, from now on. Raises BadInput if that is no folder or too much."""
    if not str(root).strip():
        raise BadInput("No folder was named to follow links to: give the one that they lead to.")
    refuse_changes()
    place = named(str(root))
    if nature(place) != "folder":
        raise BadInput(f"{quoted(root)} is not a folder: give the one that the links lead to.")
    if holds_everything(place):
        raise BadInput(f"{quoted(place)} holds everything on this machine: give the folder that the links lead to.")
    if is_never_followed(str(place)):
        raise BadInput(f"{quoted(place)} is a place of the system, where links are never followed.")
    memory = _memory(folder, cache)
    known = recall(memory)
    remember(memory, {**known, "followed": sorted({*known.get("followed", ()), str(place)})})


def note_unconfirmed(folder: Path, roots: Sequence[tuple[str, int]], cache: Path) -> None:
    """Remember what the last look at a folder found, so that a page can ask."""
    memory = _memory(folder, cache)
    known = recall(memory)
    if known.get("unconfirmed", []) != [list(root) for root in roots]:
        remember(memory, {**known, "unconfirmed": roots})


def unconfirmed(folder: Path, cache: Path) -> list[tuple[str, int]]:
    """(root, links) that the last look at a folder found and did not follow."""
    return [(str(root), int(count)) for root, count in recall(_memory(folder, cache)).get("unconfirmed", ())]


def roots_of(targets: Iterable[tuple[str, bool]]) -> list[tuple[str, int]]:
    """The smallest folders that hold all targets, (real path, whether it is a folder), and how many each holds."""
    places = [path if is_folder else os.path.dirname(path) for path, is_folder in targets]
    return sorted(_roots(places), key=lambda root: (-root[1], root[0]))


def _roots(places: list[str]) -> list[tuple[str, int]]:
    if not places:
        return []
    try:
        common = os.path.commonpath(places)
    except ValueError:  # several drives
        common = ""
    if len(Path(common).parts) > 2 or len(set(places)) == 1:
        return [(common, len(places))]
    groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
    depth = len(Path(common).parts) + 1
    for place in places:
        groups[Path(place).parts[:depth]].append(place)
    return (
        [(common, len(places))] if len(groups) == 1 else [root for group in groups.values() for root in _roots(group)]
    )


def sentence(roots: Sequence[tuple[str, int]]) -> str:
    """Where links lead that were not followed, and how to have them followed."""
    named = roots[:ROOTS_TOLD]
    total = sum(count for _, count in roots)
    places = ", ".join(_on_one_line(root) for root, _ in named) + (" and elsewhere" if len(roots) > len(named) else "")
    options = " ".join(f"--follow {_on_one_line(typed(root))}" for root, _ in named)
    links = "1 link leads" if total == 1 else f"{total:,} links lead"
    return (
        f"{links} out of the folder, to {places}: confirm with {options}, or on the Data page, to have them followed."
    )


def _on_one_line(path: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", lambda match: repr(match[0])[1:-1], spelled(path))


def _memory(folder: Path, cache: Path) -> Path:
    return memory_of("links", folder, cache)
