"""Where hpviz keeps what it has computed."""

import os
from pathlib import Path


def default_cache() -> Path:
    """HPVIZ_CACHE, or the project's own cache folder."""
    return Path(os.environ.get("HPVIZ_CACHE") or Path(__file__).parent.parent / "cache").resolve()
