"""What was made of runs is made once, until one of them changes: pages look twice a second, epochs end seldom."""

from collections.abc import Callable, Hashable, Sequence
from threading import Lock
from typing import Generic, TypeVar

from hpviz.runs.document import Run

Result = TypeVar("Result")


class Kept(Generic[Result]):
    """The newest few results, for all sessions. A run of the store that has not changed is the same object as ever."""

    def __init__(self, most: int = 64) -> None:
        self._most, self._lock = most, Lock()
        # The runs are held beside what was made of them: while they live, their ids are nobody else's.
        self._results: dict[Hashable, tuple[Sequence[Run], Result]] = {}

    def of(self, runs: Sequence[Run], key: Hashable, make: Callable[[], Result]) -> Result:
        """What `make` returns for these runs, where `key` is all else that it depends on."""
        place = key, tuple(map(id, runs))
        found = self._results.get(place)
        if found is None:
            found = tuple(runs), make()
            with self._lock:
                self._results[place] = found
                while len(self._results) > self._most:
                    del self._results[next(iter(self._results))]
        return found[1]
