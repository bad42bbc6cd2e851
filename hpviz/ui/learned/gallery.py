"""The photos that changed, as a gallery: those that one value gets right and another wrong, with every seed of each."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

import streamlit as st

from hpviz.analysis.answers import Changed, ChangedImage
from hpviz.analysis.comparison import Comparison
from hpviz.analysis.words import listed, plural
from hpviz.data.prepared import Prepared
from hpviz.data.scenes import SCENES_FINGERPRINT
from hpviz.runs.document import Run
from hpviz.ui.learned import one_photo
from hpviz.ui.learned.images import name_of_photo, number_of, prepared_of, show_photo
from hpviz.ui.learned.recorded import with_checkpoint
from hpviz.ui.text import literal, sentence

A_PAGE = 12
ANY_VALUE, ANY_CLASS = "any value", "any class"
ONE_VALUE = "Photos change between two values: train another, or choose runs that differ."
ONE_SEED = "Train another seed of each value to see those that the value changes."
SCENES = (
    "The labels of these test scenes are right, each and every one: only among the training scenes are 8% wrong on "
    "purpose."
)

Photo = ChangedImage[str]
Option = TypeVar("Option")


def show_gallery(name: str, comparison: Comparison, runs: Mapping[str, list[Run]], change: Changed[str]) -> None:
    """How many changed, the filters, and the photos of a page."""
    st.markdown("**The photos that changed**")
    compared = [label for label, each in runs.items() if any(run["id"] in change.epochs for run in each)]
    if len(compared) < 2:
        st.caption(ONE_VALUE)
        return
    first = next(run for each in runs.values() for run in each if run["id"] in change.epochs)
    st.markdown(sentence(_count(change, first["inputs"]["test_images"])))
    notes = [*change.notes, *([ONE_SEED] if change.seeds == 1 else [])]
    st.caption(sentence(" ".join([*notes, *([SCENES] if first["spec"]["fingerprint"] == SCENES_FINGERPRINT else [])])))
    if not change.images:
        return
    prepared = prepared_of(first)
    if prepared is None:
        return
    shown, right, wrong = _filter(name, comparison, compared, change, prepared)
    page = _turned(name, len(shown))
    for_page = shown[page * A_PAGE : (page + 1) * A_PAGE]
    with st.grid(6, min_column_width=140, gap="small"):
        for photo in for_page:
            with st.container(gap="xxsmall"):
                _show(name, comparison, runs, photo, prepared, right, wrong)


def _count(change: Changed[str], of: int) -> str:
    """How many photos changed, and how many would have by chance."""
    chance = f"about {change.by_chance:,.0f}" if change.by_chance >= 0.5 else "none"
    return (
        f"{len(change.images):,} of {plural(of, 'test photo')}: one value gets them right with every seed, another "
        f"wrong with every seed. If the value made no difference, {chance} would."
    )


def _filter(
    name: str, comparison: Comparison, labels: Sequence[str], change: Changed[str], prepared: Prepared
) -> tuple[list[Photo], str | None, str | None]:
    """The photos of a class and of a pair of values, and that pair; None where any value will do."""
    values = {label: comparison.names.get(label, label) for label in labels}
    classes = {label: prepared.classes[label] for label in sorted({photo.label for photo in change.images})}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        right = _choose(f"{name}:gallery:right", "Right with", values, ANY_VALUE)
        others = {label: each for label, each in values.items() if label != right}
        wrong = _choose(f"{name}:gallery:wrong", "Wrong with", others, ANY_VALUE)
        of_class = _choose(f"{name}:gallery:class", "Class", classes, ANY_CLASS)
    photos = [
        photo
        for photo in change.images
        if (right is None or right in photo.right)
        and (wrong is None or wrong in photo.wrong)
        and (of_class is None or of_class == photo.label)
    ]
    return photos, right, wrong


def _choose(key: str, title: str, options: Mapping[Option, str], anything: str) -> Option | None:
    """One of the options by what they are called; None where anything will do."""
    names: dict[str, Option | None] = {anything: None} | {name: option for option, name in options.items()}
    if st.session_state.get(key) not in names:
        st.session_state[key] = anything
    return names[st.selectbox(title, list(names), key=key, width=170)]


def _turned(name: str, count: int) -> int:
    """The page of photos that is shown, from 0, and the way to others."""
    key, last = f"{name}:gallery:page", max(count - 1, 0) // A_PAGE
    page: int = min(st.session_state.get(key, 0), last)
    st.session_state[key] = page
    if not count:
        st.caption("None with this choice.")
        return page
    if last:
        with st.container(horizontal=True, vertical_alignment="center"):
            for step, title, icon in ((-1, "Photos before", "arrow_back"), (1, "More photos", "arrow_forward")):
                st.button(
                    title,
                    key=f"{key}:{title}",
                    icon=f":material/{icon}:",
                    disabled=not 0 <= page + step <= last,
                    on_click=_turn,
                    args=(key, page + step),
                )
            st.caption(f"{page * A_PAGE + 1} to {min((page + 1) * A_PAGE, count)} of {count:,}", width="content")
    return page


def _turn(key: str, page: int) -> None:
    st.session_state[key] = page


def _show(
    name: str,
    comparison: Comparison,
    runs: Mapping[str, list[Run]],
    photo: Photo,
    prepared: Prepared,
    right: str | None,
    wrong: str | None,
) -> None:
    """One photo: the picture, its label, who got it right and who took it for what, and the way to a closer look."""
    called = name_of_photo(prepared, photo.place)
    show_photo(prepared, photo.place, f"Test photo {called}")
    st.markdown(f"**{literal(prepared.classes[photo.label])}**")
    rights = [right] if right else list(photo.right)
    wrongs = [wrong] if wrong else list(photo.wrong)
    lines = [f":material/check: {literal(listed([comparison.names[each] for each in rights]), 200)}"]
    lines += [
        f":material/close: {literal(comparison.names[each])}: {literal(_answers(photo, runs[each], prepared), 120)}"
        for each in wrongs
    ]
    st.caption("  \n".join(lines))
    pair = [_to_look_at(comparison, runs[rights[0]]), _to_look_at(comparison, runs[wrongs[0]])]
    st.button(
        f"Look at {literal(called)}",
        key=f"{name}:gallery:open:{photo.place}",
        icon=":material/visibility:",
        on_click=one_photo.turn_to,
        args=(name, photo.label, number_of(prepared, photo.place), [run for run in pair if run]),
    )


def _answers(photo: Photo, runs: Sequence[Run], prepared: Prepared) -> str:
    """What the seeds of a value said, each answer once."""
    said = [photo.said[run["id"]] for run in runs if run["id"] in photo.said]
    return " or ".join(prepared.classes[each] for each in dict.fromkeys(sorted(said, key=said.count, reverse=True)))


def _to_look_at(comparison: Comparison, runs: Sequence[Run]) -> Run | None:
    """One of the runs that can be looked into."""
    known = {run["id"] for run in with_checkpoint(comparison)}
    return next((run for run in runs if run["id"] in known), None)
