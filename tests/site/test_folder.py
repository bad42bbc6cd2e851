"""Where a site is put: a new folder, an empty one, or over a site of our own; all else there stays as it was."""

import os

import pytest

from hpviz.site import folder as folders
from hpviz.site.folder import MARK, put_site
from hpviz.spec import BadInput

FILES = {"index.html": b"<p>one</p>", "a.css": b"p {}"}


@pytest.fixture
def place(tmp_path):
    yield tmp_path / "site"
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".hpviz")] == []


def tree(folder):
    return {path.relative_to(folder): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def test_a_new_folder_holds_the_site_and_others_may_read_it(place):
    put_site(place, FILES)
    assert {each.name for each in place.iterdir()} == {*FILES, MARK}
    assert place.stat().st_mode & 0o077 == 0o077 & ~os.umask(os.umask(0o022))


def test_a_site_of_ours_is_replaced_and_what_it_no_longer_has_is_gone(place):
    put_site(place, FILES)
    put_site(place, {"index.html": b"<p>two</p>"})
    assert {each.name for each in place.iterdir()} == {"index.html", MARK}
    assert (place / "index.html").read_bytes() == b"<p>two</p>"


def test_an_empty_folder_is_taken(place):
    place.mkdir()
    put_site(place, FILES)
    assert (place / "a.css").exists()


def test_what_a_system_leaves_in_a_folder_that_somebody_looks_at_is_in_nobodys_way(place):
    place.mkdir()
    (place / ".DS_Store").write_bytes(b"\0")
    put_site(place, FILES)
    for name in (".DS_Store", "._index.html", "Thumbs.db", "desktop.ini"):
        (place / name).write_bytes(b"\0")
    put_site(place, FILES)
    assert {each.name for each in place.iterdir()} == {*FILES, MARK}


def foreign_file(place):
    place.mkdir()
    (place / "thesis.txt").write_text("mine")


def foreign_beside_ours(place):
    put_site(place, FILES)
    (place / "CNAME").write_text("example.org")


def changed(place):
    put_site(place, FILES)
    (place / "index.html").write_text("my own words")


def a_file(place):
    place.write_text("mine")


def mark_that_leads_out(place):
    place.mkdir()
    (place.parent / "victim.txt").write_text("mine")
    (place / MARK).write_text('{"hpviz site": 1, "files": {"../victim.txt": "x"}}')


def mark_of_another(place):
    place.mkdir()
    (place / MARK).write_text('["no"]')


def mark_that_is_a_pipe(place):
    place.mkdir()
    os.mkfifo(place / MARK)


@pytest.mark.parametrize(
    ("there", "words"),
    [
        (foreign_file, "not a site that hpviz published"),
        (foreign_beside_ours, "CNAME"),
        (changed, "was changed since"),
        (a_file, "is a file, not a folder"),
        (mark_that_leads_out, "not a site that hpviz published"),
        (mark_of_another, "not a site that hpviz published"),
        (mark_that_is_a_pipe, "not a site that hpviz published"),
    ],
    ids=lambda each: getattr(each, "__name__", None),
)
def test_anything_else_is_refused_in_a_sentence_and_stays_as_it_was(place, there, words):
    there(place)
    before = {name: content for name, content in tree(place.parent).items() if name.name != MARK}
    with pytest.raises(BadInput, match=words) as refusal:
        put_site(place, FILES)
    assert str(refusal.value).count("\n") == 0
    assert {name: content for name, content in tree(place.parent).items() if name.name != MARK} == before


def test_the_folder_one_is_in_is_not_pulled_away(place, monkeypatch):
    place.mkdir()
    monkeypatch.chdir(place)
    with pytest.raises(BadInput, match="the folder you are in"):
        put_site(place, FILES)


def test_a_place_without_a_folder_around_it_is_refused(place):
    with pytest.raises(BadInput, match="no folder"):
        put_site(place / "deeper" / "site", FILES)


def test_a_link_leads_to_the_site_and_stays_a_link(place, tmp_path):
    put_site(place, FILES)
    (tmp_path / "link").symlink_to(place)
    put_site(tmp_path / "link", {"index.html": b"new"})
    assert (tmp_path / "link").is_symlink()
    assert (place / "index.html").read_bytes() == b"new"


def test_a_disk_that_fails_leaves_the_old_site(place, monkeypatch):
    put_site(place, FILES)
    before = tree(place)

    def fails(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folders, "_swap", fails)
    with pytest.raises(BadInput, match="No space left"):
        put_site(place, {"index.html": b"two"})
    assert tree(place) == before
