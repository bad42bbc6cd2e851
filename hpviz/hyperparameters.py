"""Every field of a spec with all that is declared of it, in one typed object: what is derived asks here.

The declaration itself stands on the field, in `spec.RunSpec`.
"""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType, NoneType
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic.fields import FieldInfo

from hpviz.notation import short
from hpviz.spec import MOMENTUM, OWN_DROPOUT, SGD_MOMENTUM, BadInput, Knob, RunSpec, Scale

Value = float | str

# How values that are words are written in sentences; the others stand for themselves.
NAMES: Mapping[str, str] = {"adam": "Adam", "adamw": "AdamW", "sgd": "SGD", "sgd-momentum": "SGD with momentum"}


@dataclasses.dataclass(frozen=True)
class Hyperparameter:
    """One field: `words` are the values that are words, `low` and `high` the bounds of those that are numbers.

    `kind` is the type of the numbers, None if there are none; `neutral` means: as net and recipe had it before the
    field came. The rest is as the field's `Knob` has it.
    """

    field: str
    knob: Knob
    kind: type[int] | type[float] | None
    words: tuple[str, ...]
    low: float
    high: float
    neutral: Any
    may_be_unset: bool

    @property
    def label(self) -> str:
        return self.knob.label

    @property
    def symbol(self) -> str:
        return self.knob.symbol or self.field.replace("_", " ")

    @property
    def scale(self) -> Scale:
        return self.knob.scale if self.kind else "list"

    @property
    def whole(self) -> bool:
        return self.kind is int

    @property
    def natural_end(self) -> float | None:
        """Where its range ends by nature, so that nothing better lies beyond."""
        return self.low if self.knob.ends_there else None

    def says_something(self, fields: Mapping[str, Any]) -> bool:
        """Whether it can be set beside the others, as they are given or else neutral."""
        needed = self.knob.only.items()
        return all(fields.get(name, RunSpec.model_fields[name].default) in values for name, values in needed)

    def parse(self, text: str | float) -> Value:
        """A value from text. Raises BadInput, in a sentence, if it is not of the kind; its bounds the spec knows."""
        if isinstance(text, str) and text.strip() in self.words:
            return text.strip()
        if self.kind is None:
            raise BadInput(f"{self.label} {text!r} is not one of {', '.join(self.words)}.")
        try:
            number = float(text)
        except ValueError:
            raise BadInput(f"{self.label} {text!r} is not a number.") from None
        if not self.whole:
            return number
        if not number.is_integer():
            raise BadInput(f"{self.label} should be a whole number; {text!r} was given.")
        return int(number)

    def spell(self, value: Value | None) -> str:
        """A value as labels write it: 1e-4, AdamW, 64 px, all."""
        return self.knob.unset if value is None else spell(value) + " px" * (self.knob.unit == "px")

    def place(self, value: Value | None) -> float:
        """Where a value stands on an axis: a number where it is, a word at its place in the list, “all” at the end."""
        if value is None:
            return self.high
        return float(value) if not isinstance(value, str) else float(self.words.index(value))

    def order(self, value: Any) -> tuple[bool, float]:
        """Sorts values: numbers by size, then words in the order of the list; “all” comes after the numbers."""
        if isinstance(value, str):
            return True, float(self.words.index(value)) if value in self.words else float(len(self.words))
        return False, float("inf") if value is None else float(value)


def spell(value: Value | None) -> str:
    """A value as sentences and labels write it: 1e-4, AdamW."""
    return NAMES.get(value, value) if isinstance(value, str) else short(value) if value is not None else "–"


def value_of(spec: Mapping[str, Any], field: str) -> Any:
    """A spec's value of a field, SGD with the usual momentum being an optimiser of its own."""
    return seen(spec, field)[field]


def seen(spec: Mapping[str, Any], field: str) -> Mapping[str, Any]:
    """A spec as a comparison of that field sees it: what is part of the field's value stands for itself no more."""
    if field == "optimizer" and (spec["optimizer"], spec["momentum"]) == ("sgd", MOMENTUM):
        return {**spec, "optimizer": SGD_MOMENTUM, "momentum": 0.0}
    return spec


def seen_together(specs: Sequence[Mapping[str, Any]], field: str | None = None) -> list[Mapping[str, Any]]:
    """Specs as a comparison of that field, or of whatever differs, sees them."""
    if field is None and len({spec["optimizer"] for spec in specs}) > 1:
        field = "optimizer"
    return [seen(spec, field) if field else spec for spec in specs]


def is_neutral(spec: Mapping[str, Any], field: str) -> bool:
    """Whether a spec has a field as its net and recipe had it before the field came."""
    neutral = OWN_DROPOUT[spec["model"]] if field == "dropout" else HYPERPARAMETERS[field].neutral
    return bool(spec[field] == neutral)


def differing(specs: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The fields, but for the seed, in which specs differ, in the order in which people ask for them.

    A part of another field is left out where that one tells as much: of constant rates and a cosine over 8 epochs the
    schedule differs, not the horizon too.
    """
    distinct = {tuple(map(spec.__getitem__, _TOLD)) for spec in seen_together(specs)}
    found = [name for place, name in enumerate(_TOLD) if len({each[place] for each in distinct}) > 1]
    explained = {part for name in found for part in HYPERPARAMETERS[name].knob.parts if _tells(name, part, distinct)}
    return tuple(name for name in found if name not in explained)


def _tells(name: str, part: str, distinct: Iterable[tuple[Any, ...]]) -> bool:
    """Whether each value of a field comes with one value of its part."""
    pairs = {(each[_TOLD.index(name)], each[_TOLD.index(part)]) for each in distinct}
    return len({value for value, _ in pairs}) == len(pairs)


def _hyperparameter(field: str, info: FieldInfo) -> Hyperparameter:
    knob = next((each for each in info.metadata if isinstance(each, Knob)), Knob(field.capitalize(), ""))
    types = list(_types(info.annotation, info.metadata))
    kinds = [kind for kind, _ in types if kind in (int, float)]
    bounds = [bound for kind, metadata in types if kind in (int, float) for bound in metadata]
    return Hyperparameter(
        field=field,
        knob=knob,
        kind=kinds[0] if kinds else None,
        words=tuple(word for kind, _ in types if get_origin(kind) is Literal for word in get_args(kind)),
        low=next((float(each.ge) for each in bounds if isinstance(each, Ge)), _open(bounds, Gt)),  # type: ignore[arg-type]
        high=next((float(each.le) for each in bounds if isinstance(each, Le)), _open(bounds, Lt)),  # type: ignore[arg-type]
        neutral=info.default,
        may_be_unset=any(kind is NoneType for kind, _ in types),
    )


def _open(bounds: list[Any], kind: type[Gt] | type[Lt]) -> float:
    """A bound that is no value itself; without one the range is open."""
    name, sign = ("gt", -1.0) if kind is Gt else ("lt", 1.0)
    return next((float(getattr(each, name)) for each in bounds if isinstance(each, kind)), sign * float("inf"))


def _types(annotation: Any, metadata: list[Any]) -> Iterator[tuple[Any, list[Any]]]:
    """The plain types of a field with what is declared of each: those of a union one by one."""
    if hasattr(annotation, "__metadata__"):
        yield from _types(annotation.__origin__, [*metadata, *_spread(annotation.__metadata__)])
    elif get_origin(annotation) is Literal or not get_args(annotation):
        yield annotation, _spread(metadata)
    else:
        for each in get_args(annotation):
            yield from _types(each, metadata)


def _spread(metadata: Any) -> list[Any]:
    """Metadata with the bounds that a pydantic Field holds laid out beside it."""
    return [each for entry in metadata for each in (entry.metadata if isinstance(entry, FieldInfo) else [entry])]


HYPERPARAMETERS: Mapping[str, Hyperparameter] = MappingProxyType(
    {name: _hyperparameter(name, info) for name, info in RunSpec.model_fields.items() if name != "dataset"}
)
"""By field, in the order in which people ask for them. The images are told by `fingerprint`."""

_TOLD = tuple(name for name in HYPERPARAMETERS if name != "seed")
