"""Bundles: runs as one JSON file that another hpviz takes in, every figure exactly as it was.

A bundle comes from anywhere, so nothing in it is believed: sizes are bounded, every field has its type and range, no
other field may be there, and a run's id must be that of its spec.
"""

import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import PurePath, PureWindowsPath
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from hpviz import __version__
from hpviz.runs.document import ACTIVE, Inputs, Origin, Run, images_of, moment, now, put_answers
from hpviz.runs.schema import SCHEMA
from hpviz.spec import FIRST_FIELDS, MAX_EPOCHS, BadInput, RunSpec
from hpviz.training.recorded_answers import MOST_CLASSES, MOST_IMAGES, packed_length, sound

# Format 2: specs may have fields beyond FIRST_FIELDS. Format 3: runs may have answers. A bundle has the earliest format
# that can express what is in it, so that every hpviz reads it that could have written it.
FIRST_FORMAT, LATER_FIELDS, FORMAT = 1, 2, 3
MAX_BYTES = 20_000_000
MAX_RUNS = 2_000
ORIGIN_DIGITS = 8
TEXT_LENGTH, NAME_LENGTH = 500, 200

# Training computes in float32, so nothing it writes is larger; judgements square such numbers and sum them.
FLOAT32_MAX = (2 - 2**-23) * 2.0**127
# A norm is the root of a sum of squares: over 10^12 weights, a million times the largest of them.
NORM_MAX = 1e6 * FLOAT32_MAX
# The clock counts nanoseconds. Shares of a much shorter time would come out as 0, which has no logarithm.
CLOCK_TICK = 1e-9

# A path from a root or a drive, of two parts or more.
_PATH = re.compile(r"(?<![\w.:/\\~])(?:~|[A-Za-z]:)?(?:[/\\][^\s/\\'\"“”:;,()]+){2,}[/\\]?")


def _has_no_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("should hold no NUL character, which no name has and no picture can show")
    return text


Count = Annotated[int, Field(ge=0, le=10**12)]
# An epoch's row is written after its first update at the earliest, even where training diverges in it.
Begun = Annotated[int, Field(ge=1, le=10**12)]
Positive = Annotated[float, Field(ge=0, le=FLOAT32_MAX)]
TrainSeconds = Annotated[float, Field(ge=CLOCK_TICK, le=FLOAT32_MAX)]
Norm = Annotated[float, Field(ge=0, le=NORM_MAX)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Text = Annotated[str, Field(max_length=TEXT_LENGTH), AfterValidator(_has_no_nul)]
ClassName = Annotated[str, Field(max_length=NAME_LENGTH), AfterValidator(_has_no_nul)]
Version = Annotated[str, Field(max_length=40), AfterValidator(_has_no_nul)]
Packed = Annotated[str, Field(max_length=packed_length(MOST_CLASSES, MOST_IMAGES))]


def _are_several(classes: list[str]) -> list[str]:
    if len(classes) == 1:
        raise ValueError("should be two or more, or none where they were not noted")
    return classes


Moment = Annotated[str, Field(max_length=40), AfterValidator(moment)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Row(_Strict):
    """One epoch, as `training.events.Epoch` describes it; what was not finite is None."""

    epoch: Annotated[int, Field(ge=1, le=MAX_EPOCHS)]
    updates: Begun
    images: Begun
    train_loss: Positive | None
    train_loss_eval: Positive | None
    train_accuracy_eval: Fraction | None
    test_loss: Positive | None
    test_accuracy: Fraction | None
    validation_loss: Positive | None = None
    validation_accuracy: Fraction | None = None
    train_seconds: TrainSeconds
    test_seconds: Positive
    images_per_second: Positive | None = None
    peak_memory_bytes: Count | None = None
    weight_norm: Norm | None = None
    gradient_norm: Norm | None = None


class Machine(_Strict):
    """Where a run was trained, as `training.numerics.machine` tells it."""

    device: Text = ""
    name: Text = ""
    precision: Text = ""
    threads: Count | None = None
    torch: Text = ""
    platform: Text = ""
    hpviz: Text = ""


class Said(_Strict):
    epoch: Annotated[int, Field(strict=True, ge=1, le=MAX_EPOCHS)]
    said: Packed


class Answers(_Strict):
    """What was answered on the test images, as `training.recorded_answers.Recorded` describes it."""

    labels: Packed
    newest: Said | None = None
    best: Said | None = None


class OriginNote(_Strict):
    """Where a run had come from before it was exported again."""

    version: Version
    exported: Moment


class BundledRun(_Strict):
    """A run without what belongs to one machine only: paths, owners, checkpoints."""

    id: Annotated[str, Field(pattern=r"^[0-9a-f]{12}$")]
    spec: RunSpec
    classes: Annotated[list[ClassName], Field(max_length=10_000), AfterValidator(_are_several)]
    test_images: Count
    target: Annotated[int, Field(ge=1, le=MAX_EPOCHS)]
    status: Literal["finished", "stopped", "diverged", "failed", "interrupted"]
    reason: Text | None = None
    epochs: Annotated[list[Row], Field(max_length=MAX_EPOCHS)]
    machine: Machine
    created: Moment
    updated: Moment
    origin: OriginNote | None = None
    answers: Answers | None = None

    @model_validator(mode="after")
    def coherent(self) -> Self:
        """Refuse a run whose parts contradict each other."""
        if self.id != self.spec.run_id:
            raise ValueError(f"Run {self.id} in it has another id than its spec: the file was altered.")
        if [row.epoch for row in self.epochs] != list(range(1, len(self.epochs) + 1)):
            raise ValueError(f"The epochs of run {self.id} in it are not counted 1, 2, 3 and so on.")
        if any(before.updates > after.updates for before, after in pairwise(self.epochs)):
            raise ValueError(f"The updates of run {self.id} in it fall from one epoch to the next.")
        if any(before.images > after.images for before, after in pairwise(self.epochs)):
            raise ValueError(f"The images of run {self.id} in it fall from one epoch to the next.")
        _has_no_nul(self.spec.dataset)
        if self.answers:
            told = self.answers.model_dump(exclude_none=True)
            rows = [{"test_accuracy": row.test_accuracy} for row in self.epochs]
            if sound(told, rows, len(self.classes), self.test_images) != told:
                raise ValueError(f"The answers of run {self.id} in it are not those of its epochs.")
        return self


class Bundle(_Strict):
    """The file."""

    hpviz_bundle: Annotated[int, Field(strict=True, ge=FIRST_FORMAT, le=FORMAT)]
    version: Version
    exported: Moment
    runs: Annotated[list[BundledRun], Field(min_length=1, max_length=MAX_RUNS)]


def write(runs: Sequence[Run]) -> bytes:
    """The bundle of those runs that have an epoch. Raises BadInput if none has, or if they are too many."""
    started = [run for run in runs if run["epochs"]]
    if not started:
        raise BadInput("None of these runs has an epoch yet, so there is nothing to export.")
    if len(started) > MAX_RUNS:
        raise BadInput(f"A bundle holds at most {MAX_RUNS:,} runs; {len(started):,} were chosen.")
    outward = [_outward(run) for run in started]
    bundle = _written(outward)
    if len(bundle) > MAX_BYTES:  # figures go before answers
        bundle = _written([{name: told for name, told in run.items() if name != "answers"} for run in outward])
    return bundle


def _written(outward: Sequence[Mapping[str, Any]]) -> bytes:
    bundle = {"hpviz_bundle": _format(outward), "version": __version__, "exported": now(), "runs": outward}
    # Names that were no UTF-8 came into the stores of earlier versions as they were.
    return json.dumps(bundle, allow_nan=False, ensure_ascii=False, indent=1).encode(errors="replace")


def _format(outward: Sequence[Mapping[str, Any]]) -> int:
    if any("answers" in run for run in outward):
        return FORMAT
    return FIRST_FORMAT if all(run["spec"].keys() <= FIRST_FIELDS for run in outward) else LATER_FIELDS


def read(data: bytes, kind: Literal["imported", "reference"] = "imported") -> list[Run]:
    """The runs of a bundle, marked with where they come from. Raises BadInput, in one sentence, for anything else."""
    if len(data) > MAX_BYTES:
        raise BadInput(too_large(len(data)))
    try:
        bundle = Bundle.model_validate_json(data)
    except ValidationError as error:
        raise BadInput(_in_one_line(_sentence(error))) from None
    return [_inward(run, bundle, kind) for run in bundle.runs]


def too_large(size: int) -> str:
    return f"This bundle has {size / 1e6:.1f} MB; at most {MAX_BYTES / 1e6:.0f} MB are taken in."


def _outward(run: Run) -> dict[str, Any]:
    """What goes out of a run, so that it is taken in: no more than a bundle has room for, long texts cut.

    A failure's reason and a folder's name may be long; other programs, and later versions, may have added fields.
    """
    under_way = run["status"] in ACTIVE
    spec = RunSpec(**run["spec"])
    reason = "Exported while it was being trained." if under_way else run["reason"]
    classes, test_images = run["inputs"].get("classes", []), run["inputs"].get("test_images", 0)
    answers = sound(run.get("answers"), run["epochs"], len(classes), test_images)
    return {
        "id": spec.run_id,
        "spec": {**spec.plain(), "dataset": images_of(run)},
        "classes": [name[:NAME_LENGTH] for name in classes],
        "test_images": test_images,
        "target": run["target"],
        "status": "stopped" if under_way else run["status"],
        "reason": reason and placeless(reason, run)[:TEXT_LENGTH],
        "epochs": [_known(row, Row) for row in run["epochs"]],
        "machine": {
            name: told[:TEXT_LENGTH] if isinstance(told, str) else told
            for name, told in _known(run["machine"], Machine).items()
        },
        "created": run["created"],
        "updated": run["updated"],
        "origin": run["origin"] and {name: run["origin"][name] for name in ("version", "exported")},
        **({"answers": answers} if answers else {}),
    }


def _known(fields: Mapping[str, Any], kind: type[BaseModel]) -> dict[str, Any]:
    """Those of the fields that a bundle has room for."""
    return {name: value for name, value in fields.items() if name in kind.model_fields}


def placeless(text: str, run: Run) -> str:
    """A sentence about a run without where anything lies on this machine: of a path its last part is left."""
    for path in (run["inputs"].get("data"), run["inputs"].get("weights")):
        if path and PurePath(path).is_absolute():
            text = text.replace(path, PurePath(path).name)
    text = _PATH.sub(lambda found: PureWindowsPath(found[0]).name, text)
    home = os.path.expanduser("~")
    return text.replace(f"{home}/", "").replace(f"{home}\\", "")


def _inward(given: BundledRun, bundle: Bundle, kind: Literal["imported", "reference"]) -> Run:
    told = given.model_dump(mode="json", exclude_unset=True)
    before = given.origin or OriginNote(version=bundle.version, exported=bundle.exported)
    run = Run(
        schema=SCHEMA,
        id=f"{given.id}-{_digest(told)}",
        spec=given.spec.model_dump(mode="json"),
        inputs=Inputs(data="", weights=None, classes=given.classes, test_images=given.test_images),
        target=given.target,
        status=given.status,
        reason=given.reason,
        epochs=told["epochs"],
        owner=None,
        stop_requested=False,
        machine=told["machine"],
        created=given.created,
        updated=given.updated,
        history=[],
        origin=Origin(kind=kind, version=before.version, exported=before.exported),
    )
    put_answers(run, told.get("answers"))
    return run


def _digest(told: dict[str, Any]) -> str:
    """What tells this recording of a spec from others: the same however often it is passed on."""
    recorded = {name: told[name] for name in ("id", "epochs", "machine", "created")}
    canonical = json.dumps(recorded, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:ORIGIN_DIGITS]


def _sentence(error: ValidationError) -> str:
    """The first complaint about a file, in plain words."""
    first = error.errors(include_url=False, include_input=False)[0]
    if first["type"] == "json_invalid":
        return "This is not a bundle of hpviz: it is not JSON, or it was cut short."
    if first["loc"][:1] == ("hpviz_bundle",):
        if first["type"] == "less_than_equal":
            return f"This bundle was written by a newer hpviz; {__version__} reads formats up to {FORMAT}: update it."
        return f"This is not a bundle that hpviz {__version__} reads: it asks for format {FORMAT} or an earlier one."
    complaint = first["msg"].removeprefix("Value error, ")
    if "ctx" in first and isinstance(first["ctx"].get("error"), ValueError):
        return (
            f"This bundle cannot be used. {complaint}" if complaint.endswith(".") else _placed(first["loc"], complaint)
        )
    return _placed(first["loc"], complaint)


def _in_one_line(text: str) -> str:
    """A sentence that quotes a file's own words, without the line breaks and control characters these may hold."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)


def _placed(where: tuple[int | str, ...], complaint: str) -> str:
    place = ".".join(str(step)[:40] for step in where[:8])
    return f"This bundle cannot be used: {place or 'it'}: {complaint[:1].lower()}{complaint[1:]}."
