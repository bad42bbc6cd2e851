"""Work that needs PyTorch and is no training: a process that trains does it for whoever asks.

A task has a name, arguments in plain JSON, and a result in plain JSON; while it goes on it tells how far it has come.
Closing it ends it, and where the process dies that carries it out, it ends in a sentence.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from hpviz import hardware, weight_files
from hpviz.data.progress import Progress
from hpviz.paths import absolute
from hpviz.runs import executor, work
from hpviz.runs.document import Run
from hpviz.runs.inspections import Finding, Sought
from hpviz.spec import BadInput
from hpviz.training.inside import Inside, from_json, photo_to_json, to_json
from hpviz.training.recorded_answers import Recorded

# Files of weights by their SHA-256 that were found to hold a ResNet18: what has been looked into once is not again.
_sound: set[str] = set()


def look_inside(run: Run, cache: Path) -> Generator[Progress, None, Inside]:
    """Measure the network that a run's checkpoint holds. Raises BadInput if checkpoint or images are gone."""
    arguments = {"run": run, "cache": str(absolute(cache))}
    return from_json((yield from executor.carry_out("look_inside", arguments)))


def find_landscape(
    runs: Sequence[Run], cache: Path, plane_file: Path, region: Sequence[float] | None = None
) -> Generator[Progress, None, dict[str, Any]]:
    """What `training.landscape.survey` finds, or with a region `look_closer`. Raises BadInput where they do."""
    places = {"cache": str(absolute(cache)), "plane_file": str(absolute(plane_file))}
    found: dict[str, Any] = yield from executor.carry_out("landscape", {"runs": list(runs), **places, "region": region})
    return found


def inside_of(run: Run) -> Sought:
    """What `look_inside` finds, as it is remembered; `training.inside.from_json` reads it."""

    def work(cache: Path) -> Generator[Progress, None, Finding]:
        return to_json((yield from look_inside(run, cache)))

    return Sought("inside", [run], {"version": 1}, work)


def one_photo_of(run: Run, place: int) -> Sought:
    """What a run's network makes of test photo `place`; `training.inside.photo_from_json` reads it."""

    def work(cache: Path) -> Generator[Progress, None, Finding]:
        arguments = {"run": run, "cache": str(absolute(cache)), "place": place}
        found: Finding = yield from executor.carry_out("look_at", arguments)
        return found

    return Sought("one-photo", [run], {"version": 1, "place": place}, work)


def ask(run: Run, cache: Path) -> Generator[Progress, None, Finding]:
    """What the network in a run's checkpoint answers on the test images, for a run that does not remember it.

    The finding is a `training.recorded_answers.Recorded`. Raises BadInput if checkpoint or images are gone.
    """
    found: Finding = yield from executor.carry_out("ask", {"run": run, "cache": str(absolute(cache))})
    return found


def asked_of(run: Run) -> Sought:
    """What `ask` finds, as it is remembered."""
    return Sought("answers", [run], {"version": 1}, lambda cache: ask(run, cache))


def find_weights(file: Path | None) -> Generator[Progress, None, tuple[Path, str]]:
    """Path and SHA-256 of a file of weights that a ResNet18 can begin with; None fetches torchvision's.

    Raises BadInput, in a sentence, if they cannot be had or another file was given.
    """
    yield Progress("looking for the ImageNet weights", 0, 0)
    path = weight_files.imagenet_file() if file is None else absolute(file)
    if file is None and not path.exists():
        path = Path((yield from executor.carry_out("fetch_weights", {})))
    digest = weight_files.digest(path)
    if digest not in _sound and not (file is None and digest.startswith(weight_files.promised_digest(path.name))):
        _sound.add((yield from executor.carry_out("known_weights", {"path": str(path)})))
    return path, digest


def check_precision(precision: str, device: str) -> None:
    """Raise BadInput if the device does not compute in the precision of a run that came from elsewhere."""
    if precision == "tf32" and device == "cpu":
        raise BadInput(hardware.NO_TF32)
    for _ in executor.carry_out("check_precision", {"precision": precision, "device": device}):
        pass


# What the process does


def _ask(run: Run, cache: str) -> Generator[Progress, None, Recorded]:
    return (yield from work.ask(run, Path(cache)))


def _look_inside(run: Run, cache: str) -> Generator[Progress, None, dict[str, Any]]:
    return to_json((yield from work.look_inside(run, Path(cache))))


def _landscape(
    runs: Sequence[Run], cache: str, plane_file: str, region: tuple[float, float, float, float] | None
) -> Generator[Progress, None, dict[str, Any]]:
    return (yield from work.landscape(runs, Path(cache), Path(plane_file), region))


def _look_at(run: Run, cache: str, place: int) -> Generator[Progress, None, dict[str, Any]]:
    return photo_to_json((yield from work.look_at(run, Path(cache), place)))


def _fetch_weights() -> Generator[Progress, None, str]:
    yield Progress("downloading the ImageNet weights", 0, 0)
    from hpviz.models import imagenet_weights

    return str(imagenet_weights())


def _known_weights(path: str) -> Generator[Progress, None, str]:
    yield Progress("looking for the ImageNet weights", 0, 0)
    from hpviz.models import known_weights

    return known_weights(Path(path))


def _check_precision(precision: str, device: str) -> Generator[Progress, None, None]:
    yield from ()
    from hpviz.training.numerics import check_precision

    check_precision(precision, device)


TASKS: Mapping[str, Callable[..., Generator[Progress, None, Any]]] = MappingProxyType(
    {
        "ask": _ask,
        "look_inside": _look_inside,
        "landscape": _landscape,
        "look_at": _look_at,
        "fetch_weights": _fetch_weights,
        "known_weights": _known_weights,
        "check_precision": _check_precision,
    }
)
