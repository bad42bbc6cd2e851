"""Record the reference runs that hpviz comes with: every study on the quick preset, and what the claims need besides.

    python -m benchmarks.record_reference [--only STUDY …] [--seeds 3] [--cache DIR] [--to hpviz/runs/reference]

Runs that the bundles hold already count as recorded, and a bundle that lacks none stays as it is; `--anew` records
all of them again. Runs are launched like any other and remembered in a store: killed anywhere and started again, the
recording goes on from the last epoch, and a bundle is written as soon as its runs are there. All twelve studies are
some 130 runs, about 50 minutes on two quiet cores.

One bundle a study, with every run that its comparison takes, so that it can be imported by itself: a run that several
studies share costs 6 kB in each, and is one run where all are read. What only claims ask for has a bundle of its own.
Claims about the net pretrained on ImageNet need its weights and are left out.
"""

import argparse
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from hpviz.analysis.claims.ledger import ledger
from hpviz.analysis.evidence import up_to
from hpviz.analysis.words import plural
from hpviz.data import catalogue
from hpviz.data.catalogue import Identity, Source
from hpviz.follow import drive, follow_all
from hpviz.home import default_cache, provide_home
from hpviz.interrupts import INTERRUPTED, in_order
from hpviz.missing import open_needs, requests_for, seconds_of_each, untrained
from hpviz.paths import absolute, read_path
from hpviz.plan import Setting, sweep
from hpviz.runs import bundle, reference
from hpviz.runs.document import Run, is_done
from hpviz.runs.pace import Whole, clock
from hpviz.runs.runner import Request, Runner
from hpviz.spec import BadInput, RunSpec
from hpviz.studies import PRESETS, STUDIES, Study
from hpviz.terminal import Reporter, Terminal

PRESET = PRESETS["quick"]
CLAIMS = "claims"
ROUNDS = 5  # what one claim's runs show may open another


@dataclass(frozen=True)
class Recording:
    """What is recorded, under which setting, and into which folder."""

    setting: Setting
    seeds: int
    folder: Path

    def asked(self, study: Study) -> list[Request]:
        """The runs that a study's comparison takes."""
        fixed = {**self.setting.fixed, **study.settings("quick")}
        held = Setting(self.setting.source, self.setting.identity, self.setting.epochs, fixed)
        return sweep(held, study, study.values("quick"), 0, self.seeds)

    def missing(self, names: Sequence[str], known: Mapping[str, Run]) -> dict[str, list[Request]]:
        """By study, what it asks for, for those that have no bundle yet or of whose runs not all are known.

        `known` are runs by the id of their spec. A run that two of the studies share is in both lists.
        """
        asked = {name: self.asked(STUDIES[name]) for name in names if name != CLAIMS}
        return {
            name: requests
            for name, requests in asked.items()
            if not self.file(name).exists() or any(one.spec.run_id not in known for one in requests)
        }

    def file(self, name: str) -> Path:
        return self.folder / f"{name}.json"

    def write(self, name: str, runs: Sequence[Run]) -> None:
        """A bundle, the whole of it or none."""
        self.folder.mkdir(parents=True, exist_ok=True)
        file, part = self.file(name), self.folder / f".{name}.part"
        part.write_bytes(bundle.write([self._whole(run) for run in runs]))
        part.replace(file)
        print(f"{file}: {plural(len(runs), 'run')}, {file.stat().st_size / 1e3:.0f} kB", flush=True)

    def _whole(self, run: Run) -> Run:
        """The run as it stood when it had the epochs of the preset, however far it went on later."""
        if run["status"] == "diverged":
            return run
        return {**up_to(run, self.setting.epochs), "status": "finished", "reason": None, "target": self.setting.epochs}


def by_spec(runs: Iterable[Run], epochs: int) -> dict[str, Run]:
    """Those of the runs that have so many epochs, by the id of their spec: one from a bundle has an id of its own."""
    return {RunSpec(**run["spec"]).run_id: run for run in runs if is_done(run, epochs)}


def main() -> int:
    """Train what is missing, write the bundles, print what they hold."""
    options = _options()
    provide_home(options.cache)
    terminal = Terminal()
    with in_order():
        try:
            return _record(options, terminal)
        except KeyboardInterrupt:
            terminal.error("Interrupted; every finished epoch is kept, and the same command goes on from there.")
            return INTERRUPTED
        except BadInput as error:
            terminal.error(str(error))
            return 2


def _record(options: argparse.Namespace, reporter: Reporter) -> int:
    bundles = [] if options.anew else sorted(options.to.glob("*.json"))
    shipped = [run for file in bundles for run in reference.read(file)]
    source = catalogue.resolve(PRESET.data, options.cache)
    identity = drive(catalogue.identify(source, options.cache), reporter)
    with closing(Runner(options.cache)) as runner:
        setting = setting_of(source, identity, _precision(shipped, runner))
        recording = Recording(setting, options.seeds, options.to)
        known = by_spec(shipped, setting.epochs)
        status = _record_studies(recording, options.only, known, runner, reporter)
        if CLAIMS in options.only and not status:
            status = _record_claims(recording, known, runner, reporter)
    return status


def setting_of(source: Source, identity: Identity, precision: str) -> Setting:
    """What all reference runs share, unless their study varies it."""
    fixed = {"image_size": PRESET.image_size, "per_class": PRESET.per_class, "precision": precision}
    return Setting(source, identity, PRESET.epochs, fixed)


def _record_studies(
    recording: Recording, names: Sequence[str], known: dict[str, Run], runner: Runner, reporter: Reporter
) -> int:
    """One study after the other; what they record joins `known`."""
    missing = recording.missing(names, known)
    whole = _whole([one for each in missing.values() for one in each], known, recording.setting, runner)
    for name, requests in missing.items():
        if _train([one for one in requests if one.spec.run_id not in known], known, runner, reporter, whole):
            return 1
        recording.write(name, [known[one.spec.run_id] for one in requests])
    return 0


def _record_claims(recording: Recording, known: dict[str, Run], runner: Runner, reporter: Reporter) -> int:
    """What open claims about nets from scratch still ask for, added to what their bundle holds."""
    file, setting = recording.file(CLAIMS), recording.setting
    kept = by_spec(reference.read(file), setting.epochs) if file.exists() else {}
    before = {run_id: known[run_id] for run_id in kept if run_id in known}
    added: dict[str, Run] = {}
    for _ in range(ROUNDS):
        runs = list(known.values())
        needs = [need for need in open_needs(ledger(runs, setting.identity), runs, setting) if not need.pretrained]
        asked = [one for one in requests_for(needs, setting, "quick") if one.spec.run_id not in known]
        if not asked:
            break
        if _train(asked, known, runner, reporter, _whole(asked, known, setting, runner)):
            return 1
        added |= {one.spec.run_id: known[one.spec.run_id] for one in asked}
    if added:
        recording.write(CLAIMS, [*before.values(), *added.values()])
    return 0


def _whole(requests: Sequence[Request], known: Mapping[str, Run], setting: Setting, runner: Runner) -> Whole:
    """All that is to be trained, each run once; a sentence says how much that is."""
    runs = runner.runs()
    left = untrained((one for one in requests if one.spec.run_id not in known), runs)
    expected = seconds_of_each(left, runs, setting.identity, runner.crew(left[0].spec, len(left))) if left else {}
    if expected:
        print(f"{plural(len(expected), 'run')} to train, about {clock(sum(expected.values()))}", flush=True)
    return Whole(expected)


def _train(requests: Sequence[Request], known: dict[str, Run], runner: Runner, reporter: Reporter, whole: Whole) -> int:
    """Train them, or recall them, and add them to `known`; 1 if one failed."""
    begun = [replace(one, from_start=runner.begins_anew(one)) for one in requests]
    if follow_all(runner, begun, reporter, whole):
        return 1
    found = by_spec((run for run in runner.runs() if run["origin"] is None), PRESET.epochs)
    known |= {one.spec.run_id: found[one.spec.run_id] for one in requests}
    return 0


def _precision(shipped: Sequence[Run], runner: Runner) -> str:
    """That of the runs there are, for runs are compared in one precision only; else the machine's."""
    found = next((run["spec"]["precision"] for run in shipped), None)
    return str(found or runner.machine()["precision"])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = (*STUDIES, CLAIMS)
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="STUDY", help=", ".join(names))
    parser.add_argument("--seeds", type=int, default=3, help="seeds a value, from 0 on")
    parser.add_argument(
        "--anew", action="store_true", help="what the bundles hold does not count; the store still does"
    )
    parser.add_argument("--cache", default=None, help="the store of the runs")
    parser.add_argument("--to", type=Path, default=reference.FOLDER, help="the folder of the bundles")
    options = parser.parse_args()
    options.cache = default_cache() if options.cache is None else absolute(read_path(options.cache))
    return options


if __name__ == "__main__":
    sys.exit(main())
