"""Answers by class: how often each value gets each class right, and what it takes it for; rows for charts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpviz.analysis.answers import Answers, accuracy_by_class, confusion

MOST = 20  # classes that are drawn

Matrix = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class ByClass:
    """The confusion matrices of each label's seeds, (C, C): rows labels, columns answers, entries test images."""

    classes: tuple[str, ...]
    matrices: Mapping[str, Sequence[Matrix]]

    @cached_property
    def drawn(self) -> tuple[int, ...]:
        """The classes that are drawn: all, or the MOST that are confused most often."""
        if len(self.classes) <= MOST:
            return tuple(range(len(self.classes)))
        every = sum((self.summed(label) for label in self.matrices), np.zeros((len(self.classes),) * 2, np.int64))
        wrong = every.sum(0) + every.sum(1) - 2 * np.diagonal(every)
        return tuple(sorted(np.argsort(-wrong, kind="stable")[:MOST].tolist()))

    def summed(self, label: str) -> Matrix:
        """The matrix of all seeds together."""
        whole: Matrix = np.sum(self.matrices[label], axis=0, dtype=np.int64)
        return whole

    def accuracies(self) -> pd.DataFrame:
        """A row a label and class: `accuracy`, its mean over seeds, `low` and `high` the lowest and highest seed's."""
        rows: list[dict[str, Any]] = []
        for label, matrices in self.matrices.items():
            seeds = np.array([accuracy_by_class(matrix) for matrix in matrices])
            images = matrices[0].sum(1)
            rows += [
                {
                    "class": self.classes[place],
                    "label": label,
                    "accuracy": float(seeds[:, place].mean()),
                    "low": float(seeds[:, place].min()),
                    "high": float(seeds[:, place].max()),
                    "seeds": len(matrices),
                    "images": int(images[place]),
                }
                for place in self.drawn
                if images[place]
            ]
        return pd.DataFrame(rows)

    def confused(self, label: str) -> pd.DataFrame:
        """A row a cell of the label's matrix: the class (`label`), what it is taken for (`said`), `images` and `share`.

        Images are those of all seeds, shares of the class. A class without test images has no row.
        """
        matrix = self.summed(label)
        return pd.DataFrame(
            {
                "label": self.classes[row],
                "said": self.classes[column],
                "images": int(matrix[row, column]),
                "share": float(matrix[row, column] / matrix[row].sum()),
            }
            for row in self.drawn
            if matrix[row].sum()
            for column in self.drawn
        )

    def worst(self, label: str) -> tuple[str, str, float] | None:
        """What the label confuses most: a class, what it takes it for, and the share of the class; None if nothing."""
        wrong = [row for row in self.confused(label).to_dict("records") if row["label"] != row["said"]]
        found = max(wrong, key=lambda row: row["share"], default=None)
        return (found["label"], found["said"], found["share"]) if found and found["share"] else None


def by_class(classes: Sequence[str], answers: Mapping[str, Sequence[Answers]]) -> ByClass:
    """The answers of each label's seeds as matrices."""
    matrices = {label: [confusion(each, len(classes)) for each in seeds] for label, seeds in answers.items()}
    return ByClass(tuple(classes), matrices)
