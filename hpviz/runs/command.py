"""The command that trains what is seen, for those who see it elsewhere."""

import shlex
from collections.abc import Container, Mapping, Sequence
from typing import Any

from hpviz.data.catalogue import NAMES
from hpviz.notation import short
from hpviz.spec import RunSpec
from hpviz.studies import Study

PROGRAM = "python -m hpviz"
OPTIONS = {
    "model": "--model",
    "learning_rate": "--lr",
    "batch_size": "--batch-size",
    "kernel_width": "--kernel-width",
    "padding": "--padding",
    "weight_decay": "--weight-decay",
    "optimizer": "--optimizer",
    "momentum": "--momentum",
    "image_size": "--image-size",
    "per_class": "--per-class",
    "validation_fraction": "--validation-fraction",
    "normalisation": "--normalisation",
    "seed": "--seed",
}
DEFAULTS = {name: RunSpec.model_fields[name].default for name in OPTIONS}
# What --precision takes; tf32 is what some GPUs make of fp32.
PRECISIONS = ("fp32", "bf16")


def run_command(spec: Mapping[str, Any], epochs: int) -> str:
    """The command that trains one run."""
    return _join(["run"], spec, epochs, DEFAULTS)


def sweep_command(study: Study, values: Sequence[float | str], seeds: int, spec: Mapping[str, Any], epochs: int) -> str:
    """The command that trains a study's values under `seeds` seeds; `spec` is that of one run, of the first seed."""
    verb = ["sweep", study.name, "--values", *map(_spell, values)]
    if seeds > 1:
        verb += ["--seeds", str(seeds)]
    return _join(verb, spec, epochs, {**DEFAULTS, **study.settings("quick")}, but=(study.field,))


def _join(
    verb: list[str], spec: Mapping[str, Any], epochs: int, held: Mapping[str, Any], but: Container[str] = ()
) -> str:
    """Verb and options, those left out that have their defaults anyway."""
    words = [*verb, "--data", _data(spec["dataset"])]
    for name, option in OPTIONS.items():
        if name not in but and spec[name] != held[name]:
            words += [option, _spell(spec[name])]
    if spec["weights"] is not None:
        words.append("--pretrained")
    if spec["precision"] in PRECISIONS:
        words += ["--precision", spec["precision"]]
    return f"{PROGRAM} {shlex.join([*words, '--epochs', str(epochs)])}"


def _data(name: str) -> str:
    """A data set by its name; a folder has its own name only, for where it lies is another machine's business."""
    shown = "".join(character if character.isprintable() else " " for character in name)
    return name if name in NAMES else f"path/to/{' '.join(shown.split())}"


def _spell(value: float | str) -> str:
    return value if isinstance(value, str) else short(value)
