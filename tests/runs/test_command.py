"""The command that trains a run again is read as that very run, whatever the run is."""

import shlex

import pytest

from hpviz.cli.parser import build_parser
from hpviz.cli.training import SPEC_OPTIONS
from hpviz.hyperparameters import HYPERPARAMETERS
from hpviz.runs.command import run_command
from tests.made_up import spec

SPECS = [
    {},
    {"learning_rate": 3e-4, "batch_size": 64, "weight_decay": 0.01, "seed": 7},
    {"kernel_width": 7, "padding": "same", "per_class": 30, "image_size": 96},
    {"optimizer": "sgd", "momentum": 0.5},
    {"optimizer": "sgd-momentum"},
    {"depth": 2, "width": 0.25, "dropout": 0.2},
    {"dropout": 0},
    {"model": "resnet18"},
    {"schedule": "warmup-cosine", "horizon": 12},
    {"augmentation": "flip-crop", "crop": 3},
    {"normalisation": "channel", "validation_fraction": 0.1},
]


@pytest.mark.parametrize("fields", SPECS, ids=str)
def test_the_command_is_read_as_the_run_it_is_of(fields):
    asked = spec(**fields)
    program, verb, *words = shlex.split(run_command(asked.model_dump(mode="json"), 8))[1:]
    assert (program, verb) == ("-m", "hpviz")
    options = build_parser().parse_args(words)
    read = {name: getattr(options, name) for name in SPEC_OPTIONS if getattr(options, name) is not None}
    assert spec(**read).run_id == asked.run_id


def test_what_goes_without_saying_is_not_said():
    for fields in ({}, {"model": "resnet18"}):
        words = shlex.split(run_command(spec(**fields).model_dump(mode="json"), 8))
        said = {word for word in words if word.startswith("--")}
        assert said == {"--data", "--precision", "--epochs"} | ({"--model"} if fields else set())


@pytest.mark.parametrize("name", SPEC_OPTIONS)
def test_the_help_of_the_command_line_says_what_the_field_declares(name, capsys):
    with pytest.raises(SystemExit):
        build_parser().parse_args(["run", "--help"])
    told = " ".join(capsys.readouterr().out.split())
    knob = HYPERPARAMETERS[name].knob
    assert f"{knob.option} " in told
    assert knob.help.replace("warmup-cosine", "warmup- cosine") in told
