"""The verbs that train: one run, a study's values, and going on with what did not finish."""

import argparse
from contextlib import closing
from pathlib import Path
from typing import Any

from hpviz.cli.data import follow_links
from hpviz.data import catalogue
from hpviz.follow import drive, follow_all
from hpviz.plan import DEFAULT_DATA, DEFAULT_EPOCHS, Setting, demand_epochs, request, sweep
from hpviz.runs.runner import Runner
from hpviz.studies import PRESETS, find_study
from hpviz.terminal import Reporter

SPEC_OPTIONS = (
    "model",
    "learning_rate",
    "batch_size",
    "kernel_width",
    "padding",
    "weight_decay",
    "optimizer",
    "momentum",
    "image_size",
    "per_class",
    "validation_fraction",
    "normalisation",
    "seed",
)


def train_one(options: argparse.Namespace, reporter: Reporter) -> int:
    """Train one run, or recall it."""
    with closing(Runner(options.cache, options.device)) as runner:
        setting = make_setting(options, runner, reporter, {"epochs": DEFAULT_EPOCHS})
        return follow_all(runner, [request(setting)], reporter)


def train_sweep(options: argparse.Namespace, reporter: Reporter) -> int:
    """Train a study's values, or recall them, one seed after the other."""
    study = find_study(options.study)
    held: dict[str, Any] = {"epochs": DEFAULT_EPOCHS, **study.settings(options.preset or "quick")}
    if options.preset:
        preset = PRESETS[options.preset]
        held |= {
            "data": preset.data,
            "image_size": preset.image_size,
            "per_class": preset.per_class,
            "epochs": preset.epochs,
        }
        if options.preset == "article" and study.pretrained_in_article and options.weights is None:
            options.pretrained = True
    values = options.values or study.values(options.preset or "article")
    with closing(Runner(options.cache, options.device)) as runner:
        setting = make_setting(options, runner, reporter, held)
        requests = sweep(setting, study, [study.parse(value) for value in values], options.seed or 0, options.seeds)
        return follow_all(runner, requests, reporter)


def resume_runs(options: argparse.Namespace, reporter: Reporter) -> int:
    """Go on with the runs named, or with all that were interrupted, stopped or failed."""
    if options.epochs is not None:
        demand_epochs(options.epochs)
    with closing(Runner(options.cache, options.device)) as runner:
        if options.runs:
            runs = [runner.store.find(prefix) for prefix in options.runs]
        else:
            own = [run for run in runner.runs() if run["origin"] is None]
            runs = [run for run in own if run["status"] in ("interrupted", "stopped", "failed")]
        for given in {run["inputs"]["data"] for run in runs} if options.follow else ():
            follow_links(catalogue.resolve(given, options.cache), options)
        requests = [runner.resumption(run["id"], options.epochs) for run in runs]
        if requests:
            runner.machine()  # a device that is not here is refused before a run is marked as failed for it
        return follow_all(runner, requests, reporter)


def make_setting(options: argparse.Namespace, runner: Runner, reporter: Reporter, held: dict[str, Any]) -> Setting:
    """What the runs share: what was asked for, else what is held, else the defaults of a run."""
    held = dict(held)
    preset_data = held.pop("data", DEFAULT_DATA)
    # An empty name, as of a shell's variable that was never set, is a slip and not the default.
    source = catalogue.resolve(preset_data if options.data is None else options.data, options.cache)
    follow_links(source, options)
    if not catalogue.is_ready(source, options.cache):
        drive(catalogue.fetch(source, options.cache), reporter)
    identity = drive(catalogue.identify(source, options.cache), reporter)
    asked = {name: getattr(options, name) for name in SPEC_OPTIONS if getattr(options, name) is not None}
    fixed = {name: value for name, value in held.items() if name in SPEC_OPTIONS} | asked
    fixed["precision"] = _precision(options.precision, runner)
    weights = None
    if (path := _weights(options)) is not None:
        from hpviz.models import known_weights

        weights, fixed["weights"] = path, known_weights(path)
    return Setting(source, identity, held["epochs"] if options.epochs is None else options.epochs, fixed, weights)


def _precision(choice: str, runner: Runner) -> str:
    from hpviz.training.numerics import resolve_precision

    return resolve_precision(choice, runner.machine()["device"])


def _weights(options: argparse.Namespace) -> Path | None:
    """The file of pretrained weights that was asked for, fetched if need be."""
    if options.weights is not None:
        return Path(options.weights)
    if options.pretrained:
        from hpviz.models import imagenet_weights

        return imagenet_weights()
    return None
