"""A diskcache Disk that stores JSON text and nothing else.

The stock disks unpickle rows of one storage mode, so anyone who can write the folder can run code
(CVE-2025-69872; `JSONDisk` inherits it), and read any file a row names. This one refuses both.
"""

import json
from typing import Any

from diskcache import UNKNOWN, Disk
from diskcache.core import MODE_RAW


class JsonDisk(Disk):  # type: ignore[misc]  # diskcache ships no types
    """Keys are str, values are JSON text inside SQLite; ValueError for every other row."""

    def put(self, key: Any) -> tuple[str, bool]:
        if type(key) is not str:
            raise TypeError("keys of the run store are str")
        return key, True

    def get(self, key: Any, raw: bool) -> str:
        if not raw or type(key) is not str:
            raise ValueError("a pickled key was refused")
        return key

    def store(self, value: Any, read: bool, key: Any = UNKNOWN) -> tuple[int, int, None, str]:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
        return 0, MODE_RAW, None, text

    def fetch(self, mode: int, filename: str | None, value: Any, read: bool) -> Any:
        if mode != MODE_RAW or filename is not None or type(value) is not str:
            raise ValueError("a row that is not JSON text was refused")
        return json.loads(value)
