"""Stored runs as data frames for charts and tables. Runs with one label are seeds of one value."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from statistics import fmean
from typing import Any

import pandas as pd

from hpviz.analysis.diagnosis import diagnosis
from hpviz.analysis.evidence import furthest, is_whole, up_to
from hpviz.analysis.figures import count_diverged, figures_of
from hpviz.analysis.words import plural
from hpviz.runs.document import EpochRow, Run

METRICS = ("test_accuracy", "train_loss", "test_loss")
BANDS = tuple(f"{metric}_{end}" for metric in METRICS for end in ("low", "high"))
PROGRESS = ("epoch", "updates", "images", "seconds")
MARKS = ("best", "last", "diverged")
COLUMNS = ("label", *PROGRESS, "seeds", *METRICS, *BANDS, *MARKS)


def curves(runs: Sequence[Run], labels: Mapping[str, str], epochs: int) -> pd.DataFrame:
    """One row an epoch of every label, up to `epochs`, in COLUMNS: means over the seeds that have reached it.

    `seeds` is how many have, `…_low` and `…_high` the lowest and highest of two or more, `seconds` training time so
    far. `best` marks the label's epoch of highest test accuracy, `last` its newest, `diverged` an epoch in which the
    loss of a seed was no longer finite. Losses in nats, accuracies in 0..1.
    """
    rows = [row for label, seeds in by_label(runs, labels).items() for row in _rows(label, seeds, epochs)]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    numbers = [*PROGRESS, "seeds", *METRICS, *BANDS]
    return frame.astype({**dict.fromkeys(numbers, float), **dict.fromkeys(MARKS, bool)})


def by_label(runs: Sequence[Run], labels: Mapping[str, str]) -> dict[str, list[Run]]:
    """The seeds of each label, labels in the order of their first run."""
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(labels[run["id"]], []).append(run)
    return groups


def _rows(label: str, seeds: Sequence[Run], epochs: int) -> list[dict[str, object]]:
    shown = [run["epochs"][:epochs] for run in seeds]
    times = [list(accumulate(row["train_seconds"] or 0.0 for row in rows)) for rows in shown]
    lost = {run["epochs"][-1]["epoch"] for run in seeds if run["status"] == "diverged" and run["epochs"]}
    rows: list[dict[str, object]] = []
    for place in range(max(map(len, shown), default=0)):
        reached = [each[place] for each in shown if len(each) > place]
        rows.append(
            {
                "label": label,
                **{name: reached[0][name] for name in ("epoch", "updates", "images")},
                "seconds": fmean(each[place] for each in times if len(each) > place),
                "seeds": len(reached),
                **dict(_spread(reached)),
                "diverged": reached[0]["epoch"] in lost,
            }
        )
    best, last = best_epoch(rows), last_finite_epoch(rows)
    return [{**row, "best": row["epoch"] == best, "last": row["epoch"] == last} for row in rows]


def _spread(reached: Sequence[EpochRow]) -> Iterator[tuple[str, float | None]]:
    """Each metric's mean over the seeds that are finite, and its ends where there are two."""
    for metric in METRICS:
        figures = [row[metric] for row in reached if row[metric] is not None]
        several = len(figures) > 1
        yield metric, _mean(figures)
        yield f"{metric}_low", min(figures) if several else None
        yield f"{metric}_high", max(figures) if several else None


def best_epoch(rows: Sequence[EpochRow]) -> int | None:
    """The first epoch of highest test accuracy, or None if no epoch has one."""
    measured = [row for row in rows if row["test_accuracy"] is not None]
    return max(measured, key=lambda row: (row["test_accuracy"], -row["epoch"]))["epoch"] if measured else None


def last_finite_epoch(rows: Sequence[EpochRow]) -> int | None:
    """The newest epoch whose test accuracy could be measured."""
    return max((row["epoch"] for row in rows if row["test_accuracy"] is not None), default=None)


# Tables


def by_value(runs: Sequence[Run], labels: Mapping[str, str], epochs: int, classes: int) -> pd.DataFrame:
    """One row a label: its seeds, how far they are, its `analysis.figures`, what ails most of them.

    `best_spread` and `last_spread` are standard deviations over the seeds in points of accuracy, None for one seed;
    `peak_memory` is in MB.
    """
    groups = by_label(runs, labels).items()
    return pd.DataFrame([_value_row(label, seeds, epochs, classes) for label, seeds in groups])


def _value_row(label: str, seeds: Sequence[Run], epochs: int, classes: int) -> dict[str, object]:
    figures = figures_of(label, seeds, epochs)
    return {
        "value": label,
        "seeds": figures.seeds,
        "epochs": f"{_reached(seeds, epochs)}/{epochs}",
        "best": figures.best,
        "best_spread": figures.best_spread,
        "last": figures.last,
        "last_spread": figures.spread,
        "gap": figures.gap,
        "train_seconds": figures.train_seconds,
        "test_seconds": figures.test_seconds,
        "peak_memory": figures.peak_memory,
        "diagnosis": commonest_diagnosis(seeds, epochs, classes)[0],
    }


def _reached(seeds: Sequence[Run], epochs: int) -> str:
    """How far the seeds are: 8, or 1–8. The figures are of the furthest; one that diverged counts where all have."""
    counted = [run for run in seeds if is_whole(up_to(run, epochs))] or seeds
    lengths = sorted(min(len(run["epochs"]), epochs) for run in counted)
    return "–".join(map(str, dict.fromkeys((lengths[0], lengths[-1]))))


def commonest_diagnosis(seeds: Sequence[Run], epochs: int, classes: int) -> tuple[str, str, str]:
    """(kind, rule, next step) of what most seeds show; empty before an epoch.

    The kind says how many do where they disagree, and how many others diverged.
    """
    found = [each for run in seeds if (each := diagnosis(run["epochs"], epochs, classes))]
    if not found:
        return "", "", ""
    kinds = [each.kind for each in found]
    first = max(found, key=lambda each: kinds.count(each.kind))
    count = kinds.count(first.kind)
    notes = [f"{count} of {plural(len(kinds), 'seed')}"] if count < len(kinds) else []
    if first.kind != "diverged" and (lost := count_diverged(seeds, epochs)):
        notes.append(f"{lost} diverged")
    return first.kind + (f" ({', '.join(notes)})" if notes else ""), first.rule, first.next_step


def _mean(values: Sequence[float]) -> float | None:
    return fmean(values) if values else None


# The isolation plot

ISOLATED = ("kind", "value", "label", "seed", "epochs", "accuracy", "seeds", "edge")


def isolation(runs: Sequence[Run], field: str, labels: Mapping[str, str], epochs: int, edge: bool) -> pd.DataFrame:
    """Accuracy against the hyperparameter, in ISOLATED: a row a run, then a row a value with the mean of its seeds.

    `accuracy` (0..1) is that of the last epoch up to `epochs`; the mean is of the seeds that went furthest. Kinds:
    "run", "lost" (diverged: no figure), "mean". `edge` marks the best mean where a caution says that it lies at the
    edge of what was tried.
    """
    dots = [_dot(run, field, labels[run["id"]], epochs) for run in runs if run["epochs"]]
    compared = [furthest(seeds, epochs) for seeds in by_label(runs, labels).values()]
    means = [_mean_of([_dot(run, field, labels[run["id"]], epochs) for run in seeds]) for seeds in compared if seeds]
    highest = max((mean["accuracy"] for mean in means), default=None)
    rows = [*dots, *({**mean, "edge": edge and mean["accuracy"] == highest} for mean in means)]
    frame = pd.DataFrame(rows, columns=list(ISOLATED))
    numbers = ("value", "seed", "epochs", "accuracy", "seeds")
    return frame.astype({**dict.fromkeys(numbers, float), "edge": bool})


def _mean_of(seeds: Sequence[dict[str, Any]]) -> dict[str, Any]:
    accuracy = fmean(dot["accuracy"] for dot in seeds)
    return {**seeds[0], "kind": "mean", "seed": None, "seeds": len(seeds), "accuracy": accuracy}


def _dot(run: Run, field: str, label: str, epochs: int) -> dict[str, Any]:
    shown = run["epochs"][:epochs]
    whole = is_whole({**run, "epochs": shown})
    return {
        "kind": "run" if whole else "lost",
        "value": run["spec"][field],
        "label": label,
        "seed": run["spec"]["seed"],
        "epochs": len(shown),
        "accuracy": shown[-1]["test_accuracy"] if whole else None,
        "seeds": 1,
        "edge": False,
    }


# The article's two pictures of runs


def gap(run: Run, epochs: int) -> pd.DataFrame:
    """One row an epoch of a run: `epoch`, `train` and `test` loss in nats, both without dropout."""
    rows = [
        {"epoch": row["epoch"], "train": row["train_loss_eval"], "test": row["test_loss"]}
        for row in run["epochs"][:epochs]
    ]
    return pd.DataFrame(rows, columns=["epoch", "train", "test"]).astype(float)


def final_losses(runs: Sequence[Run], epochs: int) -> pd.DataFrame:
    """One row a run: `learning_rate`, test `loss` (nats) at its last epoch up to `epochs`, whether it `diverged`."""
    rows = [
        {
            "learning_rate": run["spec"]["learning_rate"],
            "loss": run["epochs"][:epochs][-1]["test_loss"],
            "diverged": not is_whole({**run, "epochs": run["epochs"][:epochs]}),
        }
        for run in runs
        if run["epochs"]
    ]
    frame = pd.DataFrame(rows, columns=["learning_rate", "loss", "diverged"])
    return frame.astype({"learning_rate": float, "loss": float, "diverged": bool})
