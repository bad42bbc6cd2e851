"""What was found by looking into runs, kept beside them by kind, runs and recipe, so that nothing is computed twice.

A finding is plain JSON in a file of its own: losing it loses no run. It holds for the recordings it was made of; a run
that is trained further, or anew, is looked into again.
"""

import hashlib
import json
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hpviz.confined import own_folder, read_file, write_file
from hpviz.data.progress import Progress
from hpviz.runs.document import Run, recording

Finding = dict[str, Any]

# No finding is near it; what is larger was not written here.
MOST_BYTES = 50_000_000


@dataclass(frozen=True, eq=False)
class Sought:
    """Something that can be found by looking into runs: all that `remembered` takes, `work` given the cache folder."""

    what: str
    runs: Sequence[Run]
    recipe: Mapping[str, Any]
    work: Callable[[Path], Generator[Progress, None, Finding]]

    @property
    def name(self) -> str:
        """Another for every kind, recording, number of epochs and recipe."""
        return _name(self.what, self.runs, self.recipe)

    def remembered(self, cache: Path) -> Generator[Progress, None, Finding]:
        """The finding, looked for only where it is not known."""
        return remembered(cache, self.what, self.runs, self.recipe, self.work(cache))

    def known(self, cache: Path) -> Finding | None:
        """The finding if it is known."""
        return known(cache, self.what, self.runs, self.recipe)


def remembered(
    cache: Path,
    what: str,
    runs: Sequence[Run],
    recipe: Mapping[str, Any],
    work: Generator[Progress, None, Finding],
) -> Generator[Progress, None, Finding]:
    """The finding of `work`, which is carried out only where it is not known yet.

    `recipe` is all that changes the finding beside the runs, in plain JSON; a change of how it is found, too.
    """
    path = _place(cache, what, runs, recipe)
    known = _read(path)
    if known is not None:
        work.close()
        return known
    found = yield from work
    with suppress(OSError):  # where it cannot be kept, it is found again next time
        own_folder(path.parent)
        write_file(path, json.dumps({"runs": [run["id"] for run in runs], "found": found}).encode())
    return found


def known(cache: Path, what: str, runs: Sequence[Run], recipe: Mapping[str, Any]) -> Finding | None:
    """What `remembered` would answer at once, if it would."""
    return _read(_place(cache, what, runs, recipe))


def forget(cache: Path, run_id: str) -> None:
    """Let go of what was found of a run that is deleted."""
    for path in folder(cache).glob("*.json"):
        with suppress(OSError, ValueError, LookupError, TypeError):
            if run_id in json.loads(read_file(path, MOST_BYTES))["runs"]:
                path.unlink()


def folder(cache: Path) -> Path:
    """Where findings are kept."""
    return cache / "inspections"


def _place(cache: Path, what: str, runs: Sequence[Run], recipe: Mapping[str, Any]) -> Path:
    return folder(cache) / f"{_name(what, runs, recipe)}.json"


def _name(what: str, runs: Sequence[Run], recipe: Mapping[str, Any]) -> str:
    of = [[run["id"], *recording(run), len(run["epochs"])] for run in runs]
    told = json.dumps([what, of, recipe], sort_keys=True)
    return f"{what}-{hashlib.sha256(told.encode()).hexdigest()[:24]}"


def _read(path: Path) -> Finding | None:
    try:
        found = json.loads(read_file(path, MOST_BYTES))["found"]
    except (OSError, ValueError, LookupError, TypeError):
        return None
    return found if isinstance(found, dict) else None
