"""How a module of ours is run in a process of its own, whatever this one's main script and folder are."""

import os
import sys
from pathlib import Path


def command_of(module: str, *arguments: str) -> list[str]:
    """The command; nothing is imported from the folder that it is given in."""
    return [sys.executable, "-P", "-m", module, *arguments]


def environment(**variables: str) -> dict[str, str]:
    """That of this process, in which ours is the hpviz that is found; `variables` stand where it has none."""
    package = str(Path(__file__).parent.parent)
    path = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))
    return {**variables, **os.environ, "PYTHONPATH": path}
