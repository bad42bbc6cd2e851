"""The loss around the paths that runs really took, on the plane through their weights."""

from collections.abc import Mapping, Sequence

import streamlit as st

from hpviz.analysis.comparison import Comparison
from hpviz.charts.landscape import WHY, error_in_words, in_words, landscape_chart, names_of, notes, share_in_words
from hpviz.charts.pictures import Picture
from hpviz.runs.document import ACTIVE, Run
from hpviz.runs.inspections import Finding
from hpviz.runs.landscape import MOST_RUNS, Region, landscape_of, refusal, seconds
from hpviz.runs.pace import about
from hpviz.ui.bench.legend import places
from hpviz.ui.chart import show_picture
from hpviz.ui.given import give
from hpviz.ui.kept import Kept
from hpviz.ui.learned.finding import offered
from hpviz.ui.learned.recorded import name_of, recorded
from hpviz.ui.text import sentence
from hpviz.ui.theme import is_dark

TITLE = "Landscape"
HEIGHT = 440  # pixels
MAGNIFIED = (1, 2, 4, 8, 16)
NOBODY = "A landscape needs a run that has ended with an epoch: train a value here, or resume one that was stopped."

_kept: Kept[Picture] = Kept()


def show(name: str, comparison: Comparison) -> None:
    """The choice of paths, then the landscape around them, as far and as close as one wants to see it."""
    runs = _choose_runs(name, comparison)
    if not runs:
        st.caption(NOBODY)
        return
    if (told := refusal(runs)) is not None:
        st.caption(sentence(told))
        return
    whole = landscape_of(runs)
    found = offered(_key(name, "compute"), whole, _offer(runs), "Compute")
    if found is None:
        return
    region = _choose_region(name, comparison, found)
    closer = None
    if region is not None:
        price = f"The loss at 21 × 21 points of this part of the plane takes {about(seconds(runs, region))}."
        closer = offered(_key(name, "closer"), landscape_of(runs, region), price, "Compute this part")
    shown = closer or found
    dark, colours = is_dark(), places(name, comparison)
    kept = (whole.name, region if closer else None, dark, tuple(colours.items()))
    picture = _kept.of(runs, kept, lambda: _picture(shown, comparison, dark, colours))
    show_picture(_key(name, "picture"), picture)


def _choose_runs(name: str, comparison: Comparison) -> list[Run]:
    """Until somebody chooses, the first seed of each value; of this machine where it has any, for it repeats those."""
    ended = {run["id"]: run for run in recorded(comparison) if run["epochs"] and run["status"] not in ACTIVE}
    if not ended:
        return []
    firsts: dict[str, str] = {}
    for run_id in [each for each, run in ended.items() if run["origin"] is None] or ended:
        firsts.setdefault(comparison.labels[run_id], run_id)
    key = _key(name, "runs")
    chosen = [each for each in st.session_state.get(key, []) if each in ended]
    give(key, chosen or list(firsts.values())[:MOST_RUNS])
    ids = st.multiselect(
        "Paths of",
        list(ended),
        key=key,
        format_func=lambda each: name_of(comparison, ended[each]),
        max_selections=MOST_RUNS,
    )
    return [ended[each] for each in ids]


def _choose_region(name: str, comparison: Comparison, found: Finding) -> Region | None:
    """The part of the plane to look at; None for the whole view."""
    names = names_of(found, comparison)
    ends = {run_id: f"the end of {names[run_id]}" for run_id in found["paths"]}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        times = st.select_slider(
            "Magnified", MAGNIFIED, key=_key(name, "times"), format_func=lambda each: f"{each}×", width=260
        )
        if times == 1:
            return None
        run_id = st.selectbox("Around", list(ends), format_func=ends.__getitem__, key=_key(name, "around"), width=260)
    x, y, _ = found["paths"][run_id][-1]
    wide, high = ((found[axis][-1] - found[axis][0]) / 2 / times for axis in ("x", "y"))
    return x - wide, x + wide, y - high, y + high


def _picture(
    found: Finding, comparison: Comparison, dark: bool, colours: Mapping[tuple[object, ...], float]
) -> Picture:
    chart = landscape_chart(found, comparison, dark, colours).properties(height=HEIGHT)
    words = [share_in_words(found), error_in_words(found), *notes(found, names_of(found, comparison)), WHY]
    return Picture(chart, in_words(found, comparison), sentence(" ".join(words)))


def _offer(runs: Sequence[Run]) -> str:
    what = "this run" if len(runs) == 1 else f"these {len(runs)} runs"
    return (
        f"Goes through {what} again, bit for bit, keeps the weights on the way, lays a plane through them and computes "
        f"the loss on it: {about(seconds(runs))}. Runs and checkpoints stay as they are."
    )


def _key(name: str, what: str) -> str:
    return f"{name}:landscape:{what}"
