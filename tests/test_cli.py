"""The command line as scripts use it: its lines, its exit statuses, its one sentence for bad input."""

import json
import shutil

import pytest

from hpviz.cli import main
from hpviz.home import default_cache

TINY = ["--image-size", "48", "--epochs", "2", "--batch-size", "8", "--precision", "fp32"]


@pytest.fixture
def hpviz(capsys):
    """Run a verb with --json; its exit status and its lines."""

    def run(*arguments):
        status = main([*arguments, "--json"])
        return status, [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return run


def events(lines, kind):
    return [line for line in lines if line["event"] == kind]


def test_a_sweep_streams_its_epochs_and_the_second_time_trains_nothing(hpviz, folder):
    sweep = ["sweep", "learning-rate", "--data", folder, "--model", "article-cnn", "--values", "1e-7", "1e-3", *TINY]
    status, first = hpviz(*sweep)
    assert status == 0
    assert [line["cached"] for line in events(first, "run")] == [False, False]
    assert [line["spec"]["learning_rate"] for line in events(first, "run")] == [1e-7, 1e-3]
    assert [line["epoch"] for line in events(first, "epoch")] == [1, 2, 1, 2]
    assert {line["status"] for line in events(first, "done")} == {"finished"}
    assert {"updates", "images", "train_loss", "test_loss", "test_accuracy", "train_seconds", "test_seconds"} <= set(
        events(first, "epoch")[0]
    )
    status, second = hpviz(*sweep)
    assert status == 0
    assert [line["cached"] for line in events(second, "run")] == [True, True]
    assert events(second, "epoch") == events(first, "epoch")


def test_fewer_epochs_are_recalled_and_more_are_trained_on(hpviz, folder):
    run = ["run", "--data", folder, *TINY]
    _, two = hpviz(*run)
    _, one = hpviz(*run, "--epochs", "1")
    assert events(one, "run")[0]["cached"]
    assert events(one, "epoch") == events(two, "epoch")[:1]
    _, four = hpviz(*run, "--epochs", "4")
    assert not events(four, "run")[0]["cached"]
    assert events(four, "epoch")[:2] == events(two, "epoch")
    assert [line["epoch"] for line in events(four, "epoch")] == [1, 2, 3, 4]


def test_seeds_are_runs_of_their_own(hpviz, folder):
    _, lines = hpviz("sweep", "weight-decay", "--data", folder, "--values", "0", "--seeds", "2", "--seed", "5", *TINY)
    assert [line["spec"]["seed"] for line in events(lines, "run")] == [5, 6]


def test_a_diverged_run_is_a_result(hpviz, folder):
    status, lines = hpviz("run", "--data", folder, "--lr", "1000", "--optimizer", "sgd", *TINY, "--epochs", "8")
    assert status == 0
    (done,) = events(lines, "done")
    assert done["status"] == "diverged"
    assert done["reason"]
    assert events(lines, "epoch")[-1]["train_loss"] is None


def test_runs_are_listed_and_deleted(hpviz, folder):
    hpviz("run", "--data", folder, *TINY)
    _, (listed,) = hpviz("runs")
    assert (listed["event"], listed["status"], listed["epochs"]) == ("run", "finished", 2)
    assert hpviz("delete", listed["id"][:6])[0] == 0
    assert hpviz("runs") == (0, [])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["sweep", "momentum"], "no study named 'momentum'"),
        (["sweep", "learning-rate", "--values", "abc"], "'abc' is not a number"),
        (["sweep", "batch-size", "--values", "2.5"], "whole number"),
        (["run", "--data", "/no/such/folder"], "neither a data set nor a folder"),
        (["run", "--lr", "-1"], "Learning rate should be greater than 0"),
        (["run", "--lr", "fast"], "--lr"),
        (["run", "--epochs", "0"], "Epochs"),
        (["run", "--model", "vgg"], "Model"),
        (["run", "--kernel-width", "31"], "does not fit"),
        (["run", "--device", "cuda:7"], "cuda:7"),
        (["run", "--weights", "/no/such/file", "--model", "resnet18"], "/no/such/file"),
        (["sweep", "weight-decay", "--seeds", "0"], "Seeds"),
        (["resume", "zzz"], "no run 'zzz'"),
        (["stop", "zzz"], "no run 'zzz'"),
        (["delete", "zzz"], "no run 'zzz'"),
        (["dance"], "dance"),
        ([], "VERB"),
    ],
)
def test_bad_input_is_one_sentence_and_status_2(capsys, arguments, words):
    assert main([*arguments, "--json"]) == 2
    out, err = capsys.readouterr()
    (line,) = [json.loads(line) for line in out.splitlines()]
    assert line["event"] == "error"
    assert words in line["message"]
    assert err.count("\n") == 1
    assert "Traceback" not in err


def test_a_data_set_is_described_with_its_audit(hpviz, folder, capsys):
    _, (told,) = hpviz("data", "--data", folder)
    assert (told["ready"], told["train_counts"]) == (True, {"bright": 40, "dark": 40})
    assert told["audit"]["duplicates"]["leaked"] == 0
    assert main(["data", "--data", folder]) == 0
    assert "No image occurs twice across splits or classes." in " ".join(capsys.readouterr().out.split())


def test_people_get_a_table(capsys, folder):
    assert main(["run", "--data", folder, *TINY]) == 0
    out = capsys.readouterr().out
    assert "epoch   2" in out
    assert "Results" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "--lr", "nan"], "--lr: 'nan' is not a finite number"),
        (["run", "--lr", "1e400"], "--lr: '1e400' is not a finite number"),
        (["run", "--lr", "१"], "--lr: '१' is not a number"),
        (["run", "--lr", "1" * 500], "is not a finite number"),
        (["run", "--batch-size", "1.5"], "--batch-size: '1.5' is not a whole number"),
        (["run", "--batch-size", "٣"], "is not a whole number"),
        (["run", "--batch-size", "1_000"], "is not a whole number"),
        (["run", "--batch-size", "9" * 5000], "is not a whole number"),
        (["run", "--kernel-width", "1.5"], "--kernel-width: '1.5' is not a whole number"),
        (["run", "--lr", "-1e-3"], "a value that begins with - is written --lr=-…"),
        (["run", "--data", "-photos"], "a value that begins with - is written --data=-…"),
        (["run", "--preset", "x" * 5000], "--preset"),
        (["sweep", "weight-decay", "--seeds", "1000000000"], "Seeds should be from 1 to 100"),
        (["sweep", "weight-decay", "--values", "nan"], "should be a finite number; nan was given"),
        (["sweep", "weight-decay", "--preset", "slow"], "choose from"),
        (["sweep"], "STUDY"),
        (["resume", "--epochs", "0"], "Epochs should be from 1 to 1000"),
        (["resume", "--epochs", "1000000000"], "Epochs should be from 1 to 1000"),
        (["dance"], "choose from"),
        ([], "VERB, one of data, run, sweep"),
        (["run", "--weights", ""], "No path was given"),
        (["runs", "--cache", ""], "No path was given"),
        (["run", "--data", ""], "No data set was named"),
        (["data", "--data", " "], "No data set was named"),
        (["data", "--data=--"], "--data has no value"),
        (["sweep", "weight-decay", "--values=--"], "--values has no value"),
        (["runs", "--cache=--"], "--cache has no value"),
    ],
)
def test_a_slip_of_the_hand_is_one_short_sentence_that_names_the_way_out(capsys, arguments, words):
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert words in err
    assert len(err) < 400


def test_a_device_that_is_not_here_is_refused_before_a_run_is_marked_by_it(hpviz, folder):
    _, lines = hpviz("run", "--data", folder, *TINY)
    assert hpviz("resume", lines[0]["id"], "--device", "cuda:7", "--epochs", "4")[0] == 2
    assert hpviz("runs")[1][0]["status"] == "finished"


def test_a_run_that_is_refused_while_its_images_are_prepared_is_bad_input(capsys, folder, tmp_path):
    place = shutil.copytree(folder, tmp_path / "squares")
    run = ["run", "--data", str(place), *TINY]
    assert main([*run, "--json"]) == 0
    known = json.loads(capsys.readouterr().out.splitlines()[0])["id"]
    shutil.rmtree(default_cache() / "data")
    (place / "train" / "bright" / "0.png").unlink()
    assert main(["resume", known, "--epochs", "4"]) == 2
    out, err = capsys.readouterr()
    assert err == "The images of squares have changed since this run was specified; launch it anew.\n"
    assert "failed" in out


def test_what_nobody_foresaw_is_one_sentence_and_its_place_is_told_to_those_who_ask(capsys, monkeypatch):
    monkeypatch.setattr("hpviz.cli.parser.Parser.parse_args", lambda *_: 1 / 0)
    assert main(["runs"]) == 1
    err = capsys.readouterr().err
    assert (err.count("\n"), "HPVIZ_DEBUG=1" in err, "ZeroDivisionError" in err) == (1, True, True)
    monkeypatch.setenv("HPVIZ_DEBUG", "1")
    assert main(["runs"]) == 1
    assert "Traceback" in capsys.readouterr().err
