"""Learning curves: one specification whatever the figures, honest about what is not finite."""

import json
import re
from itertools import combinations, pairwise

import pytest
import vl_convert
from altair import NamedData
from altair.utils.schemapi import SchemaBase
from hypothesis import given, settings
from hypothesis import strategies as st

from hpviz.analysis.frames import curves
from hpviz.charts.curves import Look, apart, curve, drawn_rows, readable, ticks
from hpviz.charts.specification import specification
from hpviz.runs.document import move, new_run, put_epoch
from tests.made_up import row, spec


def look(**changes):
    values = {
        "labels": ("1e-4", "1e-2"),
        "colours": ("#2b1a9e", "#d96a1e"),
        "legend": "lr",
        "x": "epoch",
        "x_max": 8,
        "log_loss": False,
        "chance": 1 / 6,
        "chance_colour": "#6b6b6b",
        "diverged_colour": "#c62828",
    }
    return Look(**{**values, **changes})


def frame(epochs=3, last=None):
    runs, labels = [], {}
    for label, rate in (("1e-4", 1e-4), ("1e-2", 1e-2)):
        run = new_run(spec(learning_rate=rate), {"data": "made up", "weights": None}, 8)
        for epoch in range(1, epochs + 1):
            put_epoch(run, row(epoch))
        if last is not None:
            put_epoch(run, {**row(epochs + 1), **last})
            move(run, "diverged", "not finite")
        runs.append(run)
        labels[run["id"]] = label
    return curves(runs, labels, 8)


def without_data(chart):
    plain = chart.to_dict()
    plain.pop("datasets")
    plain["layer"] = [{**layer, "data": None} for layer in plain["layer"]]
    plain["data"] = None
    return plain


@pytest.mark.parametrize("metric", ["test_accuracy", "train_loss", "test_loss"])
def test_every_channel_is_named_by_its_class_which_altair_would_otherwise_search_for_in_its_whole_schema(
    metric, monkeypatch
):
    def searched(*_, **__):
        raise AssertionError("a channel that was given as words or as a dict")

    monkeypatch.setattr(SchemaBase, "from_dict", searched)
    assert specification(readable(NamedData(name="rows"), metric, look()), validated=False)


@pytest.mark.parametrize("metric", ["test_accuracy", "train_loss", "test_loss"])
@pytest.mark.parametrize("x", ["epoch", "updates", "images", "seconds"])
@pytest.mark.parametrize("log_loss", [False, True])
def test_the_specification_does_not_depend_on_the_figures(metric, x, log_loss):
    small = curve(frame(1), metric, look(x=x, log_loss=log_loss))
    large = curve(frame(3, {"test_loss": 1e6, "train_loss": 0.0}), metric, look(x=x, log_loss=log_loss))
    assert without_data(small) == without_data(large)


def test_a_zero_or_infinite_loss_does_not_flatten_a_logarithmic_chart():
    drawn = curve(frame(3, {"test_loss": 0.0, "train_loss": None}), "test_loss", look(log_loss=True))
    (rows,) = (data for name, data in drawn.to_dict()["datasets"].items() if "epoch" in data[0])
    assert {line["test_loss"] for line in rows if line["epoch"] == 4} == {None}


@pytest.mark.parametrize("metric", ["test_accuracy", "test_loss"])
def test_a_chart_is_drawn_with_lines_and_a_triangle_where_a_run_diverged(metric):
    svg = vl_convert.vegalite_to_svg(
        json.dumps(curve(frame(3, {"test_loss": None, "test_accuracy": None}), metric, look()).to_dict()),
        vl_version="6.4",
    )
    assert svg.count("#c62828") == 2
    assert "NaN" not in svg
    assert svg.count('aria-roledescription="line mark"') == 2


def seeds(*accuracies):
    """Runs of one value under several seeds, in a frame."""
    runs = []
    for seed, accuracy in enumerate(accuracies):
        run = new_run(spec(seed=seed), {"data": "made up", "weights": None}, 8)
        for epoch in range(1, 4):
            put_epoch(run, row(epoch, accuracy))
        runs.append(run)
    return curves(runs, {run["id"]: "1e-4" for run in runs}, 8)


def svg(chart):
    return vl_convert.vegalite_to_svg(json.dumps(chart.to_dict()), vl_version="6.4")


def areas(chart):
    """The areas that span something."""
    drawn = svg(chart).split('aria-roledescription="area mark"')[1:]
    return [area for area in drawn if 'd="M' in area[:900]]


def test_two_seeds_have_a_band_and_one_has_none():
    assert areas(curve(seeds(0.4, 0.6), "test_accuracy", look()))
    assert not areas(curve(seeds(0.4), "test_accuracy", look()))


def test_a_second_seed_changes_data_and_not_the_specification():
    one, two = (curve(seeds(*each), "test_loss", look()) for each in ((0.4,), (0.4, 0.6)))
    assert without_data(one) == without_data(two)


def test_the_articles_figures_are_thin_lines_of_the_accuracy_chart_for_values_on_the_screen():
    known = look(references=(("1e-4", 0.9243), ("1e-7", 0.616)))
    accuracy, loss = (curve(frame(), metric, known).to_dict()["datasets"] for metric in ("test_accuracy", "test_loss"))
    assert [{"label": "1e-4", "accuracy": 0.9243}] in accuracy.values()
    assert not any("accuracy" in records[0] for records in loss.values())


@pytest.mark.parametrize(
    ("labels", "columns"), [(("SGD", "SGD with momentum", "Adam", "AdamW"), 2), (("1e-7", "1e-5", "1e-4"), 8)]
)
def test_long_labels_stand_in_two_columns_so_that_none_is_cut_off_on_a_third_of_a_page(labels, columns):
    chart = curve(frame(2), "test_accuracy", look(labels=labels, colours=("#000000",) * len(labels))).to_dict()
    legends = [layer["encoding"].get("color", {}).get("legend") for layer in chart["layer"]]
    assert {legend["columns"] for legend in legends if legend} == {columns}


# Labels at the ends of lines


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12), st.sampled_from((0.01, 0.065, 0.2)))
def test_labels_are_kept_apart_in_their_order_and_within_the_axis(heights, gap):
    moved = apart(heights, gap)
    room = min(gap, 1 / len(heights))
    assert all(-1e-9 <= height <= 1 + 1e-9 for height in moved)
    ordered = sorted(moved)
    assert all(high - low >= room - 1e-9 for low, high in pairwise(ordered))
    for one, other in combinations(range(len(heights)), 2):
        if heights[one] < heights[other]:
            assert moved[one] < moved[other]


def test_labels_that_do_not_meet_stand_where_their_lines_end():
    assert apart([0.2, 0.9, 0.5], 0.1) == pytest.approx([0.2, 0.9, 0.5])
    assert apart([0.5, 0.5], 0.1) == pytest.approx([0.45, 0.55])


@pytest.mark.parametrize("log_loss", [False, True])
@pytest.mark.parametrize("metric", ["test_accuracy", "train_loss", "test_loss"])
def test_each_line_has_its_label_at_its_end(metric, log_loss):
    rows = drawn_rows(frame(3), "epoch", log_loss)
    labelled = rows[rows[f"{metric}_end"].notna()]
    assert list(labelled["label"]) == ["1e-4", "1e-2"]
    assert set(labelled["epoch"]) == {3}
    drawn = svg(curve(frame(3), metric, look(log_loss=log_loss, own_legend=False)))
    assert [drawn.count(f">{label}</text>") for label in ("1e-4", "1e-2")] == [1, 1]


def test_a_label_has_room_beyond_the_last_epoch_and_no_epoch_is_numbered_there():
    drawn = curve(frame(3), "test_accuracy", look(labels=("1e-4", "SGD with momentum"))).to_dict()
    x = drawn["layer"][1]["encoding"]["x"]
    assert x["axis"]["values"] == [0, 1, 2, 3, 4, 5, 6, 7, 8]
    assert x["scale"]["domain"][1] > 8 * 1.3
    seconds = svg(curve(frame(3), "test_accuracy", look(x="seconds", x_max=None)))
    assert ">1e-4</text>" in seconds


@pytest.mark.parametrize(("end", "least"), [(1, 1), (8, 1), (25, 1), (200, 1), (1e4, 0), (375, 0), (2.5e7, 0), (1, 0)])
def test_ticks_are_round_few_and_never_beyond_the_end(end, least):
    found = ticks(end, least)
    assert found[0] == 0
    assert 2 <= len(found) <= 10
    assert found[-1] <= end < found[-1] + (found[1] - found[0]) * (1 + 1e-9)
    assert found[1] - found[0] >= least


def decades_of(rows, metric):
    """How many decades a logarithmic chart of the figures spans."""
    drawn = svg(curve(rows, metric, look(log_loss=True, own_legend=False)))
    return [float(text) for text in re.findall(r">([\d.]+)</text>", drawn) if "." in text or float(text) > 8]


def test_a_logarithmic_axis_has_no_empty_decades():
    rows = frame(3).assign(test_loss=[0.62, 0.7, 0.8, 0.9, 0.65, 1.7])
    assert decades_of(rows, "test_loss")
    assert all(0.5 <= figure <= 2 for figure in decades_of(rows, "test_loss"))


def test_a_loss_of_zero_is_marked_on_a_logarithmic_axis_and_is_in_place_on_another():
    rows = frame(3).assign(train_loss=[0.5, 0.1, 0.0, 0.6, 0.5, 0.4])
    assert svg(curve(rows, "train_loss", look(log_loss=True))).count(">▾ 0</text>") == 1
    assert ">▾ 0</text>" not in svg(curve(rows, "train_loss", look()))


def test_a_line_that_goes_on_with_fewer_seeds_says_so():
    runs = []
    for seed, epochs in enumerate((3, 1)):
        run = new_run(spec(seed=seed), {"data": "made up", "weights": None}, 8)
        for epoch in range(1, epochs + 1):
            put_epoch(run, row(epoch))
        runs.append(run)
    drawn = svg(curve(curves(runs, {run["id"]: "1e-4" for run in runs}, 8), "test_accuracy", look()))
    assert drawn.count(">1 of 2</text>") == 1
