"""A comparison in words: short where it can be, exact where it matters."""

import pytest

from hpviz.analysis.comparison import compare_runs
from hpviz.analysis.outcome import outcome_of
from hpviz.analysis.story import Story
from hpviz.charts.panels import isolated
from hpviz.cli.parser import build_parser
from hpviz.runs.command import run_command
from hpviz.runs.document import move
from hpviz.spec import build_spec
from tests.analysis.made_up_runs import rows, run
from tests.analysis.test_comparison import made


def story(*runs):
    return Story(compare_runs(runs))


@pytest.mark.parametrize(
    ("specs", "title", "differs"),
    [
        ([{}], "article-cnn on made up", "One run"),
        ([{}, {"seed": 1}], "article-cnn on made up", "Nothing but the seed differs"),
        ([{}, {"batch_size": 8}], "Batch size: article-cnn on made up", "batch 8 and 32"),
        ([{"optimizer": "sgd"}, {}], "Optimiser: article-cnn on made up", "optimiser Adam and SGD"),
        ([{}, {"model": "resnet18"}], "Model: article-cnn and resnet18 on made up", "article-cnn and resnet18"),
        (
            [{}, {"per_class": 9}],
            "Training images a class: article-cnn on made up",
            "9 a class and all training images",
        ),
        (
            [{"fingerprint": "1" * 64, "dataset": "b"}, {}],
            "Data set: article-cnn on made up and b",
            "made up and b",
        ),
        (
            [{"batch_size": 8, "weight_decay": 1.0}, {}],
            "Batch size and weight decay: article-cnn on made up",
            "batch 8 and 32 · λ 0 and 1",
        ),
        (
            [{"batch_size": 8, "weight_decay": 1.0, "optimizer": "adamw"}, {}],
            "3 settings compared: article-cnn on made up",
            "batch 8 and 32 · λ 0 and 1 · optimiser Adam and AdamW",
        ),
        (
            [{"weight_decay": float(value)} for value in range(8)],
            "Weight decay: article-cnn on made up",
            "8 values of λ from 0 to 7",
        ),
        (
            [{"kernel_width": 3}, {"kernel_width": "article"}],
            "Kernel width: article-cnn on made up",
            "width 3 and article",
        ),
    ],
)
def test_title_and_difference(specs, title, differs):
    told = story(*(made(**spec) for spec in specs))
    assert (told.title, told.differs) == (title, differs)


def test_only_what_matters_is_told_of_what_is_the_same():
    assert story(made(), made(weight_decay=1.0)).same == "lr 1e-4, batch 32, Adam"
    pretrained = story(made(model="resnet18", weights="a" * 64, optimizer="sgd", momentum=0.9))
    assert pretrained.same == "from ImageNet weights, lr 1e-4, batch 32, λ 0, SGD, momentum 0.9"
    assert story(made(kernel_width=3, padding="same")).same == "lr 1e-4, batch 32, width 3, padding same, λ 0, Adam"


def test_the_facts_a_comparison_rests_on():
    assert story(made(per_class=300), made(weight_decay=1.0, per_class=300)).facts == (
        ("300", "training images a class"),
        ("64 px", "image size"),
        ("3", "epochs"),
        ("1", "seed each"),
        ("600", "test images"),
        ("50.0%", "guessing, 2 classes"),
    )
    mixed = dict(reversed(fact) for fact in story(made(), made(seed=1), made(per_class=9, weight_decay=1.0)).facts)
    assert mixed["training images a class"] == "9 or all"
    assert mixed["seeds each"] == "1–2"


def test_what_was_not_noted_is_no_fact():
    assert len(story(run(rows(3))).facts) == 4


def test_a_diverged_seed_is_left_out_of_the_figures():
    runs = [made(accuracy=0.5 + seed / 10, seed=seed) for seed in range(3)]
    runs[2]["epochs"][-1].update(test_loss=None, test_accuracy=None)
    move(runs[2], "diverged")
    (row,) = story(*runs).figures
    assert (row.last, row.best, row.seeds, row.diverged) == (pytest.approx(0.55), pytest.approx(0.55), 3, 1)
    assert row.spread == pytest.approx(7.07, abs=0.01)


def test_a_seed_under_way_is_in_no_figure_as_it_is_in_no_verdict():
    runs = [made(accuracy=accuracy, seed=seed) for seed, accuracy in enumerate((0.7, 0.8))]
    young = made(1, accuracy=0.1, seed=2)
    move(young, "running")
    told = story(*runs, young)
    (row,) = told.figures
    assert (row.last, row.epochs, row.seeds, row.name) == (pytest.approx(0.75), 3, 3, "article-cnn")


def test_a_label_that_is_under_way_says_at_which_epoch_its_figures_are():
    young = made(1, accuracy=0.1, weight_decay=1.0)
    move(young, "running")
    told = story(made(accuracy=0.7), young)
    assert [row.name for row in told.figures] == ["0", "1 (epoch 1)"]
    assert "λ 0 70.0%; λ 1 (epoch 1) 10.0%" in told.description


def test_where_all_diverged_there_is_no_figure():
    document = made()
    document["epochs"][-1].update(test_loss=None)
    move(document, "diverged")
    told = story(document)
    assert told.figures[0].last is None
    assert "not a number" in told.description


def sweep(seeds, *values):
    return [
        made(accuracy=0.5 - value / 4 + seed / 500, weight_decay=value, seed=seed)
        for value in values
        for seed in range(seeds)
    ]


def test_the_surest_differences_go_first_and_the_rest_is_counted():
    verdict = story(*sweep(3, 0.0, 0.001, 0.5, 1.0)).verdict
    assert [kind for kind, _ in verdict] == ["different"] * 4 + ["note"]
    assert verdict[0][1].startswith("Different: λ 0 is 25.0 points above λ 1")
    assert verdict[-1][1] == "2 more pairs: 1 different, 1 within noise."
    assert story(*sweep(3, 0.0, 0.5, 1.0, 1.5)).verdict[-1][1] == "2 more pairs: different too."


@pytest.mark.parametrize("seeds", [1, 2])
def test_where_all_end_alike_nothing_is_best_above_or_at_an_edge(seeds):
    tied = [made(accuracy=1 / 6, learning_rate=rate, seed=seed) for rate in (1e-7, 3e-7, 1e-6) for seed in range(seeds)]
    told = story(*tied)
    for word in ("best", "above", "lowest", "highest", "edge", "ahead"):
        assert word not in told.description
    assert not isolated(told.comparison)["edge"].any()


def test_an_early_end_that_holds_the_others_back_is_named_on_the_card():
    runs = sweep(2, 0.0, 1.0)
    runs[-1].update(epochs=runs[-1]["epochs"][:1], target=1)
    told = story(*runs)
    assert told.comparison.epochs == 1
    assert "The runs have 1 to 3 epochs and are compared after 1 epoch, for λ 1 (seed 1) has no more." in told.cautions


def test_lost_seeds_are_named_beside_the_mean():
    runs = sweep(3, 0.0, 1.0)
    runs[-1]["epochs"][-1].update(test_loss=None, test_accuracy=None)
    move(runs[-1], "diverged", "not finite")
    assert "λ 1 25.1% (1 of 3 seeds diverged)" in story(*runs).description


def test_where_there_is_no_pair_the_verdict_says_why():
    ((kind, sentence),) = story(*sweep(1, 0.0, 1.0)).verdict
    assert kind == "note"
    assert sentence.startswith("One seed a value shows no difference; +1 seed each would tell")
    runs = sweep(2, 0.0, 1.0)
    move(runs[-1], "running")
    assert story(*runs).verdict[0][1].startswith("One seed of 1 shows no difference")
    assert "nothing to hold it against" in story(made()).verdict[0][1]


def test_the_headline_says_what_came_out_and_of_what_and_the_subject_what_is_compared():
    told = story(*sweep(3, 0.0, 0.5, 1.0))
    assert told.headline == f"Weight decay · {told.answer.sentence}"
    assert told.answer.finding == "0 is the best (3 seeds)."
    assert told.subject == (
        "Weight decay: article-cnn on made up · λ 0, 0.5 and 1; the same for all: lr 1e-4, batch 32, Adam"
    )
    assert told.answer.sentence in told.description


def test_with_a_baseline_only_what_is_held_against_it_is_told():
    outcome = outcome_of(compare_runs(sweep(3, 0.0, 0.25, 0.5, 1.0)), "0.5")
    assert len(outcome.told) == 3
    assert all("λ 0.5" in sentence for _, sentence in outcome.told)
    assert outcome.more == outcome.notes == ()


def test_the_command_trains_the_same_again():
    told = story(*sweep(3, 0.0, 0.01, 1.0)).command
    words = told.replace("'path/to/made up'", "x").split()[3:]
    options = build_parser().parse_args(words)
    assert (options.study, options.values, options.seeds) == ("weight-decay", ["0", "1e-2", "1"], 3)
    assert (options.epochs, options.precision, options.data) == (3, "fp32", "x")


def test_a_command_names_only_what_differs_from_what_the_sweep_holds():
    rates = [made(model="resnet18", learning_rate=rate) for rate in (1e-4, 1e-2)]
    assert story(*rates).command == (
        "python -m hpviz sweep learning-rate --values 1e-4 1e-2 --data 'path/to/made up' --precision fp32 --epochs 3"
    )
    others = [made(learning_rate=rate, batch_size=8, seed=5) for rate in (1e-4, 1e-2)]
    assert "--model article-cnn --batch-size 8 --seed 5" in story(*others).command


def test_where_one_command_would_not_do_there_is_none():
    assert story(*sweep(2, 0.0), *sweep(1, 1.0)).command is None
    assert story(made(), made(normalisation="channel")).command is None
    article_and_three = [made(kernel_width=width, padding="valid") for width in (3, "article")]
    assert story(*article_and_three).command is None


@pytest.mark.parametrize("name", ["x; rm -rf /", "$(x)", "a\nb", "\x1b[31m"])
def test_a_command_is_safe_to_paste_whatever_a_folder_is_called(name):
    command = run_command(build_spec(dataset=name, fingerprint="0" * 64).model_dump(), 3)
    assert command.isprintable()
    assert ";" not in command.split("'")[0]


def test_the_description_says_it_all():
    text = story(*sweep(3, 0.0, 1.0)).description
    for part in (
        "Weight decay: article-cnn on made up. λ 0 and 1; the same for all: lr 1e-4, batch 32, Adam.",
        "Test accuracy after 3 epochs: λ 0 50.2%; λ 1 25.2%.",
        "Different: λ 0 is 25.0 points above λ 1",
        "Trained by hpviz",
    ):
        assert part in text
