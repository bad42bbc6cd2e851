"""The runs that come with hpviz, so that the first page a newcomer sees shows comparisons already.

They were recorded by `python -m benchmarks.record_reference` and are bundles like any other. They are never put into
the store, and never stand for a run of this machine. A run that several studies compare may stand in the bundle of
each, so that a bundle can be imported by itself; here it is one run.
"""

from functools import cache
from pathlib import Path

from hpviz.runs import bundle
from hpviz.runs.document import Run

FOLDER = Path(__file__).parent / "reference"


@cache
def reference_runs() -> tuple[Run, ...]:
    """Every run in the bundles of FOLDER, once. Do not change them: all callers share them."""
    return tuple({run["id"]: run for file in sorted(FOLDER.glob("*.json")) for run in read(file)}.values())


def read(file: Path) -> list[Run]:
    """The runs of one of the bundles."""
    return bundle.read(file.read_bytes(), "reference")
