"""How long weights and gradients are over training, as a data frame for charts."""

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from statistics import fmean

import pandas as pd

from hpviz.analysis.frames import by_label
from hpviz.runs.document import EpochRow, Run

NORMS = ("weight_norm", "gradient_norm")
COLUMNS = ("label", "epoch", "seeds", *NORMS, "told")


def norms(runs: Sequence[Run], labels: Mapping[str, str], epochs: int) -> pd.DataFrame:
    """One row an epoch of every label, up to `epochs`, in COLUMNS: means over the `seeds` that have reached it.

    Where that number changes the means are of other seeds: a line through them ends, and `told` says of how many the
    next is, 1 of 2.
    """
    rows = []
    for label, seeds in by_label(runs, labels).items():
        before = None
        for reached in zip_longest(*(run["epochs"][:epochs] for run in seeds)):
            there = [row for row in reached if row is not None]
            means = {name: _mean(there, name) for name in NORMS}
            told = f"{len(there)} of {len(seeds)}" if before not in (None, len(there)) else ""
            rows.append({"label": label, "epoch": there[0]["epoch"], "seeds": len(there), **means, "told": told})
            before = len(there)
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(dict.fromkeys(COLUMNS[1:-1], float))


def _mean(rows: Sequence[EpochRow], name: str) -> float | None:
    figures = [row[name] for row in rows if row.get(name) is not None]
    return fmean(figures) if figures else None
