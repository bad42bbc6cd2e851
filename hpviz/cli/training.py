"""The verbs that train: one run, a study's values, and going on with what did not finish."""

import argparse
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from hpviz.cli.data import follow_links
from hpviz.data import catalogue
from hpviz.follow import drive, follow_all
from hpviz.hyperparameters import HYPERPARAMETERS
from hpviz.plan import DEFAULT_DATA, DEFAULT_EPOCHS, Setting, at_equal_updates, demand_epochs, request, sweep
from hpviz.runs.document import cut_short
from hpviz.runs.pace import Whole
from hpviz.runs.runner import Request, Runner
from hpviz.spec import BadInput
from hpviz.studies import PRESETS, find_study
from hpviz.terminal import RESULT_COLUMNS, Reporter, result_row

Weights = tuple[Path, str]  # a file of pretrained weights, and its SHA-256

SPEC_OPTIONS = tuple(name for name, each in HYPERPARAMETERS.items() if each.knob.option)


def train_one(options: argparse.Namespace, reporter: Reporter) -> int:
    """Train one run, or recall it."""
    with closing(Runner(options.cache, options.device)) as runner:
        setting = make_setting(options, runner, reporter, {"epochs": DEFAULT_EPOCHS})
        return train_all(runner, [request(setting)], options, reporter)


def train_sweep(options: argparse.Namespace, reporter: Reporter) -> int:
    """Train a study's values, or recall them, one seed after the other."""
    study = find_study(options.study)
    held: dict[str, Any] = {"epochs": DEFAULT_EPOCHS, **study.settings(options.preset or "quick")}
    if options.preset:
        held |= asdict(PRESETS[options.preset])
        if options.preset == "article" and study.pretrained_in_article and options.weights is None:
            options.pretrained = True
    values = options.values or study.values(options.preset or "article")
    with closing(Runner(options.cache, options.device)) as runner:
        setting = make_setting(options, runner, reporter, held)
        requests = sweep(setting, study, [study.parse(value) for value in values], options.seed or 0, options.seeds)
        if options.equal_updates:
            requests = at_equal_updates(requests, setting.identity)
        return train_all(runner, requests, options, reporter)


def resume_runs(options: argparse.Namespace, reporter: Reporter) -> int:
    """Go on with the runs named, or with all that were interrupted, stopped or failed."""
    if options.epochs is not None:
        demand_epochs(options.epochs)
    with closing(Runner(options.cache, options.device)) as runner:
        if options.runs:
            runs = [runner.store.find(prefix) for prefix in options.runs]
        else:
            own = [run for run in runner.runs() if run["origin"] is None]
            runs = [run for run in own if cut_short(run)]
        for given in {run["inputs"]["data"] for run in runs} if options.follow else ():
            follow_links(catalogue.resolve(given, options.cache), options)
        requests = [runner.resumption(run["id"], options.epochs) for run in runs]
        return train_all(runner, requests, options, reporter)


def train_all(
    runner: Runner,
    requests: Sequence[Request],
    options: argparse.Namespace,
    reporter: Reporter,
    whole: Whole | None = None,
) -> int:
    """Train all requests, or none if one cannot be, or would begin at epoch 1 and nobody agreed to that."""
    if requests:
        runner.machine()  # a device that is not here is refused before a run is marked as failed for it
    for one in requests:
        runner.check(one)
    if anew := [one.spec.run_id for one in requests if runner.begins_anew(one)]:
        if not (options.from_start or _agrees(runner, anew, options, reporter)):
            return 0
        requests = [replace(one, from_start=True) for one in requests]
    return follow_all(runner, requests, reporter, whole)


def _agrees(runner: Runner, anew: Sequence[str], options: argparse.Namespace, reporter: Reporter) -> bool:
    """Ask whether these runs may begin again at epoch 1; BadInput where nobody can answer."""
    if options.json or not (sys.stdin.isatty() and sys.stdout.isatty()):
        what = f"Run {anew[0]} has" if len(anew) == 1 else f"{len(anew)} runs, {anew[0]} first, have"
        raise BadInput(
            f"{what} no sound checkpoint any more, so training would begin again at epoch 1; add `--from-start` if it "
            "may."
        )
    rows = [result_row(run) for run_id in anew if (run := runner.run(run_id)) is not None]
    reporter.table("The checkpoints of these runs are gone", RESULT_COLUMNS, rows)
    return input("Train them again from epoch 1? [y/N] ").strip().lower() == "y"


def make_setting(options: argparse.Namespace, runner: Runner, reporter: Reporter, held: dict[str, Any]) -> Setting:
    """What the runs share: what was asked for, else what is held, else the defaults of a run."""
    setting = from_scratch(options, runner, reporter, held)
    weights = wanted_weights(options)
    return setting if weights is None else beginning_with(weights, setting)


def from_scratch(options: argparse.Namespace, runner: Runner, reporter: Reporter, held: dict[str, Any]) -> Setting:
    """The same for runs that begin with no weights, whatever was asked."""
    held = dict(held)
    preset_data = held.pop("data", DEFAULT_DATA)
    # An empty name, as of a shell's variable that was never set, is a slip and not the default.
    source = catalogue.resolve(preset_data if options.data is None else options.data, options.cache)
    follow_links(source, options)
    if not catalogue.is_ready(source, options.cache):
        drive(catalogue.fetch(source, options.cache), reporter)
    identity = drive(catalogue.identify(source, options.cache), reporter)
    asked = {name: told for name in SPEC_OPTIONS if (told := getattr(options, name, None)) is not None}
    fixed = {name: value for name, value in held.items() if name in SPEC_OPTIONS} | asked
    fixed["precision"] = _precision(options.precision, runner)
    return Setting(source, identity, held["epochs"] if options.epochs is None else options.epochs, fixed)


def beginning_with(weights: Weights, setting: Setting) -> Setting:
    """The setting of runs that begin with these weights."""
    path, digest = weights
    return replace(setting, fixed={**setting.fixed, "weights": digest}, weights=path)


def _precision(choice: str, runner: Runner) -> str:
    from hpviz.training.numerics import resolve_precision

    return resolve_precision(choice, runner.machine()["device"])


def wanted_weights(options: argparse.Namespace) -> Weights | None:
    """The pretrained weights that were asked for, fetched if need be; BadInput if they cannot be had."""
    if options.weights is None and not options.pretrained:
        return None
    from hpviz.models import imagenet_weights, known_weights

    path = Path(options.weights) if options.weights is not None else imagenet_weights()
    return path, known_weights(path)
