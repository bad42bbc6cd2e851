"""The page of two at a time: what it asks for, what it shows of it, and what its address says."""

import pytest

from hpviz.runs.runner import Request
from hpviz.studies import BATCH_SIZE, LEARNING_RATE
from tests.app.pages import page, page_spec, press, remember, texts

RATES, BATCHES = (1e-5, 1e-4, 1e-3), (8, 32)
ADDRESS = {"values": "1e-5,1e-4,1e-3", "values2": "8,32"}


def asked(runner):
    """(rate, batch, seed) of every run in the store."""
    return sorted(tuple(run["spec"][name] for name in ("learning_rate", "batch_size", "seed")) for run in runner.runs())


def fill(runner, seeds=2, but=()):
    """Runs of every cell, best at 1e-4, on the article's net."""
    for rate in RATES:
        for batch in BATCHES:
            for seed in range(seeds):
                if (rate, batch) not in but:
                    top = 0.8 if rate == 1e-4 else 0.5
                    values = {"model": "article-cnn", "learning_rate": rate, "batch_size": batch, "seed": seed}
                    remember(runner, 8, study=LEARNING_RATE, top=top + 0.01 * seed, **values)


def figures(app):
    return app.dataframe[0].value.to_dict("records")


def test_it_queues_every_cell_in_one_click_and_nothing_that_is_there_already(runner):
    fill(runner, seeds=1, but=[(1e-3, 8), (1e-3, 32)])
    app = page("grid", **ADDRESS).run()
    assert "4 of 6 runs are here already" in texts(app)
    press(app, "Run the grid: 2 runs")
    assert asked(runner) == sorted((rate, batch, 0) for rate in RATES for batch in BATCHES)
    assert {run["spec"]["model"] for run in runner.runs()} == {"article-cnn"}


def test_it_opens_on_both_studies_quick_values(runner):
    app = page("grid").run()
    assert not app.exception
    assert app.title[0].value == "Two at a time"
    assert app.multiselect[0].value == list(LEARNING_RATE.quick_values)
    assert app.multiselect[1].value == list(BATCH_SIZE.quick_values)
    cells = len(LEARNING_RATE.quick_values) * len(BATCH_SIZE.quick_values)
    assert any(button.label.startswith(f"Run the grid: {cells} runs · ") for button in app.button)


def test_seeds_of_a_cell_are_one_figure_and_the_best_of_each_column_is_named(runner):
    fill(runner)
    app = page("grid", **ADDRESS).run()
    assert [line["8"] for line in figures(app)] == ["50.5%", "80.5%", "50.5%"]
    best = app.dataframe[1].value.to_dict("records")
    assert [(line["Batch size"], line["best learning rate"]) for line in best] == [("8", "1e-4"), ("32", "1e-4")]
    assert "Whether" in texts(app) or "goes as batch size" in texts(app)


def test_figures_change_the_data_and_not_the_specification(runner):
    fill(runner, but=[(1e-3, 32)])
    app = page("grid", **ADDRESS).run()
    (before,) = [chart.proto for chart in app.get("vega_lite_chart")]
    fill(runner)
    app.run()
    (after,) = [chart.proto for chart in app.get("vega_lite_chart")]
    assert masked(before) == masked(after)
    assert before.alt == after.alt


def masked(chart):
    """The specification without the names that altair gives to data."""
    names = [dataset.name for dataset in chart.datasets]
    spec = chart.spec
    for number, name in enumerate(names):
        spec = spec.replace(name, f"data {number}")
    return spec


def test_a_value_can_be_typed_and_one_that_is_none_is_a_sentence(runner):
    app = page("grid", **ADDRESS).run()
    app.multiselect[0].set_value([*RATES, "0,0003"]).run()
    assert not app.exception
    assert 3e-4 in app.multiselect[0].value
    app.multiselect[0].set_value([*RATES, "fast"]).run()
    assert "'fast' is not a number" in app.error[0].value.replace("\\", "")
    assert app.multiselect[0].value == list(RATES)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ({"first": "batch-size", "second": "batch-size"}, "batch-size was given twice"),
        ({**ADDRESS, "seeds": "100", "values": ",".join(f"{n}e-4" for n in range(1, 8))}, "1,400 runs"),
        ({"first": "kernel-width", "second": "learning-rate", "values": "3,31", "padding": "valid"}, "does not fit"),
    ],
    ids=["twice", "too many", "a kernel too wide"],
)
def test_what_cannot_be_a_grid_is_a_sentence_and_no_button(runner, address, words):
    app = page("grid", **address).run()
    assert not app.exception
    assert words in app.error[0].value.replace("\\", "")
    assert not any(button.label.startswith("Run the grid") for button in app.button)


def test_other_studies_bring_their_values_and_what_they_hold(runner):
    app = page("grid", **ADDRESS).run()
    app.selectbox[0].set_value("kernel-width").run()
    assert not app.exception
    assert app.multiselect[0].value == [3, 5, 7, 9]
    press(app, "Run the grid: 12 runs")
    assert {run["spec"]["padding"] for run in runner.runs()} == {"same"}


def test_the_address_holds_the_grid_and_opens_it_again(runner):
    app = page("grid", **ADDRESS, seeds="2", epochs="3").run()
    assert "--seeds 2" in app.code[0].value
    assert "--epochs 3" in app.code[0].value
    app.multiselect[1].set_value([8, 64]).run()
    told = {name: "".join(app.query_params[name]) for name in ("values", "values2", "seeds", "epochs")}
    assert told == {"values": "1e-5,1e-4,1e-3", "values2": "8,64", "seeds": "2", "epochs": "3"}


def test_what_an_address_asks_for_in_vain_is_named(runner):
    app = page("grid", values="fast", second="rates").run()
    assert not app.exception
    assert "values" in app.warning[0].value
    assert "second" in app.warning[0].value


def test_all_runs_of_the_grid_are_stopped_in_one_click_and_no_others(runner, work):
    work.gate.clear()
    app = page("grid", **ADDRESS).run()
    press(app, "Run the grid: 6 runs")
    other = page_spec(runner, model="article-cnn", learning_rate=0.3)
    runner.submit(Request(other, 3, {"data": "scenes", "weights": None}))
    app.run()
    press(app, "Stop all 6")
    left = {run["id"] for run in runner.runs() if run["status"] in ("queued", "running") and not run["stop_requested"]}
    assert left == {other.run_id}


def test_a_cell_is_opened_in_compare_from_a_list_of_those_that_have_an_epoch(runner):
    fill(runner, but=[(1e-5, 8)])
    app = page("grid", **ADDRESS).run()
    (cells,) = [box for box in app.selectbox if box.label == "Runs of a cell"]
    assert cells.options == [f"lr {rate} · batch {batch}" for batch in (8, 32) for rate in ("1e-5", "1e-4", "1e-3")][1:]
    assert any(button.label == "Open in Compare" for button in app.button)
