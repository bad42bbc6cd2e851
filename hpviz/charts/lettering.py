"""Text on a drawing: how wide it will be, where it wraps, and what cannot be drawn in it.

A drawing's text flows by itself nowhere, so it is measured here, in the widths of Arial, which Helvetica and Liberation
Sans share. Other fonts differ by some percent, so lines are kept that much short of their room.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from html import escape
from typing import Any

SANS = "Helvetica, Arial, 'Liberation Sans', sans-serif"
MONO = "Menlo, Consolas, 'Liberation Mono', monospace"

BOX = "□"
NOBODYS = "\U000f0000"  # for private use, so in no font

# Thousandths of the font size.
_WIDTHS: Mapping[int, str] = {
    191: "'",
    222: "ijl’",
    278: " !,./:;I[\\]ft·|",
    333: "()-`r“”²{}",
    389: '*"°',
    500: "Jcksvxyzλ^",
    556: "#$0123456789?L_abdeghnopqu–±≥µ",
    600: "+<=>~×−●○σ",
    667: "FTZ&ABEKPSVXY",
    722: "CDHNRUw",
    778: "GOQ",
    889: "%Mm",
    1000: "W▲—…@",
}
_WIDTH_OF = {character: width for width, characters in _WIDTHS.items() for character in characters}
_OTHER, _WIDE = 650, 1000
_BOLD = 1.08
_MONO = 602
# What is kept free of a line's room, for fonts that run wider.
_SLACK = 0.05
# Bidirectional overrides would turn the text around a name about as well.
_TURNING = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def as_html(told: str) -> str:
    """What is told, as text of an HTML page and nothing else, whatever is in it."""
    return escape(drawable(told))


def drawable(value: Any) -> Any:
    """The same text, list or mapping without characters that a drawing cannot hold (XML forbids most controls)."""
    if isinstance(value, str):
        return "".join(map(_drawable, value))
    if isinstance(value, dict):
        return {drawable(name): drawable(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [drawable(each) for each in value]
    return value


def _drawable(character: str) -> str:
    if character in "\n\t":
        return " "
    kept = unicodedata.category(character) not in ("Cc", "Cs", "Cn", "Zl", "Zp") and character not in _TURNING
    return character if kept else "\ufffd"


def lacking(text: str) -> str:
    """The characters, each once, that no font on this machine has: in pictures they are empty boxes."""
    return "".join(each for each in dict.fromkeys(text) if not _has_glyph(each))


@lru_cache(maxsize=4096)
def _has_glyph(character: str) -> bool:
    """Whether it is drawn otherwise than a character that no font can have."""
    if character in _WIDTH_OF or character.isspace() or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return True
    return _alone(character) != _alone(NOBODYS)


def _alone(character: str) -> bytes:
    import vl_convert

    text = f'<text x="8" y="30" font-size="24" font-family="{escape(SANS)}">{escape(character)}</text>'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="48" height="40">{text}</svg>'
    drawn: bytes = vl_convert.svg_to_png(svg)
    return drawn


def boxed(value: Any, characters: str) -> Any:
    """The same text, list or mapping with a box for each of the characters.

    What lacks one character may be drawn in boxes altogether, for the search for a font ends there.
    """
    if isinstance(value, str):
        return value.translate(dict.fromkeys(map(ord, characters), BOX))
    if isinstance(value, dict):
        return {boxed(name, characters): boxed(each, characters) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [boxed(each, characters) for each in value]
    return value


def measured(text: str, size: float, bold: bool = False, mono: bool = False) -> float:
    """The width of a line, in pixels."""
    widths = sum(_MONO if mono and character.isascii() else _width(character) for character in text)
    return widths * size / 1000 * (_BOLD if bold else 1)


def _width(character: str) -> int:
    if (known := _WIDTH_OF.get(character)) is not None:
        return known
    if unicodedata.combining(character):
        return 0
    return _WIDE if unicodedata.east_asian_width(character) in "WF" or ord(character) > 0xFFFF else _OTHER


def wrap(text: str, width: float, size: float, lines: int = 99, bold: bool = False, mono: bool = False) -> list[str]:
    """The text in at most so many lines of that width; what does not fit ends in an ellipsis."""
    room = width * (1 - _SLACK)
    wrapped: list[str] = []
    rest = re.sub("[ \n]+", " ", drawable(text)).strip()
    while rest:
        if len(wrapped) == lines - 1:
            return [*wrapped, _cut_off(rest, room, size, bold, mono)]
        cut = _fitting(rest, room, size, bold, mono)
        if cut < len(rest) and (space := rest.rfind(" ", 0, cut + 1)) > cut / 3:
            cut = space
        wrapped.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return wrapped


def shorten(text: str, width: float, size: float, bold: bool = False, mono: bool = False) -> str:
    """The text on one line, its middle left out if need be: names often differ in their ends."""
    text, room = " ".join(drawable(text).split()), width * (1 - _SLACK)
    if measured(text, size, bold, mono) <= room:
        return text
    half = (room - measured("…", size, bold, mono)) / 2
    head = _fitting(text, half, size, bold, mono)
    tail = _fitting(text[::-1], half, size, bold, mono)
    return f"{text[:head].rstrip()}…{text[len(text) - tail :].lstrip()}"


def _cut_off(text: str, room: float, size: float, bold: bool, mono: bool) -> str:
    if measured(text, size, bold, mono) <= room:
        return text
    kept = _fitting(text, room - measured("…", size, bold, mono), size, bold, mono)
    return f"{text[:kept].rstrip(' ,;:')}…"


def _fitting(text: str, room: float, size: float, bold: bool, mono: bool) -> int:
    """How many characters fit, one at least."""
    for count in range(1, len(text) + 1):
        if measured(text[:count], size, bold, mono) > room:
            return max(count - 1, 1)
    return len(text)
