"""Where runs are kept: beside a checkout, among a person's data once hpviz is installed, or where one says."""

import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from hpviz import home, installation
from hpviz.cli.parser import parse
from hpviz.data import public_name
from hpviz.home import default_cache
from hpviz.installation import APP, IS_INSTALLED, PROGRAM
from hpviz.spec import BadInput

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def person(tmp_path, monkeypatch):
    """The home folder of somebody who has said nothing of where things are to be kept."""
    for name in ("HPVIZ_CACHE", "XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def installed(monkeypatch):
    monkeypatch.setattr(home, "IS_INSTALLED", True)


def test_a_checkout_keeps_its_runs_in_its_own_folder_and_opens_its_own_app():
    assert not IS_INSTALLED
    assert default_cache() == ROOT / "cache" == parse(["runs"]).cache
    assert (APP, PROGRAM) == (ROOT / "app.py", "python -m hpviz")


@pytest.mark.parametrize(
    ("system", "folder"),
    [("linux", ".local/share"), ("darwin", "Library/Application Support"), ("win32", "AppData/Local")],
)
def test_once_installed_runs_are_kept_among_the_persons_data(installed, person, monkeypatch, system, folder):
    monkeypatch.setattr(sys, "platform", system)
    assert default_cache() == person / folder / "hpviz"


def test_the_systems_variable_names_another_folder_for_data_unless_it_is_relative(installed, person, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(person / "data"))
    assert default_cache() == person / "data" / "hpviz"
    monkeypatch.setenv("XDG_DATA_HOME", "data")
    assert default_cache() == person / ".local/share/hpviz"


def test_what_one_says_comes_first(installed, person, monkeypatch):
    monkeypatch.setenv("HPVIZ_CACHE", str(person / "mine"))
    assert default_cache() == person / "mine"
    assert parse(["runs", "--cache", str(person / "now")]).cache == person / "now"


@pytest.mark.parametrize("given", ["", "/no/such/folder"])
def test_where_nobody_is_at_home_one_is_asked_to_name_a_folder(installed, monkeypatch, given):
    monkeypatch.setenv("HOME", given)
    monkeypatch.setattr(home.Path, "home", lambda: Path("/no/such/folder"))
    with pytest.raises(BadInput, match="name one with --cache FOLDER or HPVIZ_CACHE"):
        default_cache()
    assert parse(["runs", "--cache", "/somewhere"]).cache == Path("/somewhere")


@pytest.mark.parametrize(("system", "name"), [("linux", "HOME"), ("darwin", "HOME"), ("win32", "USERPROFILE")])
@pytest.mark.parametrize("given", ["", None])
def test_where_there_is_no_home_the_cache_is_one_by_the_name_that_the_system_has_for_it(
    person, monkeypatch, system, name, given
):
    monkeypatch.setattr(sys, "platform", system)
    for each in ("HOME", "USERPROFILE"):
        monkeypatch.delenv(each, raising=False)
    if given is not None:
        monkeypatch.setenv(name, given)
    monkeypatch.setattr(home.Path, "home", no_home)
    home.provide_home(person)
    assert os.environ[name] == str(person)
    assert {"HOME", "USERPROFILE"} & set(os.environ) == {name}


def no_home():
    raise RuntimeError("Could not determine home directory.")


def test_a_data_set_has_its_name_where_nobody_has_one(monkeypatch):
    def nobody():
        raise ModuleNotFoundError("No module named 'pwd'")  # as on Windows without a USERNAME

    public_name._owners.cache_clear()
    monkeypatch.setattr(public_name.Path, "home", no_home)
    monkeypatch.setattr(public_name, "getuser", nobody)
    assert public_name.public_name("birds", "1a2b", "/data/birds") == "birds"
    public_name._owners.cache_clear()


@pytest.mark.parametrize(
    ("system", "command"),
    [("linux", "--data 'my photos' '$x'"), ("darwin", "--data 'my photos' '$x'"), ("win32", '--data "my photos" $x')],
)
def test_a_command_is_written_as_the_shells_of_the_system_take_it(monkeypatch, system, command):
    monkeypatch.setattr(installation, "sys", SimpleNamespace(platform=system))
    assert installation.typed("--data", "my photos", "$x") == command
