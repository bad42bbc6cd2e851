"""The verbs that train: one run, a study's values, and going on with what did not finish."""

import argparse
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from hpviz.analysis.grid import Grid, grid_of, words_of
from hpviz.analysis.ridge import resting_on, ridge, ridge_columns, ridge_rows, verdict
from hpviz.analysis.words import symbol_of
from hpviz.cli.data import follow_links
from hpviz.data import catalogue
from hpviz.follow import drive, follow_all
from hpviz.hardware import resolve_precision
from hpviz.hyperparameters import HYPERPARAMETERS, spell
from hpviz.plan import (
    DEFAULT_DATA,
    DEFAULT_EPOCHS,
    Axes,
    Setting,
    at_equal_updates,
    demand_epochs,
    grid,
    request,
    sweep,
)
from hpviz.runs.cluster import asked_for
from hpviz.runs.crew import MOST, Wish
from hpviz.runs.document import cut_short
from hpviz.runs.pace import Whole
from hpviz.runs.runner import Request, Runner
from hpviz.runs.tasks import find_weights
from hpviz.spec import BadInput
from hpviz.studies import PRESETS, Study, crossed, find_study
from hpviz.terminal import RESULT_COLUMNS, Reporter, result_row

Weights = tuple[Path, str]  # a file of pretrained weights, and its SHA-256

SPEC_OPTIONS = tuple(name for name, each in HYPERPARAMETERS.items() if each.knob.option)


def train_one(options: argparse.Namespace, reporter: Reporter) -> int:
    """Train one run, or recall it."""
    with closing(open_runner(options)) as runner:
        setting = make_setting(options, runner, reporter, {"epochs": DEFAULT_EPOCHS})
        return train_all(runner, [request(setting)], options, reporter)


def train_sweep(options: argparse.Namespace, reporter: Reporter) -> int:
    """Train a study's values, or recall them, one seed after the other."""
    study = find_study(options.study)
    held = _held(study, options)
    if options.preset == "article" and study.pretrained_in_article and options.weights is None:
        options.pretrained = True
    values = options.values or study.values(options.preset or "article")
    with closing(open_runner(options)) as runner:
        setting = make_setting(options, runner, reporter, held)
        requests = sweep(setting, study, [study.parse(value) for value in values], options.seed or 0, options.seeds)
        if options.equal_updates:
            requests = at_equal_updates(requests, setting.identity)
        return train_all(runner, requests, options, reporter)


def train_grid(options: argparse.Namespace, reporter: Reporter) -> int:
    """Train every value of one study under every value of another, or recall them.

    Held fixed is what either study holds. Where they disagree, and for the network, a run's default stands: article-cnn
    unless --model says otherwise. At most 1,000 runs.
    """
    first, second = find_study(options.study), find_study(options.study2)
    both = crossed(first, second)
    for study in (first, second):
        if getattr(options, study.field) is not None:
            raise BadInput(f"{study.title} is varied in this grid: give its values with --values or --values2.")
    texts, texts2 = (
        given or study.values(options.preset or "article")
        for given, study in ((options.values, first), (options.values2, second))
    )
    values, values2 = tuple(map(first.parse, texts)), tuple(map(second.parse, texts2))
    axes = Axes(first, second, values, values2, options.seeds)
    with closing(open_runner(options)) as runner:
        setting = make_setting(options, runner, reporter, _held(both, options))
        requests = grid(setting, axes, options.seed or 0)
        if options.equal_updates:
            requests = at_equal_updates(requests, setting.identity)
        status = train_all(runner, requests, options, reporter)
        if not options.json:
            _show_grid(_grid(runner, requests, axes), reporter)
        return status


def _grid(runner: Runner, requests: Sequence[Request], axes: Axes) -> Grid:
    """What came of the requests, each after as many epochs as it asked for."""
    runs = [run for one in requests if (run := runner.run(one.spec.run_id)) is not None]
    ends = {one.spec.run_id: one.epochs for one in requests}
    return grid_of(runs, axes.first.field, axes.second.field, axes.values, axes.values2, ends)


def _show_grid(made: Grid, reporter: Reporter) -> None:
    """The mean accuracies, a row a value of the first; then the best of each column, and how sure that is."""
    bests = ridge(made)
    corner = f"{symbol_of(made.first)} \\ {symbol_of(made.second)}"
    rows = [[spell(one), *(words_of(made.cells[one, two]) for two in made.values2)] for one in made.values]
    reporter.table("Mean test accuracy", [corner, *map(spell, made.values2)], rows)
    title = " ".join(filter(None, ["Best values.", resting_on(bests), verdict(made, bests)]))
    if bests:
        reporter.table(title, ridge_columns(made), ridge_rows(made, bests))


def _held(study: Study, options: argparse.Namespace) -> dict[str, Any]:
    """What a study holds fixed, and its data, size and epochs where a preset gives them."""
    held: dict[str, Any] = {"epochs": DEFAULT_EPOCHS, **study.settings(options.preset or "quick")}
    return held | asdict(PRESETS[options.preset]) if options.preset else held


def resume_runs(options: argparse.Namespace, reporter: Reporter) -> int:
    """Go on with the runs named, or with all that were interrupted, stopped or failed."""
    if options.epochs is not None:
        demand_epochs(options.epochs)
    with closing(open_runner(options)) as runner:
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
        runner.confirm()  # a device that is not here is refused before a run is marked as failed for it
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


def open_runner(options: argparse.Namespace) -> Runner:
    """The runner of a verb that trains, with what was asked for. Raises BadInput for counts that cannot be meant."""
    for name in ("jobs", "threads"):
        given = getattr(options, name)
        if given is not None and not 1 <= given <= MOST:
            raise BadInput(f"--{name} should be a whole number from 1 to {MOST}; {given} was given.")
    cluster = asked_for(options.ray, options.device)
    return Runner(options.cache, options.device, wish=Wish(options.jobs, options.threads), cluster=cluster)


def make_setting(options: argparse.Namespace, runner: Runner, reporter: Reporter, held: dict[str, Any]) -> Setting:
    """What the runs share: what was asked for, else what is held, else the defaults of a run."""
    setting = from_scratch(options, runner, reporter, held)
    weights = wanted_weights(options, reporter)
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
    fixed["precision"] = resolve_precision(options.precision, runner.machine()["precision"])
    return Setting(source, identity, held["epochs"] if options.epochs is None else options.epochs, fixed)


def beginning_with(weights: Weights, setting: Setting) -> Setting:
    """The setting of runs that begin with these weights."""
    path, digest = weights
    return replace(setting, fixed={**setting.fixed, "weights": digest}, weights=path)


def wanted_weights(options: argparse.Namespace, reporter: Reporter) -> Weights | None:
    """The pretrained weights that were asked for, fetched if need be; BadInput if they cannot be had."""
    if options.weights is None and not options.pretrained:
        return None
    return drive(find_weights(options.weights), reporter)
