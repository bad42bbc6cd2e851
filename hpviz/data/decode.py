"""Any picture that a listed decoder reads, whatever its name and mode, as an upright RGB square."""

import io
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError, features

try:  # the one format that Pillow needs a plug-in for
    import pillow_heif  # type: ignore[import-not-found]
except ImportError:
    pillow_heif = None
else:
    pillow_heif.register_heif_opener()

# No decoder but these is ever handed a file: each more is one more way in for hostile bytes.
FORMATS = (
    "JPEG",
    "PNG",
    *(("WEBP",) if features.check("webp") else ()),
    *(("AVIF",) if features.check("avif") else ()),
    "TIFF",
    "BMP",
    "GIF",
    *(("HEIF",) if pillow_heif else ()),
)
ALWAYS_READ = ("JPEG", "MPO", "PNG")  # by every version; MPO is a JPEG with further pictures behind the first
MAX_PIXELS = 64_000_000  # 192 MB as RGB: above any common camera's picture, below what a decompression bomb needs
SNIFFED = 32  # bytes that tell a format
NOT_READ = {
    "HEIF": "is a HEIC picture, which needs the package pillow-heif",
    "AVIF": "is an AVIF picture, which needs Pillow 11.3 or newer",
    "WEBP": "is a WebP picture, which this Pillow was built without",
    "PNM": "is no picture that can be read here, being PBM, PGM or PPM: convert such to PNG",
    "JPEG2000": "is no picture that can be read here, being JPEG 2000: convert such to PNG",
    "JXL": "is no picture that can be read here, being JPEG XL: convert such to PNG",
}
JPEG_SIGNATURE = b"\xff\xd8\xff"
SMALL = 1 << 25  # bytes that may be held in memory at once, by every core
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_PICTURE = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"eXIf")  # the chunks that decide on pixels


class Unreadable(Exception):
    """An image file that has to be skipped; the message says why and completes "this file …"."""


@dataclass(frozen=True)
class Decoded:
    """An image at its training size, `pixels` uint8 (3, S, S) RGB, and the size in pixels that it came in.

    `decoder` names what earlier versions could not read, "" if they could.
    """

    pixels: NDArray[np.uint8]
    width: int
    height: int
    decoder: str = ""


def decode(path: Path, edge: int, content: bytes | None = None) -> Decoded:
    """Read an image file and bring it to `edge` × `edge` pixels.

    Whatever its mode and depth it becomes 8-bit RGB, transparency is laid on white, the EXIF orientation is followed,
    and of several frames or pages the first counts. `content` spares reading the file again.
    Raises Unreadable, and FileNotFoundError if the file is gone.
    """
    image, (width, height), decoder = _load(path, edge, content)
    return Decoded(square(image, edge), width, height, decoder)


def examine(path: Path, content: bytes | None = None) -> str:
    """Make sure that `decode` can read a file; the result names what earlier versions could not, "" if they could.

    `content` spares reading it again. Raises as `decode` does.
    """
    return _load(path, 1, content)[2]


def small_jpeg(path: Path | str) -> bytes | None:
    """All of a JPEG, None if it is another file or a huge one.

    Pillow reads a file in pieces and looks up its real path first: for a small photo a tenth of the time it takes.
    """
    with open(path, "rb", buffering=0) as file:
        start = file.read(len(JPEG_SIGNATURE))
        if start != JPEG_SIGNATURE or os.fstat(file.fileno()).st_size > SMALL:
            return None
        return start + file.readall()


def sniff(start: bytes) -> str | None:
    """The format that a file's first bytes announce, whether or not it can be read here."""
    if start[4:8] == b"ftyp":
        brands = {start[place : place + 4] for place in (8, *range(16, len(start), 4))}
        if brands & {b"avif", b"avis"}:
            return "AVIF"
        return "HEIF" if brands & {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"} else None
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "WEBP"
    signs = {
        JPEG_SIGNATURE: "JPEG",
        PNG_SIGNATURE: "PNG",
        b"GIF8": "GIF",
        b"II*\0": "TIFF",
        b"MM\0*": "TIFF",
        b"II+\0": "TIFF",
        b"MM\0+": "TIFF",
        **{b"P%d%c" % (number, blank): "PNM" for number in range(1, 7) for blank in b" \t\r\n"},
        b"\0\0\0\x0cjP  ": "JPEG2000",
        b"\xff\x4f\xff\x51": "JPEG2000",
        b"\0\0\0\x0cJXL ": "JXL",
    }
    if start[:2] == b"BM" and start[6:10] == bytes(4):  # two letters alone begin many a text
        return "BMP"
    return next((name for sign, name in signs.items() if start.startswith(sign)), None)


def _load(path: Path, edge: int, content: bytes | None = None) -> tuple[Image.Image, tuple[int, int], str]:
    """An upright RGB image no smaller than needed for `edge`, the size it came in, and the decoder's name if new."""
    try:
        content = content or small_jpeg(path)
        return _decoded(io.BytesIO(content) if content else path, edge)
    except (Unreadable, FileNotFoundError, MemoryError):
        raise
    except Exception as error:  # on hostile bytes Pillow raises almost anything
        with suppress(Exception):
            if bare := bare_png(path):
                image, size, _ = _decoded(bare, edge)
                return image, size, "PNG without its texts"
        raise Unreadable(reason(error, path)) from error


def _decoded(source: Path | IO[bytes], edge: int) -> tuple[Image.Image, tuple[int, int], str]:
    with Image.open(source, formats=FORMATS) as image:
        width, height = image.size
        if width * height > MAX_PIXELS:
            raise Unreadable(f"has more than {MAX_PIXELS // 1_000_000} million pixels")
        # Large JPEGs are decoded at 1/2, 1/4 or 1/8, but never below 3 times the size that is asked for.
        image.draft(None, (3 * edge, 3 * edge))
        image.load()
        if "exif" in image.info:
            with suppress(Exception):  # a damaged EXIF block is no reason to lose the photo
                ImageOps.exif_transpose(image, in_place=True)
        kind = image.format or ""
        return rgb(image), (width, height), "" if kind in ALWAYS_READ else kind


def bare_png(path: Path) -> IO[bytes] | None:
    """A PNG without its texts, colour profile and the like, None if it is another file or has none of them.

    Pillow refuses a PNG whose texts or profile are larger than it likes to unpack; the pixels do not need them.
    """
    with path.open("rb") as file:
        if file.read(len(PNG_SIGNATURE)) != PNG_SIGNATURE or os.fstat(file.fileno()).st_size > 4 * MAX_PIXELS:
            return None
        kept, dropped = io.BytesIO(), False
        kept.write(PNG_SIGNATURE)
        while len(head := file.read(8)) == 8:
            length = int.from_bytes(head[:4], "big") + 4  # and the checksum
            if head[4:] in PNG_PICTURE:
                kept.write(head + file.read(length))
            else:
                dropped = True
                file.seek(length, os.SEEK_CUR)
    kept.seek(0)
    return kept if dropped else None


def reason(error: Exception, path: Path) -> str:
    """Why Pillow gave up, in words."""
    if isinstance(error, Image.DecompressionBombError):
        return f"has more than {MAX_PIXELS // 1_000_000} million pixels"
    if isinstance(error, PermissionError):
        return "may not be read by this user"
    if isinstance(error, UnidentifiedImageError):
        with path.open("rb") as file:
            start = file.read(SNIFFED)
        if not start:
            return "is empty"
        if start.startswith(b"version https://git-lfs"):
            return "is a pointer of Git LFS instead of the image, which `git lfs pull` fetches"
        if start.startswith(b"/annex/objects/"):
            return "is a pointer of git-annex instead of the image, which `git annex get` fetches"
        kind = sniff(start) or ""
        return NOT_READ.get(kind, "is cut short or damaged" if kind else "is no picture that can be read")
    return "is cut short or damaged"


def rgb(image: Image.Image) -> Image.Image:
    """The image as 8-bit RGB."""
    if image.mode.startswith("I") or image.mode == "F":  # which Pillow's own conversion would clip at 255
        image = Image.fromarray(_eight_bits(np.asarray(image), image))
    if image.has_transparency_data:
        paper = Image.new("RGBA", image.size, "white")
        paper.alpha_composite(image.convert("RGBA"))
        image = paper
    return image if image.mode == "RGB" else image.convert("RGB")


def _eight_bits(values: NDArray[np.generic], image: Image.Image) -> NDArray[np.uint8]:
    """Grey values of any depth from 0 to 255: by their depth where it is known, else by the range they fill."""
    if image.mode != "I" and image.mode != "F":
        bits = getattr(image, "tag_v2", {}).get(258, (16,))[0]  # TIFF's BitsPerSample: 12-bit cameras and scanners
        return (values.astype(np.uint16) >> (bits - 8 if 8 < bits <= 16 else 8)).astype(np.uint8)
    levels = np.nan_to_num(values.astype(np.float32), nan=0, posinf=0, neginf=0)
    low, high = float(levels.min()), float(levels.max())
    if low >= 0:
        unit = image.mode == "F" and high <= 1
        known = 1.0 if unit else 255.0 if high <= 255 else 65535.0 if high <= 65535 else None
        if known:
            return (levels * (255 / known)).astype(np.uint8)
    return ((levels - low) * (255 / max(high - low, 1e-30))).astype(np.uint8)


def square(image: Image.Image, edge: int) -> NDArray[np.uint8]:
    """An RGB image squeezed to a square as the article did, bilinear with antialiasing: uint8 (3, edge, edge)."""
    if image.size != (edge, edge):
        image = image.resize((edge, edge), Image.Resampling.BILINEAR)
    # Pillow takes a colour out of its pixels faster than NumPy turns an array around.
    planes = b"".join(image.tobytes("raw", colour) for colour in "RGB")
    return np.frombuffer(planes, np.uint8).reshape(3, edge, edge)
