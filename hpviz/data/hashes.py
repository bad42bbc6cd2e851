"""The content hash of each file of a folder, remembered for as long as the file's size and time stay the same."""

import hashlib
import json
import os
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing, suppress
from itertools import chain
from pathlib import Path
from typing import Any

from hpviz.data.files import File, Skipped, shown
from hpviz.data.progress import Progress
from hpviz.data.threads import BATCH, in_order


def hash_files(
    root: Path, files: Sequence[File], cache: Path
) -> Generator[Progress, None, tuple[dict[File, str], Skipped]]:
    """SHA-256 (hex) of each file of the folder `root`, and those that cannot be read, with the reason."""
    memory = cache / "data" / f"hashes-{sha256(os.fsencode(root))[:16]}.json"
    known = recall(memory)
    digests = {file: known[key] for file in files if (key := _key(file)) in known}
    unknown = [file for file in files if file not in digests]
    failures: list[tuple[str, str]] = []
    with closing(in_order(_digest, unknown)) as batches:
        for done, (file, result) in enumerate(zip(unknown, chain.from_iterable(batches), strict=True)):
            if done % BATCH == 0:
                yield Progress("reading the files", done, len(unknown))
            if isinstance(result, OSError):
                failures.append((shown(file.parts), f"cannot be read ({result.strerror})"))
            else:
                digests[file] = result
    if unknown:
        remember(memory, {_key(file): digest for file, digest in digests.items()})
    return digests, tuple(failures)


def digest_of(lines: Iterable[tuple[str, str]]) -> str:
    """One SHA-256 (hex) for a set of (name, content hash), whatever its order."""
    return sha256(b"".join(os.fsencode(f"{name}\0{digest}\n") for name, digest in sorted(lines)))


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _digest(file: File) -> str | OSError:
    try:
        with open(file.path, "rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        return error


def _key(file: File) -> str:
    return f"{'/'.join(file.parts)}|{file.size}|{file.mtime_ns}"


def recall(memory: Path) -> dict[str, Any]:
    """What was remembered in a JSON file; nothing if it is absent or damaged."""
    try:
        known = json.loads(memory.read_text())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def remember(memory: Path, known: dict[str, Any]) -> None:
    """Replace what is remembered; where that fails, the work behind it is simply done again next time."""
    part = memory.with_suffix(f".{os.getpid()}.part")
    with suppress(OSError):
        memory.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(known))
        part.replace(memory)
