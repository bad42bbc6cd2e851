"""The pairs behind a comparison's answer, in sentences: which labels differ beyond noise, and what is not judged."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from hpviz.analysis.comparison import Comparison
from hpviz.analysis.diagnosis import ended_after
from hpviz.analysis.noise import Pair
from hpviz.analysis.words import listed, plural

Kind = Literal["different", "within noise", "note"]
Told = tuple[Kind, str]

# As many sentences as are read.
PAIRS_TOLD = 4
NAMES_TOLD = 6


@dataclass(frozen=True)
class Outcome:
    """Different, or noise? Sentences on the surest pairs, on `more` of them, `notes` on what is not judged as it is.

    `after` is when the accuracies are taken: after 8 epochs; `single` are labels of which one seed alone could be held
    against others.
    """

    after: str
    told: tuple[Told, ...]
    more: tuple[Told, ...]
    notes: tuple[str, ...]
    single: tuple[str, ...]

    @property
    def in_brief(self) -> tuple[Told, ...]:
        """For where nothing can be opened: the further pairs are counted."""
        counted: list[Told] = [("note", _counted(self.more))] if self.more else []
        notes: list[Told] = [("note", note) for note in self.notes]
        return (*self.told, *counted, *notes)


def outcome_of(comparison: Comparison, baseline: str | None = None) -> Outcome:
    """What can be said of every two labels, or of those with the baseline."""
    pairs = [_told(pair) for pair in strongest(comparison) if baseline in (None, pair.first, pair.second)]
    return Outcome(
        after=comparison.after,
        told=tuple(pairs[:PAIRS_TOLD]),
        more=tuple(pairs[PAIRS_TOLD:]),
        notes=tuple(_reservations(comparison)),
        single=tuple(_single(comparison)),
    )


def strongest(comparison: Comparison) -> list[Pair[str]]:
    """Every two labels that could be tested, the surest difference first."""
    tested = [pair for pair in comparison.pairs() if pair.p is not None]
    return sorted(tested, key=lambda pair: (pair.p, -abs(pair.difference)))


def _told(pair: Pair[str]) -> Told:
    return ("different" if pair.verdict == "different" else "within noise"), pair.sentence


def _counted(pairs: Sequence[Told]) -> str:
    differ = sum(kind == "different" for kind, _ in pairs)
    if differ in (0, len(pairs)):
        return f"{plural(len(pairs), 'more pair')}: {'different' if differ else 'within noise'}{' too' * bool(differ)}."
    return f"{plural(len(pairs), 'more pair')}: {differ} different, {len(pairs) - differ} within noise."


def _reservations(comparison: Comparison) -> Iterator[str]:
    """What is judged is not all that there is: who held the others back, which seeds count as guesses or not at all."""
    if comparison.held_back:
        names = _few(
            [
                f"{comparison.names[comparison.labels[run['id']]]} seed {run['spec']['seed']}"
                for run in comparison.held_back
            ]
        )
        has = "has" if len(comparison.held_back) == 1 else "have"
        yield f"Compared after {comparison.after}, for {names} {has} no more; other runs go further."
    unjudged = [comparison.names[label] for label in comparison.lost if comparison.chance is None]
    if unjudged:
        yield f"Not judged: {_few(unjudged)}, for seeds of it diverged, and what guessing would have is not known."
    if comparison.unjudged:
        ended = [
            f"{comparison.names[comparison.labels[run['id']]]} seed {run['spec']['seed']} {ended_after(run)}"
            for run in comparison.unjudged
        ]
        yield f"Not judged: {_few(ended)}."
    if len(comparison.noted_images) > 1 and comparison.has_same_images:
        low, high = min(comparison.noted_images), max(comparison.noted_images)
        yield f"The runs were tested on {low:,} to {high:,} of the images; they are judged as on {low:,}."


def _few(names: Sequence[str]) -> str:
    return listed([*names[:NAMES_TOLD], *[f"{len(names) - NAMES_TOLD} more"] * (len(names) > NAMES_TOLD)])


def _single(comparison: Comparison) -> list[str]:
    judged = comparison.accuracies
    return [label for label, seeds in judged.items() if len(seeds) == 1] if len(judged) > 1 else []
