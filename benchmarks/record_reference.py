"""Record the reference runs that hpviz comes with: every study on the quick preset, and what the claims need besides.

    python -m benchmarks.record_reference [--seeds 3] [--cache DIR] [--to hpviz/runs/reference]

Runs are launched like any other and remembered in a store, so that a second recording trains nothing; with the defaults
some 60 runs, about 40 minutes on two quiet cores. One bundle a study, and one for the runs that only claims ask for.
Claims about the net pretrained on ImageNet need its weights and are left out.
"""

import argparse
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from hpviz.analysis.claims.ledger import ledger
from hpviz.cli import main as hpviz
from hpviz.data import catalogue
from hpviz.data.catalogue import Identity, Source
from hpviz.follow import drive, follow_all
from hpviz.home import default_cache
from hpviz.missing import open_needs, requests_for, untrained
from hpviz.plan import Setting, sweep
from hpviz.runs import bundle, reference
from hpviz.runs.document import Run
from hpviz.runs.runner import Request, Runner
from hpviz.studies import PRESETS, STUDIES
from hpviz.terminal import Terminal

PRESET = PRESETS["quick"]
ROUNDS = 5  # what one claim's runs show may open another


def main() -> int:
    """Train what is missing, write the bundles, print what they hold."""
    options = _options()
    for study in STUDIES:
        command = ["sweep", study, "--preset", "quick", "--seeds", str(options.seeds), "--cache", str(options.cache)]
        if hpviz(command):
            return 1
    terminal = Terminal()
    source = catalogue.resolve(PRESET.data, options.cache)
    identity = drive(catalogue.identify(source, options.cache), terminal)
    with closing(Runner(options.cache)) as runner:
        setting = _setting(source, identity, runner)
        for _ in range(ROUNDS):
            if not (asked := _missing(runner.runs(), setting)):
                break
            follow_all(runner, asked, terminal)
        _write(runner.runs(), setting, options)
    return 0


def _setting(source: Source, identity: Identity, runner: Runner) -> Setting:
    fixed = {"image_size": PRESET.image_size, "per_class": PRESET.per_class, "precision": runner.machine()["precision"]}
    return Setting(source, identity, PRESET.epochs, fixed)


def _missing(runs: Sequence[Run], setting: Setting) -> list[Request]:
    """What open claims about nets from scratch still ask for."""
    needs = [need for need in open_needs(ledger(runs, setting.identity), runs, setting) if not need.pretrained]
    return untrained(requests_for(needs, setting, "quick"), runs)


def _write(runs: Sequence[Run], setting: Setting, options: argparse.Namespace) -> None:
    fitting = {run["id"]: run for run in runs if _fits(run, setting)}
    options.to.mkdir(parents=True, exist_ok=True)
    for study in STUDIES.values():
        held = Setting(setting.source, setting.identity, setting.epochs, {**setting.fixed, **study.settings("quick")})
        swept = sweep(held, study, study.values("quick"), 0, options.seeds)
        ours = [fitting.pop(one.spec.run_id) for one in swept if one.spec.run_id in fitting]
        _write_one(options.to / f"{study.name}.json", ours)
    _write_one(options.to / "claims.json", list(fitting.values()))


def _fits(run: Run, setting: Setting) -> bool:
    spec = run["spec"]
    same = all(spec[name] == value for name, value in setting.fixed.items())
    return same and spec["fingerprint"] == setting.identity.fingerprint and len(run["epochs"]) >= setting.epochs


def _write_one(file: Path, runs: Sequence[Run]) -> None:
    if runs:
        file.write_bytes(bundle.write(runs))
        print(f"{file}: {len(runs)} runs, {file.stat().st_size / 1e3:.0f} kB")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--cache", type=Path, default=default_cache(), help="the store of the runs")
    parser.add_argument("--to", type=Path, default=reference.FOLDER, help="the folder of the bundles")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
