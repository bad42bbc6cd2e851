"""A study is one declaration: everything else about it follows, from the command line to its charts."""

import shlex

import pytest

from hpviz.analysis.comparison import compare_runs
from hpviz.analysis.evidence import comparable
from hpviz.analysis.fairness import fairness
from hpviz.analysis.story import Story
from hpviz.charts.looks import ground_of, look_of
from hpviz.cli.parser import build_parser
from hpviz.cli.training import SPEC_OPTIONS
from hpviz.data.catalogue import Identity, Source
from hpviz.hyperparameters import spell
from hpviz.plan import Setting, sweep
from hpviz.runs.command import PROGRAM
from hpviz.studies import (
    AUGMENTATION,
    DEPTH,
    DROPOUT,
    IMAGE_SIZE,
    OPTIMIZER,
    SCHEDULE,
    TRAINING_IMAGES,
    WIDTH,
    Study,
    find_study,
    tuned_for,
)
from tests.analysis.made_up_runs import rows, run
from tests.declared import declared
from tests.made_up import FINGERPRINT

MOMENTUM = Study(field="momentum", question="How long?", quick_values=(0.0, 0.5, 0.9), held={"optimizer": "sgd"})
NORMALISATION = Study(field="normalisation", question="Centred?", quick_values=("none", "channel"))
NEW = (MOMENTUM, NORMALISATION, DEPTH, WIDTH, DROPOUT, OPTIMIZER, SCHEDULE, AUGMENTATION, TRAINING_IMAGES, IMAGE_SIZE)


@pytest.fixture(params=NEW, ids=lambda study: study.name)
def study(request):
    with declared(request.param):
        yield request.param


def made_up(study, seeds=2, ends=3):
    """Runs of every value of the study with what it brings, as its page would ask for them."""
    runs = []
    for place, value in enumerate(study.quick_values):
        horizon = {"horizon": ends} if study.field == "schedule" and value != "constant" else {}
        for seed in range(seeds):
            figures = rows(3, test_accuracy={1: 0.3, 3: 0.5 + 0.1 * place + 0.01 * seed})
            fields = {**study.held, **horizon, study.field: value, "seed": seed}
            runs.append(run(figures, **{**tuned_for(fields), **fields}))
    return runs


def test_its_sweep_trains_every_value_once_and_recalls_it_the_second_time(study, hpviz, folder):
    sweep = ["sweep", study.name, "--data", folder, "--image-size", "32", "--padding", "same", "--batch-size", "40"]
    sweep += ["--preset", "quick", "--per-class", "40", "--precision", "fp32", "--epochs", "1"]
    sweep += [] if study is WIDTH else ["--width", "0.25"]
    values = [value for value in study.quick_values if study is not TRAINING_IMAGES or value <= 40]
    sweep += ["--values", *map(spell, values)] if study is TRAINING_IMAGES else []
    status, first = hpviz(*sweep)
    assert status == 0
    told = [line for line in first if line["event"] == "run"]
    assert [study.value_of(line["spec"]) for line in told] == list(values)
    assert all(line["spec"][name] == value for line in told for name, value in study.held.items())
    status, second = hpviz(*sweep)
    assert status == 0
    assert [line["cached"] for line in second if line["event"] == "run"] == [True] * len(told)
    assert [line["id"] for line in second if line["event"] == "run"] == [line["id"] for line in told]


def test_a_value_that_is_none_of_its_own_is_refused_before_anything_trains(study, hpviz, folder):
    status, lines = hpviz("sweep", study.name, "--data", folder, "--values", "lion")
    assert status == 2
    [error] = [line["message"] for line in lines if line["event"] == "error"]
    assert error.startswith(f"{study.title} 'lion' is not")


def test_its_runs_are_one_comparison_in_the_order_of_its_values(study):
    comparison = compare_runs(made_up(study))
    assert comparison.study is study
    assert comparison.legend == study.symbol
    in_order = sorted(study.quick_values, key=study.hyperparameter.order)
    assert list(comparison.groups) == [study.hyperparameter.spell(value) for value in in_order]
    assert all(len(seeds) == 2 for seeds in comparison.groups.values())


def test_its_axis_has_each_value_at_a_place_of_its_own_and_each_its_colour(study):
    comparison = compare_runs(made_up(study))
    ground = ground_of(comparison, dark=False)
    assert ground.title.startswith(study.title)
    assert ground.ticks == tuple(label.removesuffix(" px") for label in comparison.groups)
    assert list(ground.values) == sorted(set(ground.values))
    assert len(set(look_of(comparison, "epoch", False, False).colours)) == len(study.quick_values)


def test_it_is_fair_and_more_than_one_thing_differs_only_where_it_does(study):
    runs = made_up(study)
    assert not any(caution.kind == "several" for caution in fairness(runs))
    fields = {**study.held, study.field: study.quick_values[0], "batch_size": 64, "seed": 9}
    other = run(rows(3), **{**tuned_for(fields), **fields})
    assert any(caution.kind in ("several", "data") for caution in fairness([*runs, other]))


def test_its_evidence_is_whole(study):
    [evidence] = comparable(made_up(study), study.field)
    assert set(evidence.values) == set(study.quick_values)
    assert {evidence.seeds(value) for value in evidence.values} == {2}


def test_its_story_names_it_and_the_command_that_trains_it_again(study):
    story = Story(compare_runs(made_up(study)))
    assert story.title.startswith(f"{study.title}: ")
    assert story.command.startswith(f"{PROGRAM} sweep {study.name} --values ")
    values = story.command.split("--values ")[1].split(" --")[0].split()
    assert sorted(map(str, values)) == sorted(map(str, (spell_plain(value) for value in study.quick_values)))


def test_its_command_trains_the_very_runs_it_is_written_for(study):
    """Horizons, momenta and all else that is not the same for each value are told, or there is no such command."""
    runs = made_up(study, ends=16)
    asked = setting_of(Story(compare_runs(runs)).command)
    assert {one.spec.run_id for one in asked} == {one["id"] for one in runs}


def test_two_horizons_are_more_than_one_command_can_tell():
    fields = {**SCHEDULE.held, "schedule": "step", "horizon": 16}
    apart = [run(rows(3), **fields, seed=seed) for seed in range(2)]
    others = [one for one in made_up(SCHEDULE) if one["spec"]["schedule"] != "step"]
    assert Story(compare_runs([*others, *apart])).command is None


def setting_of(command):
    """What a command of a sweep asks for."""
    options = build_parser().parse_args(shlex.split(command)[3:])
    found = find_study(options.study)
    given = {name: value for name in SPEC_OPTIONS if (value := getattr(options, name)) is not None}
    source = Source("made up", "folder", None, "made up")
    identity = Identity(FINGERPRINT, ("a", "b"), {"a": 300, "b": 100}, {"a": 10, "b": 10})
    fixed = {**found.settings("quick"), **given, "precision": options.precision}
    values = [found.parse(value) for value in options.values]
    return sweep(Setting(source, identity, options.epochs, fixed), found, values, options.seed or 0, options.seeds)


def spell_plain(value):
    return value if isinstance(value, str) else spell(value)


def test_a_constant_rate_is_held_against_each_horizon_and_no_horizon_against_another():
    fields = {**SCHEDULE.held, "schedule": "cosine", "horizon": 16}
    longer = [run(rows(3), **fields, seed=seed) for seed in range(2)]
    found = comparable([*made_up(SCHEDULE), *longer], "schedule")
    assert sorted(sorted(evidence.values) for evidence in found) == [
        ["constant", "cosine"],
        ["constant", "cosine", "step", "warmup-cosine"],
    ]


def test_sgd_of_another_momentum_is_no_seed_of_plain_sgd():
    for rates in ({"learning_rate": 1e-3}, OPTIMIZER.tuned["sgd"]):
        other = [run(rows(3), optimizer="sgd", momentum=0.5, **rates, seed=seed) for seed in range(2)]
        found = comparable([*made_up(OPTIMIZER), *other], "optimizer")
        plain = [evidence for evidence in found if len(evidence.values) == 4]
        assert len(plain) == 1
        assert all(one["spec"]["momentum"] == 0 for one in plain[0].runs["sgd"])


def test_all_images_are_a_value_beside_numbers_of_them_which_have_a_logarithmic_axis():
    numbered = made_up(TRAINING_IMAGES)
    runs = [*numbered, *(run(rows(3), per_class=None, seed=seed) for seed in range(2))]
    comparison = compare_runs(runs)
    assert comparison.study is TRAINING_IMAGES
    assert list(comparison.groups) == ["10", "30", "100", "300", "all"]
    assert len(set(look_of(comparison, "epoch", False, False).colours)) >= 4
    assert ground_of(comparison, dark=False) is None
    assert ground_of(compare_runs(numbered), dark=False).logarithmic
    assert len(comparable(runs, "per_class")[0].values) == 5
    assert comparable(runs, "per_class")[0].stated() == "made up, 64 px, 3 epochs, 2 seeds"
    assert "all" in Story(comparison).differs
    fairness(runs)
