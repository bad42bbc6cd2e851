"""A study's bench: which runs it compares, what trains meanwhile, and what a study adds to what every bench shows."""

from collections.abc import Hashable, Sequence
from functools import lru_cache

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from hpviz import gate
from hpviz.analysis.article import logged_accuracies
from hpviz.analysis.comparison import Comparison
from hpviz.charts.curves import Axis
from hpviz.hyperparameters import seen
from hpviz.notation import short
from hpviz.plan import Setting, images_an_epoch, request, updates_an_epoch
from hpviz.runs.document import ACTIVE, Run, new_run
from hpviz.runs.measured_noise import measured_noise
from hpviz.runs.runner import Runner
from hpviz.spec import BadInput, RunSpec
from hpviz.studies import Study
from hpviz.ui.bench.bench import IDLE_SECONDS, Bench
from hpviz.ui.bench.figures import show_figures
from hpviz.ui.bench.legend import hidden
from hpviz.ui.bench.motion import Moment, measured
from hpviz.ui.learned.recorded import recorded
from hpviz.ui.learned.section import TITLE, show_learned
from hpviz.ui.queue import bars, state_of_queue
from hpviz.ui.resources import get_desk, get_runner
from hpviz.ui.study import choices, link
from hpviz.ui.study.claims import show_claims
from hpviz.ui.study.compared import compared
from hpviz.ui.study.cost_card import show_cost
from hpviz.ui.study.foreign import show_foreign
from hpviz.ui.study.link_offer import show_link_offer
from hpviz.ui.study.next_runs import offer_seeds, show_next
from hpviz.ui.study.outcomes import show_outcomes
from hpviz.ui.study.pictures import show_pictures
from hpviz.ui.study.prediction import ask_for_guess, is_guessing, show_prediction
from hpviz.ui.study.screen import on_screen, with_foreign
from hpviz.ui.study.setting import is_as_chosen
from hpviz.ui.study.site import site_of_page
from hpviz.ui.study.waiting import naming, show_queue

EMPTY = (
    "No run of this setting has an epoch yet. Move the slider, or run a list of values: every run is drawn here as it "
    "is trained."
)
EMPTY_SHOWN = (
    "No run of this setting is recorded here. Another data set, preset or setting above may have some; the Runs page "
    "lists all there are."
)


def bench_of(study: Study, setting: Setting, slot: str, progress: DeltaGenerator) -> Bench:
    """The bench of a study at a setting, what trains and waits meanwhile in the container `progress`."""
    runner = get_runner()

    def own() -> list[Run]:
        return on_screen(runner.runs(), study, setting)

    def stamp(runs: Sequence[Run]) -> tuple[bool, Hashable]:
        return _is_active(runner, runs, slot), tuple((run["id"], bool(run["epochs"])) for run in _drawn(runs))

    at_first = stamp(own())

    def watch() -> Moment:
        runs = own()
        runner.look_at(run["id"] for run in runs)
        return Moment(
            queue=(stamp(runs), state_of_queue(runner)),
            measured=measured(runs),
            bars=bars(runner, naming(study, setting, runs)),
        )

    def queue() -> None:
        """What trains and what waits; the page is drawn anew when a run joins or has its first epoch."""
        runs = own()
        if stamp(runs) != at_first:
            st.rerun()
        show_queue(runner, study, setting, runs, slot)

    def runs() -> list[Run]:
        """One's own, for values without any those recorded elsewhere, and the one on which the slider rests."""
        shown = _drawn(with_foreign(own(), study, setting))
        proposal = _proposal(study, setting, slot)
        return [*shown, proposal] if proposal and all(run["id"] != proposal["id"] for run in shown) else shown

    def now() -> Comparison:
        return compared(study, setting, runs(), hidden(study.name))

    def started() -> list[Run]:
        return [run for run in runs() if run["epochs"]]

    def reach(run: Run, x: Axis) -> float:
        """Where a run without an epoch yet will end along x."""
        epochs = run["target"] if choices.at(study) == "updates" else setting.epochs
        if x == "epoch":
            return epochs
        one = updates_an_epoch if x == "updates" else images_an_epoch
        return 0.0 if x == "seconds" else epochs * one(RunSpec.model_construct(**run["spec"]), setting.identity)

    def under_answer(comparison: Comparison) -> None:
        link.put(study, [run for run in started() if not run["origin"] and is_as_chosen(study)])
        show_link_offer(study, setting, runs())
        show_prediction(study, setting, comparison)
        if comparison.runs and not gate.current().read_only:
            show_next(study, setting)

    def pictures(comparison: Comparison) -> None:
        st.markdown(f"**{study.question}** {study.answer}")
        noise = measured_noise(recorded(comparison), get_desk().cache)
        show_pictures(study, tuple(noise.values()))
        if comparison.runs:
            show_outcomes(study, setting, comparison)

    def figures(comparison: Comparison) -> None:
        show_figures(study.name, comparison)
        if not gate.current().read_only:
            offer_seeds(study, setting, comparison)

    article = logged_accuracies(study, request(setting).spec, setting.epochs, setting.identity)
    return Bench(
        name=study.name,
        progress=progress,
        show_progress=queue,
        watch=watch,
        now=now,
        active=at_first[0],
        idle=IDLE_SECONDS,
        empty=EMPTY_SHOWN if gate.current().read_only else EMPTY,
        link=lambda comparison: link.link(study, comparison.runs) if is_as_chosen(study) else None,
        site=lambda comparison: site_of_page(study, setting, comparison),
        question=(lambda: ask_for_guess(study, setting)) if is_guessing(study, setting) else None,
        switch=choices.is_switchable(study),
        beside_legend=lambda _: show_foreign(study, setting, started()),
        under_answer=under_answer,
        reach=reach,
        article={short(value): accuracy for value, accuracy in article.items()},
        folds={
            "The picture": pictures,
            "Table": figures,
            "Cost": lambda _: show_cost(study, setting, st.session_state[choices.key(study, "slider")]),
            **({"What the article claims": lambda _: show_claims(study, setting)} if study.article_values else {}),
            TITLE: lambda comparison: show_learned(study.name, comparison),
        },
    )


def _is_active(runner: Runner, runs: Sequence[Run], slot: str) -> bool:
    return runner.proposed(slot) is not None or any(run["status"] in ACTIVE for run in runs) or bool(runner.queue())


def _drawn(runs: Sequence[Run]) -> list[Run]:
    """The runs that have a curve or will have one."""
    return [run for run in runs if run["epochs"] or run["status"] in ACTIVE]


def _proposal(study: Study, setting: Setting, slot: str) -> Run | None:
    """The run that is asked for if the slider rests a moment longer, as it will be."""
    waiting = get_runner().proposed(slot)
    if waiting is None:
        return None
    try:
        one = request(setting, **{study.field: st.session_state[choices.key(study, "slider")]})
    except BadInput:  # the slider has gone on to a value that cannot be
        return None
    return _as_run(one.spec, one.epochs, study.field) if one.spec.run_id == waiting else None


@lru_cache(maxsize=64)
def _as_run(spec: RunSpec, epochs: int, field: str) -> Run:
    """The same object for as long as the slider rests there."""
    run = new_run(spec, {"data": "", "weights": None}, epochs)  # type: ignore[typeddict-item]
    return Run(**{**run, "status": "queued", "spec": dict(seen(run["spec"], field))})
