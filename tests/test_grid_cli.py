"""Two hyperparameters at a time from the command line: what is trained and recalled, and what cannot be."""

import re
import shlex

import pytest

from hpviz.cli import main
from hpviz.cli.parser import build_parser
from hpviz.cli.training import SPEC_OPTIONS
from hpviz.data.catalogue import Identity, Source
from hpviz.plan import MAX_GRID_RUNS, Axes, Setting, grid, grid_spec
from hpviz.runs.command import grid_command
from hpviz.spec import BadInput
from hpviz.studies import BATCH_SIZE, DEPTH, KERNEL_WIDTH, LEARNING_RATE, OPTIMIZER, SCHEDULE, crossed
from tests.made_up import FINGERPRINT

TINY = ["--image-size", "32", "--padding", "same", "--epochs", "1", "--precision", "fp32"]
TEN = [str(number) for number in range(1, 11)]


def told(lines, event):
    return [line for line in lines if line["event"] == event]


def test_a_grid_trains_every_cell_once_and_recalls_it_the_second_time(hpviz, folder, capsys):
    asked = ["grid", "learning-rate", "batch-size", "--data", folder, "--values", "1e-4", "1e-3", *TINY]
    asked += ["--values2", "40", "80"]
    status, first = hpviz(*asked)
    assert status == 0
    cells = [(line["spec"]["learning_rate"], line["spec"]["batch_size"]) for line in told(first, "run")]
    assert sorted(cells) == [(1e-4, 40), (1e-4, 80), (1e-3, 40), (1e-3, 80)]
    assert {line["spec"]["model"] for line in told(first, "run")} == {"article-cnn"}
    assert len(told(first, "epoch")) == len(told(first, "done")) == 4
    assert {line["event"] for line in first} == {"run", "epoch", "done"}
    status, second = hpviz(*asked)
    assert status == 0
    assert [line["cached"] for line in told(second, "run")] == [True] * 4
    # The rows of the first, the columns of the second, then the best of each column.
    assert main(asked) == 0
    tables = capsys.readouterr().out
    assert re.search(r"lr \\ batch\W+40\W+80", tables)
    assert tables.count("%") >= 4 + 2
    assert "One seed a cell" in re.sub(r"\s+", " ", tables)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["learning-rate", "learning-rate"], "learning-rate was given twice"),
        (["learning-rate", "rates"], "no study named 'rates'"),
        (["learning-rate", "batch-size", "--values", "fast"], "Learning rate 'fast' is not a number"),
        (["learning-rate", "batch-size", "--values2", "2.5"], "Batch size should be a whole number"),
        (["learning-rate", "optimizer", "--values2", "lion"], "Optimiser 'lion' is not one of"),
        (["learning-rate", "batch-size", "--values2", "0"], "Batch size should be greater than or equal to 1"),
        (["learning-rate", "batch-size", "--seeds", "0"], "Seeds should be from 1 to"),
        (["learning-rate", "batch-size", "--lr", "1e-3"], "Learning rate is varied in this grid"),
        (["learning-rate", "depth", "--model", "resnet18"], "article-cnn only"),
        (
            ["kernel-width", "image-size", "--values", "3", "31", "--values2", "48", "64", "--padding", "valid"],
            "A kernel 31 px wide does not fit",
        ),
        (
            ["learning-rate", "batch-size", "--seeds", "100", "--values", *TEN, "--values2", *TEN],
            "This grid has 10,000 runs .* 1,000 are the most: take fewer values or fewer seeds",
        ),
    ],
    ids=lambda each: each if isinstance(each, str) else " ".join(each)[:60],
)
def test_what_cannot_be_a_grid_is_one_sentence_before_anything_trains(hpviz, folder, arguments, words):
    status, lines = hpviz("grid", *arguments, "--data", folder, "--precision", "fp32")
    assert status == 2
    [error] = lines
    assert re.search(words, error["message"])
    assert "\n" not in error["message"]
    assert hpviz("runs") == (0, [])


def test_a_grid_holds_what_either_study_holds_and_the_article_s_net():
    assert crossed(LEARNING_RATE, BATCH_SIZE).settings("quick") == {}
    assert crossed(LEARNING_RATE, KERNEL_WIDTH).settings("quick") == {"batch_size": 32, "padding": "same"}
    assert crossed(DEPTH, BATCH_SIZE).settings("quick") == {"learning_rate": 1e-4}
    # Depth would be tried at 1e-4, each optimiser at a rate of its own: that goes with it.
    assert crossed(DEPTH, OPTIMIZER).settings("quick") == {}


def test_a_grid_has_each_value_once_in_order_as_a_spec_holds_it():
    axes = Axes(LEARNING_RATE, BATCH_SIZE, (3 * 1e-4, 1e-4, 3e-4), (64, 2))
    assert (axes.values, axes.values2) == ((1e-4, 3e-4), (2, 64))
    assert axes.cells == [(1e-4, 2), (3e-4, 2), (1e-4, 64), (3e-4, 64)]


def test_a_thousand_runs_are_a_grid_and_one_more_is_none():
    many = tuple(range(1, 101))
    assert len(Axes(BATCH_SIZE, LEARNING_RATE, many, (1e-4, 1e-3), 5).cells) * 5 == MAX_GRID_RUNS
    with pytest.raises(BadInput, match="fewer"):
        Axes(BATCH_SIZE, LEARNING_RATE, (*many, 101), (1e-4, 1e-3), 5)


def made_up_setting(fixed):
    """Made-up images."""
    source = Source("made up", "folder", None, "made up")
    identity = Identity(FINGERPRINT, ("a", "b"), {"a": 300, "b": 100}, {"a": 10, "b": 10})
    return Setting(source, identity, 3, {**fixed, "precision": "fp32"})


@pytest.mark.parametrize(
    ("studies", "values", "values2", "fixed"),
    [
        ((LEARNING_RATE, BATCH_SIZE), (1e-4, 1e-3), (2, 64), {"weight_decay": 1e-2}),
        ((LEARNING_RATE, OPTIMIZER), (1e-3, 1e-2), ("sgd-momentum", "adam"), {}),
        ((SCHEDULE, KERNEL_WIDTH), ("constant", "cosine"), (3, 5), {"horizon": 2}),
        ((DEPTH, OPTIMIZER), (1, 2), ("sgd", "adam"), {}),
        ((OPTIMIZER, DEPTH), ("sgd", "adam"), (1, 2), {"learning_rate": 1e-4}),
    ],
    ids=["numbers", "optimisers", "schedules", "tuned rates", "one rate for all"],
)
def test_the_command_of_a_grid_trains_its_very_runs(studies, values, values2, fixed):
    axes, ground = Axes(*studies, values, values2, 2), made_up_setting({**crossed(*studies).settings("quick"), **fixed})
    command = grid_command(studies, (values, values2), 2, grid_spec(ground, axes), 3)
    options = build_parser().parse_args(shlex.split(command)[3:])
    given = {name: value for name in SPEC_OPTIONS if (value := getattr(options, name)) is not None}
    again = made_up_setting({**crossed(*studies).settings("quick"), **given})
    parsed, parsed2 = (
        tuple(map(study.parse, told)) for study, told in zip(studies, (options.values, options.values2), strict=True)
    )
    assert OPTIMIZER not in studies or LEARNING_RATE in studies or ("--lr" in command) == bool(fixed)
    told_again = grid(again, Axes(*studies, parsed, parsed2, options.seeds), 0)
    assert [one.spec.run_id for one in told_again] == [one.spec.run_id for one in grid(ground, axes, 0)]
