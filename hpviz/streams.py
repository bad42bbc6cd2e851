"""Standard streams of any encoding, closed ones too: every text can be written, and stays readable."""

import codecs
import os
import sys
from typing import IO

from hpviz.charts.lettering import drawable

# What stands for the characters that this program writes itself, where a stream cannot take them.
IN_ASCII = {
    "λ": "lambda",
    "σ": "sigma",
    "µ": "u",
    "√": "sqrt",
    "×": "x",
    "·": "-",
    "−": "-",
    "–": "-",
    "—": "-",
    "…": "...",
    "→": "->",
    "≥": ">=",
    "≤": "<=",
    "±": "+-",
    "“": '"',
    "”": '"',
    "’": "'",
    "‘": "'",
    "\u202f": " ",
    "\u00a0": " ",
    "\ufffd": "?",
}
ANYHOW = "hpviz.anyhow"


def _write_anyhow(error: UnicodeError) -> tuple[str, int]:
    """How Python encodes what a stream's encoding lacks: in ASCII words where there are some, else escaped."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(IN_ASCII.get(each) or _escaped(each) for each in lacking), error.end


def _escaped(character: str) -> str:
    """Letters as \\u03b1, so that two names never look the same; a byte of a name that is no UTF-8 as \\xe9."""
    if "\udc80" <= character <= "\udcff":
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("ascii", "backslashreplace").decode()


codecs.register_error(ANYHOW, _write_anyhow)


def write_anything() -> None:
    """Let stdout and stderr take every text, whatever their encoding, and let there be both.

    A closed stream would be missing (`>&-`), and the next file opened would get its number.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        stream = getattr(sys, name)
        if stream is None or stream.closed:
            _occupy(number)
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - for good
        elif mode == "w" and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=ANYHOW)


def _occupy(number: int) -> None:
    """Open a standard stream's number on nothing, if it is free."""
    try:
        os.fstat(number)
    except OSError:
        opened = os.open(os.devnull, os.O_RDWR)
        if opened != number:
            os.dup2(opened, number)
            os.close(opened)


def writable(text: str, stream: IO[str]) -> str:
    """The text as that stream will show it: on one line, and without what could steer a terminal."""
    spelled = "".join(_escaped(each) if "\udc80" <= each <= "\udcff" else each for each in text)
    encoding = getattr(stream, "encoding", None) or "utf-8"
    shown: str = drawable(spelled)
    return shown.encode(encoding, ANYHOW).decode(encoding)


def complain(message: str) -> None:
    """A sentence on stderr, on a line of its own."""
    print(writable(message, sys.stderr), file=sys.stderr, flush=True)
