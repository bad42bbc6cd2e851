"""The replay of a training: every frame is the curves as they stood then, the last one all of them."""

import pandas as pd
import pytest

from hpviz.analysis.comparison import compare_runs
from hpviz.charts.specification import table
from hpviz.site.charts import Charts, columns_of
from hpviz.site.replay import FRAMES, MARKS, replay_of, rows_until
from tests.analysis.made_up_runs import rows, run
from tests.charts.test_card import known, sweep


def shown(charts, replay, frame):
    """The rows of a frame, as the page's script puts them together."""
    columns = charts.rows[replay["rows"]]
    cells = {
        name: column if isinstance(column, list) else [column["all"]] * columns["count"]
        for name, column in columns["of"].items()
    }
    whole = [dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True)]
    for row, marks in replay["marks"][frame]:
        whole[row] |= marks
    return [row for row in whole if row["epoch"] <= replay["ends"][frame]]


def expected(comparison, epoch):
    columns = columns_of(table(rows_until(comparison, epoch)))
    charts = Charts(rows={"all": columns})
    return shown(charts, {"rows": "all", "marks": [[]], "ends": [epoch]}, 0)


def diverging():
    lost = known(run(rows(4, test_accuracy={1: 0.5, 4: 0.6}), weight_decay=1.0, seed=1))
    lost["epochs"][3].update(test_accuracy=None, test_loss=None, train_loss=None)
    lost["status"] = "diverged"
    return [*sweep([0.0, 1.0]), lost]


@pytest.mark.parametrize("runs", [sweep([0.0, 0.01, 1.0], seeds=2), diverging(), sweep([0.0], epochs=1)])
def test_each_frame_is_what_the_app_would_have_drawn_after_that_epoch(runs):
    comparison, charts = compare_runs(runs, "weight_decay"), Charts()
    replay = replay_of(comparison, charts)
    assert replay["ends"] == list(range(1, comparison.epochs + 1))
    for frame, end in enumerate(replay["ends"]):
        assert shown(charts, replay, frame) == expected(comparison, end)


def test_a_long_training_has_few_frames_and_ends_with_its_last_epoch():
    replay = replay_of(compare_runs(sweep([0.0], epochs=1000), "weight_decay"), Charts())
    assert len(replay["ends"]) == len(replay["marks"]) <= FRAMES
    assert replay["ends"][-1] == 1000
    assert pd.Series(replay["ends"]).is_monotonic_increasing
    assert set(MARKS) >= {mark for frame in replay["marks"] for _, marks in frame for mark in marks}
