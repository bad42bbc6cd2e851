"""The isolation plot: zero has its place, figures never change the specification, an edge is told."""

import json
from dataclasses import replace
from itertools import pairwise

import pytest
import vl_convert

from hpviz.analysis.frames import isolation as frame_of
from hpviz.charts.isolation import (
    NAME_SIZE,
    NARROWEST,
    Ground,
    _ends,
    _place,
    _share,
    is_logarithmic,
    isolation,
    written,
)
from hpviz.charts.lettering import measured
from hpviz.runs.document import move, new_run, put_epoch
from hpviz.studies import BATCH_SIZE, KERNEL_WIDTH, LEARNING_RATE, STUDIES, WEIGHT_DECAY
from tests.made_up import row, spec

GROUND = Ground(
    title="Weight decay",
    values=(0, 0.01, 1.0),
    labels=("0", "0.01", "1"),
    colours=("#2b1a9e", "#b12a90", "#d96a1e"),
    logarithmic=True,
    chance=1 / 6,
    chance_colour="#6b6b6b",
    diverged_colour="#c62828",
    ink="#26222b",
)


def runs(accuracies, seeds=2):
    """Seeds of each value; an accuracy of None is a run that diverged."""
    made = []
    for value, accuracy in zip(GROUND.values, accuracies, strict=True):
        for seed in range(seeds):
            run = new_run(spec(weight_decay=value, seed=seed), {"data": "made up", "weights": None}, 8)
            put_epoch(run, row(1, accuracy, test_loss=None if accuracy is None else 1.0))
            move(run, "finished" if accuracy is not None else "diverged")
            made.append(run)
    return made


def plot(accuracies, seeds=2, edge=None, ground=GROUND):
    made = runs(accuracies, seeds)
    labels = {run["id"]: f"{run['spec']['weight_decay']:g}" for run in made}
    return isolation(frame_of(made, "weight_decay", labels, 8, edge), ground)


def svg(chart):
    return vl_convert.vegalite_to_svg(json.dumps(chart.to_dict()), vl_version="6.4")


def without_data(chart):
    specification = chart.to_dict()
    specification.pop("datasets")
    specification["layer"] = [{**layer, "data": None} for layer in specification["layer"]]
    return {**specification, "data": None}


def test_learning_rates_decays_and_batch_sizes_are_read_in_ratios_and_widths_are_not():
    logarithmic = {
        study.name: is_logarithmic(study.slider_values)
        for study in (LEARNING_RATE, WEIGHT_DECAY, BATCH_SIZE, KERNEL_WIDTH)
    }
    assert logarithmic == {"learning-rate": True, "weight-decay": True, "batch-size": True, "kernel-width": False}


def test_zero_stands_below_the_smallest_value_on_a_logarithmic_axis_and_is_called_zero():
    drawn = svg(plot((0.7, 0.8, 0.2)))
    assert "NaN" not in drawn
    for label in GROUND.labels:
        assert f">{label}</text>" in drawn


@pytest.mark.parametrize("value", [0.0, 5.0])
def test_a_single_value_is_drawn_too(value):
    ground = replace(GROUND, values=(value,), labels=("it",), colours=("#2b1a9e",), logarithmic=value == 0)
    run = new_run(spec(weight_decay=value), {"data": "made up", "weights": None}, 8)
    put_epoch(run, row(1, 0.7))
    drawn = svg(isolation(frame_of([run], "weight_decay", {run["id"]: "it"}, 8, None), ground))
    assert ">it</text>" in drawn
    assert "NaN" not in drawn


def test_the_specification_does_not_depend_on_the_figures():
    assert without_data(plot((0.7, 0.8, 0.2))) == without_data(plot((0.1, None, 0.9), seeds=3, edge=1.0))


def test_a_run_that_diverged_is_a_red_triangle_and_the_value_says_how_many_did():
    drawn = svg(plot((0.7, 0.8, None)))
    assert drawn.count('"#c62828"') == 3
    assert drawn.count("2 of 2 diverged</text>") == 1


def test_an_edge_is_told_at_the_best_value_only():
    assert svg(plot((0.7, 0.8, 0.9), edge=1.0)).count("edge of the range</text>") == 1
    assert "edge of the range</text>" not in svg(plot((0.7, 0.8, 0.9)))


def test_where_the_axis_is_broken_for_zero_it_shows():
    assert svg(plot((0.7, 0.8, 0.2))).count(">//</text>") == 1
    assert ">//</text>" not in svg(plot((0.7, 0.8, 0.2), ground=replace(GROUND, logarithmic=False)))


def across(lines, shares, width):
    """The spans of each row of names, in pixels."""
    rows = {}
    for each, share in zip(lines, shares, strict=True):
        for number, text in enumerate(each):
            if text:
                half = measured(text, NAME_SIZE) / 2
                rows.setdefault(number, []).append((share * width - half, share * width + half))
    return [sorted(spans) for spans in rows.values()]


@pytest.mark.parametrize("study", STUDIES.values(), ids=lambda study: study.name)
@pytest.mark.parametrize("every", [1, 2, 3])
def test_names_of_values_never_meet_on_the_narrowest_plot(study, every):
    values = study.slider_values[::every]
    numbers = [study.hyperparameter.place(value) for value in values]
    ground = replace(
        GROUND,
        values=tuple(numbers),
        labels=tuple(study.hyperparameter.spell(value) for value in values),
        logarithmic=study.hyperparameter.scale == "log",
    )
    low, high = _ends(ground)
    shares = [_share(_place(number, ground), low, high, ground.logarithmic) for number in numbers]
    lines, upright = written(shares, ground.labels)
    if not upright:
        for spans in across(lines, shares, NARROWEST):
            assert all(end < start for (_, end), (start, _) in pairwise(spans))
    assert len(lines) == len(values)
    drawn = svg(isolation(frame_of([], study.field, {}, 8, None), ground))
    shown = [word for each in lines for word in each if word]
    assert all(f">{word}</text>" in drawn or f">{word}</tspan>" in drawn for word in shown)


def test_names_that_fit_in_no_two_rows_stand_upright_and_those_that_meet_are_left_out():
    shares = [place / 40 for place in range(41)]
    lines, upright = written(shares, [f"{place}e-5" for place in range(41)])
    kept = [share * NARROWEST for share, (line,) in zip(shares, lines, strict=True) if line]
    assert upright
    assert len(kept) < 41
    assert all(after - before > NAME_SIZE for before, after in pairwise(kept))
