"""What is remembered in the cache about a folder of images, as small JSON files."""

import hashlib
import json
import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from hpviz import gate
from hpviz.in_use import move


def memory_of(kind: str, folder: Path, cache: Path) -> Path:
    """The file in which what is known of a folder is remembered."""
    return cache / "data" / f"{kind}-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]}.json"


def recall(memory: Path) -> dict[str, Any]:
    """What was remembered in a JSON file; nothing if it is absent or damaged."""
    try:
        known = json.loads(memory.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def remember(memory: Path, known: dict[str, Any]) -> None:
    """Replace what is remembered; where that fails, the work behind it is simply done again next time."""
    if gate.current().read_only:
        return
    part = memory.with_suffix(f".{os.getpid()}-{threading.get_ident()}.part")
    with suppress(OSError):
        memory.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(known), encoding="utf-8")
        move(part, memory)
