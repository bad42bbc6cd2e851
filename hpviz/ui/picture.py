"""Images as files, written once for everyone who sees them: an array Streamlit would write anew at every drawing."""

import io

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image


@st.cache_data(max_entries=128, show_spinner=False)
def as_png(pixels: NDArray[np.uint8], times: int = 1) -> bytes:
    """Pixels (H, W, 3 or 4) as a PNG, each of them a square of `times` × `times`."""
    image, written = Image.fromarray(pixels), io.BytesIO()
    image.resize((image.width * times, image.height * times), Image.Resampling.NEAREST).save(written, "PNG")
    return written.getvalue()
