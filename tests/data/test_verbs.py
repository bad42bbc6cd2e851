"""What `data` says of a folder is what `run` trains on, or why neither can."""

import json
import shutil
from pathlib import Path

import pytest

from hpviz.cli import main
from hpviz.runs.store import RunStore

TINY = ["--image-size", "48", "--epochs", "1", "--batch-size", "8", "--precision", "fp32"]


@pytest.fixture
def hpviz(tmp_path, capsys):
    """Run a verb with --json; its exit status and its lines."""

    def run(*arguments):
        status = main([*map(str, arguments), "--json", "--cache", str(tmp_path / "cache")])
        return status, [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return run


@pytest.fixture
def squares(folder, tmp_path):
    """40 images a class to train on, 8 to test on, in a folder of one's own."""
    return Path(shutil.copytree(folder, tmp_path / "squares"))


def test_the_counts_that_data_tells_are_those_of_training_and_of_the_noise_test(tmp_path, squares, hpviz):
    for number in (1, 2):
        file = squares / "test/dark" / f"{number}.png"
        file.write_bytes(file.read_bytes()[:100])
    _, (told,) = hpviz("data", "--data", squares)
    assert (told["ready"], told["test_counts"]) == (True, {"bright": 8, "dark": 6})
    assert "2 files were skipped; the first, test/dark/1.png, is cut short or damaged." in " ".join(told["findings"])
    status, lines = hpviz("run", "--data", squares, *TINY)
    assert status == 0
    accuracy = next(line["test_accuracy"] for line in lines if line["event"] == "epoch")
    assert accuracy * 14 == pytest.approx(round(accuracy * 14))
    (run,) = RunStore(tmp_path / "cache").runs()
    assert run["inputs"]["test_images"] == 14


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda root: [file.write_text("no picture") for file in (root / "train/dark").iterdir()], "More than 5% of"),
        (lambda root: [file.write_text("no picture") for file in (root / "test/dark").glob("[1-4].png")], None),
        (lambda root: shutil.rmtree(root / "test/dark"), "The class 'dark' is in train but not in test"),
        (lambda root: [shutil.rmtree(root / split / "dark") for split in ("train", "test")], "has only one class"),
    ],
)
def test_data_and_run_agree_on_what_cannot_be_trained_on(squares, hpviz, spoil, why):
    spoil(squares)
    status, lines = hpviz("data", "--data", squares)
    if why is None:
        assert (status, lines[0]["ready"]) == (0, True)
        return
    assert status == 2
    assert [line["event"] for line in lines] == ["dataset", "error"]
    assert (lines[0]["ready"], lines[0]["notes"]) == (False, [lines[1]["message"]])
    assert why in lines[1]["message"]
    for verb in (["run", *TINY], ["claims"], ["sweep", "learning-rate", *TINY]):
        assert hpviz(*verb, "--data", squares) == (2, lines[1:])


def test_one_set_that_cannot_be_used_does_not_keep_the_others_from_being_listed(tmp_path, hpviz, monkeypatch):
    monkeypatch.setenv("KAGGLEHUB_CACHE", str(tmp_path))
    place = tmp_path / "datasets/puneet6060/intel-image-classification"
    (place / "versions/1").mkdir(parents=True)
    (place / "1.complete").touch()
    status, lines = hpviz("data")
    assert status == 0
    assert [line["ready"] for line in lines] == [True, False, False, False]
    assert "is empty" in lines[1]["notes"][0]


@pytest.fixture
def made_of_links(tmp_path, squares):
    for split in ("train", "test"):
        (tmp_path / "set" / split).parent.mkdir(exist_ok=True)
        (tmp_path / "set" / split).symlink_to(squares / split)
    return tmp_path / "set"


def test_links_are_followed_by_every_verb_once_one_of_them_was_told_so(squares, made_of_links, hpviz):
    for verb in (["data"], ["run", *TINY], ["claims"]):
        status, lines = hpviz(*verb, "--data", made_of_links)
        assert status == 2
        assert f"2 links lead out of the folder, to {squares}: confirm with --follow {squares}" in lines[-1]["message"]
    status, lines = hpviz("run", "--data", made_of_links, "--follow", squares, *TINY)
    assert status == 0
    _, (told,) = hpviz("data", "--data", made_of_links)
    assert told["train_counts"] == {"bright": 40, "dark": 40}
    assert hpviz("resume", lines[0]["id"], "--epochs", "2", "--follow", squares)[0] == 0
    assert hpviz("claims", "--data", made_of_links, "--follow", squares)[0] == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["data", "--follow", "/"], "--follow needs the folder whose links are meant"),
        (["data", "--data", "{set}", "--follow", "/"], "'/' holds everything on this machine"),
        (["run", "--data", "{set}", "--follow", "/etc"], "is a place of the system"),
        (["run", "--data", "scenes", "--follow", "/tmp"], "scenes is not a folder on this machine"),
        (["claims", "--data", "{set}", "--follow", "/no/such"], "is not a folder"),
    ],
)
def test_a_root_that_cannot_be_followed_is_refused_in_one_sentence(made_of_links, hpviz, arguments, sentence):
    status, lines = hpviz(*(word.format(set=made_of_links) for word in arguments))
    assert status == 2
    assert sentence in lines[-1]["message"]
