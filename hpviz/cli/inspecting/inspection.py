"""What a kind of inspection is: how something is found, said and drawn."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hpviz.data.progress import Progress
from hpviz.runs.document import Run
from hpviz.runs.inspections import Finding

if TYPE_CHECKING:
    from hpviz.charts.single import Drawing

Table = tuple[str, Sequence[str], Sequence[Sequence[str]]]  # title, columns, rows


@dataclass(frozen=True)
class Inspection:
    """`find` yields progress and returns the fields of the JSON line: it reads and trains nothing in the store.

    `tell` says them in a table, `draw` as a picture, for a dark page or a light one. `find` raises BadInput, in a
    sentence, where a run has not what it takes. `illustrate` adds what only the picture needs, out of the cache folder.
    """

    find: Callable[[Sequence[Run], Path], Generator[Progress, None, Finding]]
    tell: Callable[[Finding, Sequence[Run]], Table]
    draw: Callable[[Finding, Sequence[Run], bool], "Drawing"]
    illustrate: Callable[[Finding, Sequence[Run], Path], Finding] = lambda found, runs, cache: found
