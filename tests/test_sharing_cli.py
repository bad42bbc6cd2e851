"""Export and import on the command line: files by their ending, bundles that arrive, one sentence for the rest."""

import csv
import json
import os

import pytest
from PIL import Image

from hpviz.cli import main
from hpviz.home import default_cache
from hpviz.runs import bundle
from hpviz.runs.store import RunStore
from tests.analysis.made_up_runs import rows, run
from tests.charts.test_card import sweep


@pytest.fixture
def hpviz(capsys):
    """Run a verb with --json; its exit status and its lines."""

    def act(*arguments):
        status = main([*map(str, arguments), "--json"])
        return status, [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return act


def remember(*runs, cache=None):
    store = RunStore(cache or default_cache())
    for document in runs:
        store.put(document)
    store.close()


@pytest.fixture
def runs():
    made = sweep([0.0, 1.0])
    remember(*made)
    return made


@pytest.mark.parametrize("form", ["png", "svg", "html", "csv", "json"])
def test_the_ending_says_what_is_written(hpviz, runs, tmp_path, form):
    file = tmp_path / f"comparison.{form.upper()}"
    status, (line,) = hpviz("export", runs[0]["id"][:6], runs[1]["id"], "--to", file)
    assert status == 0
    assert line == {
        "event": "exported",
        "file": str(file),
        "format": form,
        "runs": [document["id"] for document in runs],
    }
    assert file.stat().st_size > 500
    assert list(tmp_path.iterdir()) == [file]


def test_the_options_reach_the_drawing(hpviz, runs, tmp_path):
    for name, options in (("light", []), ("dark", ["--dark", "--x", "updates", "--log-loss"])):
        assert hpviz("export", runs[0]["id"], *options, "--to", tmp_path / f"{name}.png")[0] == 0
    corners = [Image.open(tmp_path / f"{name}.png").convert("RGB").getpixel((3, 3)) for name in ("light", "dark")]
    assert corners[0] > corners[1]
    assert hpviz("export", runs[0]["id"], "--x", "updates", "--to", tmp_path / "a.svg")[0] == 0
    assert ">updates</text>" in (tmp_path / "a.svg").read_text()


def test_runs_are_exported_at_equal_updates_where_that_is_asked(hpviz, tmp_path):
    made = [run(rows(epochs, 60 // epochs), batch_size=size) for epochs, size in ((2, 2), (6, 8))]
    remember(*made)
    ids = [document["id"] for document in made]
    assert hpviz("export", *ids, "--at", "updates", "--to", tmp_path / "equal.csv")[0] == 0
    assert hpviz("export", *ids, "--to", tmp_path / "plain.csv")[0] == 0
    equal = list(csv.DictReader((tmp_path / "equal.csv").open()))
    assert {row["compared_after"] for row in equal} == {"60 updates: epoch 2", "60 updates: epoch 6"}
    assert "compared_after" not in next(csv.reader((tmp_path / "plain.csv").open()))


def test_letters_that_no_font_here_has_are_named_beside_the_picture(tmp_path, capsys):
    (document,) = sweep([0.0], dataset="\U000f0000 photos")
    remember(document)
    for form, told in (("png", True), ("svg", False)):
        assert main(["export", document["id"], "--to", str(tmp_path / f"a.{form}"), "--json"]) == 0
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert [line["message"].partition(" \U000f0000")[0] for line in lines if line["event"] == "note"] == [
            "No font on this machine has"
        ] * told


def test_a_run_named_twice_is_exported_once(hpviz, runs, tmp_path):
    hpviz("export", runs[0]["id"], runs[0]["id"][:7], "--to", tmp_path / "a.csv")
    assert len(list(csv.DictReader((tmp_path / "a.csv").open()))) == 4


def refused(capsys, *arguments):
    assert main([*map(str, arguments)]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "Traceback" not in err
    return err


def test_what_cannot_be_exported_is_one_sentence_and_leaves_no_file(capsys, runs, tmp_path):
    (known, _), new = runs, run([], seed=7)
    remember(new)
    (tmp_path / "folder.png").mkdir()
    for arguments, words in (
        ([known["id"], "--to", tmp_path / "a.pdf"], ".png, .svg, .csv, .json, .html"),
        ([known["id"], "--to", tmp_path / "noending"], "should end in"),
        ([known["id"], "--to", tmp_path / "no" / "a.png"], "no folder"),
        ([known["id"], "--to", tmp_path / "folder.png"], "could not be written"),
        ([known["id"], "--to", tmp_path / "a.png", "--x", "days"], "--x"),
        (["zzz", "--to", tmp_path / "a.png"], "no run 'zzz'"),
        ([known["id"], new["id"], "--to", tmp_path / "a.png"], f"Run {new['id']} has no epoch yet"),
        (["--to", tmp_path / "a.png"], "RUN"),
        ([known["id"]], "--to"),
    ):
        assert words in refused(capsys, "export", *arguments)
    assert [file.name for file in tmp_path.iterdir()] == ["folder.png"]


def test_a_bundle_is_taken_in_by_another_store_once(hpviz, runs, tmp_path):
    file, other = tmp_path / "runs.json", ["--cache", tmp_path / "other"]
    hpviz("export", *(document["id"] for document in runs), "--to", file)
    status, lines = hpviz("import", file, *other)
    assert status == 0
    assert [(line["event"], line["known"], line["epochs"]) for line in lines] == [("imported", False, 4)] * 2
    assert all(line["origin"]["kind"] == "imported" for line in lines)
    _, again = hpviz("import", file, *other)
    assert [line["known"] for line in again] == [True, True]
    assert [line["id"] for line in again] == [line["id"] for line in lines]
    _, listed = hpviz("runs", *other)
    assert [line["origin"] for line in listed] == [line["origin"] for line in lines]


def test_runs_that_come_home_are_known_by_their_own_id(hpviz, runs, tmp_path):
    hpviz("export", runs[0]["id"], "--to", tmp_path / "a.json")
    _, (line,) = hpviz("import", tmp_path / "a.json")
    assert (line["id"], line["known"], line["origin"]) == (runs[0]["id"], True, None)
    assert len(hpviz("runs")[1]) == 2


def test_a_run_of_another_spec_created_in_the_same_millisecond_is_told_as_new(hpviz, runs, tmp_path):
    (other,) = sweep([0.5])
    (tmp_path / "a.json").write_bytes(bundle.write([{**other, "created": runs[0]["created"]}]))
    _, (line,) = hpviz("import", tmp_path / "a.json")
    assert (line["id"].startswith(other["id"]), line["known"]) == (True, False)
    _, (again,) = hpviz("import", tmp_path / "a.json")
    assert (again["id"], again["known"]) == (line["id"], True)


def test_own_runs_have_no_origin(hpviz, runs):
    assert [line["origin"] for line in hpviz("runs")[1]] == [None, None]


def test_what_is_no_bundle_is_one_sentence_and_changes_nothing(capsys, hpviz, runs, tmp_path):
    before = hpviz("runs")
    (tmp_path / "text.json").write_text("not a bundle")
    with (tmp_path / "huge.json").open("wb") as huge:
        huge.truncate(bundle.MAX_BYTES + 1)
    assert "not a bundle" in refused(capsys, "import", tmp_path / "text.json")
    assert "at most 20 MB" in refused(capsys, "import", tmp_path / "huge.json")
    assert "could not be read" in refused(capsys, "import", tmp_path / "none.json")
    assert "could not be read" in refused(capsys, "import", tmp_path)
    assert hpviz("runs") == before


@pytest.fixture
def foreign():
    (document,) = bundle.read(bundle.write(sweep([0.01])))
    remember({**document, "status": "stopped"})
    return document["id"]


def test_an_imported_run_cannot_be_resumed_and_the_way_out_is_told(capsys, foreign):
    told = refused(capsys, "resume", foreign)
    assert f"Run {foreign} was trained elsewhere and has no checkpoint here" in told
    assert "python -m hpviz run --data 'path/to/made up' --weight-decay 1e-2" in told


def test_resuming_everything_passes_imported_runs_over(hpviz, foreign):
    assert hpviz("resume") == (0, [])


def test_an_imported_run_is_stopped_in_vain_and_deleted_for_good(hpviz, foreign):
    assert hpviz("stop", foreign[:5]) == (0, [{"event": "stop", "id": foreign, "was": "stopped"}])
    assert hpviz("delete", foreign) == (0, [{"event": "deleted", "id": foreign}])
    assert hpviz("runs") == (0, [])


def test_people_see_which_runs_are_from_elsewhere(capsys, foreign):
    assert main(["runs"]) == 0
    assert "imported" in capsys.readouterr().out


def test_a_name_cannot_steer_the_terminal(capsys):
    remember(*sweep([0.0], dataset="\x1b[2Jgone"))
    assert main(["runs"]) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_an_export_replaces_files_only_and_a_link_stays_one(capsys, hpviz, runs, tmp_path):
    (tmp_path / "table.csv").write_text("old")
    (tmp_path / "link.csv").symlink_to("table.csv")
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "zero.csv").symlink_to("/dev/null")
    assert hpviz("export", runs[0]["id"], "--to", tmp_path / "link.csv")[0] == 0
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "table.csv").read_text().startswith("run,")
    for name in ("pipe.csv", "zero.csv"):
        assert "could not be written (it is a" in refused(capsys, "export", runs[0]["id"], "--to", tmp_path / name)
    assert (tmp_path / "pipe.csv").is_fifo()
    assert hpviz("export", runs[0]["id"], "--to", tmp_path / f"{'x' * 251}.csv")[0] == 0


def test_files_are_named_as_people_paste_them(hpviz, runs, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "my files").mkdir()
    assert hpviz("export", runs[0]["id"], "--to", "~/my files/a.json")[0] == 0
    for given in (
        f'"{tmp_path}/my files/a.json"',
        f"file://{tmp_path}/my%20files/a.json",
        f"{tmp_path}/my\\ files/a.json",
    ):
        assert hpviz("import", given, "--cache", "~/my files/cache")[0] == 0
    assert len(hpviz("runs", "--cache", f"'{tmp_path}/my files/cache' ")[1]) == 1


def test_what_is_no_file_is_not_imported_and_what_is_no_folder_is_no_cache(capsys, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "circle").symlink_to("circle")
    (tmp_path / "file").write_text("text")
    for path in (tmp_path / "pipe", "/dev/zero", tmp_path / "circle", "x" * 300, "a\0b", "C:\\runs"):
        refused(capsys, "import", path)
        refused(capsys, "runs", "--cache", path)
        refused(capsys, "export", "abc", "--to", f"{path}/a.csv")
    assert "not a folder" in refused(capsys, "data", "--cache", tmp_path / "file")
