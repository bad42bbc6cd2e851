"""The same curves, a chart a label: what is higher in one is higher in all."""

import pytest

from hpviz.analysis import frames
from hpviz.analysis.comparison import compare_runs
from hpviz.charts.looks import look_of
from hpviz.charts.side_by_side import side_by_side
from tests.analysis.made_up_runs import rows, run


@pytest.fixture
def comparison():
    return compare_runs([run(rows(3), weight_decay=decay) for decay in (0, 0.01, 1.0)])


def domains(comparison, metric, log_loss=False):
    frame = frames.curves(comparison.runs, comparison.labels, comparison.epochs)
    charts = side_by_side(frame, metric, look_of(comparison, "epoch", log_loss, dark=False))
    assert [chart["title"] for chart in (each.to_dict() for each in charts)] == list(comparison.groups)
    layers = [layer for each in charts for layer in each.to_dict()["layer"]]
    scales = [layer["encoding"]["y"].get("scale", {}) for layer in layers if "field" in layer["encoding"].get("y", {})]
    return {tuple(scale["domain"]) for scale in scales if "domain" in scale}


@pytest.mark.parametrize("log_loss", [False, True])
@pytest.mark.parametrize("metric", ["test_accuracy", "train_loss", "test_loss"])
def test_all_charts_have_one_axis(comparison, metric, log_loss):
    assert len(domains(comparison, metric, log_loss)) == 1


def test_an_axis_of_losses_begins_at_zero_unless_it_is_logarithmic(comparison):
    ((low, _),) = domains(comparison, "test_loss")
    ((lowest, _),) = domains(comparison, "test_loss", log_loss=True)
    assert low == 0
    assert lowest > 0
