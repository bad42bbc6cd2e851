"""The answer of a comparison in one sentence: which values noise tells apart, and by how much.

Values in the order of their means are cut into groups wherever each value above the cut is told apart from each one
below it (`analysis.noise`, all pairs of the screen together). So whatever is said of two groups holds of every two of
their values, and no value is called better than one that it is not told apart from.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, groupby
from math import sqrt
from statistics import fmean

from hpviz.analysis.comparison import Comparison
from hpviz.analysis.diagnosis import ended_after
from hpviz.analysis.figures import lost_in_words
from hpviz.analysis.noise import ALPHA, EQUAL, Pair, noise
from hpviz.analysis.power import seeds_for
from hpviz.analysis.student import critical
from hpviz.analysis.words import listed, plural
from hpviz.runs.document import ACTIVE

# From three neighbours on, values are said as a range: 1e-5 to 1e-2.
RANGE_FROM = 3
# As many groups below the best as a sentence holds, and as many pairs within a group.
GROUPS_SAID, PAIRS_SAID = 3, 2
# As many names that make no range.
NAMES_SAID = 6
# The difference, as a share of the test images, that it is said of what would tell it.
SMALL = 0.03


@dataclass(frozen=True)
class Answer:
    """What a comparison found, in at most two sentences: the `finding`, and the `rest` (empty where there is none).

    `groups` are the labels that were judged, the best first: whatever stands in one group is not told apart from all
    that stands with it, and each label of a group is told apart from each of the groups below. `unjudged` says of the
    other labels why not: one seed, stopped after epoch 2/6, in training. `limit` says, where noise does not tell all
    apart, how far seeds spread and how many of them would tell 3 points.
    """

    finding: str
    rest: str
    groups: tuple[tuple[str, ...], ...]
    unjudged: Mapping[str, str]
    limit: str = ""

    @property
    def sentence(self) -> str:
        return f"{self.finding} {self.rest}".strip()


def answer_of(comparison: Comparison) -> Answer:
    """The answer, from runs that came as far as they were asked to; labels alone, for the subject is known."""
    judged = _Judged(comparison)
    if problem := _problem(judged):
        return Answer(problem, "", judged.groups, judged.unjudged)
    finding, worse = _finding(judged)
    rest = "; ".join([*worse, *_lost(judged), *_unjudged(judged)])
    return Answer(finding, f"{rest}." if rest else "", judged.groups, judged.unjudged, _limit(judged))


class _Judged:
    """A comparison's verdicts as the sentences need them."""

    def __init__(self, comparison: Comparison) -> None:
        self.comparison = comparison
        self.accuracies = comparison.accuracies if comparison.test_images else {}
        self.means = {label: fmean(each) for label, each in self.accuracies.items()}
        self.pairs: dict[tuple[str, str], Pair[str]] = {(pair.first, pair.second): pair for pair in comparison.pairs()}
        self.tested = [label for label, each in self.accuracies.items() if len(each) > 1]
        self.name = _plain_names(comparison)
        self.groups = self._groups() if len(self.tested) > 1 else ()
        said = {label for group in self.groups for label in group}
        self.unjudged = {label: self._why_not(label) for label in comparison.groups if label not in said}

    def above(self, one: str, other: str) -> tuple[float, float]:
        """The interval of how far one label is above another, in points."""
        pair, sign = (self.pairs[one, other], 1) if (one, other) in self.pairs else (self.pairs[other, one], -1)
        low, high = sorted(100 * sign * end for end in pair.interval or (0.0, 0.0))
        return low, high

    def apart(self, one: str, other: str) -> bool:
        pair = self.pairs.get((one, other)) or self.pairs[other, one]
        return pair.verdict == "different"

    def seeds(self, labels: Sequence[str]) -> str:
        counts = sorted({len(self.accuracies[label]) for label in labels})
        return plural(counts[-1], "seed") if len(counts) == 1 else f"{counts[0]} to {counts[-1]} seeds"

    def _groups(self) -> tuple[tuple[str, ...], ...]:
        order = sorted(self.tested, key=lambda label: -self.means[label])
        groups = [[order[0]]]
        for place in range(1, len(order)):
            if all(self.apart(one, other) for one in order[:place] for other in order[place:]):
                groups.append([])
            groups[-1].append(order[place])
        return tuple(tuple(sorted(group, key=self.tested.index)) for group in groups)

    def _why_not(self, label: str) -> str:
        """Why a label is in no group."""
        runs = self.comparison.groups[label]
        stopped = [run for run in self.comparison.unjudged if self.comparison.labels[run["id"]] == label]
        if judged := len(self.accuracies.get(label, ())):
            one = "one seed" if judged == 1 else plural(judged, "seed")
            return f"{one}, another {ended_after(stopped[0])}" if stopped else one
        if self.comparison.lost.get(label) and self.comparison.chance is None:
            return lost_in_words(self.comparison.lost[label], len(runs))
        if any(run["status"] in ACTIVE for run in runs):
            return "in training"
        return ended_after(stopped[0]) if stopped else "not judged"


# The finding


def _finding(judged: _Judged) -> tuple[str, list[str]]:
    """The first sentence, and what of the second belongs to it."""
    if not judged.groups:
        return _too_few(judged), []
    best, *below = judged.groups
    if not below:
        return f"{_together(best, judged)}.", []
    if len(best) == len(below) == len(below[0]) == 1:
        low, high = judged.above(best[0], below[0][0])
        one, other = judged.name[best[0]], judged.name[below[0][0]]
        return f"{one}: {_points(low, high)} better than {other} ({judged.seeds(judged.tested)}).", []
    seeds = judged.seeds(judged.tested)
    finding = f"{_together(best, judged)}." if len(best) > 1 else f"{judged.name[best[0]]} is the best ({seeds})."
    worse = [f"{_named(group, judged)}: {_points(*_worse(best, group, judged))} worse" for group in below[:GROUPS_SAID]]
    if more := [label for group in below[GROUPS_SAID:] for label in group]:
        worse.append(f"{plural(len(more), 'more value')}: {_points(*_worse(best, more, judged))} worse")
    return finding, worse


def _problem(judged: _Judged) -> str:
    """Why these runs are held against nothing."""
    comparison = judged.comparison
    if not comparison.runs:
        return "No run has an epoch yet."
    if len(comparison.groups) == 1:
        return _alone(judged)
    if not comparison.has_same_images:
        return "No difference can be judged, for these runs were not tested on the same images."
    if comparison.test_images is None:
        return "No difference can be judged, for it was not noted on how many images these runs were tested."
    return ""


def _alone(judged: _Judged) -> str:
    """One value's accuracy, or why it has none that counts."""
    comparison = judged.comparison
    (label,) = comparison.groups
    accuracies = comparison.accuracies.get(label)
    if not accuracies:
        return f"{judged.name[label]}: {judged.unjudged[label]}."
    ends = "" if len(accuracies) == 1 else f", {min(accuracies):.1%} to {max(accuracies):.1%}"
    mean = f"{fmean(accuracies):.1%} after {comparison.after} ({plural(len(accuracies), 'seed')}{ends})"
    return f"{judged.name[label]}: {mean}; there is nothing to hold it against."


def _too_few(judged: _Judged) -> str:
    """Fewer than two values have two seeds: what would tell them apart."""
    labels = list(judged.accuracies)
    if len(labels) < 2:
        return "No difference is judged before two values have ended."
    if _are_equal(labels, judged):
        return f"{_named(labels, judged)} are equal so far: {judged.means[labels[0]]:.1%} ({judged.seeds(labels)})."
    single = [label for label in labels if label not in judged.tested]
    who = "a value" if len(single) == len(labels) else f"of {_named(single, judged)}"
    each = "each" if len(single) > 1 else "of it"
    return f"One seed {who} shows no difference; +1 seed {each} would tell {_reach(judged):.0f} points or more apart."


def _reach(judged: _Judged) -> float:
    """How far apart, in points, two values with two seeds each have to be to be told apart, by what is known now."""
    comparison, counts = judged.comparison, {label: len(each) for label, each in judged.accuracies.items()}
    blur = noise(judged.accuracies, comparison.test_images or 1, comparison.lost, comparison.trails)
    more = {label: max(count, 2) for label, count in counts.items()}
    freedom = int(blur.freedom + blur.looks * (sum(more.values()) - sum(counts.values())))
    blurs = {label: blur.seed[label] / more[label] for label in more}
    widest = max(blurs[one] + blurs[other] + blur.images[one, other] for one, other in combinations(more, 2))
    return max(1.0, 100 * critical(ALPHA, freedom, len(more)) * sqrt(widest))


def _together(group: Sequence[str], judged: _Judged) -> str:
    """A group that is not told apart: 1e-5 to 1e-2: no pair told apart (3 seeds)."""
    name, seeds = _named(group, judged), judged.seeds(judged.tested)
    if _are_equal(group, judged):
        return f"{name} are equal: {judged.means[group[0]]:.1%} ({seeds})"
    pairs = list(combinations(sorted(group, key=lambda label: -judged.means[label]), 2))
    apart = [pair for pair in pairs if judged.apart(*pair)]
    if not apart:
        return f"{name}: {'not' if len(pairs) == 1 else 'no pair'} told apart ({seeds})"
    if len(apart) > PAIRS_SAID:
        return f"{name}: {len(apart)} of {len(pairs)} pairs told apart, in no clear order ({seeds})"
    said = listed(
        [
            f"{judged.name[one]} above {judged.name[other]}, by {_points(*judged.above(one, other))},"
            for one, other in apart
        ]
    )
    return f"{name}: only {said.removesuffix(',')} ({seeds})"


# The rest


def _lost(judged: _Judged) -> Iterator[str]:
    """Which seeds diverged, of labels that are judged."""
    for label, lost in judged.comparison.lost.items():
        if label in judged.accuracies:
            yield f"{judged.name[label]}: {lost_in_words(lost, len(judged.comparison.groups[label]))}"


def _unjudged(judged: _Judged) -> Iterator[str]:
    """Why labels are not judged, those of one reason together; then seeds that were stopped, of labels that are."""
    comparison = judged.comparison
    order = list(comparison.groups)
    # Where nothing is judged, the finding has told of how many seeds there are.
    told = [label for label in judged.unjudged if judged.groups or label not in judged.accuracies]
    reasons = dict.fromkeys(judged.unjudged[label] for label in told)
    for reason in reasons:
        alike = [label for label in order if label in told and judged.unjudged[label] == reason]
        yield f"{_named(alike, judged)}: {reason}"
    for label in order:
        stopped = [run for run in comparison.unjudged if comparison.labels[run["id"]] == label]
        if stopped and label not in judged.unjudged:
            of = plural(len(comparison.groups[label]), "seed")
            yield f"{judged.name[label]}: {len(stopped)} of {of} {ended_after(stopped[0])}"


def _limit(judged: _Judged) -> str:
    """What limits the judgement: Seeds spread by 2.9 points: it takes 16 of each value to tell 3 points apart."""
    if all(len(group) == 1 or _are_equal(group, judged) for group in judged.groups):
        return ""
    comparison = judged.comparison
    tested = {label: judged.accuracies[label] for label in judged.tested}
    images = comparison.test_images or 1
    blur = noise(tested, images, comparison.lost, comparison.trails)
    needed = seeds_for(SMALL, blur, len(tested))
    spread = f"Seeds spread by {100 * sqrt(fmean(blur.seed.values())):.1f} points"
    points = f"{100 * SMALL:.0f} points"
    if needed is None:
        remembered = all(comparison.trails[label].right is not None for label in tested if label in comparison.trails)
        without = "" if remembered else ", without what each run answered,"
        return f"{spread}: on {plural(images, 'test image')}{without} no number of them would tell {points} apart."
    return f"{spread}: it takes about {needed} of each value to tell {points} apart."


# Words


def _plain_names(comparison: Comparison) -> dict[str, str]:
    """Labels as sentences say them: values alone, where no two labels are of one value."""
    study = comparison.study
    labels = {label: label for label in comparison.named}
    if study is None:
        return labels
    spelled = {
        label: study.hyperparameter.spell(runs[0]["spec"][study.field]) for label, runs in comparison.named.items()
    }
    return spelled if len(set(spelled.values())) == len(spelled) else labels


def _named(labels: Sequence[str], judged: _Judged) -> str:
    """Labels in order: 1e-5 to 1e-2; 3 and 7. A range has every value between its ends that is on the screen."""
    comparison = judged.comparison
    names, study = judged.name, comparison.study
    values = [run["spec"][study.field] for run in comparison.runs] if study else ["word"]
    if len(set(values)) < len(comparison.groups) or any(isinstance(value, str) or value is None for value in values):
        shown = [names[label] for label in labels[:NAMES_SAID]]
        return listed([*shown, *[f"{len(labels) - NAMES_SAID} more"] * (len(labels) > NAMES_SAID)])
    order = list(comparison.named)
    places = [order.index(label) for label in labels]
    parts: list[str] = []
    for _, each in groupby(enumerate(places), key=lambda item: item[1] - item[0]):
        along = [names[order[place]] for _, place in each]
        parts += [f"{along[0].removesuffix(' px')} to {along[-1]}"] if len(along) >= RANGE_FROM else along
    return listed(parts)


def _worse(best: Sequence[str], group: Sequence[str], judged: _Judged) -> tuple[float, float]:
    """How far each label of the best group may be above each of another, in points."""
    ends = [judged.above(one, other) for one in best for other in group]
    return min(low for low, _ in ends), max(high for _, high in ends)


def _points(low: float, high: float) -> str:
    """44 to 54 points; of what begins near 0 a digit more."""
    digits = 0 if round(low) >= 10 else 1
    first, last = f"{low:.{digits}f}", f"{high:.{digits}f}"
    if float(first) == 0:
        return f"up to {last} points"
    return f"{first} points" if first == last else f"{first} to {last} points"


def _are_equal(labels: Sequence[str], judged: _Judged) -> bool:
    means = [judged.means[label] for label in labels]
    return max(means) - min(means) < EQUAL
