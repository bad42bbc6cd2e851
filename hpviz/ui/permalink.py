"""The address of a page holds what is on it, so that it can be sent, kept and gone back to.

What goes without saying is left out. An address comes from anywhere: it can choose among what a page offers and nothing
more, and what it asks for beyond that is left out, which the page says. Streamlit's own `bind="query-params"` serves
the pages whose defaults stand still; a study's follow its preset, which is in the address too.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlencode

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from hpviz.spec import BadInput
from hpviz.ui.text import literal, sentence

MOST_CHARACTERS = 2_000  # of one entry, however long the address is
MOST_NAMED = 5  # entries that were left out and are named
LAST_PAGE, ARRIVED = "address: page", "address: arrived"
LEFT_OUT, SAID, BARE = "address: left out", "address: said", "address: bare"


@dataclass(frozen=True)
class Entry:
    """One thing an address can say: its name there, its key in the session, how it is read and written.

    `read` raises ValueError for what the page does not offer, and BadInput where that wants a sentence of its own.
    `default` is what goes without saying.
    """

    name: str
    key: str
    default: Any
    read: Callable[[str], Any]
    write: Callable[[Any], str] = str
    most: int = MOST_CHARACTERS


def visit(page: str) -> None:
    """Note which page is about to be drawn, so that `take` can tell an arrival from another draw of the same page."""
    st.session_state[ARRIVED] = st.session_state.get(LAST_PAGE) != page
    st.session_state[LAST_PAGE] = page


def take(page: str, entries: Callable[[], Sequence[Entry]], first: Sequence[Entry] = ()) -> bool:
    """Put an address that somebody opened, or went back to, into the session, before any widget is drawn.

    `first` are entries on which the defaults of the others depend. What the page writes into its own address later is
    not read again: the widgets know it already. Returns whether there was an address to read.
    """
    given = {name: st.query_params.get_all(name) for name in st.query_params}
    arrived = st.session_state.get(ARRIVED, True)
    st.session_state[ARRIVED] = False
    if _went_through_history():
        if not given:
            told = _bare(page).pop() if _bare(page) else {}
            given = {name: [text] for name, text in told.items()}
    elif not given:
        if arrived:
            _bare(page).append(written([*first, *entries()]))
        return False
    elif not arrived:
        return False
    said: list[str] = []
    left_out = list(_read(given, first, said))
    rest = entries()  # after `first` has been read
    known = {entry.name for entry in [*first, *rest]}
    left_out += [*_read(given, rest, said), *(name for name in given if name not in known)]
    st.session_state[f"{LEFT_OUT}: {page}"], st.session_state[f"{SAID}: {page}"] = left_out, said
    return True


def _went_through_history() -> bool:
    """Whether somebody went back or forward to this address."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def _bare(page: str) -> list[dict[str, str]]:
    """What the page's addresses that say nothing stood for, in the order of the browser's history.

    A menu leads to a page under such an address whatever is held there, and what is held then gets an address of its
    own. Whoever goes back to the first of the two wants what was held, not what goes without saying; and the last one
    that came is the first that is met on the way back, when `put` has the browser write what it stood for in its place.
    """
    stood_for: list[dict[str, str]] = st.session_state.setdefault(f"{BARE}: {page}", [])
    return stood_for


def _read(given: Mapping[str, Sequence[str]], entries: Sequence[Entry], said: list[str]) -> Iterator[str]:
    """Set every entry to what the address says, or to its default; yields the names of those it says wrongly.

    What has a sentence of its own joins `said` instead.
    """
    for entry in entries:
        texts = given.get(entry.name)
        try:
            st.session_state[entry.key] = entry.default if texts is None else entry.read(_single(texts, entry.most))
        except BadInput as error:
            st.session_state[entry.key] = entry.default
            said.append(str(error))
        except ValueError:
            st.session_state[entry.key] = entry.default
            yield entry.name


def _single(texts: Sequence[str], most: int) -> str:
    """An entry that is given several times is a list."""
    text = ",".join(texts)
    if len(text) > most:
        raise ValueError("too long")
    return text


def complain(page: str) -> None:
    """Say what the opened address asked for in vain, once it has been opened."""
    for told in st.session_state.get(f"{SAID}: {page}", []):
        st.warning(sentence(told), icon=":material/link_off:")
    names: list[str] = st.session_state.get(f"{LEFT_OUT}: {page}", [])
    if not names:
        return
    shown = ", ".join(literal(name) for name in names[:MOST_NAMED])
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    st.warning(
        f"This link asks for things that this page does not have, so they were left out: {shown}{more}.",
        icon=":material/link_off:",
    )


def written(entries: Sequence[Entry]) -> dict[str, str]:
    """What an address says of the session now."""
    told = {entry.name: entry for entry in entries if st.session_state.get(entry.key, entry.default) != entry.default}
    return {name: entry.write(st.session_state[entry.key]) for name, entry in told.items()}


def put(page: str, entries: Sequence[Entry]) -> None:
    """Write what is on the page into its address."""
    told = written(entries)
    if st.query_params.to_dict() == told:
        return
    if not told and not _went_through_history():
        _bare(page).append({})
    st.query_params.from_dict(told)


def link(entries: Sequence[Entry], **more: str) -> str:
    """The whole address, for another browser, and what it says besides."""
    told = written(entries) | more
    return f"{st.context.url}?{urlencode(told)}" if told else str(st.context.url)


# How entries are read


def one_of(*choices: str) -> Callable[[str], str]:
    """One of the choices, as it stands."""

    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(text)
        return text

    return read


def whole(low: int, high: int) -> Callable[[str], int]:
    """A whole number within bounds."""

    def read(text: str) -> int:
        number = int(text)
        if not low <= number <= high:
            raise ValueError(text)
        return number

    return read


def flag(text: str) -> bool:
    """True, the only thing worth saying."""
    return one_of("1")(text) == "1"


def write_flag(value: bool) -> str:
    return str(int(value))


def read_labels(text: str) -> frozenset[str]:
    """Labels of values, as `write_labels` lists them. One that the page does not have says nothing."""
    return frozenset(map(unquote, text.split(",")))


def write_labels(labels: Iterable[str]) -> str:
    """A label may hold the name of a data set, and that a comma."""
    return ",".join(sorted(label.replace("%", "%25").replace(",", "%2C") for label in labels))
