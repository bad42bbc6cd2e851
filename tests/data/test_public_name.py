"""What a data set is called outside: the folder's own name where that is nobody's, never where it lies."""

from pathlib import Path

import pytest

from hpviz.data import public_name as names
from hpviz.data.public_name import public_name

FINGERPRINT = "1a2b3c4d5e6f" + "0" * 52
IMAGES = "images 1a2b3c4d5e6f"


@pytest.fixture(autouse=True)
def ada(monkeypatch):
    """Somebody with a name."""
    monkeypatch.setattr(names, "_owners", lambda: frozenset({"ada lovelace", "ada"}))


@pytest.mark.parametrize(
    "name",
    ["scenes", "intel", "flowers", "写真", "canada", "two words", "a.b", "-", "data_2024", "b", "and/or", "</b>"],
)
def test_a_data_set_and_an_ordinary_folder_have_their_own_names(name):
    assert public_name(name, FINGERPRINT) == name


@pytest.mark.parametrize(
    "path",
    [
        "/home/ada/flowers",
        "/home/ada/flowers/",
        "~/flowers",
        "~ada/flowers",
        "../flowers",
        "./flowers",
        "C:\\Users\\Ada Lovelace\\flowers",
        "C:/Users/Ada Lovelace/flowers",
        "\\\\server\\ada\\flowers",
        "//server/ada/flowers",
        "file:///home/ada/flowers",
        "file://localhost/home/ada%20lovelace/flowers",
        "s3://ada-bucket/flowers",
        "/mnt/c/Users/ada/flowers",
        "$HOME/flowers",
    ],
)
def test_of_a_path_of_any_system_its_last_name_is_left(path):
    assert public_name(path, FINGERPRINT) == "flowers"


@pytest.mark.parametrize(
    "path",
    [
        "/home/ada",
        "/home/bob",
        "/Users/bob/",
        "C:\\Users\\Bob",
        "/mnt/c/Users/bob",
        "~",
        "~bob",
        "/",
        "C:\\",
        "D:",
        "\\\\server\\share",
        "file:///",
        ".",
        "..",
        "",
        "ada",
        "Ada Lovelace",
        "OneDrive - Ada Lovelace",
        "photos_of_ada",
        "ada@example.org",
    ],
)
def test_a_name_that_is_somebodys_or_a_place_gives_way_to_the_fingerprint(path):
    assert public_name(path, FINGERPRINT) == IMAGES


def test_where_a_folder_lies_says_whether_its_name_is_somebodys():
    assert public_name("bob", FINGERPRINT) == "bob"
    assert public_name("bob", FINGERPRINT, "/home/bob") == IMAGES
    assert public_name("bob", FINGERPRINT, "/data/bob") == "bob"
    assert public_name("bob", FINGERPRINT, "scenes") == "bob"


def test_the_names_of_this_machine_are_somebodys(monkeypatch):
    monkeypatch.undo()
    assert public_name(Path.home().name, FINGERPRINT) == IMAGES
