"""From figures to verdicts, and how figures are written in the evidence."""

from collections.abc import Iterable, Sequence
from typing import Any

from hpviz.analysis.claims.case import Case, Verdict
from hpviz.analysis.evidence import Evidence, Value, last
from hpviz.analysis.noise import ALPHA, Contrast, Pair, compare
from hpviz.analysis.words import listed, name_of


def at_the_end(evidence: Evidence, case: Case) -> list[Pair[Value]]:
    """Every two values by their accuracies after the compared epochs, different or noise?"""
    accuracies = evidence.accuracies(last("test_accuracy"), case.chance)
    return compare(accuracies, case.test_images, lost=evidence.diverged, trails=evidence.trails)


def by_sign(found: Contrast, tests: int = 1) -> Verdict:
    """Held if the contrast is above 0 beyond noise, not held if below; Bonferroni-corrected for several tests."""
    if found.p * tests > ALPHA:
        return "within noise"
    return "held" if found.estimate > 0 else "did not hold"


def beats(pairs: Sequence[Pair[Any]], winner: Value, loser: Value) -> Verdict:
    """Whether one value is above another beyond noise."""
    found = next(pair for pair in pairs if {pair.first, pair.second} == {winner, loser})
    if found.verdict != "different":
        return "within noise"
    return "held" if (found.difference > 0) == (found.first == winner) else "did not hold"


def any_differ(pairs: Sequence[Pair[Any]], field: str) -> tuple[Verdict, str]:
    """Held if any two values differ, and which do. That none differs is never shown, only that none can be told."""
    different = [
        f"{name_of(field, pair.first)} from {name_of(field, pair.second)}"
        for pair in pairs
        if pair.verdict == "different"
    ]
    if different:
        return "held", f"{listed(different)} can be told apart"
    return "within noise", "no two can be told apart"


def unanimous(flags: Iterable[bool]) -> Verdict:
    """A shape that every run shows, or none; where runs disagree the seed decides, not the hyperparameter."""
    seen = set(flags)
    if len(seen) > 1:
        return "within noise"
    return "held" if seen == {True} else "did not hold"


def all_of(verdicts: Sequence[Verdict]) -> Verdict:
    """Held if every part held, not held if one part did not."""
    if "did not hold" in verdicts:
        return "did not hold"
    return "held" if set(verdicts) == {"held"} else "within noise"


def any_of(verdicts: Sequence[Verdict]) -> Verdict:
    """Held if one part held, not held if no part did."""
    if "held" in verdicts:
        return "held"
    return "did not hold" if set(verdicts) == {"did not hold"} else "within noise"


def unless_lost(verdict: Verdict, evidence: Evidence, *values: Value) -> Verdict:
    """The verdict on losses, left open where a seed of these values diverged: it has no loss to count.

    To judge the others alone would be to judge those that were lucky.
    """
    return "within noise" if any(evidence.lost(value) for value in values) else verdict


def on(*evidence: Evidence) -> str:
    """The end of a sentence: what it rests on, each comparison once."""
    stated = list(dict.fromkeys(each.stated() for each in evidence))
    return f" ({'; '.join(stated)})."
