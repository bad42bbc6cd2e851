"""Predict, then run: which value will end highest? Kept in this session, for whoever likes to guess before looking."""

from collections.abc import Mapping, Sequence
from statistics import fmean

import streamlit as st

from hpviz.analysis.comparison import Comparison
from hpviz.analysis.evidence import as_ended, comparable, last
from hpviz.analysis.ranking import Leader, leader
from hpviz.analysis.words import listed, name_of, plural
from hpviz.hyperparameters import Value
from hpviz.plan import Setting, request
from hpviz.runs.document import ACTIVE, Run
from hpviz.studies import Study
from hpviz.ui.resources import get_runner
from hpviz.ui.study import choices
from hpviz.ui.study.screen import on_screen

DOUBT = ", which may be noise: more seeds would tell"


def offer_prediction(study: Study, setting: Setting | None) -> None:
    """A button that puts the question. A setting whose values have ended has nothing left to guess."""
    values = study.values(st.session_state[choices.key(study, "preset")])
    runs = on_screen(get_runner().runs(), study, setting) if setting else []
    ended = {run["spec"][study.field] for run in runs if run["epochs"] and run["status"] not in ACTIVE}
    is_over = len(ended & set(values)) > 1
    st.button(
        "Predict",
        key=choices.key(study, "predict"),
        help=OVER if is_over else "Guess which value will win before you look",
        disabled=is_over or setting is None,
        on_click=_put_question,
        args=(study, setting),
    )


OVER = "These values have been run already, so there is nothing left to guess at this setting."


def is_guessing(study: Study, setting: Setting) -> bool:
    """Whether the question was put and not answered, so that the page shows nothing that would give it away."""
    return bool(st.session_state.get(choices.key(study, "guessing")) == _key(study, setting))


def ask_for_guess(study: Study, setting: Setting) -> None:
    """The question, with the values to choose from, and a way out."""
    st.markdown(f"**Which {study.title.lower()} will end with the highest test accuracy?**")
    state = choices.key(study, "guess")

    def note() -> None:
        st.session_state[_key(study, setting)] = st.session_state[state]
        _close(study)

    with st.container(horizontal=True, vertical_alignment="center"):
        st.pills(
            study.title,
            study.values(st.session_state[choices.key(study, "preset")]),
            format_func=lambda value: name_of(study.field, value),
            key=state,
            on_change=note,
            label_visibility="collapsed",
        )
        st.button("Show without a guess", key=choices.key(study, "no guess"), on_click=_close, args=(study,))


def _put_question(study: Study, setting: Setting) -> None:
    st.session_state[choices.key(study, "guessing")] = _key(study, setting)


def _close(study: Study) -> None:
    st.session_state.pop(choices.key(study, "guessing"), None)


def show_prediction(study: Study, setting: Setting, comparison: Comparison) -> None:
    """How the guess went, by one's own runs if there are any; in a container, so that nothing below it moves."""
    with st.container():
        guess = st.session_state.get(_key(study, setting))
        if guess is None:
            return
        runs = [run for run in comparison.runs if run["status"] not in ACTIVE]
        runs = [run for run in runs if not run["origin"]] or runs
        ended = runs if comparison.updates is None else as_ended(runs, comparison.updates)
        images, classes = sum(setting.identity.test_counts.values()), len(setting.identity.classes)
        st.markdown(f":material/lightbulb: {outcome(study, guess, ended, images, classes)}")


def outcome(study: Study, guess: Value, runs: Sequence[Run], test_images: int, classes: int) -> str:
    """The sentence: what was guessed, what came, and whether the two can be told apart. Of equals none is ahead.

    `test_images` is for runs that have not noted on how many theirs were measured.
    """
    guessed = name_of(study.field, guess)
    evidence = next(iter(comparable(runs, study.field)), None)
    if evidence is None:
        return _untold(guessed)
    if guess not in evidence.runs and evidence.lost(guess):
        return f"You guessed {guessed}, and it diverged: there is no figure to hold against others."
    noted = [count for run in runs if (count := run["inputs"].get("test_images"))]
    accuracies = evidence.accuracies(last("test_accuracy"), 1 / classes)
    found = leader(accuracies, min(noted, default=test_images), evidence.diverged, evidence.trails)
    if found is None or guess not in accuracies or len(accuracies) < 2:
        return _untold(guessed)
    means = {value: fmean(each) for value, each in accuracies.items()}
    gone = [
        f"{evidence.lost(value)} of {plural(len(each), 'seed')} of {name_of(study.field, value)}"
        for value, each in accuracies.items()
        if evidence.lost(value)
    ]
    told = f"You guessed {guessed}{_judged(study, guess, found, means)}."
    return told + (f" Counted as guessing, for they diverged: {listed(gone)}." if gone else "")


def _judged(study: Study, guess: Value, found: Leader[Value], means: Mapping[Value, float]) -> str:
    """How the guess went, as the sentence goes on."""
    first = [name_of(study.field, value) for value in (found.value, *found.equals) if value != guess]
    rivals = [name_of(study.field, value) for value in found.alike]
    of_rivals = f" of {listed(rivals)}{DOUBT}" if rivals else ""
    if found.equals and (guess == found.value or guess in found.equals):
        return f": it is level with {listed(first)}, at {found.mean:.1%}"
    if guess == found.value:
        return f", and it is ahead with {found.mean:.1%}{of_rivals}"
    ahead = f"{listed(first)} {'is' if len(first) == 1 else 'are level,'} ahead with {found.mean:.1%}"
    return f" ({means[guess]:.1%}); {ahead}{DOUBT if guess in found.alike else ''}"


def _untold(guessed: str) -> str:
    return f"You guessed {guessed}. It takes its run, and another to hold it against."


def _key(study: Study, setting: Setting) -> str:
    """A guess is about one setting: the same values on other images are another question."""
    left = [name for name in study.tuned_fields if name not in setting.fixed]
    return choices.key(study, f"guess:{request(setting).spec.run_id}:{setting.epochs}{':tuned' * bool(left)}")
