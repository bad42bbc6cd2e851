"""What whoever has a page open may do on this machine: which folders they may name, whether they may change anything.

Whoever reaches the pages can otherwise name any folder that the server can read, and start and delete runs. HPVIZ_ROOTS
lists the folders below which everything lies that pages may name, HPVIZ_READ_ONLY=1 lets pages show everything and
change nothing. Both bind the server and every process that it starts, for those act for whoever has a page open. The
command line is not bound: whoever has a shell here can read and change the same files without hpviz.

Nobody but this module reads the two variables. Where a path is named, it is `named`; where one that was remembered is
about to be opened, it is `admitted`; and whatever begins, ends or writes something says `refuse_changes` first.
"""

import functools
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hpviz.paths import absolute, nature, quoted, read_path
from hpviz.spec import BadInput

ROOTS, READ_ONLY = "HPVIZ_ROOTS", "HPVIZ_READ_ONLY"
FOR_PAGES = "HPVIZ_FOR_PAGES"  # the server says so of itself, and what it starts inherits it
ONLY_SHOWN = "These pages only show what is here: nothing can be started, stopped, added or deleted (HPVIZ_READ_ONLY)."
NAMED = 3  # roots in a sentence


class Outside(BadInput):
    """A path that pages may not read. Whether anything lies there is not said."""


class ReadOnly(OSError, BadInput):
    """A change where pages only show. An OSError as well: what copes with a folder that cannot be written copes."""


@dataclass(frozen=True)
class Gate:
    """Below `roots`, links followed, lies everything that may be read (None: it may lie anywhere)."""

    roots: tuple[Path, ...] | None = None
    read_only: bool = False

    def admits(self, real: Path) -> bool:
        """Whether a path whose links have been followed may be read."""
        return self.roots is None or any(real.is_relative_to(root) for root in self.roots)


def bind() -> Gate:
    """From now on this process, and every process that it starts, acts for pages.

    Raises BadInput, in one sentence, if either variable cannot be understood; until it can, everything else here does.
    """
    if FOR_PAGES not in os.environ:
        os.environ[FOR_PAGES] = "1"
        current.cache_clear()
    return current()


@functools.cache
def current() -> Gate:
    """What binds this process; read once. Raises BadInput if that cannot be understood."""
    return Gate(_roots(), _read_only()) if FOR_PAGES in os.environ else Gate()


def refuse_changes() -> None:
    """Raise ReadOnly where pages only show."""
    if current().read_only:
        raise ReadOnly(ONLY_SHOWN)


def named(given: str) -> Path:
    """The path that a person meant, from the root on, its links followed.

    Raises BadInput for what is no path here, and Outside, which is one, for what pages may not read.
    """
    try:
        return admitted(absolute(read_path(given)), given)
    except BadInput:
        if (roots := current().roots) is None:
            raise
        # Why a path cannot be followed would tell what lies elsewhere: whose home there is, where a link ends.
        raise Outside(_refusal(given, roots)) from None


def admitted(path: Path, given: str | Path | None = None) -> Path:
    """The path with its links followed as they are now: open that and no other. Raises Outside, naming `given`."""
    roots = current().roots
    if roots is None:
        return path
    try:
        real = absolute(path)
    except BadInput:
        real = None
    if real is None or not current().admits(real):
        raise Outside(_refusal(path if given is None else given, roots))
    return real


def _refusal(given: str | Path, roots: Sequence[Path]) -> str:
    more = len(roots) - NAMED
    places = " or ".join([*map(quoted, roots[:NAMED]), *([f"{more} more folders"] if more > 0 else [])])
    return f"{quoted(given)} does not lie in {places}, and these pages may read nothing else ({ROOTS})."


def _roots() -> tuple[Path, ...] | None:
    if (listed := os.environ.get(ROOTS)) is None:
        return None
    roots = [absolute(read_path(each)) for each in listed.split(os.pathsep) if each.strip()]
    if not roots:  # as of a variable that was to be filled in: nothing would be left that it allows
        raise BadInput(f"{ROOTS} names no folder: list those that pages may read, or unset it if that is every folder.")
    for root in roots:
        if nature(root) != "folder":
            raise BadInput(f"{ROOTS} names {quoted(root)}, which is no folder: correct it, then start hpviz again.")
    return tuple(dict.fromkeys(roots))


def _read_only() -> bool:
    given = os.environ.get(READ_ONLY, "").strip()
    if given not in ("", "0", "1"):
        raise BadInput(f"{READ_ONLY} is {given[:40]!r}: set it to 1 for pages that only show, or unset it.")
    return given == "1"
