"""Schema versions of what is written down of runs, and the one way forward that every read takes.

Schema 1: hpviz 0.1.0. Schema 2: a spec may have fields beyond `spec.FIRST_FIELDS`, and a document holds all of them.
Keys of the store and names of files stay as they were; documents are upgraded as they are read, and written anew only
when something else in them changes. What else a run may have only while it waits or trains is optional in every schema,
and so are its answers: a version that does not know them keeps them as they are, and they tell by their epochs and by
its accuracies whether they are still its own.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from hpviz import __version__
from hpviz.spec import BadInput, RunSpec, sentence

SCHEMA = 2


class Newer(BadInput):
    """Something was written by a newer hpviz, so this one leaves it alone; its message says so in a sentence."""


def upgrade(document: Any, name: str = "The run") -> dict[str, Any]:
    """A run's document as this version would have written it: the spec with every field, younger ones neutral.

    `name` is what a sentence calls it. Raises Newer for a later schema and for settings that this version does not
    know, BadInput for a spec that is none, ValueError for what is no document.
    """
    if not isinstance(document, dict):
        raise ValueError("is no run document")
    if type(schema := document.get("schema")) is not int or schema < 1:
        raise ValueError("tells no schema")
    check_version(name, schema, SCHEMA)
    if not isinstance(spec := document.get("spec"), dict):
        raise ValueError("has no spec")
    return {"origin": None, **document, "schema": SCHEMA, "spec": _whole(spec, name)}


def _whole(spec: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A spec of any version with every field that a spec has now."""
    try:
        return RunSpec(**spec).model_dump(mode="json")
    except ValidationError as error:
        complaints = error.errors(include_url=False, include_input=False, include_context=False)
        if all(complaint["type"] == "extra_forbidden" for complaint in complaints):
            raise Newer(
                f"{name} was written by a newer hpviz, with settings that {__version__} lacks: {_UPDATE}"
            ) from None
        raise BadInput(sentence(error)) from None


def check_version(what: str, version: int, known: int) -> None:
    """Raise Newer if that version of a format is later than the one that is known here."""
    if version > known:
        raise Newer(
            f"{what} was written by a newer hpviz (format {version}, and {__version__} reads up to {known}): {_UPDATE}"
        )


_UPDATE = "update hpviz to use it."
