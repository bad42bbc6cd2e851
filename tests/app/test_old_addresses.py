"""Addresses that older versions wrote open the pages they were of."""

import json
import shutil
import tarfile
from pathlib import Path

import pytest

from hpviz import links
from hpviz.home import default_cache
from hpviz.studies import WEIGHT_DECAY
from tests.app.pages import open_page, page, texts

FOLDER = Path(__file__).parent.parent / "fixtures" / "v0_1"
ADDRESSES = json.loads((FOLDER / "told.json").read_text())["addresses"]


@pytest.fixture
def old_cache(tmp_path):
    """The pages' cache folder as hpviz 0.1.0 left it."""
    with tarfile.open(FOLDER / "cache.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    shutil.copytree(tmp_path / "cache", default_cache(), dirs_exist_ok=True)


def flat(address):
    return {name: "".join(text) for name, text in address.items()}


def test_an_old_address_of_a_comparison_compares_the_same_runs(old_cache, runner):
    app = page("compare", **flat(ADDRESSES["compare"])).run()
    assert not app.exception
    assert not app.warning
    assert set(links.decode(flat(app.query_params)["specs"]).specs) == set(ADDRESSES["compare"]["runs"].split(","))
    assert "not on this machine" not in texts(app)


def test_an_old_address_of_a_comparison_offers_its_runs_where_they_are_not(runner):
    app = page("compare", **flat(ADDRESSES["compare"])).run()
    assert not app.exception
    assert not app.warning
    assert "2 runs of this link are not on this machine" in texts(app)


def test_an_old_address_of_a_study_opens_it_as_it_was(runner):
    app = open_page(WEIGHT_DECAY, **flat(ADDRESSES["weight-decay"]))
    assert not app.exception
    assert not app.warning
    assert flat(app.query_params) == ADDRESSES["weight-decay"]
