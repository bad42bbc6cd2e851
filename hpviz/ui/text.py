"""Text on the page. Names of folders, classes and files are shown as they are, never as Markdown or HTML."""

import re

from hpviz.charts.lettering import drawable

SENTENCE = 2_000  # characters at most
_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&])")
# What a browser makes of plain text once Markdown has been read, where no backslash helps: links of addresses and of
# e-mail, icons and emoji between colons, arrows and dashes that stand alone. A character without width keeps them
# apart; it stands before an address, so that the address itself stays whole.
_APART = "\u200b"
_MADE_OF_TEXT = re.compile(
    r"(?=https?://|www\.)"
    r"|(?<=[-.\w+])(?=@[-\w])"
    r"|(?<=:)(?=[\w+-]+:|material/)"
    r"|(?:(?<=\s)|^)(?=(?:<->|->|<-|--|>=|<=|~=)(?:\s|$))",
    re.IGNORECASE,
)


def literal(name: str, most: int = 80) -> str:
    """A name from outside, safe inside Markdown: nothing in it is read as a sign, long names are cut."""
    return _SPECIAL.sub(r"\\\1", _MADE_OF_TEXT.sub(_APART, plain(name, most)))


def plain(name: str, most: int = 80) -> str:
    """The same where nothing is read as Markdown: one line of what can be drawn, cut where it is long."""
    one_line: str = drawable(" ".join(name.split()))
    return one_line if len(one_line) <= most else one_line[: most - 1] + "…"


def sentence(told: str) -> str:
    """A sentence that may name a folder, safe inside Markdown."""
    return literal(told, SENTENCE)
