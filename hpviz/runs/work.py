"""One run from its document to its events: prepare the images, then train, or look inside what was trained.

Torch is loaded in here.
"""

import errno
import threading
import time
from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpviz.confined import run_folder
from hpviz.data.catalogue import prepare, resolve
from hpviz.data.prepared import Prepared, open_prepared
from hpviz.data.progress import Progress
from hpviz.gate import Outside, admitted
from hpviz.runs.document import Run
from hpviz.spec import BadInput, RunSpec
from hpviz.training.events import Batch, Evaluating
from hpviz.weight_files import imagenet_file

if TYPE_CHECKING:
    from hpviz.training.events import Event
    from hpviz.training.inside import Inside, OnePhoto
    from hpviz.training.landscape import Finding
    from hpviz.training.plane import Region
    from hpviz.training.recorded_answers import Recorded
    from hpviz.training.replay import PastRun


LOST = (
    "Its checkpoint is gone or damaged, so it cannot go on from its last epoch; launch it again and agree to begin at "
    "epoch 1 (`--from-start` on the command line)."
)
# What a page or a terminal can show; a thousand updates a second would only keep both processes busy.
TELL_SECONDS = 0.1
NO_MEMORY = ("out of memory", "allocate memory", "not enough memory")  # PyTorch's: of a GPU, on Linux, on Windows
# No space, over quota, larger than files may be here.
DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@dataclass(frozen=True)
class Place:
    """Where a run trains: a device, with so many threads of the processor. While `paused` is set, it does not go on."""

    device: str
    threads: int
    paused: threading.Event = field(default_factory=threading.Event)


class Due:
    """Tells of every event whether it is to be told: those of progress only as fast as anyone can look."""

    def __init__(self, every: float = TELL_SECONDS) -> None:
        self._every, self._next = every, 0.0

    def __call__(self, event: "Progress | Event") -> bool:
        begins = isinstance(event, Batch) and event.updates == 1
        if isinstance(event, Progress | Batch | Evaluating) and not begins and time.monotonic() < self._next:
            return False
        self._next = time.monotonic() + self._every
        return True


class Failed(RuntimeError):
    """A run failed in a process of its own, for the reason in one sentence that is this error's text."""


class Stop(BaseException):
    """Thrown into the events of a run that is to end within a batch. No error, as GeneratorExit is none."""


def stopped(events: "Generator[Any]") -> "Generator[Any]":
    """Let the events of a run end within a batch; yields those that had come about and nobody had heard of."""
    with suppress(Stop, StopIteration):
        yield events.throw(Stop)
        yield from events


def carry_out(run: Run, cache: Path, place: Place) -> "Generator[Progress | Event]":
    """Yield Progress while images are prepared, then the events of training up to `run["target"]` epochs.

    Closing the iterator stops within one batch. Raises BadInput if the images are not those of the spec.
    """
    spec = RunSpec(**run["spec"])
    data = yield from images_of(run, cache)
    yield Progress("loading PyTorch", 0, 0)
    from hpviz.training.loop import train

    yield from train(
        spec,
        data,
        epochs=run["target"],
        device=place.device,
        threads=place.threads,
        weights=weights_of(run),
        checkpoint=checkpoint_of(run, cache),
    )


def agreed(run: Run, events: "Generator[Progress | Event | None]") -> "Generator[Progress | Event | None]":
    """The events; BadInput if the run has epochs, training begins at the first one and nobody agreed to that."""
    may_begin = not run["epochs"] or run.get("from_start", False)
    try:
        for event in events:
            name = type(event).__name__
            if name == "Batch" and not may_begin:
                raise BadInput(LOST)
            may_begin = may_begin or name == "Resumed"
            yield event
    except Stop:
        yield from stopped(events)
    finally:
        events.close()


def look_inside(run: Run, cache: Path) -> "Generator[Progress, None, Inside]":
    """Measure the network that a run's checkpoint holds. Raises BadInput if checkpoint or images are gone."""
    data = yield from images_of(run, cache)
    yield Progress("loading PyTorch", 0, 0)
    from hpviz.training.inspect import inspect

    return (yield from inspect(RunSpec(**run["spec"]), data, checkpoint_of(run, cache)))


def landscape(
    runs: Sequence[Run], cache: Path, plane_file: Path, region: "Region | None"
) -> "Generator[Progress, None, Finding]":
    """The loss around the paths of runs; with a `region`, only in that part of the plane that was kept before."""
    data = yield from images_of(runs[0], cache)
    yield Progress("loading PyTorch", 0, 0)
    from hpviz.training.landscape import look_closer, survey

    past = [_to_go_through_again(run) for run in runs]
    if region:
        return (yield from look_closer(past[0].spec, data, plane_file, region))
    return (yield from survey(past, data, plane_file))


def follow_sharpness(run: Run, cache: Path) -> Generator[Progress, None, dict[str, Any]]:
    """Train a run again, which touches neither store nor checkpoint, and measure how sharply its loss curves."""
    data = yield from images_of(run, cache)
    yield Progress("loading PyTorch", 0, 0)
    from hpviz.training.sharpness import follow_sharpness

    return (yield from follow_sharpness(_to_go_through_again(run), data))


def _to_go_through_again(run: Run) -> "PastRun":
    from hpviz.training.replay import PastRun

    return PastRun(
        id=run["id"],
        spec=RunSpec(**run["spec"]),
        rows=run["epochs"],
        threads=run["machine"].get("threads"),
        weights=weights_of(run),
    )


def look_at(run: Run, cache: Path, place: int) -> "Generator[Progress, None, OnePhoto]":
    """What a run's network makes of test photo `place`. Raises BadInput if checkpoint or images are gone."""
    data = yield from images_of(run, cache)
    yield Progress("loading PyTorch", 0, 0)
    from hpviz.training.one_photo import look_at

    return (yield from look_at(RunSpec(**run["spec"]), data, checkpoint_of(run, cache), place))


def ask(run: Run, cache: Path) -> "Generator[Progress, None, Recorded]":
    """What the network that a run's checkpoint holds answers. Raises BadInput if checkpoint or images are gone."""
    data = yield from images_of(run, cache)
    yield Progress("loading PyTorch", 0, 0)
    from hpviz.training.answering import ask

    return (yield from ask(RunSpec(**run["spec"]), data, checkpoint_of(run, cache)))


def checkpoint_of(run: Run, cache: Path) -> Path:
    """The folder of a run's checkpoint, which may be gone. Raises BadInput where a link stands in its place."""
    return run_folder(cache / "checkpoints", run["id"])


def weights_of(run: Run) -> Path | None:
    """The file of weights that a run begins with. Raises Outside if pages may not read it; torchvision's they may."""
    given = run["inputs"]["weights"]
    if not given:
        return None
    path = Path(given)
    return path if path == imagenet_file() else admitted(path)


def images_of(run: Run, cache: Path) -> Generator[Progress, None, Prepared]:
    """The images of a run's spec, prepared. Raises BadInput if they are gone or have changed."""
    spec = RunSpec(**run["spec"])
    # What was prepared before needs no originals: a run goes on though its folder has moved.
    data = open_prepared(cache, spec.fingerprint, spec.image_size)
    if data is None:
        if not run["inputs"]["data"]:
            raise BadInput(f"This run was trained elsewhere, and its images of {spec.dataset} are not prepared here.")
        try:
            source = resolve(run["inputs"]["data"], cache)
        except Outside:
            raise
        except BadInput:
            given = run["inputs"]["data"]
            raise BadInput(f"The images of {spec.dataset} are no longer at {given}; put them back there.") from None
        data = yield from prepare(source, spec.image_size, cache)
    if data.fingerprint != spec.fingerprint:
        raise BadInput(f"The images of {spec.dataset} have changed since this run was specified; launch it anew.")
    return data


def describe_failure(error: BaseException) -> str:
    """One sentence that says why a run failed and the way out."""
    text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if isinstance(error, BadInput | Failed):
        return text
    if getattr(error, "errno", None) in DISK_FULL or "disk is full" in text or "No space left" in text:
        return "Disk full: nothing recorded so far is lost; free some space and resume."
    if isinstance(error, MemoryError) or any(words in text.lower() for words in NO_MEMORY):
        return "Out of memory: try a smaller batch or smaller images."
    return f"{type(error).__name__}: {text}"
