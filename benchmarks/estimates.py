"""What was promised before a run and what it took: seconds and memory, by study.

    python -m benchmarks.estimates [--cache DIR] [--train] [--epochs 2]

A run is promised its seconds twice: as on a fresh machine, from what was fitted on the reference machine, and from all
other runs of the store, itself left out. What it took is the time from its beginning to its end, as its history has it;
only runs that were not interrupted count. Of several seeds of a value the median counts, and a study is the sum of its
values: a sweep under one seed. Where the store has no run of a value, the reference runs stand in, by the seconds that
their epochs tell, each judged from the others of its machine. `--train` trains one seed of every value of the quick
preset that has no such run, each by itself, for a few epochs: on a quiet machine, for what another program takes is in
no promise. Exit status 1 if a study was promised less than two thirds or more than one and a half times of what it
took.
"""

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from statistics import median

from hpviz.analysis.cost import cost
from hpviz.analysis.estimate import Images, Paces, images_of
from hpviz.analysis.measured import peak_memory
from hpviz.data import catalogue
from hpviz.follow import drive, follow_all
from hpviz.home import default_cache
from hpviz.paths import absolute, read_path
from hpviz.plan import DEFAULT_DATA, Setting, sweep
from hpviz.runs.crew import Crew, Wish
from hpviz.runs.document import Run
from hpviz.runs.reference import reference_runs
from hpviz.runs.runner import Runner
from hpviz.runs.store import RunStore
from hpviz.spec import RunSpec
from hpviz.studies import PRESETS, STUDIES, Study
from hpviz.terminal import Terminal

PRESET = PRESETS["quick"]
WITHIN = 1.5


@dataclass(frozen=True)
class Held:
    """A run's promises beside what was measured of it; memory in MB, None where the system did not tell."""

    seconds: float
    fresh: float
    promised: float
    megabytes: float | None
    promised_megabytes: float


@dataclass(frozen=True)
class Line:
    """A study under one seed: sums of seconds over its values, the largest memory, the worst ratios of a value."""

    study: str
    runs: int
    values: int
    fresh: float
    promised: float
    seconds: float
    worst_seconds: float
    promised_megabytes: float
    megabytes: float | None
    worst_megabytes: float | None

    @property
    def ratios(self) -> list[float]:
        """Promised for each that was measured: seconds, megabytes."""
        memory = [self.promised_megabytes / self.megabytes] if self.megabytes else []
        return [self.promised / self.seconds, *memory]


def taken(run: Run) -> float | None:
    """Seconds from the beginning of a run to its end; None if it did not train in one go.

    A run from elsewhere has left its history there: it took what its epochs took, evaluation of the sample, which is as
    large as the test set, included.
    """
    if not run["history"]:
        return float(sum(row["train_seconds"] + 2 * row["test_seconds"] for row in run["epochs"]))
    begun = [moment["at"] for moment in run["history"] if moment["status"] == "running"]
    if len(begun) != 1 or run["status"] != "finished" or run["history"][-1]["status"] != "finished":
        return None
    return (datetime.fromisoformat(run["history"][-1]["at"]) - datetime.fromisoformat(begun[0])).total_seconds()


def held(run: Run, seconds: float, others: Sequence[Run]) -> Held | None:
    """A run that took so long, beside its promises; None of one that nothing can be promised."""
    images, spec = images_of(run), RunSpec(**run["spec"])
    if images is None:
        return None
    classes, epochs = len(run["inputs"].get("classes") or ()) or 2, len(run["epochs"])
    crew = Crew(1, run["machine"].get("threads") or 1, str(run["machine"].get("device", "cpu")).partition(":")[0])
    peak = peak_memory(run["epochs"])

    def promise(runs: Iterable[Run], images: Images) -> float:
        return Paces(runs, crew).seconds(spec, images, classes, epochs)

    return Held(
        seconds,
        promise([], images),
        promise(others, images),
        peak / 1e6 if peak else None,
        cost(spec, classes).memory_bytes / 1e6,
    )


def line(study: Study, seeds: Sequence[Sequence[Held]]) -> Line:
    """The line of a study with the runs of each of its values."""
    values = [_middle(each) for each in seeds]
    peaks = [(one.promised_megabytes, one.megabytes) for one in values if one.megabytes]
    return Line(
        study=study.name,
        runs=sum(map(len, seeds)),
        values=len(values),
        fresh=sum(one.fresh for one in values),
        promised=sum(one.promised for one in values),
        seconds=sum(one.seconds for one in values),
        worst_seconds=_worst(one.promised / one.seconds for one in values),
        promised_megabytes=max((promised for promised, _ in peaks), default=0.0),
        megabytes=max((peak for _, peak in peaks), default=None),
        worst_megabytes=_worst(promised / peak for promised, peak in peaks) if peaks else None,
    )


def _middle(seeds: Sequence[Held]) -> Held:
    """The medians of a value's runs."""
    peaks = [one.megabytes for one in seeds if one.megabytes]
    return Held(
        seconds=median(one.seconds for one in seeds),
        fresh=median(one.fresh for one in seeds),
        promised=median(one.promised for one in seeds),
        megabytes=median(peaks) if peaks else None,
        promised_megabytes=seeds[0].promised_megabytes,
    )


def _worst(ratios: Iterable[float]) -> float:
    """The ratio furthest from 1, either way."""
    return max(ratios, key=lambda ratio: max(ratio, 1 / ratio))


def asked(study: Study, setting: Setting) -> list[str]:
    """The specs of a study's quick values under any seed, as they are compared."""
    fixed = {**study.settings("quick"), **setting.fixed}
    return [_key(one.spec.model_dump(mode="json")) for one in sweep(_with(setting, fixed), study, _values(study), 0, 1)]


def _values(study: Study) -> Sequence[float | str]:
    return study.quick_values


def _with(setting: Setting, fixed: dict[str, object]) -> Setting:
    return Setting(setting.source, setting.identity, setting.epochs, fixed)


def _key(spec: dict[str, object]) -> str:
    """What a spec computes, whatever its seed and for how many epochs a schedule was to run."""
    return json.dumps({name: value for name, value in spec.items() if name not in ("seed", "horizon")}, sort_keys=True)


def setting_of(cache: Path, runner: Runner, epochs: int) -> Setting:
    source = catalogue.resolve(DEFAULT_DATA, cache)
    identity = drive(catalogue.identify(source, cache), Terminal())
    precision = runner.machine()["precision"]
    fixed = {"image_size": PRESET.image_size, "per_class": PRESET.per_class, "precision": precision}
    return Setting(source, identity, epochs, fixed)


def train(cache: Path, epochs: int, studies: Sequence[Study]) -> None:
    """One seed of every value that has no run yet, one run after the other."""
    with closing(Runner(cache, wish=Wish(jobs=1))) as runner:
        setting = setting_of(cache, runner, epochs)
        there = {_key(run["spec"]) for run in runner.runs() if taken(run)}
        for study in studies:
            fixed = {**study.settings("quick"), **setting.fixed}
            requests = sweep(_with(setting, fixed), study, _values(study), 0, 1)
            missing = [one for one in requests if _key(one.spec.model_dump(mode="json")) not in there]
            if missing:
                follow_all(runner, missing, Terminal())


def main() -> int:
    """Print the table; exit status 1 if a study's promise was off by more than it may be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", default=None, help="the store of the runs")
    parser.add_argument("--train", action="store_true", help="train what has no run yet")
    parser.add_argument("--epochs", type=int, default=2, help="for how many epochs")
    parser.add_argument("--only", nargs="+", choices=tuple(STUDIES), default=tuple(STUDIES), metavar="STUDY")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    cache = default_cache() if options.cache is None else absolute(read_path(options.cache))
    studies = [STUDIES[name] for name in options.only]
    if options.train:
        train(cache, options.epochs, studies)
    with closing(RunStore(cache)) as store:
        runs = [run for run in store.runs() if run["origin"] is None and run["epochs"]]
    own = {_key(run["spec"]) for run in runs if taken(run)}
    runs += [Run(**{**run, "origin": None}) for run in reference_runs() if _key(run["spec"]) not in own]
    with closing(Runner(cache, wish=Wish(jobs=1))) as runner:
        setting = setting_of(cache, runner, PRESET.epochs)
    lines = []
    for study in studies:
        wanted = dict.fromkeys(asked(study, setting))
        found: dict[str, list[Held]] = defaultdict(list)
        for run in runs:
            seconds = taken(run)
            if not seconds or (key := _key(run["spec"])) not in wanted:
                continue
            name = run["machine"].get("name")
            others = [other for other in runs if other is not run and other["machine"].get("name") == name]
            if one := held(run, seconds, others):
                found[key].append(one)
        if found:
            lines.append(line(study, list(found.values())))
    if options.json:
        print(json.dumps([asdict(each) for each in lines]))
    else:
        _show(lines)
    return int(any(not 1 / WITHIN <= ratio <= WITHIN for each in lines for ratio in each.ratios))


def _show(lines: Sequence[Line]) -> None:
    seconds, memory = ("s, fresh", "s, promised", "s, taken", "ratio (worst)"), ("MB, promised", "measured", "(worst)")
    columns = ("study", "values", "runs", *seconds, *memory)
    rows = [
        [
            each.study,
            str(each.values),
            str(each.runs),
            f"{each.fresh:.0f}",
            f"{each.promised:.0f}",
            f"{each.seconds:.0f}",
            f"{each.promised / each.seconds:.2f} ({each.worst_seconds:.2f})",
            f"{each.promised_megabytes:.0f}",
            "–" if each.megabytes is None else f"{each.megabytes:.0f}",
            "–" if each.worst_megabytes is None else f"{each.worst_megabytes:.2f}",
        ]
        for each in lines
    ]
    Terminal().table("What was promised, and what it took", columns, rows)


if __name__ == "__main__":
    sys.exit(main())
