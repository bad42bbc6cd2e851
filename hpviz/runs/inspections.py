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

from hpviz.confined import own_folder, read_file, refuse_links, write_file
from hpviz.data.progress import Progress
from hpviz.gate import refuse_changes
from hpviz.runs.document import Run, recording
from hpviz.spec import BadInput

Finding = dict[str, Any]

# No finding is near it; what is larger was not written here.
MOST_BYTES = 50_000_000
# What is kept beside a landscape, under the same name, so that it can be looked at more closely: three rows of weights.
PLANE = ".plane"


@dataclass(frozen=True, eq=False)
class Sought:
    """Something that can be found by looking into runs: by `work`, given the cache folder.

    `recipe` is all that changes the finding beside the runs, in plain JSON; a change of how it is found, too.
    """

    what: str
    runs: Sequence[Run]
    recipe: Mapping[str, Any]
    work: Callable[[Path], Generator[Progress, None, Finding]]

    @property
    def name(self) -> str:
        """Another for every kind, recording, number of epochs and recipe."""
        of = [[run["id"], *recording(run), len(run["epochs"])] for run in self.runs]
        told = json.dumps([self.what, of, self.recipe], sort_keys=True)
        return f"{self.what}-{hashlib.sha256(told.encode()).hexdigest()[:24]}"

    def remembered(self, cache: Path) -> Generator[Progress, None, Finding]:
        """The finding, looked for only where it is not known; kept from then on."""
        if (known := self.known(cache)) is not None:
            return known
        refuse_changes()
        found = yield from self.work(cache)
        with suppress(OSError):  # where it cannot be kept, it is found again next time
            own_folder(folder(cache))
            told = {"runs": [run["id"] for run in self.runs], "found": found}
            write_file(self._place(cache), json.dumps(told).encode())
        return found

    def known(self, cache: Path) -> Finding | None:
        """The finding if it is known."""
        try:
            refuse_links(folder(cache))
            found = json.loads(read_file(self._place(cache), MOST_BYTES))["found"]
        except (OSError, ValueError, LookupError, TypeError, BadInput):
            return None
        return found if isinstance(found, dict) else None

    def _place(self, cache: Path) -> Path:
        return folder(cache) / f"{self.name}.json"


def forget(cache: Path, run_id: str) -> None:
    """Let go of what was found of a run that is deleted."""
    for path in kept(cache, "*.json"):
        with suppress(OSError, ValueError, LookupError, TypeError):
            if run_id in json.loads(read_file(path, MOST_BYTES))["runs"]:
                path.unlink()
                path.with_suffix(PLANE).unlink(missing_ok=True)


def folder(cache: Path) -> Path:
    """Where findings are kept."""
    return cache / "inspections"


def kept(cache: Path, pattern: str) -> list[Path]:
    """What is kept under such names; nothing where a link stands in the folder's place."""
    return [] if folder(cache).is_symlink() else list(folder(cache).glob(pattern))
