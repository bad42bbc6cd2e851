"""What a claim is judged on: one data set's runs, and how the ones it needs are found among them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from hpviz.analysis.evidence import (
    SEEDS_NEEDED,
    Admits,
    Evidence,
    SortedRuns,
    Value,
    aligned,
    last,
    nothing,
    percents,
    repeated,
)
from hpviz.analysis.words import OPTIMIZER_NAMES, listed, name_of, plural, spell, symbol_of
from hpviz.data.prepared import Identity
from hpviz.hyperparameters import is_neutral
from hpviz.runs.document import Run
from hpviz.spec import FIRST_FIELDS, RunSpec
from hpviz.studies import STUDIES
from hpviz.training.inside import GradientNoise

Verdict = Literal["held", "did not hold", "within noise", "not run yet", "not comparable"]

# Two seeds can settle a claim; who has to train anyway is offered three, which settle it twice as often.
SEEDS_OFFERED = 3

# The nets and recipes that the author's claims are about.
RESNET: Mapping[str, Any] = {"model": "resnet18", "optimizer": "adam", "weight_decay": 0.0}
CNN: Mapping[str, Any] = {"model": "article-cnn", "optimizer": "adam"}
ARTICLE_KERNELS: Mapping[str, Any] = {"kernel_width": "article", "padding": "article"}

# What the author left as it was, for he says nothing of it.
YOUNGER = tuple(name for name in RunSpec.model_fields if name not in FIRST_FIELDS)

MODEL_NAMES = {"article-cnn": "the article's CNN", "resnet18": "ResNet18"}


@dataclass(frozen=True)
class Need:
    """Runs that would help to settle a claim: `seeds` seeds of each value of a study.

    Without `values` those of the study's preset serve. `settings` are the RunSpec fields the claim asks for besides
    what the study holds fixed, `pretrained` asks for ImageNet weights, `epochs` is how many it takes at least.
    """

    study: str
    values: tuple[Value, ...]
    seeds: int = SEEDS_OFFERED
    settings: Mapping[str, Any] = field(default_factory=dict)
    pretrained: bool = False
    epochs: int = 1


@dataclass(frozen=True)
class Finding:
    """What came of a claim: the verdict, its evidence in a sentence or two, and the runs that are missing."""

    verdict: Verdict
    evidence: str
    needed: tuple[Need, ...] = ()


class Unsettled(Exception):
    """Ends a rule early: the runs it needs are not there, or are of another kind."""

    def __init__(self, verdict: Verdict, evidence: str, needed: tuple[Need, ...] = ()):
        super().__init__(evidence)
        self.finding = Finding(verdict, evidence, needed)


@dataclass(frozen=True)
class Case:
    """One data set and all its runs. `pretrained`: is ResNet18 from ImageNet weights meant, or the one from scratch?

    `noise` is what was measured of gradients, by run id, in those that were looked into.
    """

    runs: tuple[Run, ...]
    data: Identity
    pretrained: bool
    noise: Mapping[str, GradientNoise] = field(default_factory=dict)

    @property
    def classes(self) -> int:
        return len(self.data.classes)

    @property
    def chance(self) -> float:
        """The accuracy of guessing, which a seed that diverged counts as."""
        return 1 / self.classes

    @cached_property
    def test_images(self) -> int:
        """On how many images accuracies were measured: the fewest that a run noted, else as many as there are now.

        Raises Unsettled if neither is known.
        """
        noted = [count for run in self.runs if (count := run["inputs"].get("test_images"))]
        count = min(noted, default=sum(self.data.test_counts.values()))
        if count < 1:
            raise Unsettled("not comparable", "On how many images these accuracies were measured is not known.")
        return count

    @cached_property
    def sorted_runs(self) -> SortedRuns:
        return SortedRuns(self.runs)

    def twin(self) -> "Case":
        """The same runs, sorted out already, as claims about the net from scratch see them."""
        other = replace(self, pretrained=False)
        vars(other)["sorted_runs"] = self.sorted_runs
        return other

    def gather(
        self,
        study: str,
        values: Sequence[Value] = (),
        *,
        also: Admits = nothing,
        least_values: int = 1,
        least_epochs: int = 1,
        offer: Sequence[Value] = (),
        varied: str | None = None,
        **held: Any,
    ) -> Evidence:
        """The richest evidence in which a study's hyperparameter (or the field `varied`) takes all of `values`.

        `also` admits further values, and `least_values` is how many there must be in all, with two seeds each; `offer`
        are the values to offer if too few are there, `held` is what the claim fixes. Raises Unsettled, with what is
        missing, if there is no such evidence.
        """
        name = varied or STUDIES[study].field
        pretrained = self.pretrained and held.get("model") == "resnet18"
        request = Request(
            study, name, tuple(values), least_values, least_epochs, tuple(offer or values), held, pretrained
        )
        groups = [each for each in self.sorted_runs.by(name) if request.fits(each.setting)]
        if values:
            fitting = aligned(groups, request.wants, also)
        else:  # any values will do, so one that was only tried holds nobody back
            fitting = [repeated(evidence) for evidence in aligned(groups, also)]
        if not fitting:
            others = (each.align() for each in self.sorted_runs.by(name) if request.is_other_kind(each.setting))
            raise request.without(next((other for other in others if len(other.runs) > 1), None))
        richest = max(fitting, key=request.richness)
        if complaint := request.complaint(richest):
            raise complaint
        return richest


def is_the_authors(setting: Mapping[str, Any]) -> bool:
    """Whether a setting is one that the author's claims can be about: depth, schedule and the like as he had them."""
    return all(is_neutral(setting, name) for name in YOUNGER if name in setting)


@dataclass(frozen=True)
class Request:
    """The runs a claim asks for, and what to say when they are missing."""

    study: str
    field: str
    values: tuple[Value, ...]
    least_values: int
    least_epochs: int
    offer: tuple[Value, ...]
    held: Mapping[str, Any]
    pretrained: bool

    def wants(self, value: Value) -> bool:
        return value in self.values

    def fits(self, setting: Mapping[str, Any]) -> bool:
        asked = all(setting[name] == value for name, value in self.held.items())
        return self._is_kind(setting) and asked and is_the_authors(setting)

    def _is_kind(self, setting: Mapping[str, Any]) -> bool:
        """The model, its start and the optimiser that the claim is about."""
        start = (setting["weights"] is not None) == self.pretrained
        kind = [name for name in ("model", "optimizer") if name in self.held]
        return start and all(setting[name] == self.held[name] for name in kind)

    def is_other_kind(self, setting: Mapping[str, Any]) -> bool:
        """Whether runs of that setting are of another net, so that two values look like an answer and are none.

        Pretrained runs do not look like an answer about nets from scratch.
        """
        looks_alike = self.pretrained or setting["weights"] is None
        return looks_alike and not self._is_kind(setting)

    def richness(self, evidence: Evidence) -> tuple[int, ...]:
        """Settled values first, then seeds up to what is offered, then values, epochs and pixels."""
        seeds = [min(evidence.seeds(value), SEEDS_OFFERED) for value in (self.values or evidence.values)]
        settled = sum(count >= SEEDS_NEEDED for count in seeds)
        return settled, sum(seeds), len(evidence.runs), evidence.epochs, evidence.setting["image_size"]

    def complaint(self, evidence: Evidence) -> Unsettled | None:
        """What the evidence lacks, or None if it will do."""
        for value in self.values:
            if not evidence.seeds(value) and evidence.lost(value) >= SEEDS_NEEDED:
                lost = name_of(self.field, value)
                return Unsettled("not comparable", f"Every run with {lost} diverged: there is no figure to compare.")
        single = tuple(value for value in evidence.values if evidence.seeds(value) < SEEDS_NEEDED)
        too_few = len(evidence.runs) - len(single) < self.least_values
        missing = tuple(value for value in (self.offer if too_few else self.values) if not evidence.seeds(value))
        if missing or (single and (self.values or too_few)):
            return self._incomplete(evidence, missing, single)
        if too_few:
            return self.without(None)
        if evidence.epochs < self.least_epochs:
            sentence = f"{plural(evidence.epochs, 'epoch')} show no trend yet: train at least {self.least_epochs}."
            return Unsettled("not run yet", sentence, self.needs(self.values or tuple(evidence.values)))
        return None

    def _incomplete(self, evidence: Evidence, missing: tuple[Value, ...], single: tuple[Value, ...]) -> Unsettled:
        complaints = []
        if missing:
            complaints.append(f"Still to be run: {self._names(missing)}.")
        if left := tuple(value for value in single if evidence.lost(value)):
            complaints.append(f"One seed only is left with {self._names(left)}: the others diverged.")
        if alone := tuple(value for value in single if value not in left):
            complaints.append(f"One seed only with {self._names(alone)}: +{SEEDS_OFFERED - 1} seeds are needed.")
        if evidence.runs:
            so_far = percents(evidence, last("test_accuracy"))
            complaints.append(f"So far accuracy is at {so_far} ({evidence.stated()}).")
        return Unsettled("not run yet", " ".join(complaints), self.needs(missing + single))

    def without(self, other: Evidence | None) -> Unsettled:
        """No run fits: they are of another kind, if there are such, or there are none at all."""
        needed = self.needs(self.offer)
        wanted = describe(self.held, self.pretrained)
        if other:
            theirs = describe(other.setting, other.setting["weights"] is not None)
            return Unsettled("not comparable", f"The claim is about {wanted}; the runs here are of {theirs}.", needed)
        asked = self._names(self.offer) if self.offer else f"{self.least_values} or more values"
        return Unsettled("not run yet", f"It takes runs of {wanted}: {asked}, {SEEDS_OFFERED} seeds each.", needed)

    def needs(self, values: tuple[Value, ...]) -> tuple[Need, ...]:
        """The runs to offer: by the study's own values, or one study value for each value of another field."""
        if self.field == STUDIES[self.study].field:
            return (Need(self.study, values, SEEDS_OFFERED, self.held, self.pretrained, self.least_epochs),)
        fixed = {name: value for name, value in self.held.items() if name != STUDIES[self.study].field}
        own = (self.held[STUDIES[self.study].field],)
        return tuple(
            Need(self.study, own, SEEDS_OFFERED, {**fixed, self.field: value}, self.pretrained, self.least_epochs)
            for value in values
        )

    def _names(self, values: Sequence[Value]) -> str:
        return f"{symbol_of(self.field)} {listed([spell(value) for value in values])}"


def describe(setting: Mapping[str, Any], pretrained: bool) -> str:
    """A net and its optimiser in words: ResNet18 from scratch with Adam."""
    words = [MODEL_NAMES[setting["model"]]]
    if setting["model"] == "resnet18":
        words.append("pretrained on ImageNet" if pretrained else "from scratch")
    if "optimizer" in setting:
        words.append(f"with {OPTIMIZER_NAMES[setting['optimizer']]}")
    return " ".join(words)
