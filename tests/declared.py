"""Studies that a test declares, for as long as it takes."""

from collections.abc import Iterator
from contextlib import contextmanager

from hpviz.studies import STUDIES, Study, declare
from hpviz.studies.study import _declared


@contextmanager
def declared(study: Study) -> Iterator[Study]:
    before = dict(STUDIES)
    try:
        yield declare(study)
    finally:
        _declared.clear()
        _declared.update(before)
