"""A process that works for another on one batch of items after the other.

    python -m hpviz.data.pool_process

On its standard input it is sent pickles, first what to do with an item, then lists of items; on its standard output it
answers each list with that of the results, or with the error. The end of its input is the end of whoever started it:
then it ends at once, wherever it is.
"""

import os
import pickle
import signal
import threading
import traceback
from queue import SimpleQueue
from typing import IO, Any

from hpviz.own_process import give_way, take_line

# The page and a person's other programs go first; training, which waits for the images, comes after.
NICENESS = 5
KEPT = 31 << 20  # bytes


def main() -> None:
    """Do what comes until there is no more."""
    # Ctrl-C is for whoever started this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    give_way(NICENESS, at_most=NICENESS)
    line, out = take_line()
    orders: SimpleQueue[Any] = SimpleQueue()
    threading.Thread(target=_listen, args=(line, orders), name="hpviz-line", daemon=True).start()
    work = orders.get()
    keep_freed_memory()
    while True:
        items = orders.get()
        try:
            told: Any = [work(item) for item in items]
        except Exception as error:
            told = error
        try:
            answer = pickle.dumps(told, pickle.HIGHEST_PROTOCOL)
        except Exception as error:
            answer = pickle.dumps(RuntimeError(f"{type(told).__name__}: {told} ({error})"))
        try:
            out.write(answer)
            out.flush()
        except OSError:  # whoever asked is gone
            os._exit(0)


def _listen(line: IO[bytes], orders: "SimpleQueue[Any]") -> None:
    try:
        while True:
            orders.put(pickle.load(line))  # noqa: S301 - our own code wrote it
    except EOFError:
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def keep_freed_memory() -> None:
    """Let the C library reuse a picture's memory for the next one.

    An array's worth of freed memory goes back to the system unless a larger block was freed before, and fetching it
    again is half of the time that a scene takes (glibc raises its threshold to the largest block freed, up to 32 MiB).
    """
    import numpy as np

    np.empty(KEPT, np.uint8)


if __name__ == "__main__":
    main()
