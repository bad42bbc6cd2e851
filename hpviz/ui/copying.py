"""A button that copies a picture, for which Streamlit has none: the browser's own clipboard, and no network."""

from base64 import b64encode
from importlib.resources import files

import streamlit as st

from hpviz.ui.since import since

_copy = st.components.v2.component(
    "copy_picture",
    html='<button type="button">Copy picture</button><span role="status"></span>',
    css=files("hpviz.ui").joinpath("copying.css").read_text(encoding="utf-8"),
    js=files("hpviz.ui").joinpath("copying.js").read_text(encoding="utf-8"),
)


def offer_copy(picture: bytes, name: str) -> None:
    """A button that puts a PNG on the clipboard, or downloads it as `name`, and says so, where the browser refuses.

    Browsers let a page write there from a click, and only if it came from this machine or over HTTPS.
    """
    data = {"png": b64encode(picture).decode(), "name": name, "since": since("copy", (name, hash(picture)))}
    _copy(key="copy picture", data=data, width="content")
