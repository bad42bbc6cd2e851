import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from hpviz.data.decode import FORMATS, MAX_PIXELS, Unreadable, decode, examine, sniff


def saved(path: Path, image: Image.Image, **options: object) -> Path:
    image.save(path, **options)
    return path


def colour(path: Path) -> list[int]:
    return decode(path, 8).pixels.mean((1, 2)).round().astype(int).tolist()


@pytest.mark.parametrize(
    ("name", "mode", "value", "expected"),
    [
        ("grey.png", "L", 200, (200, 200, 200)),
        ("grey.jpg", "L", 200, (200, 200, 200)),
        ("black-and-white.png", "1", 1, (255, 255, 255)),
        ("16-bit.png", "I;16", 200 * 256, (200, 200, 200)),
        ("cmyk.jpg", "CMYK", (0, 255, 255, 0), (255, 0, 0)),
        ("alpha.png", "RGBA", (255, 0, 0, 0), (255, 255, 255)),
        ("half-alpha.png", "LA", (0, 51), (204, 204, 204)),
        ("png-in-disguise.jpg", "RGB", (10, 20, 30), (10, 20, 30)),
    ],
)
def test_every_kind_of_picture_becomes_rgb(tmp_path, name, mode, value, expected):
    kind = "PNG" if "png" in name else "JPEG"
    path = saved(tmp_path / name, Image.new(mode, (16, 16), value), format=kind)
    assert np.abs(np.subtract(colour(path), expected)).max() <= 2


def test_a_transparent_palette_is_laid_on_white(tmp_path):
    image = Image.new("P", (16, 16), 3)
    image.putpalette([0, 0, 0] * 3 + [0, 0, 255])
    assert colour(saved(tmp_path / "opaque.png", image)) == [0, 0, 255]
    assert colour(saved(tmp_path / "clear.png", image, transparency=3)) == [255, 255, 255]


def test_a_photo_taken_sideways_is_turned_upright(tmp_path):
    sideways = np.zeros((40, 40, 3), np.uint8)
    sideways[:, 20:] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90° clockwise: what is on the right comes to the bottom
    upright = decode(saved(tmp_path / "a.jpg", Image.fromarray(sideways), exif=exif), 40).pixels
    assert upright[:, :18].max() < 30
    assert upright[:, 22:].min() > 225


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_a_damaged_exif_block_does_not_cost_the_photo(tmp_path):
    path = saved(tmp_path / "a.jpg", Image.new("RGB", (16, 16), "red"), exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    assert decode(path, 8).pixels.shape == (3, 8, 8)


def test_another_shape_is_squeezed_to_a_square_and_its_own_size_reported(tmp_path):
    wide = np.zeros((30, 90, 3), np.uint8)
    wide[:, 45:] = 255
    decoded = decode(saved(tmp_path / "wide.png", Image.fromarray(wide)), 30)
    assert (decoded.width, decoded.height) == (90, 30)
    assert decoded.pixels[:, :, :13].max() == 0
    assert decoded.pixels[:, :, 17:].min() == 255


def test_shrinking_averages_so_that_fine_patterns_turn_grey(tmp_path):
    checks = np.indices((64, 64)).sum(0) % 2 * np.uint8(255)
    pixels = decode(saved(tmp_path / "checks.png", Image.fromarray(checks.astype(np.uint8))), 8).pixels
    assert np.abs(pixels.astype(int) - 127).max() < 8


def test_a_large_jpeg_comes_out_nearly_as_if_it_had_been_decoded_whole(tmp_path):
    tiles = np.random.default_rng(0).integers(0, 256, (50, 50, 3), np.uint8).repeat(8, 0).repeat(8, 1)
    path = saved(tmp_path / "large.jpg", Image.fromarray(tiles), quality=95)
    whole = np.asarray(Image.open(path).resize((32, 32), Image.Resampling.BILINEAR)).transpose(2, 0, 1)
    decoded = decode(path, 32)
    assert (decoded.width, decoded.height) == (400, 400)
    assert (
        np.abs(decoded.pixels.astype(int) - whole).mean() < 1
    )  # of 255; a picture decoded at half of that comes 3 away


def truncated() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)).save(buffer, "JPEG")
    return buffer.getvalue()[: len(buffer.getvalue()) // 2]


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def bomb(edge: int) -> bytes:
    """A PNG of a few bytes that claims to hold edge × edge pixels."""

    header = struct.pack(">IIBBBBB", edge, edge, 8, 2, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty"),
        (b"not an image at all", "is no picture that can be read"),
        (b"GIF89a" + bytes(50), "is cut short or damaged"),
        (truncated(), "is cut short or damaged"),
        (bomb(int(MAX_PIXELS**0.5) + 1), "has more than 64 million pixels"),
        (bomb(60_000), "has more than 64 million pixels"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_reason(tmp_path, content, why):
    path = tmp_path / "a.jpg"
    path.write_bytes(content)
    with pytest.raises(Unreadable) as caught:
        decode(path, 8)
    assert str(caught.value) == why


def test_a_file_that_is_gone_is_no_unreadable_image(tmp_path):
    with pytest.raises(FileNotFoundError):
        decode(tmp_path / "gone.jpg", 8)


STARTS = [b"", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBPVP8 ", b"II*\0\x08\0\0\0", b"GIF89a"]


@pytest.mark.filterwarnings("ignore:Corrupt EXIF", "ignore:Truncated File")
@given(st.binary(max_size=300), st.sampled_from([*STARTS, b"BM" + bytes(8), truncated()[:200]]))
def test_no_bytes_whatever_raise_anything_else(tmp_path_factory, content, start):
    path = tmp_path_factory.getbasetemp() / "wild.jpg"
    path.write_bytes(start + content)
    try:
        assert decode(path, 8).pixels.shape == (3, 8, 8)
    except Unreadable as error:
        assert str(error)


@pytest.mark.parametrize(
    ("kind", "mode", "value", "expected"),
    [
        ("WEBP", "RGB", (10, 20, 30), (10, 20, 30)),
        ("WEBP", "RGBA", (255, 0, 0, 0), (255, 255, 255)),
        ("AVIF", "RGB", (10, 20, 30), (10, 20, 30)),
        ("BMP", "RGB", (10, 20, 30), (10, 20, 30)),
        ("BMP", "P", 0, (0, 0, 0)),
        ("GIF", "RGB", (10, 20, 30), (10, 20, 30)),
        ("TIFF", "RGB", (10, 20, 30), (10, 20, 30)),
        ("TIFF", "CMYK", (0, 255, 255, 0), (255, 0, 0)),
        ("TIFF", "LAB", (255, 128, 128), (255, 255, 255)),
        ("TIFF", "1", 1, (255, 255, 255)),
        ("TIFF", "LA", (0, 51), (204, 204, 204)),
        ("TIFF", "I;16", 200 * 256, (200, 200, 200)),
        ("TIFF", "I;16B", 200 * 256, (200, 200, 200)),
        ("TIFF", "I", 200 * 256, (199, 199, 199)),
        ("TIFF", "I", 200, (200, 200, 200)),
        ("TIFF", "F", 0.5, (127, 127, 127)),
        ("TIFF", "F", 200.0, (200, 200, 200)),
        ("TIFF", "F", float("nan"), (0, 0, 0)),
    ],
)
def test_every_listed_format_is_read_whatever_the_file_is_called(tmp_path, kind, mode, value, expected):
    path = saved(tmp_path / "a.jpg", Image.new(mode, (16, 16), value), format=kind)
    assert np.abs(np.subtract(colour(path), expected)).max() <= 2
    assert sniff(path.read_bytes()[:32]) == kind
    assert examine(path) == kind


def test_levels_beyond_any_known_depth_fill_the_range(tmp_path):
    levels = np.linspace(-3000, 90000, 256).reshape(16, 16)
    for number, values in enumerate((levels.astype(np.int32), levels.astype(np.float32))):
        pixels = decode(saved(tmp_path / f"{number}.tif", Image.fromarray(values)), 16).pixels[0].ravel()
        assert (pixels[0], pixels[-1]) == (0, 255)
        assert (np.diff(pixels.astype(int)) >= 0).all()


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF", "AVIF", "MPO"])
def test_of_several_frames_or_pages_the_first_counts(tmp_path, kind):
    frames = [Image.new("RGB", (16, 16), shade) for shade in ("red", "blue", "lime")]
    path = saved(tmp_path / "a", frames[0], format=kind, save_all=True, append_images=frames[1:])
    with Image.open(path) as image:
        assert image.n_frames == 3
    assert np.abs(np.subtract(colour(path), (255, 0, 0))).max() <= 2


HUGE = zlib.compress(bytes(80_000_000))  # 80 kB that unpack to more than Pillow takes


@pytest.mark.parametrize(
    "chunks",
    [
        chunk(b"zTXt", b"workflow\0\0" + HUGE),
        chunk(b"iTXt", b"prompt\0\1\0\0\0" + HUGE),
        chunk(b"iCCP", b"profile\0\0" + HUGE),
        b"".join(chunk(b"tEXt", b"%d\0" % number + b"x" * 1_000_000) for number in range(70)),
        chunk(b"tEXt", b"note\0text")[:-1] + b"!",  # its checksum is wrong
    ],
    ids=["packed text", "international text", "colour profile", "70 MB of text", "damaged text"],
)
def test_a_sound_png_is_read_whatever_its_texts_and_profile(tmp_path, chunks):
    plain = saved(tmp_path / "plain.png", Image.fromarray(np.arange(192, dtype=np.uint8).reshape(8, 8, 3)))
    content = plain.read_bytes()
    (tmp_path / "a.png").write_bytes(content[:33] + chunks + content[33:])
    assert np.array_equal(decode(tmp_path / "a.png", 8).pixels, decode(plain, 8).pixels)
    assert (examine(plain), examine(tmp_path / "a.png")) == ("", "PNG without its texts")


def test_a_png_with_texts_that_is_cut_short_stays_unreadable(tmp_path):
    plain = saved(
        tmp_path / "plain.png", Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8))
    )
    content = plain.read_bytes()
    (tmp_path / "a.png").write_bytes(content[:33] + chunk(b"zTXt", b"a\0\0" + HUGE) + content[33:4000])
    with pytest.raises(Unreadable, match="is cut short or damaged"):
        decode(tmp_path / "a.png", 8)


def test_what_needs_a_plug_in_says_which(tmp_path):
    (tmp_path / "a.heic").write_bytes(struct.pack(">I", 24) + b"ftypheic\0\0\0\0mif1heic" + bytes(100))
    assert sniff((tmp_path / "a.heic").read_bytes()[:32]) == "HEIF"
    with pytest.raises(Unreadable) as caught:
        decode(tmp_path / "a.heic", 8)
    assert str(caught.value) == (
        "is cut short or damaged" if "HEIF" in FORMATS else "is a HEIC picture, which needs the package pillow-heif"
    )


@pytest.mark.parametrize(
    "start", [b"%PDF-1.7", b"BM is how this text begins", b"8BPS\0\1", b"\0\0\1\0\1\0", b"P6 1 1 255 "]
)
def test_no_decoder_but_the_listed_ones_is_handed_a_file(tmp_path, start):
    (tmp_path / "a.jpg").write_bytes(start + bytes(100))
    with pytest.raises(Unreadable, match=r"is no picture that can be read|is cut short or damaged"):
        decode(tmp_path / "a.jpg", 8)


def test_a_lack_of_memory_is_no_fault_of_the_picture(tmp_path, monkeypatch):
    path = saved(tmp_path / "a.png", Image.new("RGB", (8, 8)))

    def exhausted(*_):
        raise MemoryError

    monkeypatch.setattr("hpviz.data.decode.rgb", exhausted)
    with pytest.raises(MemoryError):
        decode(path, 8)
