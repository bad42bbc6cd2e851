"""Stored runs as data frames for charts and tables. Runs with one label are seeds of one value."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from statistics import fmean
from typing import Any

import pandas as pd

from hpviz.analysis.diagnosis import Kind, diagnosis_of, is_finite
from hpviz.analysis.evidence import furthest, is_whole, up_to
from hpviz.analysis.figures import figures_of
from hpviz.analysis.learning_curve import place_of
from hpviz.analysis.ranking import only_highest
from hpviz.analysis.words import plural
from hpviz.notation import figure
from hpviz.runs.document import EpochRow, Run
from hpviz.runs.trail import Point

METRICS = ("test_accuracy", "train_loss", "test_loss")
BANDS = tuple(f"{metric}_{end}" for metric in METRICS for end in ("low", "high"))
PROGRESS = ("epoch", "updates", "images", "seconds")
MARKS = ("best", "last", "diverged")
# Kinds of a diagnosis that tell nothing of the curves of other seeds, and how they are counted beside them.
Ends = int | Mapping[str, int]  # after how many epochs runs are compared: all of them, or by label at equal updates
UNJUDGED: Mapping[Kind, str] = {"diverged": "diverged", "stopped": "stopped", "training": "in training"}
TRAIL = ("label", "run", *PROGRESS, "train_loss")
COLUMNS = ("label", *PROGRESS, "seeds", "part", "told", "lost", *METRICS, *BANDS, *MARKS)


def curves(runs: Sequence[Run], labels: Mapping[str, str], epochs: int) -> pd.DataFrame:
    """One row an epoch of every label, up to `epochs`, in COLUMNS: means over the seeds that have reached it.

    `seeds` is how many have, `…_low` and `…_high` the lowest and highest of two or more, `seconds` training time so
    far. Where a seed ends before others, or diverges, another `part` of the label begins, for it is the mean of other
    seeds: a line is drawn within a part only, and `told` says at its start of how many it is, 1 of 2. `best` marks the
    one epoch of highest test accuracy of the seeds that went furthest (none if two are equal), `last` the newest,
    `diverged` an epoch in which a seed did; `lost` says at the last of these how many of several seeds. Losses in
    nats, accuracies in 0..1.
    """
    rows = [row for label, seeds in by_label(runs, labels).items() for row in _rows(label, seeds, epochs)]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    numbers = [*PROGRESS, "seeds", "part", *METRICS, *BANDS]
    return frame.astype({**dict.fromkeys(numbers, float), **dict.fromkeys(MARKS, bool)})


def readings(frame: pd.DataFrame, labels: Sequence[str]) -> pd.DataFrame:
    """What all lines of `curves` are at each epoch, in words: a row an epoch, in `reading_0` … those of the labels."""
    told: dict[float, dict[str, Any]] = {}
    names = {label: f"reading_{place}" for place, label in enumerate(labels)}
    for row in frame[frame["label"].isin(names)].to_dict("records"):
        told.setdefault(row["epoch"], {})[names[row["label"]]] = _reading(row)
    rows = [{"epoch": epoch, **dict.fromkeys(names.values(), "–"), **each} for epoch, each in sorted(told.items())]
    return pd.DataFrame(rows, columns=["epoch", *names.values()]).astype({"epoch": float})


def _reading(row: Mapping[Any, Any]) -> str:
    """One line's figures: 80.1% · train 0.412 · test 0.633 (2 seeds)."""
    accuracy, train, test = (row[metric] for metric in METRICS)
    figures = [
        "–" if pd.isna(accuracy) else f"{accuracy:.1%}",
        *(f"{name} {'–' if pd.isna(loss) else figure(loss, 3)}" for name, loss in (("train", train), ("test", test))),
    ]
    return " · ".join(figures) + (f" ({plural(int(row['seeds']), 'seed')})" if row["seeds"] > 1 else "")


def trails(
    runs: Sequence[Run],
    labels: Mapping[str, str],
    points: Mapping[str, Sequence[Point]],
    drawn: Mapping[str, int] | None = None,
) -> list[dict[str, Any]]:
    """One row a point of the epochs under way, in TRAIL, each run's after its last measured epoch; `points` by run id.

    Where fewer epochs are `drawn` yet than a run has, by run id, the others come before its points. Points of another
    epoch than the one that comes next are left out: it was recorded meanwhile, or is not shown. They are made twice a
    second, so they are no frame, which takes a hundred times as long.
    """
    return [
        {"label": labels[run["id"]], "run": run["id"], **point}
        for run in runs
        for point in _trail(run["epochs"], points.get(run["id"], ()), (drawn or {}).get(run["id"]))
    ]


def _trail(rows: Sequence[EpochRow], points: Sequence[Point], drawn: int | None) -> list[Point]:
    """From the last drawn epoch (None: of all) over those after it to the points of the one under way."""
    first = len(rows) if drawn is None else drawn
    under_way = points if points and 0 < points[0]["epoch"] - len(rows) <= 1 else ()
    return [*_measured(rows, max(first - 1, 0)), *under_way] if under_way or first < len(rows) else []


def _measured(rows: Sequence[EpochRow], first: int) -> Iterator[Point]:
    """The rows from that place on whose losses are numbers."""
    times = list(accumulate(row["train_seconds"] or 0.0 for row in rows))
    for row, seconds in zip(rows[first:], times[first:], strict=True):
        if row["train_loss"] is not None:
            progress = {name: row[name] for name in ("epoch", "updates", "images")}
            yield Point(**progress, seconds=seconds, train_loss=row["train_loss"])  # type: ignore[typeddict-item]


def by_label(runs: Sequence[Run], labels: Mapping[str, str]) -> dict[str, list[Run]]:
    """The seeds of each label, labels in the order of their first run."""
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(labels[run["id"]], []).append(run)
    return groups


def _rows(label: str, seeds: Sequence[Run], epochs: int) -> list[dict[str, object]]:
    shown = [run["epochs"][:epochs] for run in seeds]
    times = [list(accumulate(row["train_seconds"] or 0.0 for row in rows)) for rows in shown]
    lost = [_lost_at(run, epochs) for run in seeds]
    all_lost = sum(at is not None for at in lost)
    rows: list[dict[str, object]] = []
    before: list[int] = []
    part = 0
    for place in range(max(map(len, shown), default=0)):
        there = [number for number, each in enumerate(shown) if len(each) > place]
        sound = [number for number in there if (at := lost[number]) is None or place < at]
        counted = sound or there
        ends, gone = lost.count(place), sum(at is not None and at <= place for at in lost)
        changes = place > 0 and counted != before
        part, before = part + changes, counted
        reached = [shown[number][place] for number in counted]
        # Of a run that diverges the epoch in which it does is no part of its curve, however large a number it is.
        figures = reached if sound else [shown[number][place] for number in there if lost[number] != place]
        rows.append(
            {
                "label": label,
                **{name: reached[0][name] for name in ("epoch", "updates", "images")},
                "seconds": fmean(times[number][place] for number in counted),
                "seeds": len(counted),
                "part": part,
                "told": f"{len(counted)} of {len(seeds)}" if changes else "",
                "lost": f"{gone} of {len(seeds)}" if ends and gone == all_lost and len(seeds) > 1 else "",
                **dict(_spread(figures)),
                "diverged": ends > 0,
            }
        )
    best, last = _best_of(seeds, epochs), last_finite_epoch(rows)
    return [{**row, "best": row["epoch"] == best, "last": row["epoch"] == last} for row in rows]


def _lost_at(run: Run, epochs: int) -> int | None:
    """The place of the epoch in which a run diverged, as far as that is shown; None if it is not."""
    rows = run["epochs"][:epochs]
    place = next((place for place, row in enumerate(rows) if not is_finite(row)), None)
    if place is None and rows and run["status"] == "diverged" and len(run["epochs"]) <= epochs:
        return len(rows) - 1
    return place


def _best_of(seeds: Sequence[Run], epochs: int) -> int | None:
    """The best epoch of the seeds that went furthest, on average; of a label that lost all, of the last one lost."""
    compared = [run["epochs"] for run in furthest(seeds, epochs)]
    compared = compared or [max((run["epochs"][: _lost_at(run, epochs)] for run in seeds), key=len)]
    means = [
        {"epoch": rows[0]["epoch"], "test_accuracy": _mean([row["test_accuracy"] for row in rows])}
        for rows in zip(*compared, strict=True)
    ]
    return best_epoch(means)


def _spread(reached: Sequence[EpochRow]) -> Iterator[tuple[str, float | None]]:
    """Each metric's mean over the seeds that are finite, and its ends where there are two."""
    for metric in METRICS:
        figures = [row[metric] for row in reached if row[metric] is not None]
        several = len(figures) > 1
        yield metric, _mean(figures)
        yield f"{metric}_low", min(figures) if several else None
        yield f"{metric}_high", max(figures) if several else None


def best_epoch(rows: Sequence[EpochRow]) -> int | None:
    """The one epoch of highest test accuracy; None if none has one, or where two are equal and none is the best."""
    place = only_highest([row["test_accuracy"] for row in rows])
    return None if place is None else rows[place]["epoch"]


def last_finite_epoch(rows: Sequence[EpochRow]) -> int | None:
    """The newest epoch whose test accuracy could be measured."""
    return max((row["epoch"] for row in rows if row["test_accuracy"] is not None), default=None)


# Tables


def by_value(runs: Sequence[Run], labels: Mapping[str, str], epochs: Ends, classes: int) -> pd.DataFrame:
    """One row a label: its seeds (2 of 3: of how many the figures are the means), how many are `lost` in words, how far
    they are, its `analysis.figures`, what ails it.

    `best_spread` and `last_spread` are standard deviations over the seeds in points of accuracy, None for one seed;
    `peak_memory` is in MB.
    """
    groups = by_label(runs, labels).items()
    return pd.DataFrame([_value_row(label, seeds, end_of(label, epochs), classes) for label, seeds in groups])


def end_of(label: str, epochs: Ends) -> int:
    """After how many epochs a label is compared."""
    return epochs if isinstance(epochs, int) else epochs[label]


def _value_row(label: str, seeds: Sequence[Run], epochs: int, classes: int) -> dict[str, object]:
    figures = figures_of(label, seeds, epochs)
    return {
        "value": label,
        "seeds": f"{figures.counted} of {figures.seeds}" if figures.counted < figures.seeds else str(figures.seeds),
        "lost": figures.lost or None,
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

    The kind says how many do where they disagree, and how many others diverged or were stopped. Where two kinds are as
    common, both are told.
    """
    found = [each for run in seeds if (each := diagnosis_of(run, epochs, classes))]
    if not found:
        return "", "", ""
    counts = Counter(each.kind for each in found)
    judged = {kind: count for kind, count in counts.items() if kind not in UNJUDGED} or counts
    most = max(judged.values())
    firsts = [next(each for each in found if each.kind == kind) for kind, count in judged.items() if count == most]
    kinds = " or ".join(each.kind for each in firsts)
    each_of = " each" if len(firsts) > 1 else ""
    notes = [f"{most} of {plural(len(found), 'seed')}{each_of}"] if most < len(found) else []
    named = {each.kind for each in firsts}
    notes += [f"{counts[kind]} {word}" for kind, word in UNJUDGED.items() if counts[kind] and kind not in named]
    told = kinds + (f" ({', '.join(notes)})" if notes else "")
    return told, " ".join(each.rule for each in firsts), " ".join(dict.fromkeys(each.next_step for each in firsts))


def _mean(values: Sequence[float]) -> float | None:
    return fmean(values) if values else None


# The isolation plot

ISOLATED = ("kind", "value", "label", "seed", "epochs", "accuracy", "seeds", "edge", "told")


def isolation(
    runs: Sequence[Run], field: str, labels: Mapping[str, str], epochs: Ends, edge: float | None
) -> pd.DataFrame:
    """Accuracy against the hyperparameter, in ISOLATED: a row a run, then a row a value with the mean of its seeds.

    `accuracy` (0..1) is that of the last epoch up to `epochs`; the mean is of the seeds that went furthest, and where
    they are not as far as those of other values, it is `told`. Kinds: "run", "lost" (diverged: no figure; the first of
    a value has `told` how many did), "mean". `edge` marks the value that is best at the edge of what was tried.
    """
    groups = {label: [run for run in seeds if run["epochs"]] for label, seeds in by_label(runs, labels).items()}
    dots = [dot for label, seeds in groups.items() for dot in _dots(seeds, field, label, end_of(label, epochs))]
    compared = {label: found for label, seeds in groups.items() if (found := furthest(seeds, end_of(label, epochs)))}
    means = [
        _mean_of([_dot(run, field, label, end_of(label, epochs)) for run in seeds]) for label, seeds in compared.items()
    ]
    shares = [mean["epochs"] / end_of(mean["label"], epochs) for mean in means]
    for mean, share in zip(means, shares, strict=True):
        mean["edge"] = edge is not None and mean["value"] == edge
        mean["told"] = f"epoch {mean['epochs']}" if share < max(shares) else ""
    frame = pd.DataFrame([*dots, *means], columns=list(ISOLATED))
    numbers = ("value", "seed", "epochs", "accuracy", "seeds")
    return frame.astype({**dict.fromkeys(numbers, float), "edge": bool})


def _dots(seeds: Sequence[Run], field: str, label: str, epochs: int) -> list[dict[str, Any]]:
    """A row a seed; the first that is lost says how many are, one that is behind the others at which epoch it is."""
    dots = [_dot(run, field, label, epochs) for run in seeds]
    lost = [dot for dot in dots if dot["kind"] == "lost"]
    reached = max((dot["epochs"] for dot in dots if dot["kind"] == "run"), default=0)
    for dot in dots:
        if dot["kind"] == "run" and dot["epochs"] < reached:
            dot["told"] = f"epoch {dot['epochs']}"
    for dot in lost[:1]:
        dot["told"] = f"{len(lost)} of {len(dots)} diverged"
    return dots


def _mean_of(seeds: Sequence[dict[str, Any]]) -> dict[str, Any]:
    accuracy = fmean(dot["accuracy"] for dot in seeds)
    return {**seeds[0], "kind": "mean", "seed": None, "seeds": len(seeds), "accuracy": accuracy}


def _dot(run: Run, field: str, label: str, epochs: int) -> dict[str, Any]:
    shown = up_to(run, epochs)
    whole = is_whole(shown)
    return {
        "kind": "run" if whole else "lost",
        "value": place_of(run, field),
        "label": label,
        "seed": run["spec"]["seed"],
        "epochs": len(shown["epochs"]),
        "accuracy": shown["epochs"][-1]["test_accuracy"] if whole else None,
        "seeds": 1,
        "edge": False,
        "told": "",
    }


def with_errors(frame: pd.DataFrame, law: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """An isolation plot's rows with the test `error` (0..1; none at 0, which has no logarithm), then those of a law."""
    errors = 1 - frame["accuracy"]
    line = pd.DataFrame(law, columns=["kind", "value", "error", "low", "high"])
    line = line.assign(label="", told="", edge=False)
    known = frame.assign(error=errors.where(errors > 0), low=float("nan"), high=float("nan"))
    numbers = ("value", "error", "low", "high")
    columns = list(known.columns)
    joined = pd.concat([known, line.reindex(columns=columns)], ignore_index=True) if law else known
    return joined.astype({**dict.fromkeys(numbers, float), "edge": bool})


# The article's two pictures of runs


def gap(run: Run, epochs: int) -> pd.DataFrame:
    """One row an epoch of a run: `epoch`, `train` and `test` loss in nats, both without dropout."""
    rows = [
        {"epoch": row["epoch"], "train": row["train_loss_eval"], "test": row["test_loss"]}
        for row in run["epochs"][:epochs]
    ]
    return pd.DataFrame(rows, columns=["epoch", "train", "test"]).astype(float)


def gap_of(seeds: Sequence[Run], epochs: int) -> pd.DataFrame:
    """The gap of one run of a value: the first of those that went furthest."""
    return gap(next(iter(furthest(seeds, epochs)), seeds[0]), epochs)


def widest_gap(groups: Mapping[str, Sequence[Run]], ends: Mapping[str, int]) -> str:
    """The label whose test loss lies furthest above its train loss: there is most to be seen of a gap."""
    gaps = {label: figures_of(label, runs, ends[label]).gap for label, runs in groups.items()}
    return max(gaps, key=lambda label: -math.inf if (gap := gaps[label]) is None else gap)


def final_losses(runs: Sequence[Run], epochs: int) -> pd.DataFrame:
    """One row a run: `learning_rate`, test `loss` (nats) at its last epoch up to `epochs`, whether it `diverged`.

    Of a rate's seeds those count that went furthest, so that no mean is taken at different epochs; rates that are not
    as far as others are left out until they are.
    """
    started = [up_to(run, epochs) for run in runs if run["epochs"]]
    reached = max((len(run["epochs"]) for run in started if is_whole(run)), default=0)
    rows = [
        {
            "learning_rate": run["spec"]["learning_rate"],
            "loss": run["epochs"][-1]["test_loss"],
            "diverged": not is_whole(run),
        }
        for run in started
        if len(run["epochs"]) == reached or not is_whole(run)
    ]
    frame = pd.DataFrame(rows, columns=["learning_rate", "loss", "diverged"])
    return frame.astype({"learning_rate": float, "loss": float, "diverged": bool})
