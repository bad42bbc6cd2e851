"""Whether this hpviz is a checkout or was installed, and what follows from that.

A wheel carries app.py and Streamlit's settings in a folder of their own; a checkout has them at its root. They stay
beside each other in both: Streamlit reads the settings that lie beside its script, wherever it is started.
"""

import shlex
import sys
from pathlib import Path

PACKAGE = Path(__file__).parent
CHECKOUT = PACKAGE.parent  # where this is one
IS_INSTALLED = (PACKAGE / "app").is_dir()

APP = (PACKAGE / "app" if IS_INSTALLED else CHECKOUT) / "app.py"
# What people type. Installed, it is on the PATH, and `python` need not be the one that has it.
PROGRAM = "hpviz" if IS_INSTALLED else "python -m hpviz"


def typed(*words: str) -> str:
    """Words of a command as the shells of this system take them."""
    if sys.platform == "win32":
        import subprocess

        return subprocess.list2cmdline(words)
    return shlex.join(words)
