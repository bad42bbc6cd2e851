"""The one JSON document that is kept of a run."""

from datetime import UTC, datetime
from typing import Any, Literal, TypedDict

from hpviz.spec import RunSpec

SCHEMA = 1
HISTORY_KEPT = 50

Status = Literal["queued", "running", "finished", "stopped", "diverged", "failed", "interrupted"]
ACTIVE: frozenset[Status] = frozenset({"queued", "running"})

EpochRow = dict[str, Any]


class Inputs(TypedDict):
    """Where the spec's fingerprints were found on this machine, so that a run can be resumed, and what is in there.

    `test_images` is how many images a test accuracy was measured on.
    """

    data: str
    weights: str | None
    classes: list[str]
    test_images: int


class Origin(TypedDict):
    """How a run that was not trained here came: the hpviz that wrote it down, and when (ISO 8601)."""

    kind: Literal["imported", "reference"]
    version: str
    exported: str


class Moment(TypedDict):
    at: str
    status: Status
    reason: str | None


class Run(TypedDict):
    """A run as stored: plain JSON.

    `target` is the epoch it was last asked to reach, `epochs` the rows so far in order, `owner` the
    process that queued or trains it, `machine` where the newest epoch was trained. `origin` is None for a run of this
    cache folder; a run from elsewhere has an id of its own, so that it never stands in the way of training its spec.
    """

    schema: int
    id: str
    spec: dict[str, Any]
    inputs: Inputs
    target: int
    status: Status
    reason: str | None
    epochs: list[EpochRow]
    owner: str | None
    stop_requested: bool
    machine: dict[str, Any]
    created: str
    updated: str
    history: list[Moment]
    origin: Origin | None


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def new_run(spec: RunSpec, inputs: Inputs, target: int) -> Run:
    """A run that nobody has queued yet."""
    at = now()
    return Run(
        schema=SCHEMA,
        id=spec.run_id,
        spec=spec.model_dump(mode="json"),
        inputs=inputs,
        target=target,
        status="stopped",
        reason=None,
        epochs=[],
        owner=None,
        stop_requested=False,
        machine={},
        created=at,
        updated=at,
        history=[],
        origin=None,
    )


def recording(run: Run) -> tuple[str, str]:
    """What a run keeps wherever it goes: the id of its spec, and when it was created.

    A run from elsewhere has more to its id than that of its spec.
    """
    return run["id"].partition("-")[0], run["created"]


def move(run: Run, status: Status, reason: str | None = None, owner: str | None = None) -> None:
    """Change a run's status in place and note it in its history; only active runs have an owner."""
    run["status"], run["reason"], run["owner"], run["stop_requested"] = status, reason, owner, False
    run["history"] = [*run["history"], Moment(at=now(), status=status, reason=reason)][-HISTORY_KEPT:]


def put_epoch(run: Run, row: EpochRow) -> None:
    """Put a row in its place: an epoch trained again replaces its row, later rows stand until then."""
    kept = [known for known in run["epochs"] if known["epoch"] != row["epoch"]]
    run["epochs"] = sorted([*kept, row], key=lambda known: known["epoch"])


def is_done(run: Run, epochs: int) -> bool:
    """Whether asking for that many epochs needs no training: they are there, or the run diverged."""
    if run["status"] == "diverged":
        return True
    return len(run["epochs"]) >= epochs
