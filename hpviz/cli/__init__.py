"""The command line: everything the pages do, without a browser.

Exit status: 0 done (a diverged run is a result), 1 a run failed, 2 bad input, 130 interrupted.
"""

import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

from hpviz.cli.parser import build_parser
from hpviz.spec import BadInput
from hpviz.terminal import JsonLines, Reporter, Terminal

BAD_INPUT, INTERRUPTED = 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb and return the exit status."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    reporter: Reporter = JsonLines() if "--json" in arguments else Terminal()
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        options = build_parser().parse_args(arguments)
        return int(options.verb(options, reporter))
    except BadInput as error:
        reporter.error(str(error))
        return BAD_INPUT
    except KeyboardInterrupt:
        reporter.error("Interrupted; every finished epoch is kept, `python -m hpviz resume` goes on.")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our lines has gone; keep Python from complaining while it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return INTERRUPTED
    finally:
        reporter.close()


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt
