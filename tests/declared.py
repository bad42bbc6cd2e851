"""Studies that a test declares, for as long as it takes."""

from collections.abc import Iterator
from contextlib import contextmanager

from hpviz import studies
from hpviz.studies import Study


@contextmanager
def declared(study: Study) -> Iterator[Study]:
    before = dict(studies.STUDIES)
    try:
        yield studies.declare(study)
    finally:
        studies._declared.clear()
        studies._declared.update(before)
