"""Small pictures of prepared test images, as addresses that hold all of them."""

import base64
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from hpviz.data.prepared import open_prepared, prepared_sizes

EDGE, QUALITY = 96, 85  # pixels, and of JPEG: some 3 kB each


def thumbnails(cache: Path, fingerprint: str, images: int, places: Sequence[int]) -> dict[int, str]:
    """data: addresses by place in the test set of so many images; none where they are not prepared here."""
    for size in sorted(prepared_sizes(cache, fingerprint), key=lambda size: (size < EDGE, abs(size - EDGE))):
        prepared = open_prepared(cache, fingerprint, size)
        if prepared is not None and len(prepared.test_labels) == images:
            return {place: thumbnail(prepared.test_images[place]) for place in places if 0 <= place < images}
    return {}


def thumbnail(pixels: np.ndarray) -> str:
    """An image (3, S, S), uint8, as a JPEG of at most EDGE pixels inside a data: address."""
    picture = Image.fromarray(pixels.transpose(1, 2, 0))
    picture.thumbnail((EDGE, EDGE), Image.Resampling.LANCZOS)
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(written.getvalue()).decode()}"
