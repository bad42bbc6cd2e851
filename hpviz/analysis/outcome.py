"""What came of a comparison: a row of figures a label, and in sentences which of them differ beyond noise."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Literal

from hpviz.analysis.comparison import Comparison
from hpviz.analysis.evidence import gap, highest, is_whole, last, up_to
from hpviz.analysis.noise import Pair
from hpviz.analysis.words import listed, plural
from hpviz.runs.document import Run

Kind = Literal["different", "within noise", "note"]

# As many sentences as are read.
PAIRS_TOLD = 4
NAMES_TOLD = 6


@dataclass(frozen=True)
class Figures:
    """What came of a label: means over its seeds, those left out that diverged.

    `last` and `best` test accuracy in 0..1, `spread` the standard deviation of `last` in points (None for one seed),
    `gap` the test loss less the train loss without dropout (nats), `train_seconds` those of an epoch.
    """

    label: str
    last: float | None
    spread: float | None
    best: float | None
    gap: float | None
    train_seconds: float | None
    seeds: int
    diverged: int


def figures_of(label: str, runs: Sequence[Run], epochs: int) -> Figures:
    """The figures of a label's seeds as they stood after that many epochs."""
    whole = [run["epochs"] for run in (up_to(run, epochs) for run in runs) if is_whole(run)]
    accuracies = [last("test_accuracy")(rows) for rows in whole]
    seconds = [row["train_seconds"] for rows in whole for row in rows if row["train_seconds"] is not None]
    return Figures(
        label=label,
        last=_mean(accuracies),
        spread=100 * stdev(accuracies) if len(accuracies) > 1 else None,
        best=_mean([highest("test_accuracy")(rows) for rows in whole]),
        gap=_mean([gap(rows) for rows in whole]),
        train_seconds=_mean(seconds),
        seeds=len(runs),
        diverged=len(runs) - len(whole),
    )


def verdict(comparison: Comparison) -> Iterator[tuple[Kind, str]]:
    """Different or noise: the strongest pairs, how many more there are, and what could not be tested."""
    if len(comparison.groups) < 2:
        yield "note", "One setting only: there is nothing to hold it against."
    elif comparison.test_images is None:
        yield "note", "Not tested on the same images, as far as is known, so no difference can be judged."
    else:
        pairs = strongest(comparison)
        for pair in pairs[:PAIRS_TOLD]:
            yield ("different" if pair.verdict == "different" else "within noise"), pair.sentence
        if more := pairs[PAIRS_TOLD:]:
            yield "note", _others(more)
        yield from _untested(comparison, pairs)


def strongest(comparison: Comparison) -> list[Pair[str]]:
    """Every two labels that could be tested, the surest difference first."""
    tested = [pair for pair in comparison.pairs() if pair.p is not None]
    return sorted(tested, key=lambda pair: (pair.p, -abs(pair.difference)))


def _others(pairs: Sequence[Pair[str]]) -> str:
    differ = sum(pair.verdict == "different" for pair in pairs)
    if differ in (0, len(pairs)):
        return f"{plural(len(pairs), 'more pair')}: {'different' if differ else 'within noise'}{' too' * bool(differ)}."
    return f"{plural(len(pairs), 'more pair')}: {differ} different, {len(pairs) - differ} within noise."


def _untested(comparison: Comparison, pairs: Sequence[Pair[str]]) -> Iterator[tuple[Kind, str]]:
    single = [label for label, runs in comparison.groups.items() if len(runs) == 1]
    if len(single) == len(comparison.groups):
        yield "note", "One seed each: any difference may be luck. Two more seeds would tell."
    elif single:
        names = single[:NAMES_TOLD] + [f"{len(single) - NAMES_TOLD} more"] * (len(single) > NAMES_TOLD)
        symbol = f"{comparison.legend} " if comparison.study else ""
        yield "note", f"One seed only of {symbol}{listed(names)}: what it shows may be luck."
    elif not pairs:
        yield "note", "Nothing is judged before two settings have ended with two seeds each."


def _mean(values: Sequence[float]) -> float | None:
    return fmean(values) if values else None
