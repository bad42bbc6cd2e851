"""Light and dark: what the browser shows now, and a page that is drawn anew when the system switches."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from hpviz.ui.since import since

# What the theme of .streamlit/config.toml cannot say.
STYLES = Path(__file__).parent / "app.css"
ICON = str(Path(__file__).parent / "icon.png")
# Streamlit changes its own colours by itself; those of our charts come from the server, which is told of a theme with
# the next rerun only. So that is asked for once Streamlit has turned. An older call may come late and be ended then
# (see `since`), so the watch lasts as long as its element, and the end of a call ends nothing.
WATCH = """
export default function ({ data, parentElement, setTriggerValue }) {
  if (data.since < parentElement.since) return;
  parentElement.since = data.since;
  parentElement.stop?.();
  document.documentElement.dataset.drawn = data.drawn;
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const app = document.querySelector("[data-testid=stApp]");
  let looking;
  const follow = () => {
    clearInterval(looking);
    let left = 100;
    looking = setInterval(() => {
      if (!parentElement.isConnected) return parentElement.stop();
      const shown = getComputedStyle(app).colorScheme;
      const has_turned = ["dark", "light"].includes(shown) && shown !== data.drawn;
      if (has_turned || !--left) clearInterval(looking);
      if (has_turned) setTriggerValue("switched", shown);
    }, 100);
  };
  parentElement.stop = () => {
    clearInterval(looking);
    system.removeEventListener("change", follow);
  };
  follow();  // it may have turned while the page was being drawn
  system.addEventListener("change", follow);
}
"""


def is_dark() -> bool:
    return st.context.theme.type == "dark"


def follow_theme() -> None:
    """Draw the page again when the system turns dark or light while it is open; comes last on a page.

    The document says, as `data-drawn`, for which of the two it was drawn.
    """
    drawn = "dark" if is_dark() else "light"
    data = {"drawn": drawn, "since": since("theme", drawn)}
    _watcher()(key="theme", data=data, on_switched_change=lambda: None)


@st.cache_resource(show_spinner=False)
def _watcher() -> Callable[..., Any]:
    return st.components.v2.component("hpviz_theme", js=WATCH)
