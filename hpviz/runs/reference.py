"""The runs that come with hpviz, so that the first page a newcomer sees shows comparisons already.

They were recorded by `python -m benchmarks.record_reference` and are bundles like any other. They are never put into
the store, and never stand for a run of this machine.
"""

from functools import cache
from pathlib import Path

from hpviz.runs import bundle
from hpviz.runs.document import Run

FOLDER = Path(__file__).parent / "reference"


@cache
def reference_runs() -> tuple[Run, ...]:
    """Every run in the bundles of FOLDER. Do not change them: all callers share them."""
    return tuple(run for file in sorted(FOLDER.glob("*.json")) for run in bundle.read(file.read_bytes(), "reference"))
