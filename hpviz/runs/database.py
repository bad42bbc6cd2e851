"""The store's SQLite database: diskcache's, opened so that a full disk, a kill and a damaged file do no harm.

diskcache writes its settings at every opening and waits without end where it cannot write, so the connections are made
here. The journal is a file that stays (`PERSIST`) and is used again: reading needs no write, changing a run needs no
room that is not there already, and there is no write-ahead log that could be lost.
"""

import functools
import os
import sqlite3
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar
from urllib.parse import quote

from diskcache import Cache

from hpviz import gate
from hpviz.confined import is_file, write_file
from hpviz.in_use import move
from hpviz.runs.json_disk import JsonDisk
from hpviz.spec import BadInput

DATABASE = "cache.db"
# How long another process may hold the write lock. Transactions take milliseconds.
BUSY_SECONDS = 60.0
TRIES = 4

Result = TypeVar("Result")
Identity = tuple[int, int] | None
GONE = object()


class NotThere(sqlite3.DatabaseError):
    """No sound database is where it should be, or another one than that which was opened."""


@dataclass(frozen=True)
class Row:
    """A row as it lies there, good or bad."""

    rowid: int
    key: Any
    raw: Any
    written: float


def identity(database: Path) -> Identity:
    """What tells a file from another that takes its name; None if no regular file is there."""
    with suppress(OSError):
        found = database.lstat()
        if stat.S_ISREG(found.st_mode):
            return found.st_dev, found.st_ino
    return None


# For a file that nobody writes: no lock is asked for and no journal looked at, whoever has put one beside it.
FROZEN = "ro&immutable=1"


def connect(database: Path, mode: str = "rw", **options: Any) -> sqlite3.Connection:
    """A connection to a database that is there already. Text that is no UTF-8 is read with gaps, not refused."""
    uri = f"file:{quote(os.fsencode(database))}?mode={mode}"
    connection: sqlite3.Connection = sqlite3.connect(
        uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, **options
    )
    connection.text_factory = lambda text: text.decode(errors="replace")
    return connection


def parts(database: Path) -> list[Path]:
    """A database and the journals that belong to it, whatever they are."""
    names = (database.name, *(f"{database.name}-{part}" for part in ("journal", "wal", "shm")))
    return [part for part in map(database.with_name, names) if part.is_symlink() or part.exists()]


def is_whole(connection: sqlite3.Connection) -> bool:
    """Whether SQLite finds nothing wrong with a database. Raises a DatabaseError, or not, where it does."""
    verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    connection.execute("SELECT rowid, key, raw, store_time, mode, filename, value FROM Cache LIMIT 1").fetchall()
    return bool(verdict == "ok")


def create(database: Path) -> None:
    """Make an empty database in diskcache's form, whole or not at all."""
    write_file(database, empty())


@functools.cache
def empty() -> bytes:
    """The file of a database in which nothing is."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = Path(folder) / DATABASE
        Cache(folder, disk=JsonDisk, eviction_policy="none", cull_limit=0, size_limit=2**40).close()
        with closing(connect(path)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE").fetchall()
        return path.read_bytes()


def copy(source: sqlite3.Connection, target: Path) -> None:
    """Copy a database, consistent even while others write to it, by SQLite's own backup call. Whole or not at all."""
    with TemporaryDirectory(prefix=f"{target.name}.", suffix=".partial", dir=target.parent) as folder:
        partial = Path(folder) / target.name
        with closing(sqlite3.connect(partial)) as after:
            source.backup(after)
            after.execute("PRAGMA journal_mode=DELETE").fetchall()
            if not is_whole(after):
                raise NotThere("the database is damaged")
        partial.chmod(0o600)
        with partial.open("r+b") as file:  # Windows brings to the disk what may be written to only
            os.fsync(file.fileno())
        move(partial, target)


class Rows(Cache):  # type: ignore[misc]  # diskcache ships no types
    """The rows of a store's folder, each thread with a connection of its own.

    `heal` is asked about every error of SQLite: if it could do something about it, what was under way is done again,
    the changes of an open transaction included, so that whoever writes does not notice. It gets the identity of the
    file that the error came from.
    """

    def __init__(self, folder: Path, heal: Callable[[sqlite3.Error, Identity], bool], read_only: bool = False) -> None:
        # In place of diskcache's own, which writes, and expands ~ and $ in the folder's name.
        self.path, self._heal, self._mode = folder / DATABASE, heal, "ro" if read_only else "rw"
        self._directory, self._timeout = str(folder), BUSY_SECONDS
        self._local = threading.local()
        self._txn_id = None
        self._disk = JsonDisk(self._directory)
        self.cull_limit, self.eviction_policy, self.size_limit = 0, "none", 2**40
        self.statistics, self.tag_index, self._page_size = 0, 0, 4096
        # Never used but to save what is in a database whose file was removed while it was open.
        self.keeper: sqlite3.Connection | None = None
        self.kept: Identity = None
        self._keeping = threading.Lock()
        # SQLite has those who wait to write look again and again, and lets some of many wait beyond its patience.
        self._turn = threading.Lock()

    # Reading

    def get(self, key: str, default: Any = None, **_: Any) -> Any:
        """The value of that key, or the default. Raises ValueError if the row is not as this store writes them."""
        found = self.columns(key)
        return default if found is None else self._disk.fetch(*found, read=False)

    def columns(self, key: str) -> tuple[int, str | None, Any] | None:
        """What a row says of its value: mode, file name and the text or whatever else is there."""
        query = "SELECT mode, filename, value FROM Cache WHERE key = ? AND raw = 1"
        found: tuple[int, str | None, Any] | None = self._guarded(lambda: self._sql(query, (key,)).fetchone())
        return found

    def listing(self) -> list[Row]:
        """Every row there is, oldest first."""
        query = "SELECT rowid, key, raw, store_time FROM Cache ORDER BY rowid"
        found = self._guarded(lambda: self._sql(query).fetchall())
        return [
            Row(rowid, key, raw, written if isinstance(written, float) else 0.0) for rowid, key, raw, written in found
        ]

    def check(self, fix: bool = False, retry: bool = False) -> list[Any]:
        """Nothing: diskcache's check removes files that it does not know. `recovery.is_sound` is the store's own."""
        return []

    def written(self) -> dict[str, float]:
        """When each row was written, by its key; the time tells one state of a row from every other."""
        return {row.key: row.written for row in self.listing() if row.raw == 1}

    def written_at(self, key: str) -> float | None:
        """The same of one row, read without its value; None if there is none."""
        query = "SELECT store_time FROM Cache WHERE key = ? AND raw = 1"
        found = self._guarded(lambda: self._sql(query, (key,)).fetchone())
        return None if found is None else found[0]  # type: ignore[no-any-return]  # diskcache ships no types

    # Writing

    @contextmanager
    def transact(self, retry: bool = True) -> Iterator[None]:
        """Everything inside is seen by others at once or not at all."""
        with self._transact(retry):
            yield

    def set(self, key: str, value: Any, **_: Any) -> bool:
        """Put a value in place of what was there."""
        with self._transact():
            self._guarded(lambda: Cache.set(self, key, value))
            self._local.changes.append((key, value))
        return True

    def delete(self, key: str, retry: bool = True) -> bool:
        """Remove a row; whether it was there."""
        statement = "DELETE FROM Cache WHERE key = ? AND raw = 1"
        with self._transact():
            removed = self._guarded(lambda: self._sql(statement, (key,)).rowcount)
            self._local.changes.append((key, GONE))
        return bool(removed)

    def rename(self, row: Row, key: str) -> None:
        """Give a row, whatever it is, a key under which nobody looks for a run."""
        with self._transact():
            self._guarded(lambda: self._sql("UPDATE Cache SET key = ?, raw = 1 WHERE rowid = ?", (key, row.rowid)))

    # How

    @property
    def _con(self) -> sqlite3.Connection:
        local = self._local
        here = getattr(local, "con", None)
        if here is not None and local.pid == os.getpid():
            if not self.in_transaction and local.identity != identity(self.path):
                raise NotThere("the database was replaced")
            return here  # type: ignore[no-any-return]
        self.close()
        return self._connect()

    def _connect(self) -> sqlite3.Connection:
        found = identity(self.path)
        if found is None or not all(map(is_file, parts(self.path))):
            raise NotThere(f"no database is at {self.path}, or a journal that is no file")
        self._local.identity = found  # an error below comes from this file too
        connection = connect(self.path, self._mode)
        try:
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA cell_size_check=ON")
            connection.execute("PRAGMA trusted_schema=OFF")
            # A file that shrinks under a memory map ends the process.
            connection.execute("PRAGMA mmap_size=0").fetchall()
            if self._mode == "rw":
                mode = "MEMORY" if getattr(self._local, "cramped", False) else "PERSIST"
                connection.execute(f"PRAGMA journal_mode={mode}").fetchall()
                self._keep(found)
        except BaseException:
            connection.close()
            raise
        self._local.con, self._local.pid = connection, os.getpid()
        self._local.held = _Held(connection)
        return connection

    def _keep(self, found: Identity) -> None:
        with self._keeping:
            if self.kept != found:
                if self.keeper is not None:
                    self.keeper.close()
                self.keeper, self.kept = connect(self.path, check_same_thread=False), found

    def close(self) -> None:
        """Close this thread's connection; the next use opens another."""
        here = self._local.__dict__.pop("con", None)
        if here is not None:
            here.close()
        self._local.held = None

    def release(self) -> None:
        """Close this thread's connection and the one that is kept."""
        self.close()
        with self._keeping:
            if self.keeper is not None:
                self.keeper.close()
            self.keeper = self.kept = None

    @property
    def in_transaction(self) -> bool:
        """Whether this thread is within `transact`."""
        return getattr(self._local, "changes", None) is not None

    @contextmanager
    def _transact(self, retry: bool = True, filename: None = None) -> Iterator[tuple[Any, Callable[[Any], None]]]:
        if self.in_transaction:
            yield self._con.execute, _nothing
            return
        self._take_turn()
        try:
            self._guarded(lambda: self._con.execute("BEGIN IMMEDIATE"))
            self._local.changes = []
            yield self._con.execute, _nothing
            self._guarded(self._commit)
        except BaseException:
            here = getattr(self._local, "con", None)
            if here is not None and here.in_transaction:
                with suppress(sqlite3.Error):
                    here.execute("ROLLBACK")
            raise
        finally:
            self._local.changes = None
            if getattr(self._local, "cramped", False):
                self._local.cramped = False
                self.close()
            self._leave_turn()

    def _take_turn(self) -> None:
        self._turn.acquire()
        self._local.has_turn = True

    def _leave_turn(self) -> bool:
        """Let the next thread write; whether it was this one's turn."""
        if had_it := getattr(self._local, "has_turn", False):
            self._local.has_turn = False
            self._turn.release()
        return had_it

    def _commit(self) -> None:
        self._con.execute("COMMIT")  # an error if SQLite has rolled it back
        if self._local.identity != identity(self.path):
            raise NotThere("the database was replaced while it was written to")

    def _guarded(self, act: Callable[[], Result]) -> Result:
        """Do something with the database; if it fails and can be healed, do it again, after all that it followed."""
        tries = 0
        while True:
            try:
                return act()
            except sqlite3.Error as error:
                tries += 1
                if tries > TRIES or not self._healed(error):
                    raise _refusal(error, self.path) from error

    def _healed(self, error: sqlite3.Error) -> bool:
        """Whether it is worth trying again; a transaction's changes so far are then made again already."""
        changes, self._local.changes = getattr(self._local, "changes", None), None
        came_from, cramped = getattr(self._local, "identity", None), getattr(self._local, "cramped", False)
        self.close()
        try:
            if not self._heal_out_of_turn(error, came_from):
                if cramped or not needs_room(error):
                    return False
                # The last resort where nothing can grow: pages are changed in place, the journal is in memory. Should
                # the machine die in that instant, the backup and the sidecars bring back what it breaks.
                self._local.cramped = True
            if changes is not None:
                self._con.execute("BEGIN IMMEDIATE")
                self._local.changes = []  # within a transaction, for diskcache begins one otherwise
                for key, value in changes:
                    if value is GONE:
                        self._sql("DELETE FROM Cache WHERE key = ? AND raw = 1", (key,))
                    else:
                        Cache.set(self, key, value)
        finally:
            self._local.changes = changes
        return True

    def _heal_out_of_turn(self, error: sqlite3.Error, came_from: Identity) -> bool:
        """Heal, letting other threads write meanwhile: whoever mends a database writes to it, and is waited for."""
        had_turn = self._leave_turn()
        try:
            return self._heal(error, came_from)
        finally:
            if had_turn:
                self._take_turn()


class _Held:
    """A connection that is closed when nobody holds this any more: a thread's when the thread ends, in that thread.

    A page is drawn by a new thread each time. Left alone, its connection waits for the collector of cyclic garbage, and
    a server's open files grow with every visit.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def __del__(self) -> None:
        # Of a store that goes before its threads do, SQLite lets only them close theirs.
        with suppress(sqlite3.ProgrammingError):
            self.connection.close()


def needs_room(error: sqlite3.Error) -> bool:
    """Whether SQLite could not write for want of room: a full disk, a quota, a limit on the size of files."""
    return _code(error) in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE)


def is_damage(error: sqlite3.Error) -> bool:
    """Whether a database may be damaged, gone or replaced."""
    code = _code(error)
    if isinstance(error, NotThere) or code == sqlite3.SQLITE_READONLY_DBMOVED:
        return True
    if code & 0xFF == sqlite3.SQLITE_ERROR:
        return "no such" in str(error)
    return code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR)


def _code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0)


def _refusal(error: sqlite3.Error, database: Path) -> Exception:
    """What to tell whoever wanted to write, in a sentence where the reason is known."""
    folder = database.parent.parent
    if needs_room(error):
        return BadInput(f"Disk full: this could not be recorded in {folder}; free some space and try again.")
    if _code(error) & 0xFF == sqlite3.SQLITE_READONLY:
        return BadInput(read_only(folder))
    if _code(error) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return BadInput(f"Another process keeps the run store in {folder} locked; stop it, or try again later.")
    return error


def read_only(cache: Path) -> str:
    """Why nothing can be written here."""
    if gate.current().read_only:
        return gate.ONLY_SHOWN
    return (
        f"The cache folder {cache} can only be read: its runs can be looked at and exported; to train, stop, delete or "
        "import, make it writable or choose another with --cache FOLDER or HPVIZ_CACHE."
    )


def _nothing(_: Any) -> None:
    """What diskcache does with a file that a row named: nothing, for no row has one."""
