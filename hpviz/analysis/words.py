"""How values, counts and lists are written in the sentences of a judgement."""

from collections.abc import Sequence

from hpviz.hyperparameters import HYPERPARAMETERS, NAMES, Value, spell

__all__ = ["OPTIMIZER_NAMES", "listed", "name_of", "plural", "spell", "symbol_of"]

OPTIMIZER_NAMES = NAMES


def name_of(field: str, value: Value) -> str:
    """A value with the symbol of its hyperparameter: lr 1e-4."""
    return f"{symbol_of(field)} {spell(value)}"


def symbol_of(field: str) -> str:
    return HYPERPARAMETERS[field].symbol


def listed(names: Sequence[str]) -> str:
    """a, b and c."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
