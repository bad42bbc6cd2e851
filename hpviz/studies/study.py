"""What a study is, and all that are declared."""

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

from hpviz.hyperparameters import HYPERPARAMETERS, Hyperparameter, Value, is_neutral, seen, value_of
from hpviz.spec import BadInput

Preset = Literal["quick", "article"]


@dataclasses.dataclass(frozen=True)
class PresetSettings:
    """What a preset fixes besides the study's values: data, size and length."""

    data: str
    image_size: int
    per_class: int | None
    epochs: int


PRESETS: Mapping[Preset, PresetSettings] = MappingProxyType(
    {
        "quick": PresetSettings(data="scenes", image_size=64, per_class=300, epochs=8),
        "article": PresetSettings(data="intel", image_size=150, per_class=None, epochs=10),
    }
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Study:
    """One hyperparameter under study: a declaration on top of that of its field.

    `field` is its name in RunSpec; what it is called, its symbol and its scale are declared there. `name` is what the
    command line and addresses call the study, the field's own name unless given. `article_values` are the author's, or,
    where he `tried` none, those that his text asks for; `quick_values` those that show the same effects on fewer
    images, `slider_values` what the page offers (the quick values unless given). `held` is what the study fixes apart
    from the defaults of a run; `article_only` is held in the `article` preset alone. `tuned` is what each value brings
    with it: numbers that were tuned for it on the quick preset. One that is set by hand holds for all values instead.
    `beside` is a second field that is varied with it, in a grid.
    """

    field: str
    question: str
    answer: str = ""
    expectations: tuple[str, ...] = ()
    logs: str = ""
    article_values: tuple[Value, ...] = ()
    quick_values: tuple[Value, ...]
    slider_values: tuple[Value, ...] = ()
    held: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    article_only: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    tuned: Mapping[Value, Mapping[str, Any]] = dataclasses.field(default_factory=dict)
    pretrained_in_article: bool = False
    tried: bool = True
    name: str = ""
    beside: str = ""
    icon: str = ":material/tune:"

    def __post_init__(self) -> None:
        object.__setattr__(self, "slider_values", self.slider_values or self.quick_values)
        object.__setattr__(self, "name", self.name or self.field.replace("_", "-"))

    @property
    def fields(self) -> tuple[str, ...]:
        """What is varied, and so not held fixed."""
        return (self.field, self.beside) if self.beside else (self.field,)

    @property
    def hyperparameter(self) -> Hyperparameter:
        return HYPERPARAMETERS[self.field]

    @property
    def title(self) -> str:
        return self.hyperparameter.label

    @property
    def symbol(self) -> str:
        """Its short name on charts."""
        return self.hyperparameter.symbol

    @property
    def whole(self) -> bool:
        """Whether its values are whole numbers."""
        return self.hyperparameter.whole

    @property
    def places(self) -> tuple[float, ...]:
        """Where the slider's values stand on an axis."""
        return tuple(sorted(self.hyperparameter.place(value) for value in self.slider_values))

    def parse(self, text: str | float) -> Value:
        """A value from text; BadInput if it is none of this hyperparameter's. Widths that differ are no one value."""
        value = self.hyperparameter.parse(text)
        if isinstance(value, str) and self.hyperparameter.kind:
            raise BadInput(f"{self.title} {text!r} is not a number.")
        return value

    def value_of(self, spec: Mapping[str, Any]) -> Any:
        """A spec's value of this hyperparameter."""
        return value_of(spec, self.field)

    def values(self, preset: Preset) -> tuple[Value, ...]:
        return self.article_values or self.quick_values if preset == "article" else self.quick_values

    def lists(self, preset: Preset) -> dict[str, tuple[Value, ...]]:
        """The lists of values that a page under that preset offers, by what they are called, their number included.

        The article's values are the article's under every preset.
        """
        quick = {f"{len(self.quick_values)}": self.quick_values}
        if not self.article_values:
            return quick
        number = len(self.article_values)
        article = {f"the article's {number}" if self.tried else f"{number} untried": self.article_values}
        if preset == "article" or self.quick_values == self.article_values:
            return article
        return {**article, **quick}

    def settings(self, preset: Preset) -> dict[str, Any]:
        """The RunSpec fields this study holds fixed under a preset."""
        return {**self.held, **(self.article_only if preset == "article" else {})}

    @property
    def tuned_fields(self) -> tuple[str, ...]:
        """The fields that its values bring with them, but for those that it varies itself."""
        brought = dict.fromkeys(name for each in self.tuned.values() for name in each)
        return tuple(name for name in brought if name not in self.fields)

    def is_tuned(self, spec: Mapping[str, Any]) -> bool:
        """Whether a spec has what its value brings with it; SGD of another momentum is no value that was tuned for."""
        told = seen(spec, self.field)
        brought = self.tuned.get(told[self.field], {})
        whole = all(is_neutral(told, part) for part in self.hyperparameter.knob.parts)
        return whole and bool(brought) and all(told[name] == of for name, of in brought.items())


_declared: dict[str, Study] = {}
STUDIES: Mapping[str, Study] = MappingProxyType(_declared)
"""Every declared study by its name."""


def declare(study: Study) -> Study:
    """Make a study known to the command line, the pages and the judgements."""
    _declared[study.name] = study
    return study


def tuned_for(varied: Mapping[str, Any]) -> dict[str, Any]:
    """What values that are compared bring with them, by the studies of their fields."""
    brought = (study.tuned.get(varied[study.field], {}) for study in STUDIES.values() if study.field in varied)
    return {name: value for each in brought for name, value in each.items()}


def decades(lowest: int, highest: int) -> tuple[float, ...]:
    """1 and 3 in each decade from 10^lowest to 10^highest."""
    steps = [float(f"{digit}e{power}") for power in range(lowest, highest) for digit in (1, 3)]
    return (*steps, float(f"1e{highest}"))


def find_study(name: str) -> Study:
    """The study of that name; BadInput, naming the choices, if there is none."""
    try:
        return STUDIES[name]
    except KeyError:
        raise BadInput(f"There is no study named {name!r}; choose one of {', '.join(STUDIES)}.") from None
