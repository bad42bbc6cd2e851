"""Two studies at once: what the runs of a grid hold fixed."""

from collections.abc import Collection, Mapping
from typing import Any

from hpviz.spec import BadInput
from hpviz.studies.study import Study

GRID = "grid"


def crossed(first: Study, second: Study) -> Study:
    """A study of the first hyperparameter with the second `beside` it; BadInput where the two are one.

    It holds what either study holds. Where they disagree, and for the network, a run's default stands, which is the
    smaller net: a grid has many runs. What one of them tunes for its values goes with these here too.
    """
    if first.field == second.field:
        raise BadInput(f"A grid takes two hyperparameters; {first.name} was given twice.")
    fields = (first.field, second.field)
    tuned = {**first.tuned, **second.tuned}
    apart = {*fields, *first.tuned_fields, *second.tuned_fields}
    return Study(
        name=GRID,
        field=first.field,
        beside=second.field,
        question=f"Which {_inside(first.title)} goes with which {_inside(second.title)}?",
        quick_values=first.quick_values,
        held=_agreed(first.settings("quick"), second.settings("quick"), apart),
        tuned=tuned,
        article_only=_agreed(first.settings("article"), second.settings("article"), apart),
    )


def _agreed(one: Mapping[str, Any], other: Mapping[str, Any], apart: Collection[str]) -> dict[str, Any]:
    both = {**one, **other}
    silent = {"model", *apart, *(name for name in both if one.get(name, both[name]) != other.get(name, both[name]))}
    return {name: value for name, value in both.items() if name not in silent}


def _inside(title: str) -> str:
    """A title within a sentence."""
    return title[:1].lower() + title[1:]
