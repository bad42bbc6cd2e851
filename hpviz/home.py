"""Where hpviz keeps what it has computed, and what it does where nobody is at home."""

import os
from pathlib import Path

from hpviz.paths import absolute, read_path


def default_cache() -> Path:
    """HPVIZ_CACHE, or the project's own cache folder. Raises BadInput if the variable names nothing usable."""
    named = os.environ.get("HPVIZ_CACHE", "")
    return absolute(read_path(named) if named.strip() else Path(__file__).parent.parent / "cache")


def provide_home(cache: Path) -> None:
    """Let the cache be the home folder where there is none, as in a container without an account.

    Altair, torch.hub and kagglehub ask for one, the first as soon as it is imported.
    """
    if os.environ.get("HOME") == "":
        del os.environ["HOME"]
    try:
        found = Path.home().is_dir()
    except (RuntimeError, OSError):
        found = False
    if not found:
        os.environ["HOME"] = str(cache)
