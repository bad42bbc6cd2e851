"""How an address names a data set: by its name and what its images are, never by where they lie on this machine.

A folder is `photos:1a2b3c4d5e6f`, its public name and the first digits of its images' fingerprint; where that link is
opened, the folder with those images is meant, whatever it is called there. Links of earlier versions have a path, which
opens a folder that was added here and no other.
"""

import re
import time

import streamlit as st

from hpviz.charts.lettering import drawable
from hpviz.data import catalogue
from hpviz.data.catalogue import Identity, Source
from hpviz.data.public_name import DIGITS, public_name
from hpviz.spec import BadInput
from hpviz.ui.permalink import Entry
from hpviz.ui.resources import get_desk, get_runner

FOLDERS_NOTE = "folders"  # the store's note of the folders that were added
PATIENCE_SECONDS = 10.0  # for a look at the data sets that are here


def known_data() -> list[str]:
    """The data sets one can choose from: those known by name, and the folders that were added."""
    return [*catalogue.NAMES, *get_runner().store.noted_texts(FOLDERS_NOTE)]


def entry(name: str, key: str, default: str) -> Entry:
    """A data set, as `catalogue.resolve` takes it, as an entry of an address."""
    return Entry(name, key, default, given_of, named)


def note(source: Source, identity: Identity) -> None:
    """Remember what a folder holds, for the address of the page that has just looked."""
    st.session_state[_noted(source.given)] = identity.fingerprint[:DIGITS]


def named(given: str) -> str:
    """What an address says of a data set; a folder at which no page has looked yet has its name alone."""
    if given in catalogue.NAMES:
        return given
    digits = st.session_state.get(_noted(given))
    return f"{_name(given)}:{digits}" if digits else _name(given)


def given_of(text: str) -> str:
    """The data set here that an address means; ValueError if there is none, BadInput where that wants a sentence."""
    known = known_data()
    if text in known:
        return text
    name, _, digits = text.rpartition(":")
    if re.fullmatch(rf"[0-9a-f]{{{DIGITS}}}", digits):
        if found := with_images(digits, name):
            return found[0].given
        raise BadInput(
            f"This link is about the images of “{name[:80]}”, which are not on this machine: add their folder on the "
            "Data page, then open the link again."
        )
    folders = [folder for folder in known if folder not in catalogue.NAMES and _name(folder) == text]
    if len(folders) != 1:
        raise ValueError(text)
    return folders[0]


def with_images(fingerprint: str, name: str = "") -> tuple[Source, Identity] | None:
    """The data set here whose images have that fingerprint, or one that begins so; of several the one of that name."""
    cache, looks = get_runner().cache, []
    for given in sorted(known_data(), key=lambda given: _name(given) != name):
        try:
            source = catalogue.resolve(given, cache)
        except BadInput:  # a folder that has gone
            continue
        if catalogue.is_ready(source, cache):
            looks.append((source, get_desk().identify(source)))
    until = time.monotonic() + PATIENCE_SECONDS
    for source, look in looks:
        if look.wait(max(until - time.monotonic(), 0)) and look.result:
            identity: Identity = look.result
            if identity.fingerprint.startswith(fingerprint):
                return source, identity
    return None


def _noted(given: str) -> str:
    return f"fingerprint: {given}"


def _name(given: str) -> str:
    return str(drawable(public_name(given, "").strip()))
