"""What to make of the runs on the screen: each value's diagnosis, noise and fairness."""

from collections.abc import Sequence

import streamlit as st

from hpviz.analysis import frames
from hpviz.analysis.evidence import comparable, last
from hpviz.analysis.fairness import Caution, fairness
from hpviz.analysis.noise import Pair, compare
from hpviz.notation import short
from hpviz.plan import Setting
from hpviz.runs.document import Run
from hpviz.studies import Study
from hpviz.ui.study import choices
from hpviz.ui.study.launch import add_seeds
from hpviz.ui.study.screen import labels_of, settled
from hpviz.ui.text import literal

MARKS = {"different": ":material/call_split:", "within noise": ":material/blur_on:"}
# As many sentences as are read; the others are a click away.
PAIRS_SHOWN = 6
SENTENCE = 2_000  # characters at most


def show_judgement(study: Study, setting: Setting, runs: Sequence[Run]) -> None:
    """Diagnosis beside what may be said of differences; judgements rest on runs that have ended."""
    ended = settled(runs, setting.epochs)
    with st.grid(2, min_column_width=300, gap="medium"):
        with st.container():
            st.markdown("**Diagnosis**, its rule and the next thing to try")
            _show_diagnoses(study, setting, runs)
        with st.container():
            st.markdown("**Different, or noise?** Last accuracies of the runs that have ended")
            _show_noise(study, setting, ended)
            _show_fairness(fairness(ended))


def _show_diagnoses(study: Study, setting: Setting, runs: Sequence[Run]) -> None:
    lines = []
    for label, seeds in frames.by_label(runs, labels_of(runs, study)).items():
        kind, rule, next_step = frames.commonest_diagnosis(seeds, setting.epochs, len(setting.identity.classes))
        lines.append(f"- **{study.symbol} {label} · {kind}**  \n  {_safe(rule)}  \n  *{_safe(next_step)}*")
    st.markdown("\n".join(lines))


def _show_noise(study: Study, setting: Setting, ended: Sequence[Run]) -> None:
    """The pairs that differ first; one seed a value never shows a difference, so it offers more."""
    evidence = next(iter(comparable(ended, study.field)), None)
    if evidence is None or len(evidence.runs) < 2:
        st.caption("It takes two values that have ended to compare.")
        return
    names = {value: f"{study.symbol} {short(float(value))}" for value in evidence.values}
    pairs = compare(evidence.figures(last("test_accuracy")), sum(setting.identity.test_counts.values()), names)
    tested = sorted((pair for pair in pairs if pair.p is not None), key=lambda pair: pair.p or 0.0)
    _list(tested[:PAIRS_SHOWN])
    if len(tested) > PAIRS_SHOWN:
        with st.expander(f"{len(tested) - PAIRS_SHOWN} more pairs"):
            _list(tested[PAIRS_SHOWN:])
    # Seeds of runs from elsewhere come with one's own runs of them, which the page offers already.
    single = [
        value for value in evidence.values if evidence.seeds(value) == 1 and not evidence.runs[value][0]["origin"]
    ]
    if single:
        _offer_seeds(study, setting, [float(value) for value in single])


def _list(pairs: Sequence[Pair[float | str]]) -> None:
    if pairs:
        st.markdown("\n".join(f"- {MARKS[pair.verdict]} {_safe(pair.sentence)}" for pair in pairs))


def _offer_seeds(study: Study, setting: Setting, values: Sequence[float]) -> None:
    names = ", ".join(map(short, values))
    st.caption(f"One seed only of {study.symbol} {names}: a difference from one seed may be luck.")
    st.button(
        "+2 seeds",
        key=choices.key(study, "two-seeds"),
        icon=":material/casino:",
        help=f"Train {study.symbol} {names} under two more seeds",
        on_click=add_seeds,
        args=(study, setting, 2, values),
    )


def _show_fairness(cautions: Sequence[Caution]) -> None:
    if cautions:
        st.markdown(
            "**Is it fair?**\n\n" + "\n".join(f"- :material/balance: {_safe(caution.sentence)}" for caution in cautions)
        )


def _safe(sentence: str) -> str:
    """A judgement may name a folder: it is shown as it is."""
    return literal(sentence, SENTENCE)
