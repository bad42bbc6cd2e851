"""Any JPEG or PNG, whatever its mode, as an upright RGB square."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("JPEG", "PNG")
MAX_PIXELS = 64_000_000  # 192 MB as RGB: above any common camera's picture, below what a decompression bomb needs


class Unreadable(Exception):
    """An image file that has to be skipped; the message says why and completes "this file …"."""


@dataclass(frozen=True)
class Decoded:
    """An image at its training size, `pixels` uint8 (3, S, S) RGB, and the size in pixels that it came in."""

    pixels: NDArray[np.uint8]
    width: int
    height: int


def decode(path: Path, edge: int) -> Decoded:
    """Read an image file and bring it to `edge` × `edge` pixels.

    Greyscale, palette, CMYK and 16-bit images become 8-bit RGB, transparency is laid on white and the
    EXIF orientation is followed. Raises Unreadable, and FileNotFoundError if the file is gone.
    """
    try:
        with Image.open(path, formats=FORMATS) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise Unreadable(f"has more than {MAX_PIXELS // 1_000_000} million pixels")
            # Large JPEGs are decoded at 1/2, 1/4 or 1/8, but never below 3 times the size that is asked for.
            image.draft(None, (3 * edge, 3 * edge))
            image.load()
            if "exif" in image.info:
                with suppress(Exception):  # a damaged EXIF block is no reason to lose the photo
                    ImageOps.exif_transpose(image, in_place=True)
            return Decoded(square(rgb(image), edge), width, height)
    except (Unreadable, FileNotFoundError):
        raise
    except Exception as error:  # on hostile bytes Pillow raises almost anything
        raise Unreadable(reason(error, path)) from error


def reason(error: Exception, path: Path) -> str:
    """Why Pillow gave up, in words."""
    if isinstance(error, Image.DecompressionBombError):
        return f"has more than {MAX_PIXELS // 1_000_000} million pixels"
    if isinstance(error, PermissionError):
        return "may not be read by this user"
    if isinstance(error, UnidentifiedImageError):
        return "is empty" if path.stat().st_size == 0 else "is neither a JPEG nor a PNG"
    return "is cut short or damaged"


def rgb(image: Image.Image) -> Image.Image:
    """The image as 8-bit RGB."""
    if image.mode.startswith("I"):  # 16-bit grey, which Pillow's own conversion would clip at 255
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.has_transparency_data:
        paper = Image.new("RGBA", image.size, "white")
        paper.alpha_composite(image.convert("RGBA"))
        image = paper
    return image if image.mode == "RGB" else image.convert("RGB")


def square(image: Image.Image, edge: int) -> NDArray[np.uint8]:
    """An RGB image squeezed to a square as the article did, bilinear with antialiasing: uint8 (3, edge, edge)."""
    if image.size != (edge, edge):
        image = image.resize((edge, edge), Image.Resampling.BILINEAR)
    return np.ascontiguousarray(np.asarray(image).transpose(2, 0, 1))
