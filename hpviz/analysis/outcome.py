"""What came of a comparison: in sentences, which labels differ beyond noise."""

from collections.abc import Iterator, Sequence
from typing import Literal

from hpviz.analysis.comparison import Comparison
from hpviz.analysis.noise import Pair
from hpviz.analysis.words import listed, plural

Kind = Literal["different", "within noise", "note"]

# As many sentences as are read.
PAIRS_TOLD = 4
NAMES_TOLD = 6


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
