"""Images of each class, as the networks see them."""

from collections.abc import Mapping

import streamlit as st

from hpviz.analysis.words import listed
from hpviz.data.prepared import Prepared
from hpviz.data.samples import mislabelled, places, strip
from hpviz.ui.picture import as_png
from hpviz.ui.text import literal

PER_CLASS = 6
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")
CLASSES_A_PAGE = 12
SPLITS = {"training": "train", "test": "test"}


def show_samples(prepared: Prepared, given: str) -> None:
    """A row of images a class; other ones by a button, the test images by a switch."""
    shown = f"samples:{given}"
    st.session_state.setdefault(shown, 0)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        split = st.segmented_control("Images", tuple(SPLITS), default="training", required=True, key="samples:split")
        st.button("Other samples", icon=":material/shuffle:", on_click=_turn, args=(shown,))
        names = _names_shown(prepared, given)
    with st.grid(2, min_column_width=300):
        for label in names:
            name = prepared.classes[label]
            these = (prepared, SPLITS[split or "training"], label, st.session_state[shown], PER_CLASS)
            told = f"{PER_CLASS} {split} images of {name}"
            with st.container(gap="xsmall"):
                st.markdown(f"**{literal(name)}**")
                st.image(as_png(strip(*these)), width="stretch", alt=told)
                if wrong := mislabelled(prepared, SPLITS[split or "training"], places(*these)):
                    st.caption(_told(wrong, name))


def _told(wrong: Mapping[int, str], name: str) -> str:
    """Which images in a row do not show what their label says."""
    each = [f"the {ORDINALS[position]} image shows {place}" for position, place in wrong.items()]
    its = "Its" if len(each) == 1 else "Their"
    return f":material/label_off: From the left, {listed(each)}. {its} label, {name}, is wrong on purpose."


def _turn(shown: str) -> None:
    st.session_state[shown] += 1


def _names_shown(prepared: Prepared, given: str) -> range:
    """The labels of the classes on the screen: all, or those of a chosen page where there are many."""
    total = len(prepared.classes)
    if total <= CLASSES_A_PAGE:
        return range(total)
    pages = [range(start, min(start + CLASSES_A_PAGE, total)) for start in range(0, total, CLASSES_A_PAGE)]
    names = [f"{page[0] + 1}–{page[-1] + 1} of {total}" for page in pages]
    chosen = st.selectbox("Classes", names, key=f"samples:classes:{given}", width=200)
    return pages[names.index(chosen)]
