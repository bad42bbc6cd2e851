"""How long a run will take, before it is trained: its work, counted, at the pace of this machine or the reference one.

The work is counted in updates, multiply-adds, outputs and weights; what each takes was fitted to the reference runs and
125 more on the reference machine, two cores of an AMD EPYC that computes in bf16. It gives their epochs to within a
fifth, from 32 to 96 px, with 0.05 to 11 million weights (`python -m benchmarks.estimates`). Runs that were measured on
this machine say how much slower it is.
"""

import heapq
import math
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from statistics import median
from typing import Any, NamedTuple

from hpviz.analysis.cost import cost
from hpviz.runs.crew import OF_SPEED, POWER, Crew
from hpviz.runs.document import EpochRow, Run
from hpviz.spec import RunSpec

MILLION = 1e6
# Seconds on the reference machine: a training step for each update, for a million weights that it changes, and for a
# million multiply-adds and a million outputs of an image, forward and back; the same forward only, in evaluation.
UPDATE, WEIGHTS, MULTIPLY_ADDS, OUTPUTS = 6.5e-3, 1.2e-3, 1.1e-5, 1.5e-3
EVALUATED_MULTIPLY_ADDS, EVALUATED_OUTPUTS = 3.4e-6, 0.55e-3
# After each epoch: the figures and the checkpoint, the latter by its million weights. Before the first: the images.
EPOCH, CHECKPOINT, BEGIN = 0.04, 0.06, 0.4
REFERENCE_THREADS = 2
# Of the work in bf16, until a run of that precision or device was measured here. The second is a guess: no GPU was.
IN_PRECISION: Mapping[str, float] = {"bf16": 1.0, "fp32": 1.6, "tf32": 1.6}
ON_GPU = 0.1
# How many earlier runs tell this machine's pace. The nearest counts most; of several, one that was disturbed counts
# for nothing.
NEAREST_RUNS = 8
NEWEST_RUNS = 100  # a machine's speed changes with what else it does


class Images(NamedTuple):
    """How many images an epoch trains on; it evaluates `test`, as many of those trained on, and those `held_out`."""

    train: int
    test: int
    held_out: int = 0

    @property
    def evaluated(self) -> int:
        return self.test + min(self.test, self.train) + self.held_out


class Paces:
    """How long runs take on a machine of which the newest of `runs` tell how fast it is, trained as the crew says."""

    def __init__(self, runs: Iterable[Run], crew: Crew) -> None:
        self.crew = crew
        measured = (run for run in runs if run["epochs"] and run["origin"] is None and _device(run) == crew.device)
        self._newest = heapq.nlargest(NEWEST_RUNS, measured, key=lambda run: run["updated"])
        self._known: dict[tuple[Any, ...], float] = {}

    def seconds(self, spec: RunSpec, images: Images, classes: int, epochs: int) -> float:
        """How long so many epochs of a run take, from the first update to the last figure."""
        if epochs <= 0:
            return 0.0
        trained, tested, checkpoint = _reference(spec, images, classes)
        evaluated = tested * images.evaluated / max(images.test, 1)
        epoch = (trained + evaluated) * _on(self.crew, spec.precision) + EPOCH + checkpoint
        return BEGIN + epochs * epoch * self.of(spec)

    def of(self, spec: RunSpec) -> float:
        """How many times as long as on the reference machine such a run takes here.

        The median of what the nearest runs took, each of the nearer ones counting more; 1 where none was measured.
        """
        key = tuple(getattr(spec, name) for name in OF_SPEED)
        if key not in self._known:
            near = heapq.nsmallest(NEAREST_RUNS, self._newest, key=lambda run: _distance(spec, run["spec"]))
            paces = [(pace, 1 / place) for place, run in enumerate(near, start=1) if (pace := _pace(run))]
            self._known[key] = _weighted_median(paces) if paces else 1.0
        return self._known[key]


def all_done(each: Sequence[float], jobs: int) -> float:
    """How long until the last of several runs has ended, in their order, as many side by side as there are jobs."""
    places = [0.0] * max(1, jobs)
    for taken in each:
        places[places.index(min(places))] += taken
    return max(places)


def images_of(run: Run) -> Images | None:
    """The images of a run that has an epoch, as it counted them; None of any other run."""
    if not run["epochs"]:
        return None
    train = run["epochs"][0]["images"]
    share = float(run["spec"]["validation_fraction"])
    return Images(train, run["inputs"].get("test_images") or train, round(train * share / (1 - share)))


@lru_cache(maxsize=4096)
def _reference(spec: RunSpec, images: Images, classes: int) -> tuple[float, float, float]:
    """Seconds of an epoch's training, of evaluating the test set once, and of saving, on the reference machine."""
    took = cost(spec, classes)
    weights, multiply_adds, outputs = (
        count.total / MILLION for count in (took.parameters, took.multiply_adds, took.activations)
    )
    updates = math.ceil(images.train / spec.batch_size)
    trained = updates * (UPDATE + WEIGHTS * weights)
    trained += images.train * (MULTIPLY_ADDS * multiply_adds + OUTPUTS * outputs)
    tested = images.test * (EVALUATED_MULTIPLY_ADDS * multiply_adds + EVALUATED_OUTPUTS * outputs)
    return trained, tested, CHECKPOINT * weights


def _on(crew: Crew, precision: str) -> float:
    """How many times the reference machine's seconds training takes on so many threads, before anything is measured."""
    if crew.device != "cpu":
        return ON_GPU
    return float(IN_PRECISION[precision] * (REFERENCE_THREADS / crew.threads) ** POWER)


def _pace(run: Run) -> float | None:
    """How much longer a run's epochs took than they would have on the reference machine."""
    spec, images = _spec(run), images_of(run)
    took = [taken for row in run["epochs"] if (taken := _measured(row))]
    if spec is None or images is None or not took:
        return None
    crew = Crew(1, run["machine"].get("threads") or REFERENCE_THREADS, _device(run))
    classes = len(run["inputs"].get("classes") or ()) or 2
    trained, tested, _ = _reference(spec, images, classes)
    return float(median(took) / ((trained + tested) * _on(crew, spec.precision)))


def _measured(row: EpochRow) -> float:
    return float((row["train_seconds"] or 0.0) + (row["test_seconds"] or 0.0))


def _spec(run: Run) -> RunSpec | None:
    """The spec of a run; None of one that nothing can be counted of."""
    try:
        return RunSpec(**run["spec"])
    except ValueError:
        return None


def _device(run: Run) -> str:
    return str(run["machine"].get("device") or "cpu").partition(":")[0]


def _distance(spec: RunSpec, other: Mapping[str, Any]) -> tuple[bool, bool, float, bool, float, int, float]:
    """How unlike two runs are in what sets their pace, what matters most first."""
    return (
        other["precision"] != spec.precision,
        other["model"] != spec.model,
        abs(math.log(other["image_size"] / spec.image_size)),
        other["kernel_width"] != spec.kernel_width,
        abs(math.log(other["width"] / spec.width)),
        abs(other["depth"] - spec.depth),
        abs(math.log(other["batch_size"] / spec.batch_size)),
    )


def _weighted_median(values: Sequence[tuple[float, float]]) -> float:
    """The value with half of the weight on either side of it."""
    half, below = sum(weight for _, weight in values) / 2, 0.0
    for value, weight in sorted(values):
        below += weight
        if below >= half:
            return value
    raise ValueError("no values")
