"""Runs compared after equal updates instead of equal epochs: where each is cut, and what is said of it."""

import pytest

from hpviz.analysis import frames
from hpviz.analysis.comparison import compare_runs, differ_in_updates
from hpviz.analysis.fairness import fairness
from hpviz.analysis.outcome import outcome_of
from hpviz.analysis.story import Story
from hpviz.charts.export import file_name, to_csv
from hpviz.charts.looks import look_of
from hpviz.charts.panels import isolated
from tests.analysis.made_up_runs import rows, run
from tests.made_up import row

# Updates an epoch of a batch size, and epochs that make them equal to half an epoch.
EACH = {2: 90, 32: 6, 64: 3}
LONG = {2: 2, 32: 30, 64: 60}


def made(size, epochs=None, accuracy=0.5, seed=0, status="finished", **spec):
    epochs = epochs or LONG[size]
    known = run(
        rows(epochs, EACH[size], test_accuracy={1: 0.2, epochs: accuracy}), status, batch_size=size, seed=seed, **spec
    )
    known["inputs"].update(classes=["a", "b"], test_images=600)
    return known


def equal(tops=(0.5, 0.7, 0.9), seeds=2, **epochs):
    return [
        made(size, epochs.get(f"of_{size}"), top + 0.002 * seed, seed)
        for size, top in zip(EACH, tops, strict=True)
        for seed in range(seeds)
    ]


def at(runs, **values):
    return compare_runs(runs, at="updates", **values)


def test_each_run_is_cut_at_the_epoch_nearest_to_the_last_updates_that_all_have():
    comparison = at([made(2, 3), made(32, 30), made(64, 45)])
    assert comparison.updates == 45 * 3
    assert comparison.ends == {"2": 2, "32": 22, "64": 45}  # 1.5 and 22.5 epochs: to the even one
    assert comparison.after == "135 updates"
    assert [len(each["epochs"]) for each in comparison.cut] == [2, 22, 45]
    assert comparison.epochs == 45


def test_equal_epochs_stay_what_is_compared_unless_it_is_asked_for():
    comparison = compare_runs(equal())
    assert (comparison.at, comparison.after, comparison.epochs) == ("epochs", "2 epochs", 2)
    assert "equal updates" not in Story(comparison).title
    assert "compared_after" not in to_csv(comparison)


def test_verdicts_rest_on_the_figures_at_equal_updates():
    runs = equal()
    assert {pair.verdict for pair in compare_runs(runs).pairs()} == {"different", "within noise"}
    found = at(runs)
    assert {label: [round(one, 3) for one in each] for label, each in found.accuracies.items()} == {
        "2": [0.5, 0.502],
        "32": [0.7, 0.702],
        "64": [0.9, 0.902],
    }
    assert [pair.verdict for pair in found.pairs()] == ["different"] * 3
    assert outcome_of(found).after == "180 updates"


def test_a_run_that_is_short_holds_the_others_back_by_its_updates_and_is_named():
    comparison = at(equal(of_64=40))
    assert comparison.updates == 120
    assert {run["spec"]["batch_size"] for run in comparison.held_back} == {64}
    assert any(
        "Compared after 120 updates, for batch 64 seed 0 and batch 64 seed 1" in note
        for note in outcome_of(comparison).notes
    )
    assert at(equal()).held_back == ()


def test_a_run_that_trains_or_diverged_holds_nobody_back():
    lost = made(64, 3, seed=7)
    lost["epochs"].append(row(4, None, test_loss=None, updates=12))
    lost["status"] = "diverged"
    comparison = at([*equal(), lost, made(32, 2, seed=7, status="running")])
    assert comparison.updates == 180
    assert comparison.lost == {"64": 1}
    assert comparison.accuracies["64"][-1] == 0.5


def test_of_two_seeds_that_go_far_the_third_that_stopped_is_counted_out():
    comparison = at([*equal(), made(64, 20, seed=7, status="stopped")])
    assert comparison.updates == 180
    assert "Not judged: batch 64 seed 7 ended after epoch 20/20." in outcome_of(comparison).notes


def cautions(comparison):
    return [caution.sentence for caution in fairness(comparison.runs, comparison.epochs, comparison.updates)]


def test_the_fairness_guard_tells_epochs_where_updates_are_equal():
    runs = equal()
    assert any("Same epochs, 30× fewer updates" in each for each in cautions(compare_runs(runs)))
    found = cautions(at(runs))
    assert "Same updates, 30× more epochs: 2 for batch 2, 60 for batch 64." in found
    assert not any("fewer updates" in each for each in found)


def test_updates_that_cannot_be_made_equal_are_told():
    found = cautions(at([made(2, 2), made(64, 4)]))
    assert (
        "Not equal after all: the first epoch of batch 2 is 90 updates already, 7.5× as many as the 12 that all have."
        in found
    )


def test_the_edge_of_the_range_is_that_of_the_figures_at_equal_updates():
    runs = equal((0.9, 0.7, 0.95), seeds=3)
    assert any("batch size, 2, is the lowest you tried" in each for each in cautions(compare_runs(runs)))
    assert any("batch size, 64, is the highest you tried" in each for each in cautions(at(runs)))
    assert isolated(at(runs)).query("edge")["label"].tolist() == ["64"]


def test_no_value_seems_to_be_under_way_where_each_has_epochs_of_its_own():
    frame = isolated(at(equal()))
    assert set(frame["told"]) == {""}
    late = isolated(at([*equal(), made(32, 7, seed=7, status="running")]))
    assert set(late["told"]) == {"", "epoch 7"}


def test_curves_end_where_they_are_compared_and_the_axis_with_them():
    comparison = at(equal(of_2=5))
    frame = frames.curves(comparison.cut, comparison.labels, comparison.epochs)
    assert frame.groupby("label")["updates"].max().to_dict() == {"2": 180, "32": 180, "64": 180}
    assert look_of(comparison, "updates", False, dark=False).x_max == 180
    table = frames.by_value(comparison.runs, comparison.labels, comparison.ends, 2)
    assert table["epochs"].tolist() == ["2/2", "30/30", "60/60"]


def test_whatever_is_shared_says_that_updates_are_equal():
    story = Story(at(equal()))
    assert story.title == "Batch size at equal updates: article-cnn on made up"
    assert ("180", "updates") in story.facts
    assert ("2–60", "epochs") in story.facts
    assert "Test accuracy after 180 updates:" in story.description
    assert file_name(story.comparison, "csv") == "hpviz-batch-size-at-equal-updates-article-cnn-on-made-up.csv"
    head, first, *_ = to_csv(story.comparison).splitlines()
    assert head.endswith(",compared_after")
    assert first.endswith(",180 updates: epoch 2")


def test_the_command_trains_at_equal_updates_where_that_leads_to_this_comparison():
    command = Story(at(equal())).command
    assert command.startswith("python -m hpviz sweep batch-size --values 2 32 64 --seeds 2")
    assert command.endswith("--epochs 2 --equal-updates")
    assert "--equal-updates" not in Story(compare_runs(equal())).command
    assert Story(at([made(2, 2), made(64, 4)])).command is None
    falling = [made(2, schedule="cosine", horizon=2), made(64, schedule="cosine", horizon=60)]
    assert Story(at(falling, field="batch_size")).command is None


@pytest.mark.parametrize(("sizes", "differ"), [((2, 64), True), ((2, 2), False)])
def test_it_matters_what_is_equal_only_where_an_epoch_is_not_as_many_updates(sizes, differ):
    assert differ_in_updates([made(size, seed=seed) for seed, size in enumerate(sizes)]) is differ
