"""The one JSON document that is kept of a run, and what such a document must be like to be believed."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, NotRequired, TypedDict, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hpviz.confined import is_run_id
from hpviz.data.public_name import public_name
from hpviz.runs.schema import SCHEMA, upgrade
from hpviz.spec import MAX_EPOCHS, RunSpec
from hpviz.training.recorded_answers import Recorded, in_step

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


class Extension(TypedDict):
    """What became of going on with a finished run: the epoch that was asked for, and how it ended before that."""

    target: int
    status: Status


class Rest(TypedDict):
    """What a run was before it was queued, and is again if nobody asks for it any more before it begins."""

    status: Status
    reason: str | None
    target: int
    inputs: Inputs
    extension: Extension | None


class Run(TypedDict):
    """A run as stored: plain JSON.

    `target` is the epoch it is asked to reach, `epochs` the rows so far in order and all of one recording, `owner` the
    process that queued or trains it, `machine` where the newest epoch was trained. `origin` is None for a run of this
    cache folder; a run from elsewhere has an id of its own, so that it never stands in the way of training its spec.

    Only while it waits or trains: `requests`, who asked for how many epochs; `ticket`, which time of being queued this
    is; `before`, None for a run that was new; `from_start`, whether it was agreed to begin at epoch 1 for want of a
    checkpoint; `anew`, the rows so far of a new recording that has not got as far as `epochs` yet. Only of a finished
    run: `extension`. At any time: `answers`, what was answered on the test images after the newest and the best of
    `epochs`, as far as that is known; `cluster`, where it was last asked for on one, which takes it up again if the
    process that followed it dies. Documents of older versions have none of these.
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
    requests: NotRequired[dict[str, int]]
    ticket: NotRequired[str]
    before: NotRequired[Rest | None]
    from_start: NotRequired[bool]
    anew: NotRequired[list[EpochRow]]
    extension: NotRequired[Extension | None]
    answers: NotRequired[Recorded]
    cluster: NotRequired[bool]


# What dates are told in: years in which computers have trained networks, and which every library counts in nanoseconds.
YEARS = range(1970, 2200)
_PLAIN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", re.ASCII)
# Documents are a handful of levels deep. What lies much deeper is read in one place and breaks in the next.
DEPTH = 20


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def moment(text: str) -> str:
    """A date and time in the one form in which `now` tells it, for ISO 8601 has many that other libraries do not read.

    Raises ValueError if it is none, has no time zone, or lies in no year that can be meant.
    """
    told = datetime.fromisoformat(text)
    if not text.isprintable():
        raise ValueError("should be plain text")
    if told.tzinfo is None:
        raise ValueError("should tell its time zone")
    if told.year not in YEARS or (there := told.astimezone(UTC)).year not in YEARS:
        raise ValueError(f"should lie in the years {YEARS[0]} to {YEARS[-1]}")
    return text if _PLAIN.fullmatch(text) else there.isoformat(timespec="milliseconds")


# Nothing larger is ever measured in float32, and its square is still a number.
Figure = Annotated[float, Field(ge=0, le=1e45)] | None
Share = Annotated[float, Field(ge=0, le=1)] | None
Seconds = Annotated[float, Field(ge=0, le=1e45)]  # a clock tells them, so they are always there
Counted = Annotated[int, Field(ge=0, le=10**15)]


class _Checked(BaseModel):
    """Strict on what this version knows; what others have added passes."""

    model_config = ConfigDict(strict=True, extra="ignore", allow_inf_nan=False)


class _Row(_Checked):
    epoch: int
    updates: Counted
    images: Counted
    train_loss: Figure
    train_loss_eval: Figure
    train_accuracy_eval: Share
    test_loss: Figure
    test_accuracy: Share
    validation_loss: Figure = None
    validation_accuracy: Share = None
    train_seconds: Seconds
    test_seconds: Seconds
    images_per_second: Figure = None
    peak_memory_bytes: Counted | None = None
    weight_norm: Figure = None
    gradient_norm: Figure = None


class _Inputs(_Checked):
    data: str
    weights: str | None
    classes: list[str] = []
    test_images: Counted = 0


class _Origin(_Checked):
    kind: Literal["imported", "reference"]
    version: str
    exported: str


class _Moment(_Checked):
    at: str
    status: Status
    reason: str | None


class _Machine(_Checked):
    device: str = ""
    name: str = ""
    precision: str = ""
    threads: Counted | None = None
    torch: str = ""
    platform: str = ""
    hpviz: str = ""


class _Document(_Checked):
    spec: dict[str, Any]
    inputs: _Inputs
    target: Annotated[int, Field(ge=0, le=MAX_EPOCHS)]
    status: Status
    reason: str | None
    epochs: Annotated[list[_Row], Field(max_length=MAX_EPOCHS)]
    owner: str | None
    stop_requested: bool
    machine: _Machine
    created: str
    updated: str
    history: list[_Moment]
    origin: _Origin | None = None


def checked(value: Any, run_id: str) -> Run:
    """A run as it was stored under that id, once it has proven to be one; what is not known here is kept as it is.

    What an earlier version wrote comes as this one would have written it. Raises ValueError, with the reason, for
    anything else, and Newer for what a later version wrote.
    """
    value = upgrade(value, f"Run {run_id[:40]}")
    if not is_run_id(run_id) or value.get("id") != run_id:
        raise ValueError("has another id than its place")
    if not _is_shallow(value, DEPTH):
        raise ValueError("is nested too deeply")
    try:
        _Document.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise ValueError(f"{'.'.join(str(step)[:40] for step in first['loc'][:4])}: {first['msg']}") from None
    if RunSpec(**value["spec"]).run_id != run_id.partition("-")[0]:
        raise ValueError("has another id than its spec")
    if [row["epoch"] for row in value["epochs"]] != list(range(1, len(value["epochs"]) + 1)):
        raise ValueError("its epochs are not counted 1, 2, 3 and so on")
    run: Run = {**value}  # type: ignore[typeddict-item]
    run["created"], run["updated"] = moment(run["created"]), moment(run["updated"])
    run["history"] = [{**past, "at": moment(past["at"])} for past in run["history"]]
    if run["origin"]:
        # Earlier versions noted the moment of the import here: no recording is younger than its bundle.
        exported = moment(run["origin"]["exported"])
        run["origin"] = {**run["origin"], "exported": exported}
        run["updated"] = min(run["updated"], max(exported, run["created"]), key=datetime.fromisoformat)
    put_answers(run, run.get("answers"))
    return run


def _is_shallow(value: Any, levels: int) -> bool:
    if isinstance(value, dict):
        return levels > 0 and all(_is_shallow(inner, levels - 1) for inner in value.values())
    if isinstance(value, list):
        return levels > 0 and all(_is_shallow(inner, levels - 1) for inner in value)
    return True


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


def images_of(run: Run) -> str:
    """What its images are called where others read it, too."""
    return public_name(run["spec"]["dataset"], run["spec"]["fingerprint"], run["inputs"].get("data") or "")


def recording(run: Run) -> tuple[str, str]:
    """What a run keeps wherever it goes: the id of its spec, and when it was created.

    A run from elsewhere has more to its id than that of its spec.
    """
    return run["id"].partition("-")[0], run["created"]


def move(run: Run, status: Status, reason: str | None = None, owner: str | None = None) -> None:
    """Change a run's status in place and note it in its history; only active runs have an owner, and requests."""
    run["status"], run["reason"], run["owner"], run["stop_requested"] = status, reason, owner, False
    run["history"] = [*run["history"], Moment(at=now(), status=status, reason=reason)][-HISTORY_KEPT:]
    if status not in ACTIVE:
        for name in ("requests", "ticket", "before", "from_start", "anew"):
            run.pop(name, None)  # type: ignore[misc]  # mypy wants a literal


def has_begun(run: Run) -> bool:
    """Whether training ever took a run up; what it was before that is of no interest to anyone."""
    return bool(run["epochs"]) or any(moment["status"] == "running" for moment in run["history"])


def put_back(run: Run, before: Rest | None) -> None:
    """Let a run that waited be what it was `before` it was queued, in place; stopped, where that is not known."""
    was = before or Rest(status="stopped", reason=None, target=run["target"], inputs=run["inputs"], extension=None)
    history = run["history"][:-1]
    move(run, was["status"], was["reason"])
    run["history"], run["target"], run["inputs"] = history, was["target"], was["inputs"]
    if was["extension"]:
        run["extension"] = was["extension"]


def end(run: Run, status: Status, reason: str | None = None) -> None:
    """Bring a run that waited or trained to rest, in place.

    A run that had reached what it, or one of those who asked, wanted before stays finished whatever becomes of its
    extension; how far it was to go is kept, so that it can be gone on with. One that diverges has diverged.
    """
    before, asked, done = before_of(run), requests_of(run).values(), len(run["epochs"])
    was_finished = before is not None and before["status"] == "finished"
    if status not in ("stopped", "failed", "interrupted") or not (was_finished or min(asked) <= done < max(asked)):
        move(run, status, reason)
    elif done >= max(asked):
        move(run, "finished")
    else:
        extension = Extension(target=max(asked), status=status)
        move(run, "finished", _told(extension, len(recorded_anew(run)), reason))
        run["extension"] = extension
    if run["status"] == "finished":
        run["target"] = done if extension_of(run) else max(run["target"], done)


def _told(extension: Extension, done: int, reason: str | None) -> str:
    """What became of an extension, in a sentence or two."""
    what = f"Extending it to {extension['target']} epochs"
    if extension["status"] == "stopped":
        return f"{what} was stopped after epoch {done}; resume it to go on."
    if extension["status"] == "failed":
        return f"{what} failed: {reason}"
    return f"{what} was interrupted after epoch {done}. {reason}"


# What is optional in a document may be missing in one of an older version, and be anything in a doctored one.


def requests_of(run: Run) -> dict[str, int]:
    """Who asks for how many epochs; a target that an older version set is a request of nobody in particular."""
    asked = run.get("requests")
    known = isinstance(asked, dict) and all(map(_is_target, asked.values()))
    asked = dict(asked) if asked and known else {}
    return asked if asked and max(asked.values()) >= run["target"] else {**asked, "": run["target"]}


def before_of(run: Run) -> Rest | None:
    """What a run that waits or trains was before; None if it was new, or where that is not known."""
    before = run.get("before")
    return before if _is_like(before, Rest) else None


def extension_of(run: Run) -> Extension | None:
    """The extension of a finished run that was cut short, if there was one."""
    extension = run.get("extension")
    return extension if run["status"] == "finished" and _is_like(extension, Extension) else None


def goal(run: Run) -> int:
    """The epoch a run was last asked to reach: its target, or that of an extension which was cut short."""
    extension = extension_of(run)
    return max(run["target"], extension["target"]) if extension else run["target"]


def cut_short(run: Run) -> Status | None:
    """How a run that can be gone on with ended before it had all that was asked for; None of any other run."""
    extension = extension_of(run)
    if extension and extension["target"] > len(run["epochs"]):
        return extension["status"]
    return run["status"] if run["status"] in ("stopped", "failed", "interrupted") else None


def how_it_ended(run: Run) -> str:
    """How a run came to rest and where, in words: stopped after epoch 2/8."""
    status, done = cut_short(run) or run["status"], len(run["epochs"])
    if done:
        return f"{status} after epoch {done}/{goal(run)}"
    return f"{status} in its first epoch" if has_begun(run) else f"{status} before it began"


def recorded_anew(run: Run) -> list[EpochRow]:
    """The rows that training adds to: of a new recording if one is under way, else those that are shown."""
    rows = run.get("anew")
    if isinstance(rows, list):
        counted = [isinstance(row, dict) and row.get("epoch") for row in rows]
        return rows if counted == list(range(1, len(rows) + 1)) else run["epochs"]
    return run["epochs"]


def _is_like(value: object, kind: type) -> bool:
    """Whether that is a Rest or an Extension as they are written here."""
    if not (isinstance(value, dict) and value.keys() == kind.__annotations__.keys()):
        return False
    return _is_target(value["target"]) and value["status"] in get_args(Status)


def _is_target(epochs: object) -> bool:
    return type(epochs) is int and 0 <= epochs <= MAX_EPOCHS


def put_epoch(run: Run, row: EpochRow) -> None:
    """Put a row in its place: an epoch trained again replaces its row, later rows stand until then."""
    kept = [known for known in run["epochs"] if known["epoch"] != row["epoch"]]
    run["epochs"] = sorted([*kept, row], key=lambda known: known["epoch"])
    put_answers(run, run.get("answers"), but=row["epoch"])


def put_answers(run: Run, answers: object, but: int | None = None) -> None:
    """Keep of these answers what is of the newest and the best of a run's epochs, in place; else it has none.

    Those after epoch `but` are none of it: its row has been replaced.
    """
    inputs = run["inputs"]
    found = in_step(answers, run["epochs"], len(inputs.get("classes", ())), inputs.get("test_images", 0), but)
    run.pop("answers", None)
    if found:
        run["answers"] = found


def is_done(run: Run, epochs: int) -> bool:
    """Whether asking for that many epochs needs no training: they are there, or the run diverged."""
    if run["status"] == "diverged":
        return True
    return len(run["epochs"]) >= epochs
