"""Paths as people give them: pasted, quoted, dragged, at home, in bytes that are no UTF-8, or no files at all."""

import ntpath
import os
import re
import shlex
import socket
from pathlib import Path, PureWindowsPath
from types import SimpleNamespace
from urllib.parse import quote

import pytest
from hypothesis import given as any_of
from hypothesis import strategies as st

from hpviz import paths
from hpviz.data import catalogue
from hpviz.home import default_cache, provide_home
from hpviz.paths import absolute, quoted, read_path, read_whole, spelled
from hpviz.spec import BadInput


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home folder that holds three folders, and where we are."""
    for name in ("my photos (1)", "año 100%", "it's"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PHOTOS", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "given",
    [
        "{folder}",
        "{folder}/",
        "  {folder}\n",
        '"{folder}"',
        "'{folder}'",
        " “{folder}” \r\n",
        "`{folder}`",
        "\u202a{folder}\u202c",
        "<file://{address}>",
        "file://{address}",
        "file://localhost{address}/",
        "file:{address}",
        "FILE://{host}{address}",
        "{escaped}",
        "{escaped} ",
        "{shell}",
        "~/{name}",
        '"~/{name}"',
        "$HOME/{name}",
        "${{HOME}}/{name}",
        "$PHOTOS/{name}",
        "{name}",
        "./{name}/.",
    ],
)
@pytest.mark.parametrize("name", ["my photos (1)", "año 100%", "it's"])
def test_what_was_pasted_is_the_folder_that_was_meant(home, given, name):
    folder = home / name
    escaped = re.sub(r"([^\w/.-])", r"\\\1", str(folder))
    text = given.format(
        folder=folder,
        name=name,
        address=quote(str(folder)),
        escaped=escaped,
        host=socket.gethostname(),
        shell=shlex.quote(str(folder)),
    )
    assert absolute(read_path(text)) == folder
    assert catalogue.resolve(text, home).folder == folder


@pytest.mark.parametrize("name", ['"quoted"', "'a'", " blanks ", "back\\ slash", "~", "$HOME", "file:", "%41", "a\nb"])
def test_a_path_that_is_there_as_given_is_taken_so(home, name):
    (home / name).mkdir()
    assert absolute(read_path(name)) == home / name


def test_a_name_that_is_no_utf8_is_told_in_text_and_found_again_by_it(home):
    folder = home / os.fsdecode(b"caf\xe9 \xc3\xa4")
    folder.mkdir()
    source = catalogue.resolve(str(folder), home)
    assert (source.name, source.given) == ("caf\\xe9 ä", f"{home}/caf\\xe9 ä")
    source.given.encode()
    again = catalogue.resolve(source.given, home)
    assert (again.folder, again) == (folder, source)
    assert read_path(spelled(folder)) == folder


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("", "No path"),
        (" \n", "No path"),
        ('""', "No path"),
        ("' '", "No path"),
        ("\u202a", "No path"),
        ("file://", "No path"),
        ("a\0b", "null character"),
        ("file:///a%00b", "null character"),
        ("file://elsewhere.example/photos", "another machine"),
        ("file://[", "no address"),
        ("https://example.com/a.json", "an address, not a path"),
        (r"C:\Users\me\photos", "a path of Windows"),
        (r"\\server\share", "a path of Windows"),
        (r"\\?\C:\photos", "a path of Windows"),
        (r'"C:\Users\me\my photos"', "a path of Windows"),
        ("file:///C:/Users/me/my%20photos", "a path of Windows"),
        ("file://C:/Users/me/photos", "a path of Windows"),
        (r"%USERPROFILE%\Pictures", "a path of Windows"),
        (r"$env:USERPROFILE\Pictures", "a path of Windows"),
        ("~nobody-of-that-name/photos", "stands for no folder"),
        ("$NO_SUCH_VARIABLE/photos", "stands for no folder"),
        ("\ud800", "no path"),
    ],
)
def test_what_can_be_no_path_here_is_one_sentence(home, given, words):
    with pytest.raises(BadInput, match=words) as refusal:
        read_path(given)
    str(refusal.value).encode()
    assert "\n" not in str(refusal.value)
    with pytest.raises(BadInput):
        catalogue.resolve(given, home)


# Names that a folder may have here, short enough for every form of them; a last blank is lost in most.
NAMES = st.text(st.characters(exclude_characters="/\0", exclude_categories=("Cs",)), min_size=1, max_size=20).filter(
    lambda name: name not in (".", "..") and name == paths._stripped(name)
)
PASTED = {
    "as it is": str,
    "in an address": lambda path: f"file://{quote(path)}",
    "in an address with a host": lambda path: f" file://localhost{quote(path)}/\n",
    "quoted for a shell": shlex.quote,
    "dropped on a terminal": lambda path: re.sub(r"([^\w/])", r"\\\1", path) + " ",
    "from a dialog": lambda path: f"\u202a{path}",
}


@any_of(NAMES, st.sampled_from(sorted(PASTED)))
def test_every_name_is_understood_however_it_is_pasted(tmp_path_factory, name, form):
    folder = tmp_path_factory.getbasetemp() / "names" / name
    folder.mkdir(parents=True, exist_ok=True)
    if form != "dropped on a terminal" or "\n" not in name:  # a backslash and a new line are nothing to a shell
        assert absolute(read_path(PASTED[form](str(folder)))) == absolute(folder)


def be_windows(monkeypatch):
    """The same code with the paths of Windows, whose functions are those of every Python; nothing is on the disk."""
    known = {"USERPROFILE": r"C:\Users\me", "ONEDRIVE": r"D:\One Drive"}
    monkeypatch.setenv("USERPROFILE", known["USERPROFILE"])  # which ntpath looks at by itself
    environ = SimpleNamespace(get=lambda name, default: known.get(name.upper(), default))
    system = SimpleNamespace(path=ntpath, environ=environ, fsencode=os.fsencode, fsdecode=os.fsdecode)
    monkeypatch.setattr(paths, "os", system)
    monkeypatch.setattr(paths, "sys", SimpleNamespace(platform="win32"))
    monkeypatch.setattr(paths, "Path", PureWindowsPath)


@pytest.fixture
def windows(monkeypatch):
    be_windows(monkeypatch)


@pytest.mark.parametrize(
    "given",
    [
        r"C:\Users\me\my photos",
        r"C:/Users/me/my photos/",
        '"C:\\Users\\me\\my photos"',
        '"C:\\Users\\me\\my photos\\"\r\n',
        'C:\\Users\\me\\my photos"',  # what a command line makes of it in quotes, with a backslash at its end
        "'C:\\Users\\me\\my photos'",
        "\u202aC:\\Users\\me\\my photos",
        "file:///C:/Users/me/my%20photos",
        "file://localhost/C:/Users/me/my%20photos/",
        "file://C:/Users/me/my%20photos",
        r"~\my photos",
        "~/my photos",
        r"%USERPROFILE%\my photos",
        r'"%userprofile%\my photos"',
        r"$env:USERPROFILE\my photos",
        r"$USERPROFILE/my photos",
    ],
)
def test_on_windows_the_same_folder_is_meant_by_all_that_people_paste_there(windows, given):
    assert read_path(given) == PureWindowsPath(r"C:\Users\me\my photos")


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (r"\\nas\photos\2024", r"\\nas\photos\2024"),
        (r'"\\nas\photos\2024"', r"\\nas\photos\2024"),
        ("file://nas/photos/2024", r"\\nas\photos\2024"),
        (r"%OneDrive%\Pictures", r"D:\One Drive\Pictures"),
        (r"\\?\C:\photos", r"\\?\C:\photos"),
        ("E:\\", "E:\\"),
        (r"photos\it's", r"photos\it's"),
        (r"C:\new\table", r"C:\new\table"),
    ],
)
def test_on_windows_shares_drives_and_backslashes_stay_what_they_are(windows, given, meant):
    assert read_path(given) == PureWindowsPath(meant)


@pytest.mark.parametrize("given", [r"%NO_SUCH%\photos", r"$env:NO_SUCH\photos", r"$NO_SUCH\photos"])
def test_on_windows_a_variable_that_stands_for_nothing_is_one_sentence(windows, given):
    with pytest.raises(BadInput, match="stands for no folder"):
        read_path(given)


OF_WINDOWS = st.text(
    st.characters(exclude_characters='<>:"/\\|?*', exclude_categories=("Cs", "Cc")), min_size=1, max_size=20
).filter(lambda name: not name.endswith(".") and name == paths._stripped(name))


@any_of(OF_WINDOWS, st.sampled_from(["{}", '"{}"', " {}\\ ", "\u202a{}", "file:///{}"]))
def test_on_windows_every_name_is_understood_however_it_is_pasted(name, form):
    with pytest.MonkeyPatch.context() as monkeypatch:
        be_windows(monkeypatch)
        folder = f"C:\\photos\\{name}"
        pasted = form.format(quote(folder.replace("\\", "/"), safe="/:") if form.startswith("file") else folder)
        assert read_path(pasted) == PureWindowsPath(folder)


def test_a_sentence_repeats_no_more_of_a_path_than_it_needs_and_nothing_that_steers_a_terminal():
    assert len(quoted("x" * 10_000)) < 250
    assert quoted("a\x1b[2J\n") == r"'a\x1b[2J\n'"


@pytest.fixture
def oddities(tmp_path):
    """Everything that a path may lead to and that is no file: none of it may be waited for."""
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        (tmp_path / "circle").symlink_to(tmp_path / "elcric")
        (tmp_path / "elcric").symlink_to(tmp_path / "circle")
        (tmp_path / "link").symlink_to("/dev/zero")
        (tmp_path / "file").write_text("text")
        names = ("pipe", "socket", "circle", "link", "nothing", "x" * 300, "file/inside", "")
        yield [*(tmp_path / name for name in names), Path("/dev/zero"), Path("/dev/null")]


def test_only_files_are_read(oddities, tmp_path):
    for path in oddities:
        with pytest.raises(BadInput):
            read_whole(path, 100, "{path}: {why}.")
    with pytest.raises(BadInput, match="at most"):
        read_whole(tmp_path / "file", 3, "{path}: {why}.")
    assert read_whole(tmp_path / "file", 4, "{path}: {why}.") == b"text"


def test_no_data_set_is_a_pipe(oddities, tmp_path):
    for path in [*oddities, tmp_path / "file"]:
        if path != tmp_path:
            with pytest.raises(BadInput):
                catalogue.resolve(str(path), tmp_path)


def test_the_cache_may_be_named_as_people_do(home, monkeypatch):
    for named in ("~/kept", "$HOME/kept", f'"{home}/kept"\n', f"file://{home}/kept"):
        monkeypatch.setenv("HPVIZ_CACHE", named)
        assert default_cache() == home / "kept"
    monkeypatch.setenv("HPVIZ_CACHE", "  ")
    assert default_cache().name == "cache"


@pytest.mark.parametrize("named", ["", "/no/such/home"])
def test_where_nobody_is_at_home_the_cache_is(tmp_path, monkeypatch, named):
    monkeypatch.setenv("HOME", named)
    monkeypatch.setattr(Path, "home", classmethod(lambda cls: cls("/no/such/home")))
    provide_home(tmp_path)
    assert os.environ["HOME"] == str(tmp_path)
