"""Where hpviz keeps what it has computed, and what it does where nobody is at home."""

import os
import sys
from pathlib import Path

from hpviz.installation import CHECKOUT, IS_INSTALLED
from hpviz.paths import absolute, read_path
from hpviz.spec import BadInput


def default_cache() -> Path:
    """HPVIZ_CACHE; else `cache` in a checkout, and once hpviz is installed, its folder among the person's data.

    Raises BadInput if the variable names nothing usable, or if there is no such person.
    """
    named = os.environ.get("HPVIZ_CACHE", "")
    if named.strip():
        return absolute(read_path(named))
    return absolute(_personal_data() / "hpviz" if IS_INSTALLED else CHECKOUT / "cache")


def provide_home(cache: Path) -> None:
    """Let the cache be the home folder where there is none, as in a container without an account.

    Altair, torch.hub and kagglehub ask for one, the first as soon as it is imported.
    """
    if _home() is None:
        os.environ["USERPROFILE" if sys.platform == "win32" else "HOME"] = str(cache)


def _personal_data() -> Path:
    """Where programs keep a person's data on this system (on Linux, the XDG Base Directory Specification)."""
    named = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_DATA_HOME", "")
    if os.path.isabs(named):  # a relative one is to be ignored, says the specification
        return Path(named)
    home = _home()
    if home is None:
        raise BadInput("There is no home folder to keep runs in: name one with --cache FOLDER or HPVIZ_CACHE.")
    if sys.platform == "win32":
        return home / "AppData" / "Local"
    return home / "Library" / "Application Support" if sys.platform == "darwin" else home / ".local" / "share"


def _home() -> Path | None:
    """The home folder of whoever runs this, if there is one. An empty variable names none, for others too."""
    for name in ("HOME", "USERPROFILE"):
        if os.environ.get(name) == "":
            del os.environ[name]
    try:
        home = Path.home()
        return home if home.is_dir() else None
    except (RuntimeError, OSError):
        return None
