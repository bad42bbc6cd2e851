"""Photos, a tab of what the net learned: by class, as a matrix, and those that one value gets right and another not."""

import pyarrow as pa
import pytest

from hpviz.data.scenes import SCENES_CLASSES
from hpviz.home import default_cache
from hpviz.runs import desk as desks
from hpviz.runs import tasks
from hpviz.studies import WEIGHT_DECAY
from tests.app.answered import FOREST, GLACIER, MOUNTAIN, SEA, answered, put_photos
from tests.app.pages import learned, page, remember, texts
from tests.app.test_pages import drawn, masked
from tests.made_up import keep_checkpoint

SECTION = "What the net learned"
# Places of photos: the second forest, a glacier, and a sea.
A_FOREST, A_GLACIER, A_SEA = 7, 2, 4


@pytest.fixture
def app(runner):
    """A study's page with the section open, as it opens at first: on the photos."""
    return learned(WEIGHT_DECAY)


@pytest.fixture
def told(runner):
    """Two values of two seeds, photos beside them: only the forest and the glacier change with the value."""
    put_photos()
    for seed in (0, 1):
        answered(runner, {A_SEA: GLACIER} if seed else {}, weight_decay=0, seed=seed)
        answered(runner, {A_FOREST: MOUNTAIN, A_GLACIER: SEA}, weight_decay=1.0, seed=seed)


def buttons(app):
    return [button.label for button in app.button if button.label.startswith("Look at")]


def rows(chart):
    (data,) = [pa.ipc.open_stream(each.data.data).read_all().to_pylist() for each in chart.proto.datasets]
    return data


def chart(app, begins):
    return next(each for each in app.get("vega_lite_chart") if each.proto.alt.startswith(begins))


def test_photos_that_changed_with_the_value_are_shown_with_label_and_both_answers(app, told):
    app.run()
    assert not app.exception
    assert "2 of 600 test photos: one value gets them right with every seed" in texts(app)
    assert sorted(buttons(app)) == ["Look at forest 2", "Look at glacier 1"]
    assert ":material/check: λ 0" in texts(app)
    assert ":material/close: λ 1: mountain" in texts(app)
    assert "Answers on the test photos after epoch 8, of 4 runs." in texts(app)
    assert sorted(each.proto.imgs[0].alt for each in app.get("image")) == [
        "Test photo forest 2",
        "Test photo glacier 1",
    ]


def test_the_labels_of_test_scenes_are_said_to_be_right(app, told):
    assert "only among the training scenes are 8% wrong on purpose" in texts(app.run())


def test_they_are_filtered_by_class_and_by_a_pair_of_values(app, told):
    app.run()
    app.selectbox(key="weight-decay:gallery:class").set_value("glacier").run()
    assert buttons(app) == ["Look at glacier 1"]
    app.selectbox(key="weight-decay:gallery:class").set_value("any class").run()
    app.selectbox(key="weight-decay:gallery:right").set_value("λ 0").run()
    assert len(buttons(app)) == 2
    assert app.selectbox(key="weight-decay:gallery:wrong").options == ["any value", "λ 1"]
    app.selectbox(key="weight-decay:gallery:right").set_value("λ 1").run()
    assert buttons(app) == []
    assert "None with this choice" in texts(app)


def test_a_gallery_of_many_photos_is_turned_page_by_page(app, runner):
    put_photos()
    answered(runner, {}, weight_decay=0)
    answered(runner, dict.fromkeys(range(1, 85, 6), SEA), weight_decay=1.0)  # fourteen forests
    app.run()
    first = buttons(app)
    assert len(first) == 12
    assert "1 to 12 of 14" in texts(app)
    app.button(key="weight-decay:gallery:page:More photos").click().run()
    assert len(buttons(app)) == 2
    assert not set(first) & set(buttons(app))
    assert app.button(key="weight-decay:gallery:page:More photos").disabled


def test_accuracy_by_class_and_the_matrix_of_any_value_are_drawn_with_what_they_say_in_words(app, told):
    app.run()
    by_class = chart(app, "Share of each class")
    assert f"0: {', '.join(f'{name} 100%' for name in SCENES_CLASSES[:4])}, sea 100%, street 100%" in by_class.proto.alt
    accuracies = {(row["label"], row["class"]): row for row in rows(by_class)}
    assert accuracies["1", "forest"]["accuracy"] == pytest.approx(0.99)
    assert (accuracies["0", "sea"]["low"], accuracies["0", "sea"]["high"]) == (0.99, 1.0)
    app.selectbox(key="weight-decay:photos:value").set_value("1").run()
    assert "Confusion matrix of λ 1" in (alt := chart(app, "Confusion").proto.alt)
    assert "Most often it takes forest for mountain: 1% of them." in alt
    cells = {(row["label"], row["said"]): row["images"] for row in rows(chart(app, "Confusion"))}
    assert cells["forest", "mountain"] == cells["glacier", "sea"] == 2  # of two seeds
    assert cells["forest", "forest"] == 198


def test_new_answers_change_the_data_of_the_charts_and_not_their_drawing(app, runner, told):
    names = ("Share of each class", "Confusion")
    app.run()
    before = [masked(each) for each in drawn(app) if each.alt.startswith(names)]
    answered(runner, {A_SEA: FOREST}, weight_decay=0, seed=2)
    app.run()
    assert [masked(each) for each in drawn(app) if each.alt.startswith(names)] == before
    assert len(before) == 2


def test_with_one_seed_the_way_to_know_more_is_said(app, runner):
    put_photos()
    answered(runner, {}, weight_decay=0)
    answered(runner, {A_FOREST: SEA}, weight_decay=1.0)
    assert "Train another seed of each value" in texts(app.run())


def test_runs_without_answers_are_told_the_way_to_some(app, runner):
    remember(runner, 8, study=WEIGHT_DECAY, weight_decay=0)
    app.run()
    assert not app.exception
    assert "None of these runs remembers what it answered" in texts(app)
    assert "go on with a run for another epoch" in texts(app)


def test_nets_of_older_runs_are_asked_once_more_by_one_click(app, runner, monkeypatch):
    put_photos()
    desks.shared.cache_clear()
    told = {}
    for value, wrong in ((0, {}), (1.0, {A_FOREST: MOUNTAIN})):
        run = answered(runner, wrong, weight_decay=value)
        told[run["id"]] = run.pop("answers")
        runner.store.put(run)
        keep_checkpoint(default_cache(), run["id"])

    def carry_out(task, arguments):
        yield from ()
        return told[arguments["run"]["id"]]

    monkeypatch.setattr(tasks.executor, "carry_out", carry_out)
    app.run()
    assert "2 runs recorded before answers were kept" in texts(app)
    next(button for button in app.button if button.label == "Ask 2 runs").click().run()
    for task in list(desks.shared(default_cache())._tasks.values()):
        task.wait(60)
    app.run()
    assert not app.exception
    assert buttons(app) == ["Look at forest 2"]
    assert not [button for button in app.button if button.label.startswith("Ask")]
    desks.shared.cache_clear()


def test_one_value_alone_has_its_matrix_and_is_told_what_a_change_needs(app, runner):
    put_photos()
    answered(runner, {A_FOREST: SEA}, weight_decay=0)
    app.run()
    assert chart(app, "Confusion")
    assert "Photos change between two values" in texts(app)


def test_without_the_images_the_figures_are_there_and_the_page_says_what_it_waits_for(app, runner):
    answered(runner, {}, weight_decay=0)
    answered(runner, {A_FOREST: SEA}, weight_decay=1.0)
    app.run()
    assert not app.exception
    assert "1 of 600 test photos" in texts(app)
    assert chart(app, "Confusion")
    assert buttons(app) == []  # the scenes are being prepared


def test_compare_has_the_same_section(runner, told):
    app = page("compare", runs=[run["id"] for run in runner.runs()])
    app.session_state["compare:fold"] = SECTION
    app.run()
    assert not app.exception
    assert "2 of 600 test photos" in texts(app)
    assert len(buttons(app)) == 2
