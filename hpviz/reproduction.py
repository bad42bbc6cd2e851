"""The article's eight published runs as requests, and what came of them beside the author's figures."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

from hpviz.analysis.article import AUTHORS_GPU, LOGGED, TRAIN_IMAGES, Logged
from hpviz.analysis.claims.case import Verdict
from hpviz.analysis.claims.claim import Judgement
from hpviz.analysis.words import listed, name_of, plural
from hpviz.data.catalogue import Identity
from hpviz.hyperparameters import Value
from hpviz.missing import drawn_images
from hpviz.plan import Setting, sweep
from hpviz.runs.document import Run
from hpviz.runs.runner import Request
from hpviz.studies import PRESETS, STUDIES, Preset, Study

# The λ = 0 run of the weight decays is the one at the largest batch, which the batch sizes have.
_SAME_RUN = ("weight-decay", 0)


@dataclass(frozen=True)
class Counterpart:
    """A run of ours for one of the author's: of the same study, at `value` where that one had `authors`."""

    study: Study
    authors: float
    value: Value
    logged: Logged
    request: Request

    @property
    def what(self) -> str:
        """The run in a few words: lr 1e-4 · resnet18; batch 64 (for 450) · article-cnn."""
        instead = "" if self.value == self.authors else f" (for {name_of(self.study.field, self.authors)})"
        start = " pretrained" if self.request.spec.weights else ""
        return f"{name_of(self.study.field, self.value)}{instead} · {self.request.spec.model}{start}"


def counterparts(
    setting: Setting, preset: Preset, seeds: int = 1, first_seed: int = 0, weights: tuple[Path, str] | None = None
) -> list[Counterpart]:
    """Every published run under that preset, one seed after the other.

    `setting` gives images, epochs and what all share. The article's ResNet18 began with ImageNet weights: here it does
    where their file and digest are given, else it is trained from scratch. Raises BadInput if a run cannot be.
    """
    found = [
        one
        for name, logged in LOGGED.items()
        for one in _of_study(STUDIES[name], logged, setting, preset, seeds, first_seed, weights)
    ]
    return sorted(found, key=lambda one: one.request.spec.seed)


def _of_study(
    study: Study,
    logged: Mapping[float, Logged],
    setting: Setting,
    preset: Preset,
    seeds: int,
    first_seed: int,
    weights: tuple[Path, str] | None,
) -> Iterator[Counterpart]:
    authors = [value for value in logged if (study.name, value) != _SAME_RUN]
    ours = [_ours(study, value, preset) for value in authors]
    fixed = {**study.settings(preset), **setting.fixed}
    held = replace(setting, fixed=fixed, weights=None)
    if study.pretrained_in_article and weights is not None:
        held = replace(setting, fixed={**fixed, "weights": weights[1]}, weights=weights[0])
    requests = sweep(held, study, ours, first_seed, seeds)
    for place, request in enumerate(requests):
        value = authors[place % len(authors)]
        yield Counterpart(study, value, ours[place % len(authors)], logged[value], request)


def _ours(study: Study, authors: float, preset: Preset) -> Value:
    """The author's value, or, where the preset has others in place of them, the one in its place."""
    values = study.values(preset)
    return authors if authors in values else values[study.article_values.index(authors)]


@dataclass(frozen=True)
class Reproduced:
    """What came of one of them: `seconds` of training and testing as its epochs tell them, wherever these ran.

    Both are None where the run did not get as far as asked: it has nothing to hold against the author's.
    """

    of: Counterpart
    run: Run
    epochs: int
    seconds: float | None
    accuracy: float | None

    @property
    def ratio(self) -> float | None:
        """Our seconds for each of the author's."""
        return None if self.seconds is None else self.seconds / self.of.logged.seconds

    def fields(self) -> dict[str, Any]:
        """The row as plain JSON."""
        return {
            "id": self.run["id"],
            "study": self.of.study.name,
            "value": self.of.value,
            "seed": self.of.request.spec.seed,
            "epochs": self.epochs,
            "status": self.run["status"],
            "accuracy": self.accuracy,
            "seconds": self.seconds,
            "author_value": self.of.authors,
            "author_accuracy": self.of.logged.accuracy,
            "author_seconds": self.of.logged.seconds,
            "ratio": self.ratio,
        }


def reproduced(of: Counterpart, run: Run) -> Reproduced:
    """A run as its counterpart asked for it, however far it went on elsewhere."""
    rows = run["epochs"][: of.request.epochs]
    seconds = sum(row["train_seconds"] + row["test_seconds"] for row in rows)
    whole = len(rows) == of.request.epochs
    return Reproduced(of, run, len(rows), seconds if whole else None, rows[-1]["test_accuracy"] if whole else None)


@dataclass(frozen=True)
class Total:
    """All of them together; `seconds` is None unless every run got as far as asked, and counts all seeds."""

    runs: int
    seeds: int
    seconds: float | None
    author_seconds: float

    @property
    def seconds_a_seed(self) -> float | None:
        return None if self.seconds is None else self.seconds / self.seeds

    @property
    def ratio(self) -> float | None:
        """Our seconds of one seed, for the author ran one, for each of the author's."""
        return None if self.seconds_a_seed is None else self.seconds_a_seed / self.author_seconds

    def fields(self) -> dict[str, Any]:
        """The total as plain JSON."""
        return {
            "runs": self.runs,
            "seeds": self.seeds,
            "seconds": self.seconds,
            "seconds_a_seed": self.seconds_a_seed,
            "author_seconds": self.author_seconds,
            "ratio": self.ratio,
        }


def total(rows: Sequence[Reproduced]) -> Total:
    """The sum over the rows; the author's seconds once, however many seeds there are. Of no rows there is none."""
    known = [row.seconds for row in rows if row.seconds is not None]
    logged = {(row.of.study.name, row.of.authors): row.of.logged.seconds for row in rows}
    seeds = len({row.of.request.spec.seed for row in rows})
    return Total(len(rows), seeds, sum(known) if len(known) == len(rows) else None, sum(logged.values()))


def cautions(rows: Sequence[Reproduced], data: Identity) -> list[str]:
    """What keeps these runs from being the author's, in sentences: another machine always, other images mostly."""
    article = PRESETS["article"]
    machines = sorted({row.run["machine"].get("name") or "a machine unknown" for row in rows if row.run["epochs"]})
    told = [
        f"The machines differ (the author's: a {AUTHORS_GPU}; these runs': {listed(machines or ['none yet'])}): the "
        "seconds say what it takes, not which code is faster."
    ]
    specs = [row.of.request.spec for row in rows]
    images, size, epochs = (drawn_images(specs[0], data), specs[0].image_size, rows[0].of.request.epochs)
    if (images, size, epochs) != (TRAIN_IMAGES, article.image_size, article.epochs):
        told.append(
            f"These runs learn from {images:,} images at {size} px for {plural(epochs, 'epoch')}, the author's from "
            f"{TRAIN_IMAGES:,} at {article.image_size} px for {article.epochs}: neither seconds nor accuracies compare "
            "one to one."
        )
    if any(row.of.study.pretrained_in_article and not row.of.request.spec.weights for row in rows):
        told.append("The author's ResNet18 began with ImageNet weights, these from scratch.")
    return told


def by_verdict(judgements: Sequence[Judgement]) -> dict[str, list[str]]:
    """The labels of the ledger's rows by verdict, every verdict named."""
    return {verdict: [row.label for row in judgements if row.verdict == verdict] for verdict in get_args(Verdict)}
