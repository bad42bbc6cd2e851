"""Values that come with what was tuned for them, such as an optimiser with its learning rate: still one comparison."""

from collections.abc import Mapping, Sequence
from typing import Any

from hpviz import hyperparameters
from hpviz.analysis.words import listed, name_of, spell
from hpviz.hyperparameters import HYPERPARAMETERS, Value, seen_together
from hpviz.studies import STUDIES, Study

Specs = Sequence[Mapping[str, Any]]


def seen_as_tuned(specs: Specs, field: str | None = None) -> list[Mapping[str, Any]]:
    """Specs as a comparison of that field, or of whatever differs, sees them: SGD with momentum is one of its own."""
    ours = (study for study in STUDIES.values() if field is None and is_tuned(study, specs))
    return seen_together(specs, field or next((study.field for study in ours if _bring_apart(study, specs)), None))


def differing(specs: Specs) -> tuple[str, ...]:
    """The fields in which specs differ, without those that each value of a study has as they were tuned for it."""
    found = hyperparameters.differing(seen_as_tuned(specs))
    ours = [study for study in STUDIES.values() if study.field in found and is_tuned(study, specs)]
    brought = {name for study in ours for name in study.tuned_fields}
    return tuple(name for name in found if name not in brought)


def is_tuned(study: Study, specs: Specs) -> bool:
    """Whether every spec has what was tuned for its value of the study."""
    return bool(study.tuned) and all(map(study.is_tuned, specs))


def at_what_was_tuned(study: Study, values: Sequence[Value]) -> str:
    """Each optimiser at the learning rate tuned for it on the quick preset: Adam 3e-4 and SGD 3e-2."""
    return (
        f"Each {study.title.lower()} at the {_names(study)} tuned for it on the quick preset: {_told(study, values)}."
    )


def at_one_for_all(study: Study, spec: Mapping[str, Any], values: Sequence[Value]) -> str:
    """The learning rate was not tuned for each optimiser: all at lr 1e-3. Tuned: Adam 3e-4 and SGD 3e-2."""
    held = listed([name_of(name, spec[name]) for name in study.tuned_fields])
    told = f" Tuned on the quick preset: {told}." if (told := _told(study, values)) else ""
    return f"The {_names(study)} was not tuned for each {study.title.lower()}: all at {held}.{told}"


def _bring_apart(study: Study, specs: Specs) -> bool:
    return any(len({spec[name] for spec in specs}) > 1 for name in study.tuned_fields)


def _names(study: Study) -> str:
    return listed([HYPERPARAMETERS[name].label.lower() for name in study.tuned_fields])


def _told(study: Study, values: Sequence[Value]) -> str:
    """Adam 3e-4 and SGD 3e-2, in the order of the values."""
    in_order = sorted({value for value in values if value in study.tuned}, key=study.hyperparameter.order)
    return listed([f"{spell(value)} {' and '.join(map(spell, study.tuned[value].values()))}" for value in in_order])
