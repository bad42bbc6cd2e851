"""What tests of the runner share: one that trains nothing, and a run that has been through it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hpviz.runs.crew import Wish
from hpviz.runs.document import Run
from hpviz.runs.runner import Request, Runner
from tests.made_up import Work, request, rest, until


@pytest.fixture
def work() -> Work:
    """In place of training; a file of tests may have work of its own."""
    return Work()


@pytest.fixture
def runner(tmp_path: Path, work: Work) -> Iterator[Runner]:
    """One run after the other."""
    made = Runner(tmp_path, "cpu", work, Wish(jobs=1))
    yield made
    work.gate.set()
    made.close()


@pytest.fixture
def one() -> Request:
    """What `before` has trained; a file of tests may ask for another run."""
    return request(epochs=3)


@pytest.fixture
def before(runner: Runner, one: Request) -> Run:
    """A run that has its three epochs."""
    runner.submit(one)
    run = rest(runner, one.spec.run_id)
    assert run["status"] == "finished"
    until(lambda: not runner.queue())
    return run
