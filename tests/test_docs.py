"""What the documents say of the tests is so."""

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent
TEXT = "".join((PROJECT / "docs" / name).read_text(encoding="utf-8") for name in ("faults.md", "systems.md"))
NAMED = re.findall(r"`([\w/]+\.py)(?:::(\w+))?`", TEXT)


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_a_fault_is_kept_away_by_a_test_that_is_there(file, test):
    text = (PROJECT / "tests" / file).read_text(encoding="utf-8")
    assert f"def {test or 'test_'}" in text
