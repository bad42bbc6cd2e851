"""Predict, then run: which value will end highest? Kept in this session, for whoever likes to guess before looking."""

from collections.abc import Sequence

import streamlit as st

from hpviz.analysis.evidence import comparable, last
from hpviz.analysis.noise import compare
from hpviz.analysis.words import name_of
from hpviz.plan import Setting, request
from hpviz.runs.document import ACTIVE, Run
from hpviz.studies import Study
from hpviz.ui.study import choices
from hpviz.ui.study.screen import settled


def offer_prediction(study: Study, setting: Setting, values: Sequence[float], runs: Sequence[Run]) -> None:
    """A small window with the values to choose from. A setting whose values have ended has nothing left to guess."""
    ended = {run["spec"][study.field] for run in runs if run["epochs"] and run["status"] not in ACTIVE}
    with st.popover("Predict", icon=":material/lightbulb:", help="Guess which value will win before you run them"):
        if len(ended & set(values)) > 1:
            st.write("These values have been run already, so there is nothing left to guess at this setting.")
            return
        st.write(f"Which {study.title.lower()} will end with the highest test accuracy?")
        state = choices.key(study, "guess")
        guess = st.pills(
            study.title,
            values,
            format_func=lambda value: name_of(study.field, value),
            key=state,
            label_visibility="collapsed",
            persist_state="session",
        )
        if guess is not None:
            st.session_state[_key(study, setting)] = guess
            st.caption("Noted. Run the article's values, and see how it went below the curves.")


def show_prediction(study: Study, setting: Setting, runs: Sequence[Run]) -> None:
    """How the guess went, once two values have ended; in a container of its own, so that nothing below it moves."""
    with st.container():
        guess = st.session_state.get(_key(study, setting))
        own = [run for run in settled(runs, setting.epochs) if not run["origin"]]
        if guess is not None and own:
            st.markdown(
                f":material/lightbulb: {outcome(study, guess, own, sum(setting.identity.test_counts.values()))}"
            )


def outcome(study: Study, guess: float, runs: Sequence[Run], test_images: int) -> str:
    """The sentence: what was guessed, what came, and whether the two can be told apart."""
    guessed = name_of(study.field, guess)
    evidence = next(iter(comparable(runs, study.field)), None)
    if evidence is None or guess not in evidence.runs or len(evidence.runs) < 2:
        return f"You guessed {guessed}. It takes its run, and another to hold it against."
    means = evidence.means(last("test_accuracy"))
    best = max(means, key=lambda value: means[value])
    if best == guess:
        return f"You guessed {guessed}, and it is ahead with {means[best]:.1%}."
    told = f"You guessed {guessed} ({means[guess]:.1%}); {name_of(study.field, best)} is ahead with {means[best]:.1%}"
    pairs = compare(evidence.figures(last("test_accuracy")), test_images)
    verdict = next(pair.verdict for pair in pairs if {pair.first, pair.second} == {guess, best})
    return f"{told}." if verdict == "different" else f"{told}, which may be noise: more seeds would tell."


def _key(study: Study, setting: Setting) -> str:
    """A guess is about one setting: the same values on other images are another question."""
    return choices.key(study, f"guess:{request(setting).spec.run_id}:{setting.epochs}")
