"""Which run next? Replays recorded grids: how many runs does the advice take to say what the whole grid says?

    python -m benchmarks.next_run [--cache DIR] [--shuffles 40] [--seeds 8] [--json]

A grid is every value of a study under every seed. Starting from nothing, one run after the other is taken from it, as
`hpviz.analysis.next_runs` advises, until the advice is that nothing more is worth training. A verdict is what is then
said of two values, told apart or not, and counts if it is what the whole grid says of them. Held against: the plain
sweep (a seed of every value, then the next) and the runs in random order, both of which stop by the same rule; and, on
simulated grids, a second whole grid of other seeds, for even that does not say the same of every pair.

Recorded grids are those of the reference runs, and of a store, with three seeds; which of a value's seeds comes first
is shuffled. With three seeds there is little to save: nothing is told apart under one seed, so whatever differs takes
two of three (the column “least”). The goal is therefore held against grids of more seeds, simulated from the
means and the spreads of the recorded ones: as many verdicts that are the whole grid's as a second whole grid has, with
at most half the runs. Exit status 1 if that is missed.
"""

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from hpviz.analysis.comparison import Comparison, compare_runs
from hpviz.analysis.evidence import SortedRuns
from hpviz.analysis.next_runs import Known, next_run
from hpviz.analysis.power import Power, Standing
from hpviz.hyperparameters import spell
from hpviz.runs.document import Run
from hpviz.runs.reference import reference_runs
from hpviz.runs.store import RunStore
from hpviz.studies import STUDIES

MOST_OF_A_GRID = 0.5
LEAST_SEEDS = 3
FALSE_ALARMS = 0.05

Grid = Mapping[str, Sequence[float]]
Verdicts = Mapping[tuple[str, str], Standing]
Order = Callable[[Mapping[str, Sequence[float]]], str | None]


@dataclass(frozen=True)
class Recorded:
    """A study's grid: by value the accuracies of its seeds, what a run takes, and on how many images it was tested."""

    name: str
    grid: Grid
    seconds: Mapping[str, float]
    test_images: int

    @property
    def runs(self) -> int:
        return sum(map(len, self.grid.values()))


@dataclass(frozen=True)
class Replayed:
    """How many runs and seconds were taken of a grid, and how many verdicts then were the whole grid's (`right`)."""

    runs: float
    seconds: float
    right: float


def replay(recorded: Recorded, choose: Order) -> tuple[Verdicts, dict[str, int]]:
    """Take runs until none is worth it: the verdicts then, and how many runs each value has."""
    taken: dict[str, list[float]] = {value: [] for value in recorded.grid}
    while (value := choose(taken)) is not None:
        taken[value].append(recorded.grid[value][len(taken[value])])
    return _verdicts(recorded, taken), {value: len(each) for value, each in taken.items()}


def advised(recorded: Recorded) -> Order:
    """The order of the advice."""
    most = max(map(len, recorded.grid.values()))
    names = {value: value for value in recorded.grid}

    def choose(taken: Mapping[str, Sequence[float]]) -> str | None:
        seeds = {value: range(len(each)) for value, each in taken.items()}
        known = Known(taken, recorded.test_images, recorded.seconds, names, {}, {}, seeds)
        run = next_run(known, most=most)
        return run.value if run else None

    return choose


def in_order(recorded: Recorded, order: Iterable[str]) -> Order:
    """Runs in a given order, until no pair is open."""
    coming = iter(order)
    return lambda taken: next(coming, None) if "open" in _verdicts(recorded, taken).values() else None


def swept(recorded: Recorded) -> list[str]:
    """The order of a plain sweep: a seed of every value, then the next."""
    seeds = max(map(len, recorded.grid.values()))
    return [value for seed in range(seeds) for value, each in recorded.grid.items() if seed < len(each)]


def shuffled(recorded: Recorded, random: np.random.Generator) -> Recorded:
    """The same grid with the seeds of each value in another order."""
    grid = {value: random.permutation(each).tolist() for value, each in recorded.grid.items()}
    return Recorded(recorded.name, grid, recorded.seconds, recorded.test_images)


def simulated(recorded: Recorded, seeds: int, random: np.random.Generator, spread: float | None = None) -> Recorded:
    """A grid of more seeds as the recorded one might have had: normal, with its means and each value's own spread."""
    grid = {}
    for value, each in recorded.grid.items():
        own = float(np.std(each, ddof=1)) if spread is None else spread
        grid[value] = np.clip(random.normal(fmean(each), own, seeds), 0, 1).tolist()
    return Recorded(recorded.name, grid, recorded.seconds, recorded.test_images)


def _verdicts(recorded: Recorded, taken: Mapping[str, Sequence[float]]) -> Verdicts:
    return Power(taken, recorded.test_images, most=max(map(len, recorded.grid.values()))).standing


def _measured(recorded: Recorded, choose: Order, wanted: Verdicts) -> Replayed:
    verdicts, runs = replay(recorded, choose)
    right = sum(verdicts[pair] == verdict for pair, verdict in wanted.items())
    seconds = sum(count * recorded.seconds[value] for value, count in runs.items())
    return Replayed(sum(runs.values()), seconds, right)


def _mean(replayed: Sequence[Replayed]) -> Replayed:
    return Replayed(*(fmean(getattr(each, name) for each in replayed) for name in ("runs", "seconds", "right")))


def measure(grids: Sequence[Recorded], others: Sequence[Recorded], random: np.random.Generator) -> dict[str, Any]:
    """All orders on the same grids (of one study, shuffled or simulated); `others` are second whole grids, if any."""
    wanted = [_verdicts(each, each.grid) for each in grids]
    orders: dict[str, Callable[[Recorded], Order]] = {
        "advice": advised,
        "sweep": lambda each: in_order(each, swept(each)),
        "random": lambda each: in_order(each, random.permutation(swept(each)).tolist()),
    }
    told: dict[str, Any] = {
        name: vars(_mean([_measured(each, order(each), says) for each, says in zip(grids, wanted, strict=True)]))
        for name, order in orders.items()
    }
    again = [
        sum(_verdicts(other, other.grid)[pair] == verdict for pair, verdict in says.items())
        for other, says in zip(others, wanted, strict=False)
    ]
    return {
        "study": grids[0].name,
        "values": len(grids[0].grid),
        "runs": grids[0].runs,
        "seconds": sum(len(each) * grids[0].seconds[value] for value, each in grids[0].grid.items()),
        "pairs": len(wanted[0]),
        "different": fmean(sum(each == "different" for each in says.values()) for says in wanted),
        "least": fmean(_least(each, says) for each, says in zip(grids, wanted, strict=True)),
        "again": fmean(again) if again else None,
        **told,
    }


def _least(recorded: Recorded, says: Verdicts) -> int:
    """The fewest runs that any order could do with: a run of each value, two of each that differs from another."""
    differing = {value for pair, verdict in says.items() if verdict == "different" for value in pair}
    return len(recorded.grid) + len(differing)


def false_alarms(recorded: Recorded, seeds: int, count: int, random: np.random.Generator) -> tuple[float, float]:
    """Values all alike, seeds spread by 3 points: in how many grids something is told apart, and the runs taken."""
    grid = {value: [0.75] * seeds for value in recorded.grid}
    alike = Recorded(recorded.name, grid, recorded.seconds, recorded.test_images)
    alarms, runs = [], []
    for _ in range(count):
        one = simulated(alike, seeds, random, spread=0.03)
        verdicts, taken = replay(one, advised(one))
        alarms.append("different" in verdicts.values())
        runs.append(sum(taken.values()) / one.runs)
    return fmean(alarms), fmean(runs)


# Where the grids come from


def recorded_grids(runs: Iterable[Run]) -> Iterator[Recorded]:
    """The grids of these runs: three values or more of a study that have three seeds or more of the same length."""
    runs = [run for run in runs if run["status"] == "finished"]
    groups = SortedRuns(runs)
    for study in STUDIES.values():
        for group in groups.by(study.field):
            whole = [run for seeds in group.seeds.values() for run in seeds.whole]
            if len(whole) < LEAST_SEEDS**2:
                continue
            comparison = compare_runs(whole, study.field)
            grid = {label: each for label, each in comparison.accuracies.items() if len(each) >= LEAST_SEEDS}
            if len(grid) >= LEAST_SEEDS and comparison.test_images:
                yield Recorded(_named(study.name, comparison), grid, _seconds(comparison, grid), comparison.test_images)


def _named(study: str, comparison: Comparison) -> str:
    """The study and its images; what is held too, where it is not the study's own."""
    spec = comparison.runs[0]["spec"]
    held = {name: value for name, value in STUDIES[study].settings("quick").items() if spec[name] != value}
    return " ".join([study, *[f"({name} {spell(spec[name])})" for name in held]])


def _seconds(comparison: Comparison, grid: Grid) -> dict[str, float]:
    def of(run: Run) -> float:
        return fsum(row["train_seconds"] + row["test_seconds"] for row in run["epochs"][: comparison.epochs])

    return {label: fmean(of(run) for run in comparison.groups[label]) for label in grid}


def main() -> int:
    """Replay, print; exit status 1 if the goal is missed."""
    options = _options()
    random = np.random.default_rng(0)
    store = RunStore(options.cache).runs() if options.cache else []
    recorded = [*recorded_grids(reference_runs()), *recorded_grids(store)]
    on_recorded = [measure([shuffled(each, random) for _ in range(options.shuffles)], [], random) for each in recorded]
    on_simulated = []
    for each in recorded:
        first, second = ([simulated(each, options.seeds, random) for _ in range(options.shuffles)] for _ in range(2))
        on_simulated.append(measure(first, second, random))
    alarms, share = false_alarms(
        max(recorded, key=lambda each: len(each.grid)), options.seeds, options.shuffles, random
    )
    told = {"recorded": on_recorded, "simulated": on_simulated, "false_alarms": alarms, "runs_of_alike": share}
    print(json.dumps(told, ensure_ascii=False) if options.json else _text(told, options))
    return int(not is_met(on_simulated) or alarms > FALSE_ALARMS)


def is_met(rows: Sequence[Mapping[str, Any]]) -> bool:
    """The goal, over all simulated grids together."""
    runs, whole = (sum(each["advice"]["runs"] for each in rows), sum(each["runs"] for each in rows))
    right, again = (sum(each["advice"]["right"] for each in rows), sum(each["again"] for each in rows))
    return bool(runs <= MOST_OF_A_GRID * whole and right >= again)


def _text(told: Mapping[str, Any], options: argparse.Namespace) -> str:
    goal = "met" if is_met(told["simulated"]) else "missed"
    return "\n".join(
        [
            f"Recorded grids, {options.shuffles} shuffles of their seeds",
            *_table(told["recorded"]),
            "",
            f"Grids of {options.seeds} seeds, simulated from the means and spreads of the recorded ones",
            *_table(told["simulated"]),
            "",
            f"Values all alike: something told apart in {told['false_alarms']:.1%} of grids (wanted: at most "
            f"{FALSE_ALARMS:.0%}), {told['runs_of_alike']:.0%} of the runs taken",
            f"Goal (as many verdicts as a second whole grid, half the runs): {goal}",
        ]
    )


def _table(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """A line a grid; by order how many runs it took and how many of its verdicts were the whole grid's."""
    yield "| grid | runs, least | pairs, told apart | second grid | advice | of the time | plain sweep | random |"
    yield "|---|---|---|---|---|---|---|---|"
    for row in rows:
        yield _line(row["study"], row)
    yield _line("all", _sum(rows))


def _line(name: str, row: Mapping[str, Any]) -> str:
    again = "" if row["again"] is None else f"{row['again']:.1f}"
    orders = [
        f"{row[order]['runs']:.1f} ({row[order]['runs'] / row['runs']:.0%}): {row[order]['right']:.1f}"
        for order in ("advice", "sweep", "random")
    ]
    orders.insert(1, f"{row['advice']['seconds'] / row['seconds']:.0%}")
    runs, pairs = f"{row['runs']}, {row['least']:.1f}", f"{row['pairs']}, {row['different']:.1f}"
    return f"| {name} | {runs} | {pairs} | {again} | {' | '.join(orders)} |"


_SUMS = ("runs", "seconds", "least", "pairs", "different")


def _sum(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    total: dict[str, Any] = {name: sum(row[name] for row in rows) for name in _SUMS}
    again = [row["again"] for row in rows if row["again"] is not None]
    orders: dict[str, dict[str, float]] = defaultdict(dict)
    for order in ("advice", "sweep", "random"):
        for name in ("runs", "seconds", "right"):
            orders[order][name] = sum(row[order][name] for row in rows)
    return {**total, "again": sum(again) if again else None, **orders}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, metavar="DIR", help="a store whose grids are replayed too")
    parser.add_argument("--shuffles", type=int, default=40, help="of each grid")
    parser.add_argument("--seeds", type=int, default=8, help="of a simulated grid")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
