"""How much of the disk hpviz takes, and what of it can be made again."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from hpviz.data.prepared import folder_of
from hpviz.data.scenes import SCENES_FINGERPRINT
from hpviz.runs import disk
from hpviz.runs.document import ACTIVE, Run
from hpviz.studies import PRESETS
from hpviz.ui.locked import locked
from hpviz.ui.resources import disk_use, get_desk, get_runner
from hpviz.ui.runs.questions import Question, ask, ask_to_free, freed, megabytes


def show_disk_use(runs: Sequence[Run]) -> None:
    """What takes how much, in a line, and the two ways to make room."""
    runner = get_runner()
    use = disk_use(runner.cache, disk.stamp(runner.cache))
    with st.expander(f"On the disk: {megabytes(use.total)}", icon=":material/hard_drive:", key="runs:disk"):
        st.markdown(
            f"Checkpoints {megabytes(use.checkpoints)} · prepared images {megabytes(use.data)} · downloads "
            f"{megabytes(use.downloads)} · runs and their copies {megabytes(use.runs)}"
        )
        st.caption("Checkpoints and prepared images can be made again. The runs themselves are kept.")
        ended = [run for run in runs if run["status"] not in ACTIVE and run["origin"] is None]
        with st.container(horizontal=True):
            if st.button(
                "Free the checkpoints of all runs that have ended",
                key="runs:free all",
                icon=":material/mop:",
                **locked(disabled=not use.checkpoints or not ended),
            ):
                ask_to_free(ended)
            busy = len(ended) < sum(run["origin"] is None for run in runs)
            if st.button(
                "Free prepared images",
                key="runs:free data",
                icon=":material/mop:",
                **locked(
                    disabled=busy or not disk.prepared(runner.cache, _kept(runner.cache)),
                    help="Training reads them; stop what is under way first." if busy else "Asks first.",
                ),
            ):
                _ask_to_free_prepared(runner.cache)


def _kept(cache: Path) -> tuple[Path]:
    """The scenes as every page begins with them; freed, they would be made again at once."""
    return (folder_of(cache, SCENES_FINGERPRINT, PRESETS["quick"].image_size),)


def _ask_to_free_prepared(cache: Path) -> None:
    taken = sum(disk.prepared(cache, _kept(cache)).values())
    ask(
        Question(
            f"This frees {megabytes(taken)}. Images are prepared again from their originals when a run needs them; a "
            "run whose originals are gone can then no longer go on. The scenes at "
            f"{PRESETS['quick'].image_size} px stay: every page begins with them.",
            "Free prepared images",
            ":material/mop:",
            lambda: _free_prepared(cache),
        )
    )


def _free_prepared(cache: Path) -> str:
    get_desk().forget_images()
    told = freed(disk.free_prepared(cache, _kept(cache)))
    left = sum(disk.prepared(cache, _kept(cache)).values())
    return f"{told} {megabytes(left)} are in use and stay: close other pages, then try again." if left else told
