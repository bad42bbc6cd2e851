"""The comparison as it grows: queue, curves and table, drawn again every second while something trains."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, get_args

import streamlit as st

from hpviz.analysis import frames
from hpviz.charts.curves import TITLES, Axis, Look, curve
from hpviz.charts.palette import CHANCE, DIVERGED, colour
from hpviz.notation import short
from hpviz.plan import Setting, request
from hpviz.runs.document import ACTIVE, Run
from hpviz.runs.pace import elsewhere
from hpviz.runs.runner import Runner
from hpviz.studies import Study
from hpviz.ui import choices
from hpviz.ui.progress import bar
from hpviz.ui.resources import get_runner

TICK_SECONDS = 1.0
IDLE_TICK_SECONDS = 3.0  # another tab or process may launch a run that belongs on this page
RESUMABLE = ("stopped", "interrupted", "failed")


def show_comparison(study: Study, setting: Setting, slot: str) -> None:
    """Everything below the controls. It is a fragment, so that a tick redraws it and nothing else."""
    runner = get_runner()
    active = _is_active(runner, _on_screen(runner, study, setting), slot)

    @st.fragment(run_every=TICK_SECONDS if active else IDLE_TICK_SECONDS)
    def panel() -> None:
        runs = _on_screen(runner, study, setting)
        if _is_active(runner, runs, slot) != active:
            st.rerun()
        runner.look_at(run["id"] for run in runs)
        # Containers keep all below in its place, and so the charts alive, when a line of the queue comes or goes.
        with st.container():
            _show_queue(runner, study, runs, slot)
        with st.container():
            _show_runs(study, setting, runs)

    panel()


def _on_screen(runner: Runner, study: Study, setting: Setting) -> list[Run]:
    """The runs that differ from the setting in the study's hyperparameter only, in order of its value."""
    twin = _identity(request(setting).spec.model_dump(mode="json"), study)
    runs = [run for run in runner.runs() if _identity(run["spec"], study) == twin]
    return sorted(runs, key=lambda run: run["spec"][study.field])


def _identity(spec: dict[str, Any], study: Study) -> dict[str, Any]:
    return {name: value for name, value in spec.items() if name not in (study.field, "dataset")}


def _is_active(runner: Runner, runs: Sequence[Run], slot: str) -> bool:
    return runner.proposed(slot) is not None or any(run["status"] in ACTIVE for run in runs) or bool(runner.queue())


# The queue


def _show_queue(runner: Runner, study: Study, runs: Sequence[Run], slot: str) -> None:
    """What trains and what waits, here or in another process, each with a way to stop it."""
    names = {run["id"]: _name(study, run) for run in runs}
    ours = runner.queue()
    here = {entry["id"] for entry in ours}
    for entry in ours[:1]:
        with _row(runner, entry["id"]):
            bar(entry["view"], names.get(entry["id"], "a run of another page"))
    for run in runs:
        if run["status"] in ACTIVE and run["id"] not in here:
            with _row(runner, run["id"]):
                bar(elsewhere(run), names[run["id"]])
    with st.container(horizontal=True, vertical_alignment="center"):
        for entry in ours[1:]:
            name = names.get(entry["id"], "another page")
            st.button(
                f"{name} waits, {_ordinal(entry['position'])}",
                key=f"stop:{entry['id']}",
                icon=":material/close:",
                help="Take it out of the queue",
                on_click=runner.stop,
                args=(entry["id"],),
            )
        if runner.proposed(slot):
            st.caption("The value on which the slider rests starts in a moment.")
        elif not ours:
            st.caption("Nothing is training.")
    for run in runs:
        if run["status"] in RESUMABLE:
            _offer_resume(runner, run, names[run["id"]])


@contextmanager
def _row(runner: Runner, run_id: str) -> Iterator[None]:
    """A line of the queue with its stop button."""
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.container(width="stretch"):
            yield
        st.button("Stop", key=f"stop:{run_id}", icon=":material/stop:", on_click=runner.stop, args=(run_id,))


def _ordinal(position: int) -> str:
    return f"{position + 1}{ {1: 'nd', 2: 'rd'}.get(position, 'th') if position < 20 else 'th' }"


def _offer_resume(runner: Runner, run: Run, name: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.container(width="stretch"):
            st.caption(f"{name} · {run['status']} after epoch {len(run['epochs'])}/{run['target']}")
            st.text(run["reason"] or "")
        st.button(
            "Resume",
            key=f"resume:{run['id']}",
            icon=":material/play_arrow:",
            on_click=_resume,
            args=(runner, run["id"]),
        )


def _resume(runner: Runner, run_id: str) -> None:
    runner.submit(runner.resumption(run_id))


def _name(study: Study, run: Run) -> str:
    return f"{study.symbol} {short(run['spec'][study.field])}"


# Curves and table


def _show_runs(study: Study, setting: Setting, runs: Sequence[Run]) -> None:
    labels = {run["id"]: short(run["spec"][study.field]) for run in runs}
    started = [run for run in runs if run["epochs"]]
    if not started:
        st.info(
            "No run of this setting has an epoch yet. Move the slider, or run the article's values: "
            "every epoch appears here as it ends.",
            icon=":material/show_chart:",
        )
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        x = st.segmented_control(
            "Along x",
            get_args(Axis),
            default="epoch",
            required=True,
            key=choices.key(study, "x"),
            persist_state="session",
        )
        log_loss = st.toggle("log loss", key=choices.key(study, "log"), persist_state="session")
        shown = _choose_shown(study, [labels[run["id"]] for run in started])
    visible = [run for run in started if labels[run["id"]] in shown]
    look = _look(study, setting, visible, x or "epoch", bool(log_loss))
    frame = frames.curves(visible, labels, setting.epochs)
    with st.grid(3, min_column_width=280):
        for metric in ("test_accuracy", "train_loss", "test_loss"):
            st.altair_chart(
                curve(frame, metric, look),  # type: ignore[arg-type]
                key=f"{study.name}:{metric}",
                width="stretch",
                alt=_alt(study, visible, metric),
            )
    st.caption("● best epoch   ○ newest   ▲ diverged   dotted: guessing   dashed: measured on the training images")
    _show_table(study, setting, started, labels)


def _choose_shown(study: Study, labels: list[str]) -> list[str]:
    """Chips that hide and show runs. What was hidden is remembered, so that a run that joins disturbs nothing."""
    hidden_key = choices.key(study, "hidden")
    hidden: set[str] = st.session_state.setdefault(hidden_key, set())
    chips_key = f"{choices.key(study, 'shown')}:{','.join(labels)}"

    def remember() -> None:
        st.session_state[hidden_key] = (hidden - set(labels)) | (set(labels) - set(st.session_state[chips_key]))

    default = [label for label in labels if label not in hidden]
    return st.pills(
        "Shown", labels, selection_mode="multi", default=default, key=chips_key, on_change=remember, wrap=True
    )


def _look(study: Study, setting: Setting, runs: Sequence[Run], x: Axis, log_loss: bool) -> Look:
    dark = st.context.theme.type == "dark"
    values = [run["spec"][study.field] for run in runs]
    ends = [run["epochs"][0][x] * setting.epochs for run in runs] if x != "seconds" else []
    return Look(
        labels=tuple(map(short, values)),
        colours=tuple(colour(value, study.slider_values, dark) for value in values),
        legend=study.symbol,
        x=x,
        x_max=max(ends, default=None),
        log_loss=log_loss,
        chance=1 / len(setting.identity.classes),
        chance_colour=CHANCE[dark],
        diverged_colour=DIVERGED[dark],
    )


def _alt(study: Study, runs: Sequence[Run], metric: str) -> str:
    """The chart in a sentence. It holds no figures: a text that changes would make the page draw the chart anew."""
    values = ", ".join(short(run["spec"][study.field]) for run in runs)
    return f"{TITLES[metric]} by {study.title.lower()} over training, for {values}. The table below has the figures."


def _show_table(study: Study, setting: Setting, runs: Sequence[Run], labels: dict[str, str]) -> None:
    table = frames.summary(runs, labels, setting.epochs)
    st.dataframe(
        table,
        hide_index=True,
        key=f"{study.name}:table",
        alt=f"Runs by {study.title.lower()}",
        column_config={
            "value": study.title,
            "best": st.column_config.NumberColumn("best accuracy", format="percent"),
            "best_epoch": "at epoch",
            "last": st.column_config.NumberColumn("last accuracy", format="percent"),
            "gap": st.column_config.NumberColumn(
                "gap (nats)", format="%.3f", help="Test loss less train loss, both without dropout."
            ),
            "train_seconds": st.column_config.NumberColumn("train s/epoch", format="%.1f"),
            "test_seconds": st.column_config.NumberColumn("test s/epoch", format="%.2f"),
        },
    )
