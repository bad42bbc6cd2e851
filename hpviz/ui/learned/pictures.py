"""Pictures of what was found in a run, built once for all sessions: a page that trains is drawn every other second."""

from collections.abc import Callable, Hashable

from hpviz.charts.pictures import Picture
from hpviz.runs.document import Run
from hpviz.ui.chart import show_picture
from hpviz.ui.kept import Kept
from hpviz.ui.theme import is_dark

_kept: Kept[Picture] = Kept()


def show_kept(key: str, run: Run, what: Hashable, draw: Callable[[bool], Picture]) -> None:
    """The picture that `draw` makes for a dark page or a light one; `what` tells it from others of the same run."""
    dark = is_dark()
    show_picture(key, _kept.of([run], (what, dark), lambda: draw(dark)))
