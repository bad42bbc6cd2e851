"""One test photo through the nets of one run or two: the answer, and what each layer finds where."""

from collections.abc import Sequence

import streamlit as st

from hpviz.analysis.comparison import Comparison
from hpviz.charts.looks import colours_by_label
from hpviz.charts.pictures import photo_answers_picture, photo_maps_picture
from hpviz.data.prepared import Prepared
from hpviz.runs.document import Run
from hpviz.runs.tasks import one_photo_of
from hpviz.training.inside import photo_from_json
from hpviz.ui.bench.legend import places
from hpviz.ui.learned import tab_key
from hpviz.ui.learned.finding import awaited
from hpviz.ui.learned.images import name_of_photo, of_class, prepared_of, show_photo
from hpviz.ui.learned.pictures import show_kept
from hpviz.ui.learned.recorded import NOT_HERE, choose_run, name_of, with_checkpoint
from hpviz.ui.text import literal
from hpviz.ui.theme import is_dark

TITLE = "On one photo"
NOBODY = "nothing"
KEPT = (
    "A finished run keeps the network of its newest epoch alone, one that was cut short also that of the epoch before; "
    "what a net was before training is drawn anew from its seed. Epochs between are not kept."
)


def show(name: str, comparison: Comparison) -> None:
    """The choice of the runs and of the photo, then what the nets make of it."""
    runs = with_checkpoint(comparison)
    if not runs:
        st.caption(NOT_HERE)
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        first = choose_run(_key(name, "run"), "Net", comparison, runs)
        second = _choose_second(name, comparison, first, runs)
    prepared = prepared_of(first)
    if prepared is None:
        return
    place = _choose_photo(name, prepared)
    shown = [run for run in (first, second) if run]
    with st.grid(len(shown), min_column_width=300, gap="medium"):
        for number, run in enumerate(shown):
            with st.container():
                st.markdown(f"**{literal(name_of(comparison, run))}**")
                # One after the other: side by side they would take a process each.
                if not _show_net(name, number, comparison, run, prepared, place):
                    break
    st.caption(KEPT)


def turn_to(name: str, label: int, number: int, runs: Sequence[Run]) -> None:
    """Open the tab at the photo of that class and number, with up to two runs; for what another tab's click does."""
    st.session_state[tab_key(name)] = TITLE
    st.session_state[_key(name, "class")], st.session_state[_key(name, "number")] = label, number
    for what, run in zip(("run", "second"), runs, strict=False):
        st.session_state[_key(name, what)] = run["id"]


def _choose_second(name: str, comparison: Comparison, first: Run, runs: Sequence[Run]) -> Run | None:
    """Another run on the same images, or none; until somebody chooses, one of the value furthest from the first."""
    others = {
        run["id"]: run
        for run in runs
        if run["id"] != first["id"] and run["spec"]["fingerprint"] == first["spec"]["fingerprint"]
    }
    if not others:
        return None
    key, label = _key(name, "second"), comparison.labels[first["id"]]
    if st.session_state.get(key) not in {*others, NOBODY}:
        far = [run for run in others.values() if comparison.labels[run["id"]] != label]
        st.session_state[key] = (far or list(others.values()))[-1 if runs[0]["id"] == first["id"] else 0]["id"]
    chosen = st.selectbox(
        "Beside it",
        [*others, NOBODY],
        format_func=lambda each: name_of(comparison, others[each]) if each in others else each,
        key=key,
        width=240,
    )
    return others.get(chosen)


def _choose_photo(name: str, prepared: Prepared) -> int:
    """The place of the photo that is chosen by class and number, and the photo itself beside the choice."""
    class_key, number_key = _key(name, "class"), _key(name, "number")
    classes = [label for label in range(len(prepared.classes)) if len(of_class(prepared, label))]
    if st.session_state.get(class_key) not in classes:
        st.session_state[class_key] = classes[0]
    count = len(of_class(prepared, st.session_state[class_key]))
    st.session_state[number_key] = min(max(st.session_state.get(number_key) or 1, 1), count)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        photo = st.container(width=128)
        label = st.selectbox(
            "Class of the photo", classes, format_func=prepared.classes.__getitem__, key=class_key, width=170
        )
        number = st.number_input(f"Number, of {count:,}", 1, count, step=1, key=number_key, width=150)
        with st.container(horizontal=True, width="content"):
            for step, title, icon in ((-1, "Previous photo", "arrow_back"), (1, "Next photo", "arrow_forward")):
                st.button(
                    title,
                    key=_key(name, title),
                    icon=f":material/{icon}:",
                    on_click=_turn,
                    args=(number_key, count, step),
                )
    place = int(of_class(prepared, label)[number - 1])
    with photo:
        edge = prepared.test_images.shape[-1]
        show_photo(prepared, place, f"Test photo {name_of_photo(prepared, place)}, as the net sees it: {edge} px", 128)
    return place


def _turn(key: str, count: int, step: int) -> None:
    """Go to the next photo of the class, from the last one on to the first."""
    st.session_state[key] = (st.session_state[key] - 1 + step) % count + 1


def _show_net(name: str, number: int, comparison: Comparison, run: Run, prepared: Prepared, place: int) -> bool:
    """What a run's net makes of the photo; False while that is not known."""
    told = awaited(f"{_key(name, 'again')}:{number}", one_photo_of(run, place))
    if told is None:
        return False
    found, label = photo_from_json(told), int(prepared.test_labels[place])
    colour = colours_by_label(comparison, is_dark(), places(name, comparison))[comparison.labels[run["id"]]]
    show_kept(
        f"{_key(name, 'answers')}:{number}",
        run,
        ("answers", place, colour),
        lambda dark: photo_answers_picture(found.answers, prepared.classes, label, colour, dark),
    )
    show_kept(
        f"{_key(name, 'maps')}:{number}",
        run,
        ("maps", place),
        lambda dark: photo_maps_picture(found.layers, dark),
    )
    return True


def _key(name: str, what: str) -> str:
    return f"{name}:photo:{what}"
