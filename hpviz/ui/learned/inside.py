"""The choice of a run that is looked into, and what was found inside it: two tabs draw a part each."""

import streamlit as st

from hpviz.analysis.comparison import Comparison
from hpviz.runs.document import Run
from hpviz.runs.tasks import inside_of
from hpviz.training.inside import Inside, from_json
from hpviz.ui.learned.finding import offered
from hpviz.ui.learned.recorded import NOT_HERE, choose_run, with_checkpoint

OFFER = (
    "Looks inside one run that has ended. It compares the gradients of batches of 1 to 256 training images with that "
    "of 512, and shows the first kernels and how far training moved each layer. This takes seconds for the article's "
    "network at 64 px and minutes for ResNet18; training goes on meanwhile."
)


def look_inside(name: str, comparison: Comparison) -> tuple[Run, Inside] | None:
    """The run that was chosen and what was found inside it; None, and on the page why, where nothing was yet."""
    runs = with_checkpoint(comparison)
    if not runs:
        st.caption(NOT_HERE)
        return None
    run = choose_run(f"{name}:inside", "Look inside", comparison, runs)
    found = offered(f"{name}:measure", inside_of(run), OFFER)
    return None if found is None else (run, from_json(found))
