"""Each page as Streamlit's own test harness runs it."""

import json
import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from hpviz.home import default_cache
from hpviz.notation import short
from hpviz.plan import Setting, request
from hpviz.runs import memory
from hpviz.runs.document import move, new_run, put_epoch
from hpviz.studies import KERNEL_WIDTH, LEARNING_RATE, PRESETS, STUDIES, WEIGHT_DECAY
from hpviz.ui.data_address import FOLDERS_NOTE
from tests.app.pages import ROOT, fold, open_page, page_spec, press, remember, texts
from tests.made_up import keep_checkpoint, row


@pytest.fixture
def app(runner):
    return open_page(LEARNING_RATE)


@pytest.fixture(params=[each for each in STUDIES.values() if each.article_values], ids=lambda study: study.name)
def study(request):
    return request.param


CLAIMED = "What the article claims"
# The overlay's three, the isolation plot and one run's gap; the learning rate's valley comes on top.
CHARTS = 5


def drawn(app):
    return [chart.proto for chart in app.get("vega_lite_chart")]


def charts(app):
    """The charts of runs: all but the pictures, which are there before any run."""
    return [chart for chart in drawn(app) if "The table" in chart.alt]


def asked(runner, study):
    """The (value, seed) of every run in the store."""
    return {(run["spec"][study.field], run["spec"]["seed"]) for run in runner.runs()}


def test_every_study_has_its_slider_and_its_picture_before_any_run(runner, study):
    app = open_page(study)
    assert not app.exception
    assert app.title[0].value == study.title
    assert app.select_slider[0].label == study.title
    assert len(drawn(app)) >= 1
    assert charts(app) == []
    assert "Move the slider" in app.info[0].value


def test_every_study_queues_the_article_s_values_by_one_click_in_the_quick_preset_too(runner, study):
    many = len(study.article_values)
    press(open_page(study), f"Run the article's {many} values · " if study.tried else f"Run {many} untried values · ")
    assert asked(runner, study) == {(value, 0) for value in study.article_values}


def test_every_study_queues_its_quick_values_by_a_button_that_says_how_many_and_names_them(runner, study):
    app, label = open_page(study), f"Run {len(study.quick_values)} values · "
    (offer,) = [button for button in app.button if button.label.startswith(label)]
    assert offer.help == ", ".join(map(short, study.quick_values))
    press(app, label)
    assert asked(runner, study) == {(value, 0) for value in study.quick_values}


def test_nothing_is_called_the_article_s_that_the_article_never_tried(runner):
    app = open_page(KERNEL_WIDTH)
    assert all("the article's" not in button.label for button in app.button)


def test_one_more_seed_is_added_for_every_value_on_the_screen(runner, study):
    low, high = study.quick_values[:2]
    remember(runner, 8, study=study, **{study.field: low})
    remember(runner, 8, study=study, **{study.field: high})
    remember(runner, 8, study=study, **{study.field: high}, seed=1)
    press(open_page(study), "+1 seed")
    assert asked(runner, study) == {(low, 0), (low, 1), (high, 0), (high, 1), (high, 2)}


def test_a_hidden_value_gets_no_more_seeds(app, runner):
    remember(runner, 8, learning_rate=1e-4)
    remember(runner, 8, learning_rate=1e-2)
    app.run()
    app.pills[0].set_value(["1e-4"]).run()
    press(app, "+1 seed")
    assert asked(runner, LEARNING_RATE) == {(1e-4, 0), (1e-4, 1), (1e-2, 0)}


def test_one_more_seed_of_nothing_is_one_sentence(app, runner):
    press(app, "+1 seed")
    assert "train one first" in app.error[0].value
    assert runner.runs() == []


def test_seeds_of_a_value_are_one_line_of_the_table_with_their_spread(app, runner):
    for seed, top in enumerate((0.6, 0.8)):
        remember(runner, 8, learning_rate=1e-4, seed=seed, top=top)
    fold(app, "Table")
    (line,) = app.dataframe[0].value.to_dict("records")
    assert (line["value"], line["seeds"], line["last"]) == ("1e-4", "2", pytest.approx(0.7))
    assert line["last_spread"] == pytest.approx(14.14, abs=0.01)
    assert line["diagnosis"]


@pytest.mark.parametrize("seeds", [1, 2])
def test_new_epochs_change_the_data_and_not_the_specification_on_every_page(runner, study, seeds):
    values = study.quick_values[:2]
    runs = [
        remember(runner, 2, status="stopped", study=study, **{study.field: value}, seed=seed)
        for value in values
        for seed in range(seeds)
    ]
    app = open_page(study)
    before = [(masked(chart), chart.alt) for chart in drawn(app)]
    assert len(charts(app)) == CHARTS + (study is LEARNING_RATE)
    for number, run in enumerate(runs):
        put_epoch(run, row(3, accuracy=0.9 - 0.05 * number, test_loss=7.0))
        runner.store.put(run)
    app.run()
    assert [(masked(chart), chart.alt) for chart in drawn(app)] == before


def test_one_seed_never_shows_a_difference_and_offers_two_more(app, runner):
    remember(runner, 8, learning_rate=1e-4, top=0.9)
    remember(runner, 8, learning_rate=1e-2, top=0.2)
    app.run()
    assert "One seed a value shows no difference" in texts(app)
    assert "Different:" not in texts(app)
    press(fold(app, "Table"), "+2 seeds")
    assert asked(runner, LEARNING_RATE) == {(value, seed) for value in (1e-4, 1e-2) for seed in range(3)}


def test_a_value_with_one_seed_beside_others_is_named_and_gets_two_more(app, runner):
    for value, seed in ((1e-4, 0), (1e-4, 1), (1e-2, 0)):
        remember(runner, 8, learning_rate=value, seed=seed, top=0.9 if value == 1e-4 else 0.2)
    app.run()
    assert "One seed of 1e-2 shows no difference" in texts(app)
    press(fold(app, "Table"), "+2 seeds")
    assert asked(runner, LEARNING_RATE) == {(1e-4, 0), (1e-4, 1), (1e-2, 0), (1e-2, 1), (1e-2, 2)}


def test_one_value_alone_is_held_against_nothing_and_offers_no_seeds(app, runner):
    remember(runner, 8, learning_rate=1e-4)
    app.run()
    assert "there is nothing to hold it against" in texts(app)
    assert "+2 seeds" not in [button.label for button in app.button]


def test_a_seed_that_was_stopped_early_does_not_hold_the_judgement_back(app, runner):
    for seed in range(2):
        remember(runner, 8, learning_rate=1e-4, top=0.9, seed=seed)
        remember(runner, 8, learning_rate=1e-2, top=0.2, seed=seed)
    remember(runner, 1, status="stopped", learning_rate=1e-2, top=0.2, seed=2)
    app.run()
    assert "Different: lr 1e-4 is 70.0 points above lr 1e-2" in texts(fold(app, "Table"))


def test_the_page_knows_its_images_even_where_a_run_has_not_noted_them(app, runner):
    for value, top in ((1e-4, 0.9), (1e-2, 0.2)):
        for seed in range(2):
            run = remember(runner, 8, learning_rate=value, top=top, seed=seed)
            run["inputs"] = {"data": "scenes", "weights": None}
            runner.store.put(run)
    app.run()
    assert "Different: lr 1e-4 is 70.0 points above lr 1e-2" in texts(fold(app, "Table"))


def test_seeds_that_agree_show_a_difference(app, runner):
    for seed in range(3):
        remember(runner, 8, learning_rate=1e-4, top=0.9 + 0.01 * seed, seed=seed)
        remember(runner, 8, learning_rate=1e-2, top=0.2 + 0.01 * seed, seed=seed)
    app.run()
    assert "Different: lr 1e-4" in texts(fold(app, "Table"))


def test_a_run_that_is_still_training_holds_no_judgement_back(app, runner, work):
    for seed in range(2):
        remember(runner, 8, learning_rate=1e-4, top=0.9, seed=seed)
        remember(runner, 8, learning_rate=1e-2, top=0.2, seed=seed)
    run = remember(runner, 1, status="stopped", learning_rate=1e-3)
    keep_checkpoint(runner.cache, run["id"])
    work.gate.clear()
    app.run()
    press(app, "Resume")
    assert work.at_gate.wait(30)
    app.run()
    assert "Different: lr 1e-4 is 70.0 points above lr 1e-2" in texts(fold(app, "Table"))


def test_the_edge_of_the_range_is_told(app, runner):
    for value, top in ((1e-4, 0.3), (1e-3, 0.5), (1e-2, 0.9)):
        for seed in range(2):
            remember(runner, 8, learning_rate=value, top=top, seed=seed)
    app.run()
    assert "The best learning rate, 1e-2, is the highest you tried" in texts(app)


def test_on_a_tie_nothing_is_best_ahead_or_at_an_edge(app, runner):
    for value in (1e-7, 3e-7, 1e-6):
        remember(runner, 8, learning_rate=value, top=1 / 6)
    app.run()
    told = texts(app)
    assert "you tried" not in told
    assert "ahead" not in told
    assert all('"edge":true' not in chart.spec.replace(" ", "") for chart in charts(app))


def test_a_stopped_run_is_stopped_and_says_where_and_its_mean_does_not_go_on_in_another(app, runner):
    remember(runner, 2, status="stopped", learning_rate=1e-4)
    app.run()
    assert "lr 1e-4 · stopped" in texts(app)
    fold(app, "Table")
    assert "Stopped after epoch 2 of 8: stopped, not judged" in texts(app)


def test_seeds_that_diverged_are_named_and_weigh_in_the_verdict(app, runner):
    for seed in range(4):
        remember(runner, 8, learning_rate=1e-4, top=0.41, seed=seed)
        run = remember(runner, 8, learning_rate=0.1, top=0.7, seed=seed)
        if seed > 1:
            run["epochs"] = run["epochs"][:2]
            run["epochs"][-1].update(test_loss=None, test_accuracy=None)
            move(run, "diverged", "The loss was no longer finite.")
            runner.store.put(run)
    fold(app, "Table")
    told = texts(app)
    assert "2 of 4 seeds of lr 0.1 diverged: means are those of the others" in told
    assert "2 of 4 seeds of lr 0.1 diverged and count as guessing" in told
    assert "Different: " not in told
    assert "1e-4 and 0.1: not told apart (4 seeds). 0.1: 2 of 4 seeds diverged." in told
    assert app.dataframe[0].value["lost"].iloc[1] == "2 of 4 seeds diverged"


def test_every_study_lists_its_claims_with_their_verdicts_a_line_each(runner, study):
    from hpviz.analysis.claims import CLAIMS

    app = fold(open_page(study), CLAIMED, study.name)
    lines = [each.label for each in app.expander if "-badge[" in each.label]
    assert [re.search(r"\*\*(\w+)\*\*", line)[1] for line in lines] == [
        claim.id for claim in CLAIMS if claim.study == study.name
    ]


def test_a_claims_button_runs_what_it_needs_and_the_verdict_follows(runner):
    app = fold(open_page(WEIGHT_DECAY), CLAIMED, WEIGHT_DECAY.name)
    press(app, "Run what WD1 needs")
    wanted = {(value, seed) for value in (0, 1.0) for seed in range(3)}
    assert asked(runner, WEIGHT_DECAY) == wanted
    for run in runner.runs():
        fit = {"train_loss_eval": 0.3} if run["spec"]["weight_decay"] == 0 else {"train_loss_eval": 1.75}
        remember_rows(runner, run, **fit)
    app.run()
    assert "λ 1 closes" in texts(app)


def remember_rows(runner, run, **figures):
    """Eight epochs with these figures, as if the run had ended with them."""
    run["epochs"] = [row(epoch, **figures) for epoch in range(1, 9)]
    move(run, "finished")
    runner.store.put(run)


def test_claims_about_pretrained_nets_say_once_what_they_wait_for(app):
    assert texts(fold(app, CLAIMED)).count("need its weights") == 1


def test_all_that_the_claims_of_a_study_miss_is_queued_by_one_click(runner):
    app = fold(open_page(WEIGHT_DECAY), CLAIMED, WEIGHT_DECAY.name)
    press(app, "Run all that is missing")
    assert {run["spec"]["optimizer"] for run in runner.runs()} == {"adam", "adamw"}
    assert not [button for button in app.button if button.label.startswith("Run what") and not button.disabled]


def test_a_width_that_cannot_be_is_one_sentence(runner):
    app = open_page(KERNEL_WIDTH)
    app.selectbox(key="kernel-width:padding").set_value("valid").run()
    app.select_slider[0].set_value(15).run()
    assert not app.exception
    assert [error.value.replace("\\", "") for error in app.error] == [
        "A kernel 15 px wide does not fit: block 3 receives only 5×5 px from a 64 px image. "
        "Use a narrower kernel, larger images or padding 'same'."
    ]
    assert runner.runs() == []


def test_the_articles_three_widths_have_no_place_among_equal_ones(runner):
    remember(runner, 8, study=KERNEL_WIDTH, kernel_width="article")
    remember(runner, 8, study=KERNEL_WIDTH, kernel_width=5)
    app = fold(open_page(KERNEL_WIDTH), "Table", KERNEL_WIDTH.name)
    assert list(app.dataframe[0].value["value"]) == ["5"]


def test_momentum_belongs_to_sgd(runner):
    app = open_page(WEIGHT_DECAY)
    assert "weight-decay:momentum" not in {widget.key for widget in app.text_input}
    app.selectbox(key="weight-decay:optimizer").set_value("sgd").run()
    app.text_input(key="weight-decay:momentum").set_value("0.9").run()
    press(app, "Train λ")
    assert [run["spec"]["momentum"] for run in runner.runs()] == [0.9]


def test_the_cost_of_a_run_stands_there_before_it_is_run(runner):
    app = open_page(WEIGHT_DECAY)
    before = re.search(r"about (\d+) s", texts(app))
    assert "Parameters" in texts(fold(app, "Cost", WEIGHT_DECAY.name))
    slow = remember(runner, 8, study=WEIGHT_DECAY, weight_decay=0)
    slow["epochs"] = [{**each, "train_seconds": 300.0} for each in slow["epochs"]]
    runner.store.put(slow)
    app.run()
    assert before is not None
    assert re.search(r"\*\*about \d+ min\*\*", texts(app))
    remember(runner, 8, study=WEIGHT_DECAY, weight_decay=0.01)
    app.run()
    assert "recorded" in texts(app)


def test_a_run_that_does_not_fit_in_memory_is_refused_in_a_sentence(runner, monkeypatch):
    monkeypatch.setattr(memory, "available_bytes", lambda: 1_000_000)
    app = open_page(WEIGHT_DECAY)
    press(app, "Run the article's 3 values")
    assert all("are free" in error.value for error in app.error)
    assert len(app.error) >= 1
    assert runner.runs() == []


def test_the_memory_of_this_machine_is_nothing_to_a_run_that_trains_on_a_cluster(runner, monkeypatch):
    monkeypatch.setattr(memory, "available_bytes", lambda: 1_000_000)
    monkeypatch.setattr(type(runner), "where", "a cluster")
    app = open_page(WEIGHT_DECAY)
    press(app, "Run the article's 3 values")
    assert not app.error
    assert len(runner.runs()) == 3


def test_what_was_trained_is_there_at_once(app, runner):
    remember(runner, 8, learning_rate=1e-4)
    remember(runner, 8, learning_rate=1e-2)
    app.run()
    assert not app.exception
    assert len(charts(app)) == CHARTS + 1
    assert "for 1e-4, 1e-2" in charts(app)[0].alt
    fold(app, "Table")
    assert list(app.dataframe[0].value["value"]) == ["1e-4", "1e-2"]


def masked(chart):
    """A chart's specification with the names of its data sets, which are hashes of the data, taken out."""
    spec = chart.spec
    for place, dataset in enumerate(chart.datasets):
        spec = spec.replace(dataset.name, f"data {place}")
    return json.loads(spec)


def test_fixed_values_can_be_changed_and_lead_to_other_runs(app, runner):
    remember(runner, 8, learning_rate=1e-4)
    app.number_input(key="learning-rate:batch_size").set_value(64).run()
    assert not app.exception
    assert "Move the slider" in app.info[0].value
    app.number_input(key="learning-rate:batch_size").set_value(32).run()
    assert len(charts(app)) == CHARTS + 1


def test_an_impossible_setting_is_one_sentence_and_leaves_slider_and_charts_where_they_are(app, runner):
    remember(runner, 8, learning_rate=1e-4)
    app.run()
    before = [chart.alt for chart in drawn(app)]
    app.number_input(key="learning-rate:image_size").set_value(16).run()
    assert not app.exception
    # In the drawer, beside the field, and under the slider.
    assert ["at least 32 px" in error.value for error in app.error] == [True, True]
    assert [chart.alt for chart in drawn(app)] == before
    # Nothing is launched of a setting that is not the one in the drawer.
    ours = ("Train lr", "Run 5", "Run the article", "+1")
    launching = [button for button in app.button if button.label.startswith(ours)]
    assert [button.label for button in launching if not button.disabled] == []
    app.select_slider[0].set_value(1e-3).run()
    app.text_input(key="learning-rate:exact").set_value("2e-3").run()
    assert len(runner.runs()) == 1
    app.number_input(key="learning-rate:image_size").set_value(64).run()
    assert not app.error


def test_an_address_of_an_impossible_setting_opens_the_page_as_the_preset_has_it(runner):
    remember(runner, 8, learning_rate=1e-4)
    app = open_page(LEARNING_RATE, image_size="16")
    assert "at least 32 px" in app.error[0].value
    assert len(charts(app)) == CHARTS + 1


@pytest.mark.parametrize(("text", "words"), [("fast", "not a number"), ("-1", "greater than 0"), ("1e9", "less than")])
def test_a_wrong_exact_value_is_one_sentence(app, runner, text, words):
    app.text_input(key="learning-rate:exact").set_value(text).run()
    assert words in app.error[0].value
    assert runner.runs() == []


def test_a_diverged_run_is_marked_and_keeps_its_curve(app, runner):
    run = new_run(page_spec(runner, learning_rate=1e-2), {"data": "scenes", "weights": None}, 8)
    put_epoch(run, row(1))
    put_epoch(run, row(2, accuracy=None, train_loss=None, test_loss=None, train_loss_eval=None))
    move(run, "diverged", "The loss became infinite in epoch 2.")
    runner.store.put(run)
    app.run()
    assert not app.exception
    assert len(charts(app)) == CHARTS + 1
    fold(app, "Table")
    (line,) = app.dataframe[0].value.to_dict("records")
    assert (line["last"], line["diagnosis"]) == (None, "diverged")


def test_a_stopped_run_can_be_resumed_from_the_page(app, runner):
    run = remember(runner, 2, status="stopped", learning_rate=1e-4)
    keep_checkpoint(runner.cache, run["id"])
    app.run()
    next(button for button in app.button if button.label == "Resume lr 1e-4").click().run()
    assert not app.exception
    assert runner.run(run["id"])["history"][-1]["status"] != "stopped"


@pytest.mark.parametrize("page", ["runs", "data"])
def test_the_other_pages_run_with_and_without_runs(runner, page):
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    app.switch_page(f"hpviz/ui/pages/{page}.py").run()
    assert not app.exception
    remember(runner, 3, learning_rate=1e-4)
    app.run()
    assert not app.exception


def test_a_folder_that_cannot_be_used_is_one_sentence(runner):
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    app.switch_page("hpviz/ui/pages/data.py").run()
    app.text_input(key="folder").set_value("/no/such/folder").run()
    assert "neither a data set nor a folder" in app.error[0].value


def test_names_from_outside_are_shown_literally():
    from hpviz.ui.text import literal

    assert literal("a $$x$$ :red[b] <img src=x> `c`") == r"a \$\$x\$\$ \:red\[b\] \<img src=x\> \`c\`"
    assert literal("a\udcff\u202eb") == "a��b"  # neither can be sent to a browser, or it turns the text around
    # What a browser makes of text by itself is kept apart by a character without width; addresses stay whole.
    for name in ("http://a.example", "HTTPS://a.example", "www.a.example"):
        assert literal(f"{name} {name}").replace("\\", "") == f"\u200b{name} \u200b{name}"
    assert literal("a.b@c.example").replace("\\", "") == "a.b\u200b@c.example"
    assert literal(":smile: :streamlit: :material/home:").count("\u200b") == 3
    assert [literal(mark)[0] for mark in ("->", "<-", "--", ">=")] == ["\u200b"] * 4
    assert "\u200b" not in literal("lr 1e-4, 12:30, a-b, x=1: 2")


def test_settings_come_from_one_place_for_page_and_command_line(runner):
    from hpviz.data.catalogue import identify, resolve

    source = resolve("scenes", default_cache())
    steps = identify(source, default_cache())
    try:
        while True:
            next(steps)
    except StopIteration as end:
        identity = end.value
    preset = PRESETS["quick"]
    fixed = {"image_size": preset.image_size, "per_class": preset.per_class, **LEARNING_RATE.settings("quick")}
    setting = Setting(source, identity, 8, {**fixed, "precision": runner.machine()["precision"]})
    assert request(setting, learning_rate=1e-4).spec == page_spec(runner, learning_rate=1e-4)


def test_a_run_that_diverged_at_once_is_a_page_without_an_error(app, runner):
    run = new_run(page_spec(runner, learning_rate=1.0), {"data": "scenes", "weights": None}, 8)
    put_epoch(run, row(1, accuracy=None, train_loss=None, test_loss=None, train_loss_eval=None))
    move(run, "diverged", "The loss became infinite in epoch 1.")
    runner.store.put(run)
    fold(app, "Table")
    assert list(app.dataframe[0].value["diagnosis"]) == ["diverged"]


def test_the_article_preset_offers_the_photos_where_they_are_missing(runner, study):
    app = open_page(study)
    app.segmented_control(key=f"{study.name}:preset").set_value("article").run()
    assert not app.exception
    assert {"Fetch intel", "Add a folder of your own"} <= {button.label for button in app.button}


def test_while_the_photos_are_missing_the_bench_stays_and_nothing_is_launched(runner, study, folder):
    value = study.values("quick")[0]
    remember(runner, 8, study=study, **{study.field: value})
    runner.store.note(FOLDERS_NOTE, [folder])
    app = open_page(study)
    before = [chart.alt for chart in charts(app)]
    app.segmented_control(key=f"{study.name}:preset").set_value("article").run()
    assert not app.exception
    assert [chart.alt for chart in charts(app)] == before
    assert app.select_slider[0].label == study.title
    assert next(button for button in app.button if button.label.startswith("Train ")).disabled
    assert "values" not in app.query_params  # those on the screen are of other images than the address names
    press(app, f"Use {Path(folder).name}")
    assert app.selectbox(key=f"{study.name}:data").value == folder


@pytest.mark.parametrize(
    ("label", "text", "words"),
    [("Held learning rate", "fast", "is not a number"), ("Held learning rate", "-1", "greater than 0")],
)
def test_an_impossible_setting_leaves_the_bench_as_it_was_and_says_why(runner, label, text, words):
    remember(runner, 8, study=WEIGHT_DECAY, weight_decay=0.0)
    app = open_page(WEIGHT_DECAY)
    before = [chart.alt for chart in charts(app)]
    next(field for field in app.text_input if field.label == label).set_value(text).run()
    assert not app.exception
    assert words in app.error[0].value.replace("\\", "")
    assert [chart.alt for chart in charts(app)] == before
    assert app.select_slider[0].label == WEIGHT_DECAY.title
    assert next(button for button in app.button if button.label.startswith("Train ")).disabled
    assert runner.queue() == []


def test_only_what_is_open_below_the_bench_is_drawn(runner):
    remember(runner, 8, study=WEIGHT_DECAY, weight_decay=0)
    app = open_page(WEIGHT_DECAY)
    folds = [tab.label for tab in app.get("tab")]
    assert folds == ["The picture", "Table", "Cost", CLAIMED, "What the net learned"]
    signs = {
        "The picture": lambda: WEIGHT_DECAY.question in texts(app),
        "Table": lambda: len(app.dataframe) == 1,
        "Cost": lambda: "Parameters" in texts(app),
        CLAIMED: lambda: any("-badge[" in each.label for each in app.expander),
        "What the net learned": lambda: any(each.label == "What the net learned" for each in app.segmented_control),
    }
    for name in folds:
        fold(app, name, WEIGHT_DECAY.name)
        assert [each for each, is_there in signs.items() if is_there()] == [name]


def test_a_page_on_which_every_value_is_hidden_keeps_its_charts_and_its_chips(app, runner):
    remember(runner, 8, learning_rate=1e-4)
    remember(runner, 8, learning_rate=1e-2)
    app.run()
    app.pills[0].set_value([]).run()
    assert not app.exception
    assert not app.info
    assert len([chart for chart in drawn(app) if " over training" in chart.alt]) == 3
    assert len(app.pills[0].options) == 2
    app.pills[0].set_value(["1e-4"]).run()
    assert "for 1e-4." in charts(app)[0].alt


def test_a_chip_has_the_colour_of_its_lines_and_is_hollow_until_an_epoch_is_measured(app, runner, work):
    remember(runner, 8, learning_rate=1e-4)
    work.gate.clear()
    app.run()
    app.text_input(key="learning-rate:exact").set_value("1e-3").run()
    measured, ahead = app.pills[0].options
    assert measured.endswith(" 1e\\-4")
    assert ahead.endswith(" 1e\\-3")
    assert "◌" in ahead
    assert "◌" not in measured
    for chip in (measured, ahead):
        assert chip.partition('="')[2].partition('"')[0] in charts(app)[0].spec
