"""The values of a field in words: all of them while they are few, else how far they reach."""

from collections.abc import Sequence
from typing import Any

from hpviz.analysis.comparison import Comparison, told
from hpviz.analysis.words import listed, symbol_of
from hpviz.hyperparameters import HYPERPARAMETERS

VALUES_TOLD = 6


def range_of(name: str, comparison: Comparison) -> str:
    """A field with its values: λ 0, 1e-2 and 1; with many, their ends."""
    order = HYPERPARAMETERS[name].order
    values = sorted({run["spec"][name] for run in comparison.runs}, key=lambda value: (order(value), str(value)))
    spelled = [_value(name, value, comparison) for value in values]
    if len(values) > VALUES_TOLD:
        numbers = not any(isinstance(value, str) or value is None for value in values)
        reach = f" from {spelled[0]} to {spelled[-1]}" if numbers else ""
        return f"{len(values)} values of {symbol_of(name) if _has_symbol(name) else title_of(name)}{reach}"
    return f"{symbol_of(name)} {listed(spelled)}" if _has_symbol(name) else listed(spelled)


def _value(name: str, value: Any, comparison: Comparison) -> str:
    if _has_symbol(name):
        return HYPERPARAMETERS[name].spell(value)
    run = next(run for run in comparison.runs if run["spec"][name] == value)
    return told(name, value, run)


def _has_symbol(name: str) -> bool:
    return name not in ("model", "fingerprint", "weights", "image_size", "per_class", "precision")


def title_of(name: str) -> str:
    """A field as a heading writes it."""
    return name.replace("_", " ") if _has_symbol(name) else HYPERPARAMETERS[name].label.lower()


def span(values: Sequence[int | None], missing: str) -> str:
    """300, 100–300, or the word for what is not set."""
    numbers = sorted(value for value in values if value is not None)
    told = "–".join(dict.fromkeys(f"{value:,}" for value in ends(numbers)))
    return " or ".join([each for each in (told, missing if None in values else "") if each])


def ends(values: Sequence[Any]) -> list[Any]:
    """The first and the last, once if they are the same."""
    return list(dict.fromkeys((values[0], values[-1]))) if values else []
