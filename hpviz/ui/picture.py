"""Images as files, written once for everyone who sees them: an array Streamlit would write anew at every drawing."""

import io

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image


def as_png(pixels: NDArray[np.uint8], times: int = 1) -> bytes:
    """Pixels (H, W, 3 or 4) as a PNG, each of them a square of `times` × `times`."""
    return _written(pixels.tobytes(), pixels.shape, times)


# Of a large array Streamlit would look at some places only to tell it from another; of bytes it looks at all.
@st.cache_data(max_entries=128, show_spinner=False)
def _written(pixels: bytes, shape: tuple[int, ...], times: int) -> bytes:
    image, written = Image.fromarray(np.frombuffer(pixels, np.uint8).reshape(shape)), io.BytesIO()
    image.resize((image.width * times, image.height * times), Image.Resampling.NEAREST).save(written, "PNG")
    return written.getvalue()
