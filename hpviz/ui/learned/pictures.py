"""Pictures of what was found in a run, built once for all sessions: a page that trains is drawn every other second."""

from collections.abc import Callable, Hashable
from dataclasses import replace

from hpviz.charts.pictures import Picture
from hpviz.runs.document import Run
from hpviz.ui.chart import show_picture
from hpviz.ui.kept import Kept
from hpviz.ui.text import sentence
from hpviz.ui.theme import is_dark

_kept: Kept[Picture] = Kept()


def show_kept(key: str, run: Run, what: Hashable, draw: Callable[[bool], Picture]) -> None:
    """The picture that `draw` makes for a dark page or a light one; `what` tells it from others of the same run."""
    dark = is_dark()
    show_picture(key, _kept.of([run], (what, dark), lambda: _safe(draw(dark))))


def _safe(picture: Picture) -> Picture:
    """With a caption that may name a class: nothing in it is read as a sign."""
    return replace(picture, caption=sentence(picture.caption))
