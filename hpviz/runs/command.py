"""The command that trains what is seen, for those who see it elsewhere."""

from collections.abc import Container, Mapping, Sequence
from typing import Any

from hpviz.data.catalogue import NAMES
from hpviz.data.public_name import public_name
from hpviz.hyperparameters import HYPERPARAMETERS, Value
from hpviz.installation import PROGRAM, typed
from hpviz.notation import short
from hpviz.spec import OWN_DROPOUT
from hpviz.studies import Study, crossed

OPTIONS = {name: each.knob.option for name, each in HYPERPARAMETERS.items() if each.knob.option}
DEFAULTS = {name: HYPERPARAMETERS[name].neutral for name in OPTIONS}
# What --precision takes; tf32 is what some GPUs make of fp32.
PRECISIONS = ("fp32", "bf16")


def run_command(spec: Mapping[str, Any], epochs: int) -> str:
    """The command that trains one run."""
    return _join(["run"], spec, epochs, DEFAULTS)


def sweep_command(study: Study, values: Sequence[Value], seeds: int, spec: Mapping[str, Any], epochs: int) -> str:
    """The command that trains a study's values under `seeds` seeds; `spec` is that of one run, of the first seed.

    What was tuned for each value is no part of `spec`; where it is, all values have it.
    """
    verb = ["sweep", study.name, "--values", *map(_spell, values)]
    if seeds > 1:
        verb += ["--seeds", str(seeds)]
    return _join(verb, spec, epochs, _untold(study), but=(study.field,))


def grid_command(
    studies: tuple[Study, Study],
    values: tuple[Sequence[Value], Sequence[Value]],
    seeds: int,
    spec: Mapping[str, Any],
    epochs: int,
) -> str:
    """The command that trains a grid; `spec` is that of one run, of the first seed, without what belongs to values."""
    verb = ["grid", *(study.name for study in studies)]
    verb += ["--values", *map(_spell, values[0]), "--values2", *map(_spell, values[1])]
    if seeds > 1:
        verb += ["--seeds", str(seeds)]
    return _join(verb, spec, epochs, _untold(both := crossed(*studies)), but=both.fields)


def _untold(study: Study) -> dict[str, Any]:
    """What a study's command need not say: what it holds, else the defaults; what it tunes for its values has none."""
    held = {**DEFAULTS, **study.settings("quick")}
    return {name: of for name, of in held.items() if name not in study.tuned_fields}


def _join(
    verb: list[str], spec: Mapping[str, Any], epochs: int, held: Mapping[str, Any], but: Container[str] = ()
) -> str:
    """Verb and options, those left out that have their defaults anyway."""
    words = [*verb, "--data", _data(spec)]
    own = {"dropout": OWN_DROPOUT[spec["model"]]} if held["dropout"] == DEFAULTS["dropout"] else {}
    untold = {**held, **own}
    for name, option in OPTIONS.items():
        if name in spec and name not in but and (name not in untold or spec[name] != untold[name]):
            words += [option, _spell(spec[name])]
    if spec["weights"] is not None:
        words.append("--pretrained")
    if spec["precision"] in PRECISIONS:
        words += ["--precision", spec["precision"]]
    return f"{PROGRAM} {typed(*words, '--epochs', str(epochs))}"


def _data(spec: Mapping[str, Any]) -> str:
    """A data set by its name; a folder has its own name only, for where it lies is another machine's business."""
    name = public_name(spec["dataset"], spec.get("fingerprint", ""))
    shown = "".join(character if character.isprintable() else " " for character in name)
    return name if name in NAMES else f"path/to/{' '.join(shown.split())}"


def _spell(value: Value) -> str:
    return value if isinstance(value, str) else short(value)
