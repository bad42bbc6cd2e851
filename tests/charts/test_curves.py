"""Learning curves: one specification whatever the figures, honest about what is not finite."""

import json

import pytest
import vl_convert

from hpviz.analysis.frames import curves
from hpviz.charts.curves import Look, curve
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
    specification = chart.to_dict()
    specification.pop("datasets")
    specification["layer"] = [{**layer, "data": None} for layer in specification["layer"]]
    specification["data"] = None
    return specification


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
