"""How values, counts and lists are written in the sentences of a judgement."""

from collections.abc import Sequence

from hpviz.notation import short
from hpviz.studies import STUDIES

OPTIMIZER_NAMES = {"adam": "Adam", "adamw": "AdamW", "sgd": "SGD"}

SYMBOLS = {study.field: study.symbol for study in STUDIES.values()}


def name_of(field: str, value: float | str) -> str:
    """A value with the symbol of its hyperparameter: lr 1e-4."""
    return f"{symbol_of(field)} {spell(value)}"


def symbol_of(field: str) -> str:
    return SYMBOLS.get(field, field.replace("_", " "))


def spell(value: float | str) -> str:
    return OPTIMIZER_NAMES.get(value, value) if isinstance(value, str) else short(value)


def listed(names: Sequence[str]) -> str:
    """a, b and c."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
