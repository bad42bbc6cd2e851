"""The studies, declared: one hyperparameter each, the values to compare and what is held fixed.

Sources: the article's text and its author's logs (the figures are cited from there).
"""

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

from hpviz.hyperparameters import HYPERPARAMETERS, Hyperparameter, Value, spell, value_of
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
    from the defaults of a run; `article_only` is held in the `article` preset alone.
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
    pretrained_in_article: bool = False
    tried: bool = True
    name: str = ""
    icon: str = ":material/tune:"

    def __post_init__(self) -> None:
        object.__setattr__(self, "slider_values", self.slider_values or self.quick_values)
        object.__setattr__(self, "name", self.name or self.field.replace("_", "-"))

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
        """The lists of values that a page under that preset offers, by what they are called."""
        if not self.article_values:
            return {"its values": self.quick_values}
        first = {"the article's values" if self.tried else "values the article never tried": self.article_values}
        if preset == "article" or self.quick_values == self.article_values:
            return first
        return {**first, f"the quick values: {', '.join(map(spell, self.quick_values))}": self.quick_values}

    def settings(self, preset: Preset) -> dict[str, Any]:
        """The RunSpec fields this study holds fixed under a preset."""
        return {**self.held, **(self.article_only if preset == "article" else {})}


_declared: dict[str, Study] = {}
STUDIES: Mapping[str, Study] = MappingProxyType(_declared)
"""Every declared study by its name."""


def declare(study: Study) -> Study:
    """Make a study known to the command line, the pages and the judgements."""
    _declared[study.name] = study
    return study


def decades(lowest: int, highest: int) -> tuple[float, ...]:
    """1 and 3 in each decade from 10^lowest to 10^highest."""
    steps = [float(f"{digit}e{power}") for power in range(lowest, highest) for digit in (1, 3)]
    return (*steps, float(f"1e{highest}"))


LEARNING_RATE = Study(
    field="learning_rate",
    question="How far should each update move the weights?",
    answer=(
        "The article: if you have time to tune only one hyperparameter, tune this one. "
        "Its moderate rate reached 92%, the other two “barely cross 70%”."
    ),
    expectations=(
        "Too low: every loss falls, but so slowly that training ends long before the bottom.",
        "About right: train loss falls fast; test loss falls, then may rise again while accuracy stays.",
        "Too high: the loss is noisy, gets stuck or leaves for good.",
    ),
    logs=(
        "The rates were typed `10e-5`, `10e-3` and `10e-8` and printed as powers of ten, so every rate in the article "
        "is ten times too small: its “10⁻⁵” is 1e-4. The logs end at 92.4% for 1e-4, 65.2% for 1e-2 (after a peak of "
        "81.7%) and 61.6% for 1e-7, on a ResNet18 pretrained on ImageNet, one run each."
    ),
    article_values=(1e-7, 1e-4, 1e-2),
    quick_values=(1e-7, 1e-5, 1e-4, 1e-3, 1e-2),
    slider_values=decades(-7, 0),
    held={"model": "resnet18", "batch_size": 32},
    pretrained_in_article=True,
    icon=":material/speed:",
)

BATCH_SIZE = Study(
    field="batch_size",
    question="Over how many images should the gradient be averaged before the weights move?",
    answer="The article: test accuracy depends on it, and very large batches buy little for their cost (σ/√n).",
    expectations=(
        "Small batches make many noisy updates an epoch; large ones few and steady.",
        "With equal epochs the large batch gets fewer updates, so it is further from done.",
        "Small batches are faster per image seen and slower per second.",
    ),
    logs=(
        "82.4%, 81.2% and 77.0% for 10, 256 and 450, one run each; two unpublished repeats (77.9% at 256, 79.2% at "
        "450) overlap. Equal epochs meant 14,040, 550 and 320 updates."
    ),
    article_values=(10, 256, 450),
    quick_values=(2, 32, 64),
    slider_values=(1, 2, 4, 8, 10, 16, 32, 64, 128, 256, 450, 512, 1024),
    icon=":material/stacks:",
    held={"learning_rate": 1e-4},
)

KERNEL_WIDTH = Study(
    field="kernel_width",
    question="How many pixels across should a convolution look at once?",
    answer="The article: wider kernels have more parameters; what they do to memory is “hard to comment on”.",
    expectations=(
        "Parameters and multiply-adds of the convolutions grow with the square of the width.",
        "Without padding the maps shrink, and with them the first linear layer: total parameters fall.",
        "The effect on accuracy is open: the article shows none.",
    ),
    logs="No logged run changed the kernel width: this was never tried there.",
    article_values=(3, 5, 7, 9, 11),
    quick_values=(3, 5, 7, 9),
    slider_values=(1, 3, 5, 7, 9, 11, 13, 15),
    tried=False,
    held={"learning_rate": 1e-4, "padding": "same"},
    icon=":material/grid_on:",
)

WEIGHT_DECAY = Study(
    field="weight_decay",
    question="How strongly should large weights be penalised?",
    answer="The article: the right strength improves generalisation; far too much leaves almost no learning capacity.",
    expectations=(
        "A little may narrow the gap between train and test loss.",
        "λ = 1.0 with Adam's coupled L2 pulls the weights to zero: accuracy stays near chance.",
        "The same λ with AdamW shrinks the weights by a few percent only.",
    ),
    logs="78.2% at λ = 0.01 and 24.5% at 1.0 (batch 450); the λ = 0 run beside them ended at 77.0%. Chance is 16.7%.",
    article_values=(0, 0.01, 1.0),
    quick_values=(0, 1e-4, 1e-2, 1.0),
    slider_values=(0, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0),
    held={"batch_size": 32},
    article_only={"batch_size": 450},
    icon=":material/compress:",
)


for _study in (LEARNING_RATE, BATCH_SIZE, KERNEL_WIDTH, WEIGHT_DECAY):
    declare(_study)


def find_study(name: str) -> Study:
    """The study of that name; BadInput, naming the choices, if there is none."""
    try:
        return STUDIES[name]
    except KeyError:
        raise BadInput(f"There is no study named {name!r}; choose one of {', '.join(STUDIES)}.") from None
