"""Stored runs as data frames for charts and tables. Runs with one label are seeds of one value."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from statistics import fmean, stdev
from typing import Any

import pandas as pd

from hpviz.analysis.diagnosis import diagnosis
from hpviz.analysis.evidence import is_whole
from hpviz.analysis.measured import peak_memory
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
    """One row a label: its seeds, how far they are, means of their figures, what ails most of them.

    `best_spread` and `last_spread` are standard deviations over the seeds in points of accuracy, None for one seed;
    `peak_memory` is in MB.
    """
    groups = by_label(runs, labels).items()
    return pd.DataFrame([_value_row(label, seeds, epochs, classes) for label, seeds in groups])


def _value_row(label: str, seeds: Sequence[Run], epochs: int, classes: int) -> dict[str, object]:
    figures = [_figures(run, epochs) for run in seeds]
    found = {name: [figure for each in figures if (figure := each[name]) is not None] for name in figures[0]}
    lengths = sorted({min(len(run["epochs"]), epochs) for run in seeds})
    return {
        "value": label,
        "seeds": len(seeds),
        "epochs": f"{'–'.join(map(str, dict.fromkeys((lengths[0], lengths[-1]))))}/{epochs}",
        "best": _mean(found["best"]),
        "best_spread": _points(found["best"]),
        "last": _mean(found["last"]),
        "last_spread": _points(found["last"]),
        "gap": _mean(found["gap"]),
        "train_seconds": _mean(found["train_seconds"]),
        "test_seconds": _mean(found["test_seconds"]),
        "peak_memory": _mean(found["peak_memory"]),
        "diagnosis": commonest_diagnosis(seeds, epochs, classes)[0],
    }


def commonest_diagnosis(seeds: Sequence[Run], epochs: int, classes: int) -> tuple[str, str, str]:
    """(kind, rule, next step) of what most seeds show, with how many do where they disagree; empty before an epoch."""
    found = [each for run in seeds if (each := diagnosis(run["epochs"], epochs, classes))]
    if not found:
        return "", "", ""
    kinds = [each.kind for each in found]
    first = max(found, key=lambda each: kinds.count(each.kind))
    count = kinds.count(first.kind)
    share = "" if count == len(kinds) else f" ({count} of {plural(len(kinds), 'seed')})"
    return f"{first.kind}{share}", first.rule, first.next_step


def _measured(run: Run, epochs: int) -> list[EpochRow]:
    return [row for row in run["epochs"][:epochs] if row["test_accuracy"] is not None]


def _figures(run: Run, epochs: int) -> dict[str, float | None]:
    shown = _measured(run, epochs)
    last: EpochRow = shown[-1] if shown else {}
    train, test = last.get("train_loss_eval"), last.get("test_loss")
    return {
        "best": max((row["test_accuracy"] for row in shown), default=None),
        "last": last.get("test_accuracy"),
        "gap": test - train if train is not None and test is not None else None,
        "train_seconds": _mean([seconds for row in shown if (seconds := row["train_seconds"]) is not None]),
        "test_seconds": _mean([seconds for row in shown if (seconds := row["test_seconds"]) is not None]),
        "peak_memory": (measured := peak_memory(run["epochs"][:epochs])) and measured / 1e6,
    }


def _mean(values: Sequence[float]) -> float | None:
    return fmean(values) if values else None


def _points(accuracies: Sequence[float]) -> float | None:
    return 100 * stdev(accuracies) if len(accuracies) > 1 else None


# The isolation plot

ISOLATED = ("kind", "value", "label", "seed", "epochs", "accuracy", "seeds", "edge")


def isolation(runs: Sequence[Run], field: str, labels: Mapping[str, str], epochs: int, edge: bool) -> pd.DataFrame:
    """Accuracy against the hyperparameter, in ISOLATED: a row a run, then a row a value with the mean of its seeds.

    `accuracy` (0..1) is that of the last epoch up to `epochs`. Kinds: "run", "lost" (diverged: no figure), "mean".
    `edge` marks the best mean where a caution says that it lies at the edge of what was tried.
    """
    dots = [_dot(run, field, labels[run["id"]], epochs) for run in runs if run["epochs"]]
    measured: dict[str, list[dict[str, Any]]] = {}
    for dot in dots:
        if dot["kind"] == "run":
            measured.setdefault(dot["label"], []).append(dot)
    means = [_mean_of(seeds) for seeds in measured.values()]
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
