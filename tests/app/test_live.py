"""The epoch under way on a page: it moves in the rows of one chart, and is nowhere else."""

import io
import json
import threading

import pyarrow as pa
import pytest

from hpviz.analysis.comparison import compare_runs
from hpviz.charts.export import export
from hpviz.runs import bundle
from hpviz.studies import LEARNING_RATE
from hpviz.training.events import Batch, Epoch
from tests.app.pages import open_page, page, page_spec, remember
from tests.made_up import keep_checkpoint, row, until

LOSSES = (9.125, 8.125, 7.125)  # figures that no epoch has
LOSS_CHART = "Train loss (nats)"


class Growing:
    """Work that tells a batch whenever it is asked to, and an epoch at the end."""

    def __init__(self):
        self.gate, self.told = threading.Event(), threading.Semaphore(0)
        self.losses = []

    def __call__(self, run, cache, place):
        for epoch in range(len(run["epochs"]) + 1, run["target"] + 1):
            updates = 0
            while not self.gate.is_set():
                if len(self.losses) > updates:
                    updates += 1
                    yield Batch(epoch, updates, 10, 32 * updates, 0.1 * updates, self.losses[updates - 1])
                    self.told.release()
                else:
                    self.gate.wait(0.01)
                    yield None
            self.losses = []
            keep_checkpoint(cache, run["id"])
            yield Epoch(row(epoch))

    def tell(self, loss):
        self.losses.append(loss)
        assert self.told.acquire(timeout=60)


@pytest.fixture
def work():
    return Growing()


def begin(runner, work, epochs=0):
    """A run that trains and has told the first loss of its epoch."""
    from hpviz.runs.runner import Request

    run = remember(runner, epochs, "stopped", learning_rate=1e-4)
    keep_checkpoint(runner.cache, run["id"])
    runner.submit(Request(page_spec(runner, learning_rate=1e-4), 8, run["inputs"], from_start=True))
    work.tell(LOSSES[0])
    until(lambda: trail(runner))
    return run["id"]


def trail(runner):
    return [point for entry in runner.queue() for point in entry["view"].get("trail", ())]


def charts(app):
    return {
        json.loads(chart.proto.spec)["title"]: chart.proto
        for chart in app.get("vega_lite_chart")
        if "title" in json.loads(chart.proto.spec)
    }


def live_rows(chart):
    (found,) = [dataset for dataset in chart.datasets if dataset.name == "live"]
    return pa.ipc.open_stream(io.BytesIO(found.data.data)).read_all().to_pylist()


@pytest.mark.parametrize("epochs", [0, 2])
def test_a_running_epoch_grows_in_the_rows_of_one_chart_and_changes_nothing_else(runner, work, epochs):
    begin(runner, work, epochs)
    app = open_page(LEARNING_RATE)
    assert not app.exception
    before = charts(app)
    assert {"Test accuracy", LOSS_CHART, "Test loss (nats)"} <= before.keys()
    work.tell(LOSSES[1])
    until(lambda: len(trail(runner)) == 2)
    app.run()
    after = charts(app)
    assert [(chart.spec, chart.alt) for chart in after.values()] == [
        (chart.spec, chart.alt) for chart in before.values()
    ]
    losses = [point["train_loss"] for point in live_rows(after[LOSS_CHART])]
    # It begins at the last measured epoch, where there is one.
    assert losses == [*([1.0 / epochs] if epochs else []), *LOSSES[:2]]
    changed = [title for title in before if data_of(before[title]) != data_of(after[title])]
    assert changed == [LOSS_CHART]


def data_of(chart):
    return [(dataset.name, dataset.data.data) for dataset in chart.datasets]


def test_charts_stand_from_the_launch_on_in_the_specification_they_keep(runner, work):
    begin(runner, work)
    app = open_page(LEARNING_RATE)
    before = {title: chart.spec for title, chart in charts(app).items()}
    work.gate.set()
    until(lambda: not runner.queue())
    app.run()
    after = charts(app)
    assert {title: after[title].spec for title in before} == before
    assert live_rows(after[LOSS_CHART]) == []


@pytest.mark.parametrize("x", ["updates", "images"])
def test_the_axis_ends_where_a_run_without_an_epoch_will_end(runner, work, x):
    begin(runner, work)
    app = page("learning_rate", x=x).run()
    along = json.loads(charts(app)[LOSS_CHART].spec)["layer"][0]["encoding"]["x"]
    end = 8 * 1800 if x == "images" else -(-1800 // 32) * 8
    ticks = along["axis"]["values"]
    assert ticks[-1] <= end < ticks[-1] + ticks[1]
    assert end < along["scale"]["domain"][1] < 1.3 * end  # with room for the label at the line's end


def test_what_has_not_been_measured_reaches_no_store_no_table_and_no_file(runner, work):
    run_id = begin(runner, work, epochs=2)
    work.tell(LOSSES[1])
    app = open_page(LEARNING_RATE)
    run = runner.run(run_id)
    comparison = compare_runs([run])
    files = [
        export(comparison, form, x="epoch", log_loss=False, dark=False, link=None) for form in ("csv", "svg", "html")
    ]
    told = [json.dumps(runner.store.runs()).encode(), bundle.write([run]), *files]
    tables = [frame.value.to_csv().encode() for frame in app.dataframe]
    for figure in (str(loss).encode() for loss in LOSSES[:2]):
        assert not any(figure in text for text in [*told, *tables])
    assert len(runner.run(run_id)["epochs"]) == 2


def test_compare_draws_a_run_before_it_has_an_epoch(runner, work):
    run_id = begin(runner, work)
    app = page("compare", runs=run_id).run()
    assert not app.exception
    assert [point["train_loss"] for point in live_rows(charts(app)[LOSS_CHART])] == [LOSSES[0]]
    assert "epoch" not in [heading.value for heading in app.subheader]


def test_the_queue_says_how_much_of_the_epoch_is_done(runner, work):
    begin(runner, work)
    app = open_page(LEARNING_RATE)
    assert "lr 1e-4 · epoch 1/8 · 10%" in next(each.proto.text for each in app.get("progress"))
