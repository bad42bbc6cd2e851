"""Equal updates on the pages: the switch, what is launched, what the address says; and how many images there are."""

import pytest
from streamlit.testing.v1 import AppTest

from hpviz.data.scenes import SCENES_CLASSES
from hpviz.runs.document import move, new_run, put_epoch
from hpviz.studies import BATCH_SIZE, TRAINING_IMAGES, WEIGHT_DECAY
from tests.app.pages import fold, page, page_spec, press_values, texts
from tests.made_up import row, until

EACH = {10: 2, 30: 6, 100: 19, 300: 57}  # updates an epoch of six classes in batches of 32
EPOCHS = {10: 228, 30: 76, 100: 24, 300: 8}


def script(name):
    from hpviz.studies import find_study
    from hpviz.ui.study.page import show_study

    show_study(find_study(name))


def opened(study, **address):
    app = AppTest.from_function(script, default_timeout=60, args=(study.name,))
    for entry, text in address.items():
        app.query_params[entry] = text
    app.run()
    assert not app.exception
    return app


def put(runner, images, epochs, top, seed=0):
    inputs = {"data": "scenes", "weights": None, "classes": list(SCENES_CLASSES), "test_images": 600}
    run = new_run(page_spec(runner, TRAINING_IMAGES, per_class=images, seed=seed), inputs, epochs)
    for epoch in range(1, epochs + 1):
        seen = {"updates": epoch * EACH[images], "images": epoch * images * 6}
        put_epoch(run, row(epoch, accuracy=0.2 + (top - 0.2) * epoch / epochs, **seen))
    move(run, "finished")
    runner.store.put(run)
    return run


def put_all(runner, seeds=2):
    for images, epochs in EPOCHS.items():
        for seed in range(seeds):
            put(runner, images, epochs, 1 - (1.3 + 0.04 * seed) * images**-0.33, seed)


def switch(app, study):
    app.segmented_control(key=f"{study.name}:at").set_value("updates").run()
    assert not app.exception
    return app


def test_equal_updates_are_launched_for_as_many_epochs_as_they_take(runner, work):
    app = switch(opened(TRAINING_IMAGES), TRAINING_IMAGES)
    assert "".join(app.query_params["at"]) == "updates"
    assert app.session_state["training-images:x"] == "updates"
    work.gate.clear()
    press_values(app)
    assert {run["spec"]["per_class"]: run["target"] for run in runner.runs()} == EPOCHS


def test_equal_epochs_are_launched_and_said_nowhere_unless_the_switch_is_set(runner, work):
    app = opened(TRAINING_IMAGES)
    work.gate.clear()
    press_values(app)
    assert {run["target"] for run in runner.runs()} == {8}
    assert "at" not in app.query_params
    with pytest.raises(KeyError):
        opened(WEIGHT_DECAY).segmented_control(key="weight-decay:at")


def test_a_link_opens_the_page_at_equal_updates_and_all_of_it_is(runner):
    put_all(runner)
    apart = fold(opened(TRAINING_IMAGES), "Table", TRAINING_IMAGES.name)
    assert "Runs that have ended, after 8 epochs" in texts(apart)
    assert "Same epochs, 28× fewer updates: 16 for 10 a class, 456 for 300 a class." in texts(apart)
    app = fold(opened(TRAINING_IMAGES, at="updates"), "Table", TRAINING_IMAGES.name)
    assert not app.warning
    assert "Runs that have ended, after 456 updates" in texts(app)
    assert "Same updates, 28× more epochs: 8 for 300 a class, 228 for 10 a class." in texts(app)
    table = app.dataframe[0].value
    assert table["epochs"].tolist() == ["228/228", "76/76", "24/24", "8/8"]


def test_the_power_law_is_told_under_its_plot(runner):
    put_all(runner)
    app = opened(TRAINING_IMAGES, at="updates")
    assert "Test error falls as n^−0.3" in texts(app)
    assert "Extrapolated, if the line goes on: 3,000 images a class" in texts(app)


def test_one_seed_each_has_no_law_and_says_so(runner):
    put_all(runner, seeds=1)
    assert "One seed each: how far seeds spread is not known" in texts(opened(TRAINING_IMAGES, at="updates"))


def test_no_more_images_are_offered_than_there_are(runner):
    app = opened(TRAINING_IMAGES)
    assert app.select_slider[0].options[-1] == "300"
    next(field for field in app.text_input if field.label == "Exact value").set_value("500").run()
    assert [error.value.replace("\\", "") for error in app.error] == [
        "There are no 500 training images of any class: the largest has 300, so compare numbers up to that."
    ]
    assert runner.runs() == []


def test_compare_has_the_switch_where_it_matters_and_its_link_holds_it(runner):
    runs = [put(runner, images, EPOCHS[images], 0.7, seed) for images in (100, 300) for seed in (0, 1)]
    ids = ",".join(run["id"] for run in runs)
    app = page("compare", runs=ids).run()
    assert "after 8 epochs" in texts(app)
    app.segmented_control(key="compare:at").set_value("updates").run()
    assert not app.exception
    assert "".join(app.query_params["at"]) == "updates"
    assert "after 456 updates" in texts(app)
    assert "after 456 updates" in texts(page("compare", runs=ids, at="updates").run())


def test_a_value_on_the_screen_counts_when_another_is_launched(runner, work):
    app = opened(BATCH_SIZE, at="updates")
    work.gate.clear()
    next(field for field in app.text_input if field.label == "Exact value").set_value("32").run()
    until(lambda: len(runner.runs()) == 1)
    app.run()
    next(field for field in app.text_input if field.label == "Exact value").set_value("64").run()
    assert {run["spec"]["batch_size"]: run["target"] for run in runner.runs()} == {32: 8, 64: 16}


def test_a_schedule_that_ends_is_compared_at_equal_epochs_for_it_would_end_elsewhere_for_each_value(runner, work):
    app = opened(TRAINING_IMAGES, at="updates", schedule="cosine")
    work.gate.clear()
    press_values(app)
    assert {(run["target"], run["spec"]["horizon"]) for run in runner.runs()} == {(8, 8)}
