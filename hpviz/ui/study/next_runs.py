"""What would settle it: the runs that settle most of what is open in the minutes given, and their launch."""

from collections.abc import Mapping, Sequence

import streamlit as st

from hpviz.analysis.comparison import Comparison
from hpviz.analysis.next_runs import Advice, Known, NextRun, advise, brief, why_not
from hpviz.analysis.words import plural
from hpviz.hyperparameters import Value, spell
from hpviz.missing import known_of, requests_of
from hpviz.plan import Setting, request
from hpviz.runs.pace import about
from hpviz.studies import Study
from hpviz.ui.bench.legend import hidden
from hpviz.ui.bench.verdict import outcome
from hpviz.ui.kept import Kept
from hpviz.ui.resources import get_runner
from hpviz.ui.study import choices
from hpviz.ui.study.launch import add_seeds, submit
from hpviz.ui.study.screen import on_screen, shown, stamp_of
from hpviz.ui.text import sentence

MINUTES = (1, 5, 15, 60)
START = 5

# As many pairs as are read of those that seeds will not tell apart.
TOLD = 2


def show_next(study: Study, setting: Setting) -> None:
    """The line, the minutes and the button; what no run settles in that time, and what would."""
    runner = get_runner()
    everything = runner.runs()
    runs = shown(on_screen(everything, study, setting), study)
    values = tuple(_values(study))
    crew = runner.crew(request(setting).spec, 1)
    known = _known.of(
        everything,
        (study.name, crew, stamp_of(setting), values, tuple(run["id"] for run in runs)),
        lambda: known_of(study, setting, values, runs, everything, crew),
    )
    waiting = sum(known.under_way.values())
    if waiting:
        st.caption(f"What would settle it is said once what trains has ended: {plural(waiting, 'run')} to go.")
        return
    minutes_key = choices.key(study, "minutes")
    st.session_state.setdefault(minutes_key, START)
    minutes = st.session_state[minutes_key] or START
    advice = advise(known, 60 * minutes, first_seed=int(setting.fixed.get("seed", 0)))
    reasons = _reasons(advice, known.names, known.test_images)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        told = sentence(_line(advice, known.names, minutes))
        st.markdown(f"**What would settle it**: {told}", width="stretch")
        if advice.runs or advice.later:
            _offer(study, setting, advice.runs)
        if advice.runs or advice.later or reasons:
            with st.popover(f"{minutes} min", key=choices.key(study, "settle")):
                st.segmented_control(
                    "Minutes to spend", MINUTES, key=minutes_key, required=True, persist_state="session"
                )
                for told in reasons:
                    st.caption(sentence(told))


_known: Kept[Known[Value]] = Kept()


def _values(study: Study) -> list[Value]:
    """The values of the page's preset but for those that were hidden."""
    values = study.values(st.session_state[choices.key(study, "preset")])
    return [value for value in values if study.hyperparameter.spell(value) not in hidden(study.name)]


def offer_seeds(study: Study, setting: Setting, comparison: Comparison) -> None:
    """Two more seeds of values that have one: one seed a value never shows a difference.

    Those of runs from elsewhere come with one's own, which the page offers already.
    """
    runs = [comparison.groups[label][0] for label in outcome(comparison).single] if comparison.runs else []
    values = [run["spec"][study.field] for run in runs if not run["origin"]]
    if values:
        st.button(
            "+2 seeds",
            key=choices.key(study, "two-seeds"),
            icon=":material/casino:",
            on_click=add_seeds,
            args=(study, setting, 2, values),
            help=f"Train {study.symbol} {', '.join(map(spell, values))} under two more seeds",
        )


def _line(advice: Advice[Value], names: Mapping[Value, str], minutes: int) -> str:
    if advice.runs:
        return f"{brief(advice.runs, names)} ({_time(advice.runs)})."
    if advice.later:
        first = advice.later[:1]
        return f"nothing that fits into {minutes} min; the next run, of {names[first[0].value]}, takes {_time(first)}."
    return "nothing is left that more seeds would."


def _time(runs: Sequence[NextRun[Value]]) -> str:
    """How long the runs take one after the other; one that nobody knows of is as long as the longest."""
    known = [run.seconds for run in runs if run.seconds is not None]
    return about(sum(max(known, default=0.0) if run.seconds is None else run.seconds for run in runs))


def _offer(study: Study, setting: Setting, runs: Sequence[NextRun[Value]]) -> None:
    these = f"these {len(runs)} runs" if len(runs) > 1 else "this run"
    if st.button(
        f"Run {these} · {_time(runs)}" if runs else "Run these",
        key=choices.key(study, "next"),
        icon=":material/playlist_play:",
        help=sentence(" ".join(dict.fromkeys(run.why for run in runs[:TOLD]))) or None,
        disabled=not runs,
    ):
        submit(setting, lambda: requests_of(runs, study, setting))
        st.rerun()  # the whole page: a question or a complaint is shown there


def _reasons(advice: Advice[Value], names: Mapping[Value, str], test_images: int) -> list[str]:
    """What more time would settle, and which pairs no affordable number of seeds would."""
    later = (
        [f"With more time: {brief(advice.later, names)} ({_time(advice.later)})."]
        if advice.runs and advice.later
        else []
    )
    far = advice.out_of_reach
    hopeless = [why_not(pair, names, test_images) for pair in far[:TOLD]]
    more = [f"So it is with {plural(len(far) - TOLD, 'more pair')}."] if len(far) > TOLD else []
    return [*later, *([" ".join([*hopeless, *more])] if hopeless else [])]
