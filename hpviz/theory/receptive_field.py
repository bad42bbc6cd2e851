"""What one unit of a stack of convolution blocks sees of the image: its receptive field, by arithmetic.

Source: Araujo, Norris & Sim, Computing Receptive Fields of Convolutional Neural Networks (Distill, 2019).
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class ReceptiveField:
    """Pixels along one edge: unit i sees `size` of them from `first` + i·`step` on.

    Pixels before 0 or beyond the image are the zeros of the padding.
    """

    size: int
    step: int
    first: int

    def of(self, unit: int) -> tuple[int, int]:
        """The first pixel that a unit sees and the first one that it sees no more."""
        start = self.first + unit * self.step
        return start, start + self.size


def receptive_field(blocks: Iterable[tuple[int, int]]) -> ReceptiveField:
    """That of the last block's units, for (kernel width, padding) of each convolution, a 2×2 max pool after each."""
    size, step, first = 1, 1, 0
    for width, padding in blocks:
        first -= padding * step
        size += (width - 1) * step
        size += step  # the pool looks at two neighbours …
        step *= 2  # … and keeps one of them
    return ReceptiveField(size, step, first)
