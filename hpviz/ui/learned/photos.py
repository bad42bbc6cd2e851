"""Which photos the nets get right: accuracy by class, the confusion matrix of any value, the photos that changed."""

from collections.abc import Generator, Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast, get_args

import pandas as pd
import streamlit as st

from hpviz.analysis.answers import Answers, Changed, Which, answers_of, changed, read
from hpviz.analysis.by_class import MOST, ByClass, by_class
from hpviz.analysis.comparison import Comparison
from hpviz.analysis.words import plural
from hpviz.charts.answers import coloured
from hpviz.charts.by_class import class_accuracies, confusion_matrix
from hpviz.charts.looks import colours_by_label
from hpviz.charts.specification import table
from hpviz.data.progress import Progress
from hpviz.runs.document import Run
from hpviz.runs.inspections import Finding, Sought
from hpviz.runs.tasks import asked_of
from hpviz.training.recorded_answers import Recorded, can_be_kept
from hpviz.ui.bench.legend import places
from hpviz.ui.chart import show_chart
from hpviz.ui.kept import Kept
from hpviz.ui.learned.finding import offered
from hpviz.ui.learned.gallery import show_gallery
from hpviz.ui.learned.recorded import recorded, with_checkpoint
from hpviz.ui.resources import get_desk
from hpviz.ui.text import sentence
from hpviz.ui.theme import is_dark

NO_ANSWERS = (
    "None of these runs remembers what it answered on each photo: recordings that come with hpviz, or that were made "
    "before it kept answers, do not. Train a value here, or go on with a run for another epoch, and its photos are "
    "shown."
)
ASK = (
    "{runs} recorded before answers were kept, with a checkpoint that can still be asked: it looks at every test photo "
    "once more, which takes a second or two for the article's network."
)


@dataclass(frozen=True, eq=False)
class Found:
    """The runs by label as they are stored, those of them that remember answers, and what these say."""

    runs: Mapping[str, list[Run]]
    change: Changed[str]
    by_class: ByClass


def show(name: str, comparison: Comparison) -> None:
    """The whole tab."""
    which = _choose_epoch(name)
    if which == "newest":
        _offer_to_ask(name, comparison)
    found = _found(comparison, which)
    if not found.change.epochs:
        st.caption(NO_ANSWERS)
        return
    st.caption(sentence(_rests_on(found)))
    with st.grid(2, min_column_width=300, gap="medium"):
        with st.container():
            _show_accuracies(name, comparison, found.by_class)
        with st.container():
            _show_confusion(name, comparison, found.by_class)
    show_gallery(name, comparison, found.runs, found.change)


def _offer_to_ask(name: str, comparison: Comparison) -> None:
    """A button that has the nets asked whose runs do not remember what they answered."""
    silent = [run for run in with_checkpoint(comparison) if answers_of(run) is None and not _asked(run)]
    if not silent:
        return

    def ask(cache: Path) -> Generator[Progress, None, Finding]:
        for run in silent:
            yield from asked_of(run).remembered(cache)
        return {"asked": [run["id"] for run in silent]}

    count = plural(len(silent), "run")
    offered(f"{name}:ask", Sought("asked", silent, {"version": 1}, ask), ASK.format(runs=count), f"Ask {count}")


def _asked(run: Run) -> Answers | None:
    """What was answered when the net was asked once more."""
    classes, images = len(run["inputs"].get("classes", ())), run["inputs"].get("test_images", 0)
    told = get_desk().found(asked_of(run))
    return read(cast(Recorded, told), "newest", classes, images) if told and can_be_kept(classes, images) else None


def _choose_epoch(name: str) -> Which:
    chosen = st.segmented_control(
        "Answers of each run's",
        get_args(Which),
        default="newest",
        required=True,
        format_func=lambda which: f"{which} epoch",
        key=f"{name}:photos:which",
    )
    return chosen or "newest"


_kept: Kept[Found] = Kept()


def _found(comparison: Comparison, which: Which) -> Found:
    """Counted once, until a run has another epoch or was asked."""
    runs = recorded(comparison)
    asked: dict[str, Answers] = {}
    for run in runs if which == "newest" else ():
        if "answers" not in run and (answers := _asked(run)):
            asked[run["id"]] = answers
    labels: Hashable = tuple(comparison.labels[run["id"]] for run in runs)
    return _kept.of(runs, (which, labels, tuple(asked)), lambda: _count(comparison, runs, which, asked))


def _count(comparison: Comparison, runs: list[Run], which: Which, asked: Mapping[str, Answers]) -> Found:
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(comparison.labels[run["id"]], []).append(run)
    change = changed(groups, which, asked)
    answers: dict[str, list[Answers]] = {}
    classes: list[str] = []
    for label, each in groups.items():
        for run in each:
            said = asked.get(run["id"]) or answers_of(run, which)
            if said is not None and run["id"] in change.epochs:
                answers.setdefault(label, []).append(said)
                classes = classes or run["inputs"]["classes"]
    return Found(groups, change, by_class(classes, answers))


def _rests_on(found: Found) -> str:
    """Of which epoch the answers are, of how many runs, and what else there is to know of them."""
    epochs = sorted(set(found.change.epochs.values()))
    after = f"epoch {epochs[0]}" if len(epochs) == 1 else f"epochs {epochs[0]} to {epochs[-1]}"
    many = len(found.by_class.classes) > MOST
    drawn = f" Of {len(found.by_class.classes)} classes the {MOST} are drawn that are confused most." if many else ""
    return f"Answers on the test photos after {after}, of {plural(len(found.change.epochs), 'run')}.{drawn}"


def _show_accuracies(name: str, comparison: Comparison, found: ByClass) -> None:
    st.markdown("**Accuracy by class**")
    labels, frame = tuple(found.matrices), found.accuracies()
    by_label = colours_by_label(comparison, is_dark(), places(name, comparison))
    colours, classes = tuple(by_label[label] for label in labels), tuple(dict.fromkeys(frame["class"]))
    told = "; ".join(_spoken(str(label), rows) for label, rows in frame.groupby("label", sort=False))
    show_chart(
        f"{name}:by-class",
        class_accuracies,
        labels,
        colours,
        classes,
        comparison.legend,
        is_dark(),
        rows=table(frame),
        alt=f"Share of each class's test photos that are classified right. {told}.",
    )
    st.caption("Dots: means over seeds; lines: from the lowest seed to the highest.")


def _spoken(label: str, rows: pd.DataFrame) -> str:
    """A label's accuracies in words."""
    each = zip(rows["class"], rows["accuracy"], strict=True)
    return f"{label}: {', '.join(f'{name} {accuracy:.0%}' for name, accuracy in each)}"


def _show_confusion(name: str, comparison: Comparison, found: ByClass) -> None:
    st.markdown("**What it takes each class for**")
    key, labels = f"{name}:photos:value", list(found.matrices)
    if st.session_state.get(key) not in labels:
        st.session_state[key] = labels[0]
    label = str(
        st.selectbox(
            "Confusion matrix of",
            labels,
            format_func=lambda each: comparison.names.get(each, each),
            key=key,
            width=220,
        )
    )
    frame = found.confused(label)
    classes = tuple(dict.fromkeys(frame["label"]))
    worst = found.worst(label)
    told = (
        f"Most often it takes {worst[0]} for {worst[1]}: {worst[2]:.0%} of them." if worst else "It confuses nothing."
    )
    with st.container(key=f"{name}:confusion"):
        show_chart(
            f"{name}:matrix",
            confusion_matrix,
            classes,
            is_dark(),
            rows=table(coloured(frame, is_dark())),
            alt=f"Confusion matrix of {comparison.names.get(label, label)}: answers by label, in percent. {told}",
        )
    seeds = len(found.matrices[label])
    st.caption(sentence(f"In percent of the label's test photos, {plural(seeds, 'seed')} together. {told}"))
