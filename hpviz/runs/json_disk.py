"""A diskcache Disk that stores JSON text inside SQLite and nothing else.

The stock disks unpickle rows of one storage mode, so anyone who can write the folder can run code
(CVE-2025-69872; `JSONDisk` inherits it), and they read, overwrite and delete whatever file a row names. This one knows
no files at all.
"""

import json
from typing import Any, NoReturn

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
        # ASCII, so that the name of a folder that is no UTF-8 (lone surrogates in Python) can be written too.
        return 0, MODE_RAW, None, json.dumps(value, allow_nan=False, separators=(",", ":"))

    def fetch(self, mode: int, filename: str | None, value: Any, read: bool) -> Any:
        if read or mode != MODE_RAW or filename is not None or type(value) is not str:
            raise ValueError("a row that is not JSON text was refused")
        try:
            return json.loads(value, parse_constant=_refuse)
        except RecursionError:
            raise ValueError("JSON nested too deeply was refused") from None

    def remove(self, file_path: Any) -> None:
        """No file belongs to a row; whatever a row names is somebody else's."""

    def filename(self, key: Any = UNKNOWN, value: Any = UNKNOWN) -> NoReturn:
        raise ValueError("the run store keeps nothing in files")

    def _write(self, *_: Any) -> NoReturn:
        raise ValueError("the run store keeps nothing in files")


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
