"""A site in its folder: the whole of it or none, in the place of an older one or of nothing, and of nothing else."""

import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from hpviz.confined import is_file
from hpviz.data.files import is_left_by_a_system
from hpviz.in_use import move
from hpviz.paths import absolute, nature, quoted, read_whole, reason
from hpviz.spec import BadInput

# What tells a site of hpviz from somebody's folder: the names of its files with the SHA-256 of each.
MARK = "hpviz-site.json"
FORMAT = 1
MOST_BYTES = 1_000_000  # of the mark
FOREIGN = "{path} is not a site that hpviz published: give the name of a new folder."


def demand_folder_for_site(folder: Path) -> Path:
    """The folder, its links followed. Raises BadInput, in a sentence, if a site may not be put there."""
    folder = absolute(folder)
    if nature(folder.parent) != "folder":
        raise BadInput(f"There is no folder {quoted(folder.parent)} to put {quoted(folder.name)} into.")
    if (found := nature(folder)) is not None:
        if found != "folder":
            raise BadInput(f"{quoted(folder)} is a {found}, not a folder: give the name of a new folder.")
        if _here(folder):
            raise BadInput(f"{quoted(folder)} is the folder you are in: go to another, or give the name of a new one.")
        _own_files(folder)
    return folder


def put_site(folder: Path, files: Mapping[str, bytes]) -> None:
    """The files in their folder, which is moved into place whole. Raises BadInput, in a sentence, if it cannot be."""
    folder = demand_folder_for_site(folder)
    token = secrets.token_hex(8)
    part, old = (folder.with_name(f".hpviz-{token}.{end}") for end in ("part", "old"))
    try:
        part.mkdir()
        for name, content in {**files, MARK: _mark(files)}.items():
            (part / name).write_bytes(content)
        _swap(part, folder, old)
    except OSError as error:
        raise BadInput(f"{quoted(folder)} could not be written ({reason(error)}).") from None
    finally:
        _remove(part, [*files, MARK])


def _swap(part: Path, folder: Path, old: Path) -> None:
    """Put the part where the folder is, or leave both as they are."""
    before = _own_files(folder) if folder.exists() else None
    if before is None:
        move(part, folder)
        return
    move(folder, old)
    try:
        move(part, folder)
    except OSError:
        move(old, folder)
        raise
    _remove(old, before)


def _own_files(folder: Path) -> list[str]:
    """What a site holds that may be replaced, and what a system left there. Raises BadInput for any other folder."""
    try:
        there = sorted(entry.name for entry in os.scandir(folder))
    except OSError as error:
        raise BadInput(f"{quoted(folder)} cannot be used ({reason(error)}).") from None
    somebodys = [name for name in there if not (is_left_by_a_system(name) and is_file(folder / name))]
    if not somebodys:
        return there
    marked = _marked(folder)
    if foreign := [name for name in somebodys if name not in (*marked, MARK)]:
        raise BadInput(
            f"{quoted(folder)} holds {quoted(foreign[0])} beside the site, which would be lost: move it away first, or "
            "give the name of a new folder."
        )
    return there


def _marked(folder: Path) -> list[str]:
    """The names of the files that the mark lists, all of them as they were written."""
    refusal = BadInput(FOREIGN.format(path=quoted(folder)))
    if nature(folder / MARK) != "file":
        raise refusal
    try:
        told = json.loads(read_whole(folder / MARK, MOST_BYTES, FOREIGN.replace("{path}", "{path} ({why})")))
    except ValueError:
        raise refusal from None
    files = told.get("files") if isinstance(told, dict) and told.get("hpviz site") == FORMAT else None
    if not isinstance(files, dict):
        raise refusal
    for name, digest in files.items():
        path = folder / name
        if path.parent != folder or path.is_symlink() or not path.is_file():
            raise refusal
        if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            raise BadInput(
                f"{quoted(name)} in {quoted(folder)} was changed since hpviz published it, and the change would be "
                "lost: move it away first, or give the name of a new folder."
            )
    return list(files)


def _mark(files: Mapping[str, bytes]) -> bytes:
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())}
    return (json.dumps({"hpviz site": FORMAT, "files": digests}, indent=1) + "\n").encode()


def _here(folder: Path) -> bool:
    with suppress(OSError):
        return Path.cwd().resolve().is_relative_to(folder)
    return False


def _remove(folder: Path, names: list[str]) -> None:
    """Remove files that are ours and the folder, if nothing else is in it."""
    for name in names:
        with suppress(OSError):
            (folder / name).unlink()
    with suppress(OSError):
        folder.rmdir()
