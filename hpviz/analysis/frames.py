"""Stored runs as data frames, one row an epoch, for charts and tables."""

from collections.abc import Mapping, Sequence

import pandas as pd

from hpviz.runs.document import EpochRow, Run

METRICS = ("test_accuracy", "train_loss", "test_loss")
COLUMNS = ("run", "label", "epoch", "updates", "images", "seconds", *METRICS, "best", "last", "diverged")


def curves(runs: Sequence[Run], labels: Mapping[str, str], epochs: int) -> pd.DataFrame:
    """One row an epoch of every run, up to `epochs`, in COLUMNS.

    `seconds` is training time so far. `best` marks a run's epoch of highest test accuracy, `last` its newest,
    `diverged` the epoch in which its loss was no longer finite. Losses in nats, accuracies in 0..1.
    """
    rows = [row for run in runs for row in _rows(run, labels[run["id"]], epochs)]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    numbers = ["epoch", "updates", "images", "seconds", *METRICS]
    return frame.astype({**dict.fromkeys(numbers, float), **dict.fromkeys(("best", "last", "diverged"), bool)})


def _rows(run: Run, label: str, epochs: int) -> list[dict[str, object]]:
    shown = run["epochs"][:epochs]
    best, last = best_epoch(shown), last_finite_epoch(shown)
    seconds = 0.0
    rows = []
    for row in shown:
        seconds += row["train_seconds"] or 0.0
        rows.append(
            {
                "run": run["id"],
                "label": label,
                **{name: row[name] for name in ("epoch", "updates", "images", *METRICS)},
                "seconds": seconds,
                "best": row["epoch"] == best,
                "last": row["epoch"] == last,
                "diverged": run["status"] == "diverged" and row is run["epochs"][-1],
            }
        )
    return rows


def best_epoch(rows: Sequence[EpochRow]) -> int | None:
    """The first epoch of highest test accuracy, or None if no epoch has one."""
    measured = [row for row in rows if row["test_accuracy"] is not None]
    return max(measured, key=lambda row: (row["test_accuracy"], -row["epoch"]))["epoch"] if measured else None


def last_finite_epoch(rows: Sequence[EpochRow]) -> int | None:
    """The newest epoch whose test accuracy could be measured."""
    return max((row["epoch"] for row in rows if row["test_accuracy"] is not None), default=None)


def summary(runs: Sequence[Run], labels: Mapping[str, str], epochs: int) -> pd.DataFrame:
    """One row a run: best and last accuracy, the gap, seconds an epoch, status. Missing figures are None.

    `gap` is test loss less train loss at the newest epoch, both measured without dropout.
    """
    return pd.DataFrame([_summary(run, labels[run["id"]], epochs) for run in runs])


def _summary(run: Run, label: str, epochs: int) -> dict[str, object]:
    shown = [row for row in run["epochs"][:epochs] if row["test_accuracy"] is not None]
    last: EpochRow = shown[-1] if shown else {}
    train, test = last.get("train_loss_eval"), last.get("test_loss")
    return {
        "value": label,
        "status": run["status"],
        "epochs": f"{min(len(run['epochs']), epochs)}/{epochs}",
        "best": max((row["test_accuracy"] for row in shown), default=None),
        "best_epoch": best_epoch(shown),
        "last": last.get("test_accuracy"),
        "gap": test - train if train is not None and test is not None else None,
        "train_seconds": _mean([row["train_seconds"] for row in shown]),
        "test_seconds": _mean([row["test_seconds"] for row in shown]),
    }


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
