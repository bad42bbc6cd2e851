"""The run store: one JSON document a run, replaced in one transaction, never evicted."""

import logging
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from hpviz import confined, gate
from hpviz.confined import checked_id, is_run_id, refuse_links
from hpviz.in_use import is_in_use, remove
from hpviz.installation import PROGRAM
from hpviz.runs import budget, database, recovery
from hpviz.runs.database import Identity, Row, Rows
from hpviz.runs.document import ACTIVE, Run, checked, end, now, recording
from hpviz.runs.ownership import is_alive
from hpviz.runs.schema import SCHEMA, Newer
from hpviz.spec import BadInput

log = logging.getLogger(__name__)

Result = TypeVar("Result")

# Where things lie does not change with the schema of what lies there.
_RUN, _REVISION, _NOTE, _ASIDE = "v1/run/", "v1/revision", "v1/note/", "v1/aside/"
_REPAIRED = "repaired"
TICK_SECONDS = 0.001
NOTICES = 5  # as many as a page has room for; the log has them all
LOST = "The process that worked on it ended without a word; resume it to go on from the last epoch."


class RunStore:
    """All runs under a cache folder; safe for many threads and processes on one local disk.

    `told` are sentences about what had to be repaired since the opening, or could not be read. Where nothing can be
    written, runs can still be read. Raises BadInput if the folder cannot be used at all.
    """

    def __init__(self, cache: Path) -> None:
        self.cache = cache
        self.locks = cache / "locks"
        self.checkpoints = cache / "checkpoints"
        self.imported = cache / "imported"
        self.told: list[str] = []
        self.is_read_only = False
        self.deleted = cache / "deleted"
        self._folder = cache / "runs"
        self._backup = cache / "backup" / recovery.DATABASE
        self._before_schema = self._backup.with_name(f"before-schema-{SCHEMA}.db")
        self._snapshot: tuple[int, list[Run]] | None = None
        self._parsed: dict[str, tuple[float, Run | None]] = {}
        self._newer: dict[str, str] = {}  # by key, a sentence on each run that a later hpviz wrote
        self._sound: tuple[str, str] | None = None  # the row that was last found to be a sound run
        self._mending, self._is_mending = threading.RLock(), False
        self._held = ExitStack()
        self._local = threading.local()
        try:
            self._open()
        except (OSError, sqlite3.Error) as error:
            raise BadInput(
                f"The cache folder {cache} cannot be used ({error}); choose another with --cache FOLDER or HPVIZ_CACHE."
            ) from error

    @property
    def notice(self) -> str | None:
        """What the page should tell, if anything: the newest of it."""
        return " ".join(self.told[-NOTICES:]) or None

    # Reading

    def get(self, run_id: str) -> Run | None:
        """The run with that id, its status true to whether its owner still lives.

        None if it is unknown, and if a later hpviz wrote it: `refuse_newer` tells.
        """
        run = self._read(_RUN + run_id) if is_run_id(run_id) else None
        return None if run is None else self._settled(run)

    def runs(self) -> list[Run]:
        """All runs, oldest first. Rows that are no run documents are set aside, those of a later hpviz left alone.

        A run that has not changed is the same object as before; do not change it in place.
        """
        revision = self.revision()
        if self._snapshot is None or self._snapshot[0] != revision:
            self._snapshot = revision, sorted(self._documents(), key=lambda run: (run["created"], run["id"]))
        return [self._settled(run) for run in self._snapshot[1]]

    def revision(self) -> int:
        """A number that grows with every change to the runs, whichever process makes it."""
        with suppress(ValueError):
            revision = self._cache.get(_REVISION, 0)
            if type(revision) is int and 0 <= revision < 2**53:
                return revision
        fresh = int(1000 * time.time())  # beyond every revision that some reader may have seen before
        if self._set_aside(lambda row: row.key == _REVISION):
            with suppress(BadInput):
                self._cache.set(_REVISION, fresh)
        return fresh

    def find(self, prefix: str) -> Run:
        """The run of that id, or the one run whose id starts so.

        Raises BadInput if there is none, or more than one, and Newer if a later hpviz wrote it.
        """
        if prefix and (exact := self.get(prefix)) is not None:
            return exact
        matches = [run for run in self.runs() if run["id"].startswith(prefix)] if prefix else []
        if len(matches) == 1:
            return matches[0]
        newer = [sentence for key, sentence in self._newer.items() if prefix and key.startswith(_RUN + prefix)]
        if newer and not matches:
            raise Newer(newer[0])
        if not matches:
            raise BadInput(f"There is no run {prefix[:60]!r} in the store; `{PROGRAM} runs` lists them.")
        raise BadInput(f"{len(matches)} runs start with {prefix!r}; give more of the id.")

    def written_at(self, run_id: str) -> float | None:
        """When the run's document was last written, by whichever process; None if there is none.

        As long as it stays the same `get` need not be asked again: this one costs as little however long a run is.
        """
        return self._cache.written_at(_RUN + run_id) if is_run_id(run_id) else None

    def written(self) -> dict[str, float]:
        """The same of every run, by its id."""
        return {key.removeprefix(_RUN): at for key, at in self._cache.written().items() if key.startswith(_RUN)}

    def refuse_newer(self, run_id: str) -> None:
        """Raise Newer, in a sentence, if a later hpviz wrote that run: it is neither trained over nor written over."""
        key = _RUN + run_id
        if self._read(key) is None and key in self._newer:
            raise Newer(self._newer[key])

    # Writing

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside is seen by others at once or not at all. Keep it short: it holds the write lock."""
        if self.is_read_only:  # what lies beside the database could be removed all the same
            raise BadInput(database.read_only(self.cache))
        if self._cache.in_transaction:
            yield
            return
        removed = self._local.removed = list[Run]()
        try:
            with self._cache.transact():
                yield
        except BaseException:
            # A deletion that could not be written down is none, not now and not at the next opening.
            for run in removed:
                recovery.unbury(run, self.deleted)
            raise
        if removed:
            self._remove_copies(removed)

    def put(self, run: Run) -> Run:
        """Write a run's document in place of what was there; returns it as it is now to be read."""
        written: Run = {**run, "updated": now()}
        self._write(written)
        with suppress(OSError):  # left by whoever was killed while deleting it
            recovery.unbury(run, self.deleted)
        return written

    def take_in(self, runs: Iterable[Run]) -> list[Run]:
        """Add runs from elsewhere, all or none, dated as they were recorded; returns those that were not here yet.

        A run that was trained here and comes back is known by its `recording`. Copies are written and they are backed
        up at once, for no checkpoint could bring them back.
        """
        with self.transaction():
            here = self.runs()
            known = {run["id"] for run in here}
            own = {recording(run) for run in here if run["origin"] is None}
            new = [run for run in runs if run["id"] not in known and recording(run) not in own]
            new = list({run["id"]: run for run in reversed(new)}.values())[::-1]
            for run in new:
                self._write(run)
        if new:
            self._keep_imports(new)
        return new

    def remove(self, run_id: str) -> None:
        """Forget a run: its checkpoint, its curve and all copies of it, for good.

        The checkpoint goes first, so that a full disk has room for the rest, and the copies of the curve last, so that
        no curve is lost if the deletion fails. Raises BadInput for what is no id, and Newer for a run of a later hpviz.
        """
        refuse_links(self.checkpoints, self.imported, self.deleted)
        with self.transaction():
            if self.is_read_only:
                raise BadInput(database.read_only(self.cache))
            run = self._read(_RUN + checked_id(run_id))
            self.refuse_newer(run_id)
            budget.remove_checkpoints(self.checkpoints / run_id, keep_sidecar=run is not None)
            if run is not None:
                self._local.removed.append(run)
                self._bury(run)
            else:
                remove(self.imported / f"{run_id}.json")
            self._cache.delete(_RUN + run_id)
            self._count_change()

    def backup(self) -> None:
        """Copy the database to the backup folder; cheap, for use after every run.

        One at a time: a worker and an import may want it at once.
        """
        refuse_links(self._backup.parent)
        path = self._folder / recovery.DATABASE
        with confined.lock(self.locks / "backup.lock"):
            try:
                recovery.copy_database(path, self._backup)
            except sqlite3.Error as error:
                if not self._heal(error, database.identity(path)):
                    raise
                recovery.copy_database(path, self._backup)
        recovery.take_ballast(self.cache)

    def note(self, key: str, value: Any) -> None:
        """Remember a small JSON value beside the runs, such as what is known of this machine."""
        if self.is_read_only:
            raise BadInput(database.read_only(self.cache))
        self._cache.set(_NOTE + key, value)

    def noted(self, key: str) -> Any:
        """What was remembered under `key`, or None."""
        try:
            return self._cache.get(_NOTE + key)
        except ValueError:
            self._set_aside(lambda row: row.key == _NOTE + key)
            return None

    def noted_texts(self, key: str) -> list[str]:
        """The texts that were remembered under `key`; none if what is there is something else."""
        value = self.noted(key)
        return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []

    def close(self) -> None:
        self._cache.release()
        self._held.close()

    # Opening and mending

    def _open(self) -> None:
        if gate.current().read_only:
            self._open_to_read(self._folder / recovery.DATABASE)
            return
        try:
            self._with_room(self._open_to_write)
        except (OSError, sqlite3.Error):
            if not any(map(confined.is_file, (self._folder / recovery.DATABASE, self._backup))):
                raise
            self._open_to_read(self._folder / recovery.DATABASE)

    def _with_room(self, act: Callable[[], Result]) -> Result:
        """Do something that needs room on the disk, with that of the ballast if it cannot be done without."""
        try:
            return act()
        except (OSError, sqlite3.Error):
            if not recovery.drop_ballast(self.cache):
                raise
            return act()

    def _open_to_write(self) -> None:
        path = self._folder / recovery.DATABASE
        for folder in (self._folder, self.locks):
            confined.own_folder(folder)
        self._folder.chmod(0o700)
        self._opening = confined.lock(self.locks / "opening.lock")
        for folder in (self.checkpoints, self._backup.parent):
            try:
                confined.own_folder(folder)
            except (OSError, BadInput) as error:
                self._tell(str(error))
        with self._opening:
            copies = recovery.read_sidecars(self.checkpoints, self.imported)
            had_one = not path.exists() and next(copies, None) is not None
            sentence = recovery.repair(self._folder, self._backup, had_one=had_one)
            if not path.exists():
                database.create(path)
            self._cache = Rows(self._folder, self._heal)
            self._keep_as_it_was(path)
            self._reconcile(sentence)
        recovery.take_ballast(self.cache)

    def _open_to_read(self, path: Path) -> None:
        """Open what cannot be written: where it lies if that is possible, else a copy of it or of its backup."""
        self.is_read_only, shows_only = True, gate.current().read_only
        if not shows_only:  # of which every page tells
            self._tell(database.read_only(self.cache))
        mode = "ro" if shows_only else "rw"
        self._cache = Rows(self._folder, lambda *_: False, read_only=True)
        try:
            self.revision()
            if not recovery.is_sound(path, mode):
                raise sqlite3.DatabaseError("damaged")
        except (sqlite3.Error, BadInput):
            self._cache.close()
            source = path
            if not recovery.is_sound(path, mode) and recovery.is_sound(self._backup, database.FROZEN):
                source = self._backup
                self._tell("The run store's database is damaged and cannot be restored now; its backup is shown.")
            folder = self._held.enter_context(recovery.readable_copy(source))
            if shows_only and not confined.is_file(source):  # nothing was ever trained here
                (Path(folder) / recovery.DATABASE).write_bytes(database.empty())
            self._cache = Rows(Path(folder), lambda *_: False)

    def _keep_as_it_was(self, path: Path) -> None:
        """Before this version writes its first document here, copy the database as an older one left it."""
        known = self.noted("schema")
        if type(known) is int and known >= SCHEMA:
            return
        try:
            if any(map(_is_run_row, self._cache.listing())) and not self._before_schema.exists():
                refuse_links(self._before_schema.parent, self._before_schema)
                recovery.copy_database(path, self._before_schema)
            self.note("schema", SCHEMA)
        except (OSError, sqlite3.Error, BadInput):  # a full disk: reading works all the same
            log.warning("the run store could not be copied before its first upgrade", exc_info=True)

    def _heal(self, error: sqlite3.Error, came_from: Identity) -> bool:
        """Do something about an error of the database; whether what it stopped is worth another try."""
        if database.needs_room(error):
            return recovery.drop_ballast(self.cache)
        return database.is_damage(error) and self._mend(came_from)

    def _mend(self, came_from: Identity) -> bool:
        """Bring a database that was damaged, removed or replaced under our hands back; whether there was a reason."""
        path = self._folder / recovery.DATABASE
        confined.own_folder(self.locks)
        with self._mending, self._opening:
            if self._is_mending:
                return False  # what was mended a moment ago is damaged again: there is no end to that
            here = database.identity(path)
            keeper = self._cache.keeper if here != self._cache.kept else None
            if keeper is None:  # which would only keep Windows from setting the file aside
                self._cache.release()
            try:
                repair = partial(recovery.repair, self._folder, self._backup, keeper, had_one=True)
                sentence = self._with_room(repair)
            except (OSError, sqlite3.Error) as error:
                way_out = "end every hpviz that uses it" if is_in_use(error) else "free some space"
                raise BadInput(
                    f"The run store's database in {self.cache} is damaged and could not be restored ({error}); "
                    f"{way_out} and try again."
                ) from error
            if sentence is None and here == came_from:
                return False
            known, self._snapshot, self._parsed = self._parsed, None, {}
            self._is_mending = True
            self._cache.close()  # this thread's, which may be of the file that was set aside
            try:
                self._reconcile(sentence, known if sentence else {})
            finally:
                self._is_mending = False
            if sentence is None:  # another process has mended it, or a person has put another in its place
                for told in self.noted_texts(_REPAIRED):
                    self._tell(told)
        return True

    def _reconcile(self, repaired: str | None, known: dict[str, tuple[float, Run | None]] | None = None) -> None:
        """Make the database what the folders beside it know better, at its opening and after every repair.

        What was deleted goes again, what only the sidecars have comes back, and so does what this process had read
        (`known`) of a database that was damaged. On a full disk that waits.
        """
        try:
            with self.transaction():
                if repaired:
                    self._tell(repaired)
                    self.note(_REPAIRED, [repaired])
                    self._cache.set(_REVISION, max(self.revision(), int(1000 * time.time())))
                self._drop_deleted()
                self._take_sidecars()
                self._take_known(known or {})
        except BadInput as error:
            log.warning("%s", error)

    def _drop_deleted(self) -> None:
        buried = recovery.buried(self.deleted)
        here = {key.removeprefix(_RUN) for row in self._cache.listing() if _is_run_row(row) for key in (row.key,)}
        for run_id in here.intersection(stone.partition("@")[0] for stone in buried):
            run = self._read(_RUN + run_id)
            if run is not None and recovery.tombstone(run) in buried:
                self._cache.delete(_RUN + run_id)
                self._count_change()

    def _take_known(self, known: dict[str, tuple[float, Run | None]]) -> None:
        buried = recovery.buried(self.deleted)
        here = {row.key: row.written for row in self._cache.listing() if _is_run_row(row)}
        for key, (written, run) in known.items():
            if run is not None and recovery.tombstone(run) not in buried and here.get(key, 0.0) < written:
                self._write(run)

    def _take_sidecars(self) -> None:
        """Take over from the checkpoints, and from the copies of imported runs, what the database lacks."""
        buried = recovery.buried(self.deleted)
        here = {row.key.removeprefix(_RUN) for row in self._cache.listing() if _is_run_row(row)}
        for run in recovery.read_sidecars(self.checkpoints, self.imported, here):
            known = self._read(_RUN + run["id"])
            lacks = known is None or (len(known["epochs"]) < len(run["epochs"]) and recording(known) == recording(run))
            if lacks and recovery.tombstone(run) not in buried and _RUN + run["id"] not in self._newer:
                self._write(run)
        copies = [
            self._read(_RUN + each) for each in here if "-" in each and is_run_id(each) and not self._has_copy(each)
        ]
        if copies:
            self._write_imports([copy for copy in copies if copy is not None])

    # How

    def _has_copy(self, run_id: str) -> bool:
        return confined.is_file(self.imported / f"{run_id}.json")

    def _write(self, run: Run) -> None:
        if self.is_read_only:
            raise BadInput(database.read_only(self.cache))
        key = _RUN + run["id"]
        with self._cache.transact():
            if key in self._newer:
                self.refuse_newer(run["id"])
            written = self._cache.written_at(key)
            while time.time() == written:  # by which states are told apart; Windows' clock stands still for 16 ms
                time.sleep(TICK_SECONDS)
            self._cache.set(key, run)
            self._count_change()

    def _keep_imports(self, runs: list[Run]) -> None:
        """Make imported runs safe; they are in the store already, and stay there if that fails."""
        with suppress(OSError):
            for run in runs:
                recovery.unbury(run, self.deleted)
        self._write_imports(runs)
        try:
            self.backup()
        except (OSError, sqlite3.Error, BadInput):
            log.warning("the run store could not be backed up", exc_info=True)

    def _write_imports(self, runs: list[Run]) -> None:
        try:
            recovery.write_imported(runs, self.imported)
        except (OSError, BadInput):
            log.warning("copies of imported runs could not be written", exc_info=True)

    def _remove_copies(self, removed: list[Run]) -> None:
        """Remove what lies beside the database of runs that were deleted, unless it is of a newer recording by now.

        Should that fail, it is in nobody's way: what was buried does not come back.
        """
        buried = recovery.buried(self.deleted)
        for run in removed:
            with suppress(OSError):
                copy = recovery.read_sidecar(self.checkpoints / run["id"] / recovery.SIDECAR, run["id"])
                if copy is None or recovery.tombstone(copy) in buried:
                    budget.remove_checkpoints(self.checkpoints / run["id"])
                remove(self.imported / f"{run['id']}.json")

    def _bury(self, run: Run) -> None:
        try:
            recovery.bury(run, self.deleted)
        except OSError:
            log.warning("it could not be noted that run %s was deleted", run["id"], exc_info=True)

    def _count_change(self) -> None:
        """Tell readers, in this process and others, that their snapshot is old."""
        self._cache.set(_REVISION, self.revision() + 1)

    def _documents(self) -> list[Run]:
        """Every run; of a thousand, only those that were written since the last look are parsed again.

        A document that is replaced between the listing and the reading is read once too often, never once too seldom.
        """
        before, parsed = self._parsed, {}
        listing = self._cache.listing()
        for row in filter(_is_run_row, listing):
            known = before.get(row.key)
            parsed[row.key] = known if known and known[0] == row.written else (row.written, self._read(row.key))
        self._parsed = parsed
        if any(map(_is_nobodys, listing)) and self._set_aside(_is_nobodys):
            return self._documents()
        return [run for _, run in parsed.values() if run is not None]

    def _read(self, key: str) -> Run | None:
        """The sound run of that key. A bad row is set aside, and the best other copy of the run stands in for it."""
        run = self._fault(key)
        if not isinstance(run, str):
            return run
        self._set_aside(lambda row: row.key == key and row.raw == 1, run)
        run = self._fault(key)
        return self._copy_of(key) if isinstance(run, str) else run

    def _set_aside(self, is_meant: Callable[[Row], bool], reason: str = "it is not as hpviz writes it") -> bool:
        """Move bad rows to where nobody looks for runs, say so once, and restore what is known of them elsewhere.

        False where that cannot be written; they are passed over all the same.
        """
        try:
            if self.is_read_only:
                raise BadInput(database.read_only(self.cache))
            with self.transaction():
                for row in filter(is_meant, self._cache.listing()):
                    name = str(row.key)[:80]
                    if _is_run_row(row):
                        if not isinstance(self._fault(row.key), str):
                            continue  # replaced meanwhile
                        name = f"run {row.key.removeprefix(_RUN)[:40]}"
                    self._cache.rename(row, f"{_ASIDE}{secrets.token_hex(4)}/{str(row.key)[:80]}")
                    self._count_change()
                    ending = "there is no other copy"
                    if _is_run_row(row) and (copy := self._copy_of(row.key)) is not None:
                        self._write(copy)
                        ending = "it was restored from a copy"
                    told = f"A row of the run store, {_shown(name)}, could not be read ({_shown(reason)})"
                    self._tell(f"{told} and was set aside; {ending}.")
                    if _is_nobodys(row):
                        self._bring_back_lost()
            return True
        except BadInput:
            self._tell(f"A row of the run store could not be read ({_shown(reason)}); it is passed over.")
            return False

    def _copy_of(self, key: str) -> Run | None:
        """The furthest sound copy of a run that was not deleted: in the backup, or beside its checkpoint."""
        run_id = key.removeprefix(_RUN)
        copies = [recovery.sidecar_of(run_id, self.checkpoints, self.imported)] if is_run_id(run_id) else []
        copies += recovery.in_backup(self._backup, [key]).values()
        buried = recovery.buried(self.deleted)
        sound = [copy for copy in copies if copy is not None and recovery.tombstone(copy) not in buried]
        return max(sound, key=lambda copy: (copy["created"], len(copy["epochs"])), default=None)

    def _bring_back_lost(self) -> None:
        """After a row has lost its key, nobody knows which run it was: whatever has a copy and no row comes back."""
        here = {row.key for row in self._cache.listing() if _is_run_row(row)}
        buried = recovery.buried(self.deleted)
        for key, run in recovery.in_backup(self._backup).items():
            if key not in here and recovery.tombstone(run) not in buried:
                self._write(run)
        self._take_sidecars()

    def _fault(self, key: str) -> Run | str | None:
        """The run of that key, None if there is none for this version to read, or what is wrong with it."""
        try:
            found = self._cache.columns(key)
            if found is None:
                self._newer.pop(key, None)
                return None
            value = self._cache.disk.fetch(*found, read=False)
            if (key, found[2]) == self._sound:
                return value  # type: ignore[no-any-return]  # checked before
            run = checked(value, key.removeprefix(_RUN))
            if run == value:
                self._sound = key, found[2]  # a worker looks at its run many times a second
            self._newer.pop(key, None)
            return run
        except Newer as newer:
            self._newer[key] = _shown(str(newer))
            self._tell(self._newer[key])
            return None
        except (ValueError, RecursionError) as error:
            return str(error) or type(error).__name__

    def _settled(self, run: Run) -> Run:
        """A run whose owner died is interrupted from the first look on, even where that cannot be written down."""
        if run["status"] not in ACTIVE or is_alive(self.locks, run["owner"] or "nobody"):
            return run
        try:
            with self.transaction():
                fresh = self._read(_RUN + run["id"])
                if fresh is None or fresh["status"] not in ACTIVE or fresh["owner"] != run["owner"]:
                    return fresh or run
                end(fresh, "interrupted", LOST)
                return self.put(fresh)
        except BadInput:
            told = run.copy()
            end(told, "interrupted", LOST)
            return told

    def _tell(self, sentence: str) -> None:
        """Say it once: in the log, and on the page for as long as this process lives."""
        if sentence not in self.told:
            self.told.append(sentence)
            log.warning("%s", sentence)


def _is_run_row(row: Row) -> bool:
    return row.raw == 1 and isinstance(row.key, str) and row.key.startswith(_RUN)


def _shown(text: str) -> str:
    """Text from a row in one harmless line."""
    return "".join(letter if letter.isprintable() else "�" for letter in text[:200])


def _is_nobodys(row: Row) -> bool:
    """A row whose key this store would never write, such as a pickled one."""
    return row.raw != 1 or not isinstance(row.key, str)
