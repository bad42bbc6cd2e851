"""The command line: everything the pages do, without a browser.

Exit status: 0 done (a diverged run is a result), 1 a run failed, 2 bad input, 130 interrupted.
"""

import errno
import logging
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from hpviz.cli.parser import parse
from hpviz.home import provide_home
from hpviz.interrupts import INTERRUPTED, SENTENCE, Interrupts, in_order
from hpviz.runs.work import describe_failure
from hpviz.spec import BadInput
from hpviz.streams import writable, write_anything
from hpviz.terminal import JsonLines, Reporter, Terminal

FAILED, BAD_INPUT = 1, 2
DEBUG = "HPVIZ_DEBUG"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb and return the exit status."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    write_anything()
    with in_order() as interrupts, _LogLines():
        reporter: Reporter = JsonLines() if "--json" in arguments else Terminal()
        try:
            try:
                options = parse(arguments)
                _leave_deleted_folder(options.cache)
                provide_home(options.cache)
                status = int(options.verb(options, reporter))
            finally:
                reporter.close()
            sys.stdout.flush()
            return status
        except SystemExit as end:  # --help
            return _flushed(int(end.code or 0))
        except BaseException as error:
            return _flushed(_end(reporter, error, interrupts))


def _end(reporter: Reporter, error: BaseException, interrupts: Interrupts) -> int:
    """Say in one sentence why a verb did not come to its end; the exit status."""
    if _is_of_a_reader_that_has_gone(error):
        return INTERRUPTED
    if isinstance(error, KeyboardInterrupt) or interrupts.seen:
        # An interrupt may come out as another exception's cause, where something was in the midst of ending.
        status, sentence = INTERRUPTED, SENTENCE
    elif isinstance(error, BadInput):
        status, sentence = BAD_INPUT, str(error)
    else:
        more = "" if isinstance(error, OSError) else f" ({DEBUG}=1 shows where it happened)"
        status, sentence = FAILED, f"hpviz could not go on{more}: {describe_failure(error)}"
        if _wants_details():
            traceback.print_exception(error)
    with suppress(OSError):  # where the disk is full that the output goes to, nobody can be told
        reporter.error(sentence)
    return status


def _is_of_a_reader_that_has_gone(error: BaseException) -> bool:
    """Windows says of such a pipe that an argument is invalid, and names no file."""
    if isinstance(error, BrokenPipeError):
        return True
    invalid = isinstance(error, OSError) and error.errno == errno.EINVAL and error.filename is None
    return sys.platform == "win32" and invalid


def _leave_deleted_folder(cache: Path) -> None:
    """Go where the cache is if the folder we are in was deleted: PyTorch's MKL ends the process in one."""
    try:
        os.getcwd()
    except OSError:
        os.chdir(cache if cache.is_dir() else cache.anchor)


def _flushed(status: int) -> int:
    """The status; what cannot be written any more is dropped, or Python would complain of it at its end."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            _drop(stream)
    return status


def _drop(stream: object) -> None:
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # type: ignore[attr-defined]
    except (OSError, ValueError, AttributeError):
        return


def _wants_details() -> bool:
    return os.environ.get(DEBUG, "") not in ("", "0")


class _LogLines(logging.Formatter):
    """While a verb runs, the log's warnings are a line each on stderr; tracebacks are for those who look for them."""

    def __enter__(self) -> None:
        self._handler = logging.StreamHandler(sys.stderr)
        self._handler.setFormatter(self)
        self._logger = logging.getLogger("hpviz")
        self._logger.addHandler(self._handler)
        self._level = self._logger.level
        if _wants_details():
            self._logger.setLevel(logging.DEBUG)

    def __exit__(self, *_: object) -> None:
        self._logger.removeHandler(self._handler)
        self._logger.setLevel(self._level)

    def format(self, record: logging.LogRecord) -> str:
        if _wants_details():
            return super().format(record)
        why = record.exc_info[1] if record.exc_info else None
        told = record.getMessage()
        return writable(f"{told}: {describe_failure(why)}" if why else told, sys.stderr)
