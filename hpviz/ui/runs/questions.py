"""Questions that are asked before anything is lost, and what is done when the answer is yes.

A question stands in the session, with the runs it is about, until it is answered: the page may be drawn anew behind it
as epochs arrive, and a run that joins the chosen ones meanwhile is not meant.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import streamlit as st

from hpviz.analysis.words import plural
from hpviz.runs import disk
from hpviz.runs.document import Run
from hpviz.spec import BadInput
from hpviz.terminal import headline
from hpviz.ui.locked import locked
from hpviz.ui.resources import disk_use, get_runner
from hpviz.ui.text import literal, sentence

QUESTION, TOLD, COMPLAINT = "runs:question", "runs:told", "runs:complaint"
NAMED = 8  # runs whose names are shown; the others are counted


@dataclass(frozen=True)
class Question:
    """`text` says what will happen to the runs, `answer` is the button that does `act`, which tells what it did."""

    text: str
    answer: str
    icon: str
    act: Callable[[], str]
    runs: tuple[str, ...] = ()


def ask(question: Question) -> None:
    st.session_state[QUESTION] = question
    st.rerun()


def show_question() -> None:
    """The question that is open, if any; and what came of the last answer."""
    if told := st.session_state.pop(TOLD, None):
        st.toast(sentence(told), icon=":material/check:")
    if complaint := st.session_state.pop(COMPLAINT, None):
        st.error(literal(complaint, most=600), icon=":material/error:")
    if QUESTION in st.session_state:
        _dialog(st.session_state[QUESTION])


def _forget() -> None:
    st.session_state.pop(QUESTION, None)


@st.dialog("Are you sure?", on_dismiss=_forget)
def _dialog(question: Question) -> None:
    st.markdown(sentence(question.text))
    more = len(question.runs) - NAMED
    st.text("\n".join([*question.runs[:NAMED], f"and {more:,} more"] if more > 0 else question.runs))
    with st.container(horizontal=True):
        yes = st.button(question.answer, type="primary", icon=question.icon, key="runs:yes", **locked())
        no = st.button("Leave it", key="runs:no")
    if yes or no:
        _forget()
        if yes:
            do(question.act)
        st.rerun()


def do(act: Callable[[], str]) -> None:
    """Act and remember what to tell: what was done, or in one sentence why not."""
    try:
        st.session_state[TOLD] = act()
    except BadInput as error:
        st.session_state[COMPLAINT] = str(error)


def each(runs: Iterable[Run], act: Callable[[str], object], what: str) -> str:
    """Do something with every run, even if it cannot be done with one of them."""
    done, complaints = 0, []
    for run in runs:
        try:
            act(run["id"])
            done += 1
        except BadInput as error:
            complaints.append(str(error))
    if complaints:
        raise BadInput(f"{plural(done, 'run')} {what}. {complaints[0]}")
    return f"{plural(done, 'run')} {what}."


def ask_to_delete(runs: Sequence[Run]) -> None:
    ask(
        Question(
            "The curves and checkpoints of these runs are deleted. Only training them again brings them back.",
            f"Delete {plural(len(runs), 'run')}",
            ":material/delete:",
            lambda: each(runs, get_runner().delete, "deleted"),
            _names(runs),
        )
    )


def ask_to_free(runs: Sequence[Run]) -> None:
    store = get_runner().store
    holding = [run for run in runs if disk.checkpoint_bytes(store, run["id"])]
    taken = sum(disk.checkpoint_bytes(store, run["id"]) for run in holding)
    ask(
        Question(
            f"This frees {megabytes(taken)}. The curves stay, but these runs can no longer be resumed or extended from "
            "their last epoch: they would train again from epoch 1.",
            f"Free {plural(len(holding), 'checkpoint')}",
            ":material/mop:",
            lambda: freed(disk.free_checkpoints(store, [run["id"] for run in holding])),
            _names(holding),
        )
    )


def begin_anew(anew: Sequence[Run], act: Callable[[], str]) -> Question:
    """What is asked before runs are resumed or extended of which some have no sound checkpoint any more."""
    return Question(
        "The checkpoints of these runs were freed or damaged, so their training begins again at epoch 1. The recorded "
        "epochs stay until the new ones have got as far; then those take their place. The figures come out the same on "
        "the same machine; on another they may differ a little.",
        "Train from epoch 1",
        ":material/restart_alt:",
        act,
        _names(anew),
    )


def freed(count: int) -> str:
    """What to tell after that many bytes were freed; how much is taken now has to be looked at anew."""
    disk_use.clear()
    return f"{megabytes(count)} freed."


def _names(runs: Sequence[Run]) -> tuple[str, ...]:
    return tuple(headline(run) for run in runs)


def megabytes(count: int) -> str:
    """Bytes as people read them: 0.3 MB, 213 MB, 1.4 GB."""
    if count >= 1e9:
        return f"{count / 1e9:.1f} GB"
    return f"{count / 1e6:.0f} MB" if count >= 1e6 else f"{count / 1e6:.1f} MB"
