"""How values, counts and lists are written in the sentences of a judgement."""

from collections.abc import Mapping, Sequence
from typing import Any

from hpviz.hyperparameters import HYPERPARAMETERS, NAMES, Value, is_neutral, spell, value_of
from hpviz.spec import FIRST_FIELDS

__all__ = ["OPTIMIZER_NAMES", "brief_name", "listed", "name_of", "plural", "spell", "symbol_of"]

OPTIMIZER_NAMES = NAMES


def name_of(field: str, value: Value) -> str:
    """A value with the symbol of its hyperparameter: lr 1e-4."""
    return f"{symbol_of(field)} {spell(value)}"


def symbol_of(field: str) -> str:
    return HYPERPARAMETERS[field].symbol


def brief_name(spec: Mapping[str, Any]) -> str:
    """A run by what is unusual about it, the learning rate if nothing is, and the size of its images: λ 1e-3, 64 px."""
    told = ("learning_rate", "batch_size", "weight_decay", *YOUNGER)
    words = [name_of(name, value_of(spec, name)) for name in told if not is_neutral(spec, name)]
    if spec["kernel_width"] != "article":
        words.append(name_of("kernel_width", spec["kernel_width"]))
    words += [spec["model"]] if spec["model"] != "article-cnn" else []
    words = words or [name_of("learning_rate", spec["learning_rate"])]
    return ", ".join([*words, f"{spec['image_size']} px", *([f"seed {spec['seed']}"] if spec["seed"] else [])])


# Fields that a spec had not from the first; its horizon goes with its schedule.
YOUNGER = tuple(name for name in HYPERPARAMETERS if name not in {*FIRST_FIELDS, "horizon"})


def listed(names: Sequence[str]) -> str:
    """a, b and c."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
