"""Test photos on a page, from the images that were prepared for training, and what they are called."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from hpviz.data import catalogue
from hpviz.data.prepared import Prepared, open_prepared
from hpviz.runs.document import Run, images_of
from hpviz.spec import BadInput
from hpviz.ui.fetching import awaited
from hpviz.ui.picture import as_png
from hpviz.ui.resources import get_desk, get_runner
from hpviz.ui.text import sentence


def prepared_of(run: Run) -> Prepared | None:
    """The images that a run was tested on, at its size; None, and on the page why, while they are not to be had."""
    cache, fingerprint, edge = get_runner().cache, run["spec"]["fingerprint"], run["spec"]["image_size"]
    if (ready := open_prepared(cache, fingerprint, edge)) is not None:
        return ready
    # A run from elsewhere names images by what they are called there, and no folder of this machine.
    given = run["inputs"]["data"] if run["origin"] is None else run["spec"]["dataset"]
    try:
        source = catalogue.resolve(given, cache) if run["origin"] is None or given in catalogue.NAMES else None
        if source is None or not catalogue.is_ready(source, cache):
            raise BadInput(f"The images of {images_of(run)} are not on this machine; fetch them on the Data page.")
        prepared = awaited(("prepare", source.given, edge), lambda: get_desk().prepare(source, edge))
        if prepared is not None and prepared.fingerprint != fingerprint:
            raise BadInput(f"The images of {images_of(run)} have changed; train on those of now to see photos.")
    except BadInput as error:
        st.info(sentence(str(error)), icon=":material/hide_image:")
        return None
    found: Prepared | None = prepared
    return found


def of_class(prepared: Prepared, label: int) -> NDArray[np.int64]:
    """The places of a class's test photos, (N,); its photo number n, from 1, is the n-th."""
    return np.flatnonzero(prepared.test_labels == label)


def number_of(prepared: Prepared, place: int) -> int:
    """Which of its class's test photos it is, from 1."""
    return int((of_class(prepared, int(prepared.test_labels[place])) <= place).sum())


def name_of_photo(prepared: Prepared, place: int) -> str:
    """What a test photo is called: sea 12, the twelfth of its class."""
    return f"{prepared.classes[int(prepared.test_labels[place])]} {number_of(prepared, place)}"


SHARP = 256  # px: a smaller photo is drawn larger by whole pixels, which a browser would smear


def show_photo(prepared: Prepared, place: int, alt: str, width: int | None = None) -> None:
    """The photo itself, each of its pixels a square."""
    pixels = np.asarray(prepared.test_images[place]).transpose(1, 2, 0)
    st.image(as_png(pixels, max(SHARP // len(pixels), 1)), width=width or "stretch", alt=alt)
