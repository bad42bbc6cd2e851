"""The runs that are chosen on Compare, as they are now: how far they are, and what has the page drawn again."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from hpviz.runs.document import ACTIVE, Run
from hpviz.runs.pace import View
from hpviz.runs.runner import Runner
from hpviz.ui.bench.motion import Moment, measured
from hpviz.ui.progress import moving_bar, told
from hpviz.ui.text import literal, plain


@dataclass(frozen=True)
class Chosen:
    """The chosen `runs` as they were when the page was drawn from its top."""

    runner: Runner
    runs: Sequence[Run]

    def fresh(self) -> list[Run]:
        """The runs as they are now."""
        known = {run["id"]: run for run in self.runner.runs()}
        return [known.get(run["id"], run) for run in self.runs]

    def drawn(self) -> list[Run]:
        """Those that have an epoch or are on their way."""
        return [run for run in self.fresh() if run["epochs"] or run["status"] in ACTIVE]

    def moment(self, names: Mapping[str, str]) -> Moment:
        """What the page shows now; it calls the runs by these names."""
        runs, training = self.fresh(), self._training()
        return Moment(
            queue=(_stamp(runs), tuple(training)),
            measured=measured(runs),
            bars={run_id: told(view, name) for run_id, view, name in _first(training, names)},
        )

    def show_progress(self, names: Mapping[str, str]) -> None:
        """How far the runs are; the page is drawn anew when one has its first epoch, or ends."""
        if _stamp(self.fresh()) != _stamp(self.runs):
            st.rerun()
        training = self._training()
        for run_id, view, name in _first(training, names):
            moving_bar(run_id, view, literal(name, most=200))
        if not training:
            st.caption("None of these runs is training.")

    def _training(self) -> dict[str, View]:
        """Those that train or wait in this process, in order."""
        ids = {run["id"] for run in self.runs}
        return {entry["id"]: entry["view"] for entry in self.runner.queue() if entry["id"] in ids}


def _first(training: Mapping[str, View], names: Mapping[str, str]) -> list[tuple[str, View, str]]:
    """The first of those, if there are any, its view and what it is called, with how many are to come."""
    more = f" · {len(training) - 1} more to go" if len(training) > 1 else ""
    return [(run_id, view, plain(names[run_id]) + more) for run_id, view in [*training.items()][:1]]


def _stamp(runs: Sequence[Run]) -> Hashable:
    return tuple((bool(run["epochs"]), run["status"] in ACTIVE) for run in runs)
