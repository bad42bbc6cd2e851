"""A comparison told: what is compared, what it rests on, what came out, and whether that may be noise.

Plain words and figures, for whatever shows them: the share card, the page, a text alternative.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from hpviz import __version__
from hpviz.analysis.answer import Answer, answer_of
from hpviz.analysis.comparison import Comparison, told
from hpviz.analysis.evidence import updates_each
from hpviz.analysis.fairness import fairness
from hpviz.analysis.figures import Figures, figures_of
from hpviz.analysis.frames import commonest_diagnosis
from hpviz.analysis.learning_curve import law_in_words
from hpviz.analysis.origin import from_elsewhere
from hpviz.analysis.outcome import Told, outcome_of
from hpviz.analysis.ranges import ends, range_of, span, title_of
from hpviz.analysis.tuned import is_tuned
from hpviz.analysis.words import listed, plural, spell
from hpviz.hyperparameters import is_neutral
from hpviz.runs.command import run_command, sweep_command
from hpviz.runs.document import ACTIVE, images_of

# Of what is the same for all, the fields worth a word, and the value (if any) that is not.
WORTH_A_WORD = {
    "weights": "",
    "learning_rate": "",
    "batch_size": "",
    "kernel_width": "article",
    "padding": "article",
    "weight_decay": "",
    "optimizer": "",
    "momentum": 0.0,
    "normalisation": "none",
    "validation_fraction": 0.0,
}


@dataclass(frozen=True)
class Story:
    """Everything that can be said of a comparison in words."""

    comparison: Comparison

    @property
    def title(self) -> str:
        """What it is about: Weight decay: article-cnn on scenes."""
        differing = self.comparison.differing
        subject = f"{listed(self._distinct('model'))} on {listed(_ordered(map(images_of, self.comparison.runs)))}"
        equal = "" if self.comparison.updates is None else " at equal updates"
        if not differing:
            return f"{subject}{equal}"
        if len(differing) > 2:
            return f"{len(differing)} settings compared{equal}: {subject}"
        study = self.comparison.study
        names = study.title if study else listed([title_of(name) for name in differing])
        return f"{names[:1].upper()}{names[1:]}{equal}: {subject}"

    @cached_property
    def answer(self) -> Answer:
        """What came out, in a sentence or two."""
        return answer_of(self.comparison)

    @property
    def headline(self) -> str:
        """The answer with what it is about: Learning rate · 1e-5 to 1e-2: no pair told apart (3 seeds)."""
        study = self.comparison.study
        return f"{study.title} · {self.answer.sentence}" if study else self.answer.sentence

    @property
    def subject(self) -> str:
        """What is compared, what differs and what is the same: the answer's small print."""
        return f"{self.title} · {self.differs}{self.with_same}"

    @property
    def differs(self) -> str:
        """What differs: λ 0, 1e-2 and 1."""
        if not self.comparison.differing:
            return "Nothing but the seed differs" if len(self.comparison.runs) > 1 else "One run"
        return " · ".join(range_of(name, self.comparison) for name in self.comparison.differing)

    @property
    def same(self) -> str:
        """What is the same and matters: lr 1e-4, batch 32, Adam."""
        shared, run = self.comparison.shared, self.comparison.runs[0]
        names = [name for name, silent in WORTH_A_WORD.items() if name in shared and shared[name] != silent]
        if "resnet18" not in self._distinct("model"):
            names.remove("weights")  # nobody expects the article's network to be pretrained
        return ", ".join(
            spell(shared[name]) if name == "optimizer" else told(name, shared[name], run) for name in names
        )

    @property
    def with_same(self) -> str:
        """The same as the end of a sentence that begins with what differs."""
        return f"{'; the same for all:' if self.comparison.differing else ':'} {self.same}" if self.same else ""

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """What the comparison rests on, as (figure, what it is)."""
        comparison = self.comparison
        seeds = sorted({len(runs) for runs in comparison.groups.values()})
        each = "" if len(comparison.groups) == 1 else " each"
        facts = [
            (span(self._values("per_class"), "all"), "training images a class"),
            (span(self._values("image_size"), "") + " px", "image size"),
            *self._lengths(),
            (span(seeds, ""), f"{'seed' if seeds == [1] else 'seeds'}{each}"),
        ]
        if comparison.test_images:
            facts.append((f"{comparison.test_images:,}", "test images"))
        if comparison.chance:
            facts.append((f"{comparison.chance:.1%}", f"guessing, {round(1 / comparison.chance):,} classes"))
        return tuple(facts)

    def _lengths(self) -> list[tuple[str, str]]:
        """How far the runs are compared: in epochs, and at equal updates in updates first."""
        updates, ends = self.comparison.updates, sorted(set(self.comparison.ends.values()))
        epochs = (span(ends, ""), "epoch" if ends == [1] else "epochs")
        return [epochs] if updates is None else [(f"{updates:,}", "update" if updates == 1 else "updates"), epochs]

    @cached_property
    def figures(self) -> tuple[Figures, ...]:
        """A row a label, in order."""
        ends = self.comparison.ends
        return tuple(figures_of(label, runs, ends[label]) for label, runs in self.comparison.groups.items())

    @cached_property
    def verdict(self) -> tuple[Told, ...]:
        """Different or noise: the surest pairs, how many more there are, what is not judged; or why there is none."""
        return outcome_of(self.comparison).in_brief or (("note", self.answer.finding),)

    @cached_property
    def diagnoses(self) -> dict[str, tuple[str, str, str]]:
        """By name (kind, rule, next step) of what most seeds of each label show."""
        comparison = self.comparison
        classes = round(1 / comparison.chance) if comparison.chance else 2
        return {
            comparison.names[label]: commonest_diagnosis(seeds, comparison.ends[label], classes)
            for label, seeds in comparison.groups.items()
        }

    @cached_property
    def law(self) -> str:
        """What the power law of a learning curve says, or why there is none; nothing where images do not differ."""
        return law_in_words(self.comparison)

    @cached_property
    def cautions(self) -> tuple[str, ...]:
        """What makes the comparison less than fair."""
        ended = [run for run in self.comparison.runs if run["status"] not in ACTIVE]
        return tuple(caution.sentence for caution in fairness(ended, self.comparison.epochs, self.comparison.updates))

    @property
    def provenance(self) -> tuple[str, ...]:
        """Where and when, by what, and which runs are from elsewhere: a sentence each."""
        runs = self.comparison.runs
        machines = _ordered(run["machine"].get("name") or "a machine unknown" for run in runs)
        precisions = _ordered(run["spec"]["precision"] for run in runs)
        days = sorted({run["updated"][:10] for run in runs})
        versions = _ordered(run["machine"].get("hpviz") or "" for run in runs)
        by = f" by hpviz {listed([version for version in versions if version] or [__version__])}"
        told = [f"Trained{by} in {listed(precisions)} on {listed(machines)}, {' to '.join(ends(days))}"]
        if foreign := from_elsewhere(runs):
            told.append(f"Not trained here: {foreign}")
        if active := sum(run["status"] in ACTIVE for run in runs):
            told.append(f"{plural(active, 'run')} still training when this was drawn")
        return tuple(told)

    @property
    def command(self) -> str | None:
        """What trains the same again, where one command does."""
        comparison, first = self.comparison, self.comparison.runs[0]
        if not comparison.differing and len(comparison.runs) == 1:
            return run_command({**first["spec"], "dataset": images_of(first)}, comparison.epochs)
        seeds = [sorted(run["spec"]["seed"] for run in runs) for runs in comparison.groups.values()]
        whole = all(each == list(range(seeds[0][0], seeds[0][0] + len(seeds[0]))) for each in seeds)
        if comparison.study is None or not whole:
            return None
        values = self._values(comparison.study.field)
        if comparison.study.hyperparameter.kind and any(isinstance(value, str) for value in values):
            # "article" kernels: three widths are no one value.
            return None
        spec = {**first["spec"], "dataset": images_of(first), "seed": seeds[0][0]}
        for part in comparison.study.hyperparameter.knob.parts:
            # One option for all values: of a horizon that is given, a constant rate takes none.
            given = {run["spec"][part] for run in comparison.runs if not is_neutral(run["spec"], part)}
            if len(given) > 1:
                return None
            spec[part] = next(iter(given), spec[part])
        specs = [run["spec"] for run in comparison.runs]
        for name in comparison.study.tuned_fields:
            # Left out, it is again what was tuned for each value.
            if is_tuned(comparison.study, specs):
                del spec[name]
            elif len({each[name] for each in specs}) > 1:
                return None
        if comparison.updates is None:
            return sweep_command(comparison.study, values, len(seeds[0]), spec, comparison.epochs)
        shortest = min(comparison.ends.values())
        if not self._equals_out(shortest):
            return None
        return f"{sweep_command(comparison.study, values, len(seeds[0]), spec, shortest)} --equal-updates"

    def _equals_out(self, epochs: int) -> bool:
        """Whether a sweep at equal updates, whose busiest value trains so many epochs, leads to this comparison.

        A schedule that ends does so after other epochs for each value, so its horizon is no option for all.
        """
        comparison = self.comparison
        if any(run["spec"]["horizon"] is not None for run in comparison.runs):
            return False
        each = {label: updates_each(runs[0]) for label, runs in comparison.groups.items()}
        trained = {label: max(1, round(epochs * max(each.values()) / made)) for label, made in each.items()}
        common = min(trained[label] * made for label, made in each.items())
        return all(max(1, round(common / made)) == comparison.ends[label] for label, made in each.items())

    @property
    def description(self) -> str:
        """The whole in sentences, for those who cannot see it."""
        symbol = f"{self.comparison.legend} " if self.comparison.study else ""
        last = [
            f"{symbol}{row.name} {_percent(row.last)}" + f" ({row.lost})" * bool(row.diverged) for row in self.figures
        ]
        parts = [
            f"{self.title}. {self.differs}{self.with_same}.",
            self.answer.sentence,
            f"Test accuracy after {self.comparison.after}: {'; '.join(last)}.",
            *filter(None, [self.law]),
            *(sentence for _, sentence in self.verdict),
            *self.cautions,
            *(f"{sentence}." for sentence in self.provenance),
        ]
        return " ".join(parts)

    def _distinct(self, name: str) -> list[str]:
        """What the field's values are called."""
        return _ordered(str(run["spec"][name]) for run in self.comparison.runs)

    def _values(self, name: str) -> list[Any]:
        return list(dict.fromkeys(run["spec"][name] for run in self.comparison.runs))


def _ordered(values: Iterable[str]) -> list[str]:
    """Each once, the commonest first."""
    return [value for value, _ in Counter(values).most_common()]


def _percent(share: float | None) -> str:
    return "not a number" if share is None else f"{share:.1%}"
