"""The Compare page: any runs, held against each other; a link that another machine can follow."""

import json

import pandas as pd
import pytest

from hpviz import links
from hpviz.runs import bundle
from hpviz.runs.document import move
from hpviz.spec import build_spec
from hpviz.studies import BATCH_SIZE, WEIGHT_DECAY
from hpviz.ui.permalink import read_labels, write_labels
from tests.app.pages import fold, page, press, remember, texts
from tests.app.test_permalinks import address, widget


def open_compare(**entries):
    return page("compare", **entries).run()


@pytest.fixture
def runs(runner):
    """Two decays under two seeds, and one run of another study."""
    decays = [
        remember(runner, 8, study=WEIGHT_DECAY, weight_decay=value, seed=seed, top=top)
        for value, top in ((0, 0.8), (1.0, 0.2))
        for seed in range(2)
    ]
    return [*decays, remember(runner, 8, study=BATCH_SIZE, batch_size=64, top=0.7)]


def ids(runs):
    return ",".join(run["id"] for run in runs)


def rows(app):
    return {line["value"]: line for line in app.dataframe[0].value.to_dict("records")}


def test_an_empty_page_offers_studies_to_start_from(runner, runs):
    app = open_compare()
    assert not app.exception
    press(app, "Weight decay: 4 runs")
    assert set(rows(app)) == {"0", "1"}
    assert "Different: λ 0 is 60.0 points above λ 1" in texts(app)
    assert list(links.decode(address(app)["specs"]).specs) == [run["id"] for run in runs[:4]]


def test_without_any_run_it_says_how_to_begin(runner):
    app = open_compare()
    assert "Choose runs" in app.info[0].value
    assert not app.exception


def test_runs_are_found_by_filters(runner, runs):
    app = open_compare()
    widget(app, "selectbox", "Study").set_value("batch-size").run()
    offered = widget(app, "multiselect", "Runs").options
    assert len(offered) == 3  # λ = 0 at batch 32 is a run of this study too
    press(app, "Add all 3")
    assert set(rows(app)) == {"32", "64"}


def test_a_baseline_is_what_the_others_are_held_against(runner, runs):
    app = open_compare(runs=ids(runs[:4]))
    widget(app, "selectbox", "Baseline").set_value("0").run()
    assert rows(app)["1"]["delta"] == pytest.approx(-60)
    assert address(app)["baseline"] == "0"


def test_a_baseline_that_diverged_leaves_nothing_to_hold_others_against(runner, runs):
    for run in runs[:2]:
        run["epochs"][-1].update(test_loss=None, test_accuracy=None)
        move(run, "diverged", "not finite")
        runner.store.put(run)
    app = open_compare(runs=ids(runs[:4]))
    widget(app, "selectbox", "Baseline").set_value("0").run()
    assert not app.exception
    assert pd.isna(rows(app)["1"]["delta"])
    assert not open_compare(runs=ids(runs[:2]), baseline="0").exception


def test_images_are_called_different_only_where_they_are(runner, runs):
    for run in runs[:4]:
        del run["inputs"]["test_images"]
        runner.store.put(run)
    shown = texts(open_compare(runs=ids(runs[:4])))
    assert "was not noted" in shown
    assert "the same images" not in shown


def test_what_differs_names_the_runs_and_what_is_the_same_is_said_once(runner, runs):
    app = open_compare(runs=ids([runs[0], runs[4]]))
    assert set(rows(app)) == {"32", "64"}
    app = open_compare(runs=ids([runs[2], runs[4]]))
    assert set(rows(app)) == {"batch 32 · λ 1", "batch 64 · λ 0"}
    assert "article-cnn" in texts(fold(app, "What differs", "compare"))


def test_a_link_shows_another_browser_the_same(runner, runs):
    app = open_compare(runs=ids(runs[:3]), x="images", log="1", layout="side by side")
    again = open_compare(**address(app))
    assert address(again) == address(app)
    assert widget(again, "multiselect", "Runs").value == [run["id"] for run in runs[:3]]
    assert again.toggle[0].value


def test_a_link_brings_what_was_hidden_and_what_others_are_held_against(runner, runs):
    third = remember(runner, 8, study=WEIGHT_DECAY, weight_decay=0.01)
    app = open_compare(runs=ids([*runs[:4], third]))
    app.session_state["compare:hidden"] = frozenset({"1e-2"})
    app.run()
    widget(app, "selectbox", "Baseline").set_value("0").run()
    assert not app.exception
    again = open_compare(**address(app))
    assert not again.warning
    assert address(again) == address(app)
    assert set(rows(again)) == {"0", "1"}
    assert rows(again)["1"]["delta"] == pytest.approx(-60)
    assert widget(again, "multiselect", "Runs").value == [run["id"] for run in [*runs[:4], third]]


def test_labels_of_an_address_may_hold_commas_and_percents():
    labels = frozenset({"cats, 50% · λ 0", "dogs%2C · λ 0", "été"})
    assert read_labels(write_labels(labels)) == labels


def test_a_link_is_short_and_a_long_one_of_an_earlier_version_opens_still(runner, runs):
    app = open_compare(runs=ids(runs[:4]))
    assert set(address(app)) == {"specs"}
    assert len(address(app)["specs"]) < 200
    plain = [build_spec(**run["spec"]).plain() for run in runs[:4]]
    told = {"epochs": 8, "same": {}, "runs": {run["id"]: spec for run, spec in zip(runs, plain, strict=False)}}
    again = open_compare(runs=ids(runs[:4]), specs=json.dumps(told))
    assert not again.warning
    assert address(again) == address(app)
    assert widget(again, "multiselect", "Runs").value == [run["id"] for run in runs[:4]]


def test_runs_that_are_not_here_are_named_and_trained_from_the_link(runner, runs):
    entries = address(open_compare(runs=ids(runs[:2])))
    for run in runs[:2]:
        runner.delete(run["id"])
    app = open_compare(**entries)
    assert "2 runs of this link are not on this machine" in texts(app)
    assert "λ 0 · seed 1" in app.text[0].value
    assert address(app) == entries
    press(app, "Train these 2")
    assert {run["id"] for run in runner.runs()} == {run["id"] for run in runs}


def test_a_link_to_runs_that_it_does_not_describe_names_them(runner, runs):
    app = open_compare(runs=f"0123456789ab,{runs[0]['id']}")
    assert "0123456789ab" in app.text[0].value
    assert "import their bundle" in texts(app)


def test_images_that_are_not_here_are_asked_for_in_a_sentence(runner, runs):
    spec = {**runs[0]["spec"], "dataset": "cats", "fingerprint": "f" * 64}
    from hpviz.spec import RunSpec

    name = RunSpec(**spec).run_id
    app = open_compare(runs=name, specs=links.encode({name: spec}, 4))
    press(app, "Train it")
    assert "The images of cats are not here" in app.error[0].value.replace("\\", "")


def test_runs_without_an_epoch_are_waited_for(runner):
    waiting = remember(runner, 0, "stopped", learning_rate=1e-4)
    app = open_compare(runs=waiting["id"])
    assert not app.exception
    assert "None of these runs has an epoch yet" in app.info[0].value


def test_side_by_side_has_a_chart_for_each(runner, runs):
    app = open_compare(runs=ids(runs[:4]), layout="side by side")
    drawn = [chart.proto for chart in app.get("vega_lite_chart") if " over training" in chart.proto.alt]
    assert [chart.alt.partition(" over")[0] for chart in drawn] == ["Test accuracy of 0", "Test accuracy of 1"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("runs", "../../etc/passwd"),
        ("runs", ",".join(f"{number:012x}" for number in range(100))),
        ("specs", "[" * 10_000),
        ("specs", '{"epochs":1,"same":{},"runs":{"0":{}}}'),
        ("layout", "<img src=x>"),
        ("x", "nan"),
        ("anything", "1"),
    ],
)
def test_nonsense_in_a_link_is_left_out_and_said_so(runner, runs, name, text):
    app = open_compare(**{name: text})
    assert not app.exception
    assert "left out" in app.warning[0].value
    assert address(app) == {}


def test_imported_runs_stand_beside_ones_own_and_are_told_apart(runner, runs):
    foreign = bundle.read(bundle.write([{**run, "created": "2020-01-01T00:00:00.000+00:00"} for run in runs[:1]]))
    assert len(runner.store.take_in(foreign)) == 1
    app = open_compare(runs=f"{runs[0]['id']},{foreign[0]['id']}")
    assert len(rows(app)) == 2
    assert "1 imported run of 2" in texts(app)
