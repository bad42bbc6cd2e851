"""Sets made of links: followed inside the folder, outside only under a root that the person confirmed, else named."""

import os
import socket
from pathlib import Path
from types import SimpleNamespace

import pytest

from hpviz.data import catalogue, files, follow_links
from hpviz.data.folder import look
from hpviz.data.follow_links import confirm, roots_of, unconfirmed
from hpviz.spec import BadInput


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def listed(cache, finish):
    return lambda folder: finish(look(Path(folder), cache))


@pytest.fixture
def elsewhere(tmp_path, fill):
    return fill(tmp_path / "else where" / "store", "train/cat", "train/dog", "test/cat", "test/dog", count=4)


def linked(root: Path, target: Path, *names: str) -> Path:
    """A folder whose entries of these names are links to those of `target`."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).symlink_to(target / name)
    return root


def by_file(root: Path, target: Path, *folders: str) -> Path:
    for folder in folders:
        linked(root, target, *(f"{folder}/{file.name}" for file in (target / folder).iterdir()))
    return root


WAYS = {
    "linked files": lambda root, store: by_file(root, store, "train/cat", "train/dog", "test/cat", "test/dog"),
    "linked classes": lambda root, store: linked(root, store, "train/cat", "train/dog", "test/cat", "test/dog"),
    "linked splits": lambda root, store: linked(root, store, "train", "test"),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_set_made_of_links_names_where_they_lead_and_is_followed_once_that_is_confirmed(
    tmp_path, elsewhere, listed, cache, way
):
    root = WAYS[way](tmp_path / "set", elsewhere)
    with pytest.raises(BadInput) as caught:
        listed(root)
    ((place, count),) = unconfirmed(root, cache)
    assert place in (str(elsewhere), str(elsewhere / "train"))
    assert f"{count} links lead out of the folder, to {place}: confirm with --follow '{place}'" in str(caught.value)
    assert "holds no images" not in str(caught.value)
    confirm(root, place, cache)
    assert unconfirmed(root, cache) == [(place, count)]  # until it is looked at again
    found = listed(root)
    assert found.fingerprint == listed(elsewhere).fingerprint
    assert (found.skipped, unconfirmed(root, cache)) == ((), [])


@pytest.mark.parametrize("way", WAYS)
def test_a_linked_test_split_is_never_replaced_by_a_fifth_of_the_training_images(
    tmp_path, elsewhere, fill, listed, cache, way
):
    root = fill(tmp_path / "set", "train/cat", "train/dog", "val/cat", "val/dog")
    for split in ("val", None):
        if split is None:
            (root / "val").rename(tmp_path / "gone")
        if way == "linked splits":
            linked(root, elsewhere, *(() if (root / "test").exists() else ("test",)))
        elif not (root / "test").exists():
            {"linked files": by_file, "linked classes": linked}[way](root, elsewhere, "test/cat", "test/dog")
        with pytest.raises(BadInput, match=r"links? leads? out of the folder"):
            listed(root)
    confirm(root, elsewhere, cache)
    assert listed(root).identity.test_counts == {"cat": 4, "dog": 4}


def test_a_split_of_links_to_nothing_is_named_too(tmp_path, fill, listed):
    root = fill(tmp_path / "set", "train/cat", "train/dog")
    for name in ("cat", "dog"):
        (root / "test" / name).mkdir(parents=True)
        (root / "test" / name / "1.jpg").symlink_to("../../.git/annex/objects/1.jpg")
    with pytest.raises(BadInput, match=r"2 links lead to nothing, 'test/cat/1.jpg' for one: fetch what they"):
        listed(root)


def test_a_few_links_that_lead_out_are_named_and_the_rest_is_trained_on(tmp_path, fill, photo, listed, cache):
    root = fill(tmp_path / "set", "cat", "dog")
    photo(tmp_path / "more" / "1.jpg", 77)
    (root / "cat" / "more.jpg").symlink_to(tmp_path / "more" / "1.jpg")
    before = listed(root)
    assert before.skipped == (("cat/more.jpg", "is a link that leads out of the folder"),)
    assert before.notes[0].startswith(f"1 link leads out of the folder, to {tmp_path / 'more'}: confirm with --follow ")
    confirm(root, tmp_path / "more", cache)
    after = listed(root)
    assert len(after.train + after.test) == len(before.train + before.test) + 1
    assert after.skipped == ()


def test_links_inside_the_folder_are_followed_and_circles_are_not(tmp_path, fill, listed):
    root = fill(tmp_path / "set", "pool/cat", "pool/dog", "pool/bird")
    linked(root / "train", root / "pool", "cat", "dog")
    linked(root / "test", root / "pool", "cat", "dog")
    (root / "pool" / "cat" / "round").symlink_to(root)
    (root / "pool" / "dog" / "self").symlink_to(".")
    found = listed(root)
    assert found.identity.train_counts == found.identity.test_counts == {"cat": 5, "dog": 5}
    assert {why for _, why in found.skipped} == {"is a link back to a folder that it lies in"}
    assert ("pool", 15, "") in found.aside


def test_folders_that_all_link_to_each_other_are_read_without_end_of_ways(tmp_path, fill, listed):
    names = [f"class {number}" for number in range(12)]
    root = fill(tmp_path / "set", *names, count=2)
    for one in names:
        for other in names:
            (root / one / f"to {other}").symlink_to(root / other)
    assert len(listed(root).classes) == 12


def test_a_confirmed_root_that_holds_the_folder_itself_is_no_circle(tmp_path, fill, listed, cache):
    root = fill(tmp_path / "set", "cat", "dog")
    (root / "cat" / "up").symlink_to(tmp_path)
    confirm(root, tmp_path, cache)
    assert listed(root).identity.train_counts.keys() == {"cat", "dog"}


def test_what_is_no_file_is_never_opened_wherever_it_lies(tmp_path, fill, listed, cache):
    root, more = fill(tmp_path / "set", "cat", "dog"), tmp_path / "more"
    more.mkdir()
    os.mkfifo(more / "pipe.jpg")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(more / "socket.jpg"))
        for name, target in {"p.jpg": more / "pipe.jpg", "s.jpg": more / "socket.jpg", "z.jpg": "/dev/zero"}.items():
            (root / "cat" / name).symlink_to(target)
        confirm(root, more, cache)
        assert {why for _, why in listed(root).skipped} == {"is not a file"}


@pytest.mark.parametrize("target", ["/etc", "/proc/self", "/sys/kernel", "{home}/.ssh"])
def test_links_to_places_of_the_system_or_to_keys_are_never_followed(tmp_path, fill, listed, cache, target):
    root = fill(tmp_path / "set", "cat", "dog")
    place = Path(target.format(home=tmp_path))
    if not place.exists():
        fill(place, "keys")
    (root / "cat" / "there").symlink_to(place)
    assert listed(root).skipped == (("cat/there", "is a link to a place that is never followed"),)
    assert unconfirmed(root, cache) == []
    with pytest.raises(BadInput, match="is a place of the system, where links are never followed"):
        confirm(root, place, cache)


@pytest.mark.parametrize(("place", "system"), [("/system/Library", True), ("c:\\windows", True), ("/Systems", False)])
def test_where_names_have_any_case_a_place_of_the_system_has_it_too(monkeypatch, place, system):
    assert not follow_links.is_of_the_system(place)
    monkeypatch.setattr(follow_links, "ANY_CASE", True)
    assert follow_links.is_of_the_system(place) == system


def test_a_junction_of_windows_is_a_link(monkeypatch):
    def entry(tag, is_symlink=False):
        about = SimpleNamespace(st_reparse_tag=tag)
        return SimpleNamespace(is_symlink=lambda: is_symlink, stat=lambda follow_symlinks: about)

    assert files._is_link(entry(0, is_symlink=True))
    assert not files._is_link(entry(0xA0000003))
    monkeypatch.setattr(files, "sys", SimpleNamespace(platform="win32"))
    monkeypatch.setattr(files.stat, "IO_REPARSE_TAG_MOUNT_POINT", 0xA0000003, raising=False)
    assert files._is_link(entry(0xA0000003))
    assert not files._is_link(entry(0x9000001A))  # a file that OneDrive has yet to fetch


@pytest.mark.parametrize("root", ["/", "/home", "/no/such/folder", "", "a\0b", __file__])
def test_a_root_that_is_too_much_or_no_folder_is_refused_in_one_sentence(tmp_path, cache, root, monkeypatch):
    monkeypatch.chdir("/")
    refusal = r"holds everything on this machine|is not a folder|No folder was named|holds a null character"
    with pytest.raises(BadInput, match=refusal) as caught:
        confirm(tmp_path, root, cache)
    assert str(caught.value).count("\n") == 0
    assert not cache.exists()


def test_a_confirmation_counts_for_its_folder_alone(tmp_path, elsewhere, listed, cache):
    one, other = (linked(tmp_path / name, elsewhere, "train", "test") for name in ("one", "other"))
    confirm(one, elsewhere, cache)
    assert listed(one).train
    with pytest.raises(BadInput, match="links lead out"):
        listed(other)


def test_images_behind_a_confirmed_root_are_prepared_wherever_they_are_asked_for(tmp_path, elsewhere, cache, finish):
    root = linked(tmp_path / "set", elsewhere, "train", "test")
    source = catalogue.resolve(str(root), cache)
    catalogue.follow_links(source, elsewhere, cache)
    assert finish(catalogue.prepare(source, 16, cache)).train_images.shape == (8, 3, 16, 16)


def test_the_smallest_folders_that_hold_all_targets_are_asked_for():
    assert roots_of([("/a/b/c/1.jpg", False), ("/a/b/d", True)]) == [("/a/b", 2)]
    assert roots_of([("/a/b/c/1.jpg", False)]) == [("/a/b/c", 1)]
    apart = [("/x/a/1.jpg", False), ("/y/b/1.jpg", False), ("/y/b/2.jpg", False)]
    assert roots_of(apart) == [("/y/b", 2), ("/x/a", 1)]


def test_a_place_is_named_on_one_line(tmp_path, elsewhere, listed):
    store = elsewhere.rename(tmp_path / "new\nline")
    with pytest.raises(BadInput) as caught:
        listed(linked(tmp_path / "set", store, "train", "test"))
    assert "\n" not in str(caught.value)


def test_names_that_are_no_text_are_followed_too(tmp_path, fill, listed, cache):
    store = fill(tmp_path / os.fsdecode(b"caf\xe9"), "train/cat", "train/dog", "test/cat", "test/dog")
    root = linked(tmp_path / os.fsdecode(b"\xff set"), store, "train", "test")
    with pytest.raises(BadInput) as caught:
        listed(root)
    str(caught.value).encode()
    ((place, _),) = unconfirmed(root, cache)
    confirm(root, place, cache)
    assert listed(root).identity.train_counts == {"cat": 5, "dog": 5}


def test_a_link_beside_the_data_set_is_only_named_unless_it_may_be_a_split(tmp_path, fill, elsewhere, listed):
    for folders in (("train/cat", "train/dog"), ("data/cat", "data/dog")):
        root = fill(tmp_path / folders[0].split("/")[0], *folders)
        (root / "models").symlink_to(elsewhere)
        assert listed(root).skipped == (("models", "is a link to a folder elsewhere, which is not followed"),)
    root = fill(tmp_path / "folds", "fold_a/cat", "fold_a/dog")
    (root / "fold_b").symlink_to(elsewhere / "test")
    with pytest.raises(BadInput, match="1 link leads out of the folder"):
        listed(root)


def test_what_else_is_wrong_is_said_beside_the_links(tmp_path, fill, elsewhere, listed):
    root = linked(fill(tmp_path / "set", "cat"), elsewhere / "train", "dog")
    with pytest.raises(BadInput, match=r"has only one class, 'cat': .*; in it, 1 link leads out of the folder"):
        listed(root)


@pytest.mark.parametrize("target", ["/", "/home"])
def test_nobody_is_told_to_follow_links_to_where_that_would_be_refused(tmp_path, fill, listed, cache, target):
    root = fill(tmp_path / "set", "cat", "dog")
    (root / "cat" / "all").symlink_to(target)
    assert listed(root).skipped == (("cat/all", "is a link to a place that is never followed"),)
    assert unconfirmed(root, cache) == []


@pytest.mark.parametrize("place", ["/proc/self", "/sys/kernel"])
def test_a_place_of_the_system_is_no_folder_of_images(place, listed):
    with pytest.raises(BadInput, match="is a place of the system: give the folder of the images itself"):
        listed(Path(place))
