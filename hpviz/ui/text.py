"""Text on the page. Names of folders, classes and files are shown as they are, never as Markdown or HTML."""

import re

SENTENCE = 2_000  # characters at most
_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&])")


def literal(name: str, most: int = 80) -> str:
    """A name from outside, safe inside Markdown: every special character is escaped, long names are cut."""
    one_line = " ".join(name.split())
    cut = one_line if len(one_line) <= most else one_line[: most - 1] + "…"
    return _SPECIAL.sub(r"\\\1", cut)


def sentence(told: str) -> str:
    """A sentence that may name a folder, safe inside Markdown."""
    return literal(told, SENTENCE)
