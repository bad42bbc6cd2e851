"""From needs to requests: what is asked for is what is queued, once, in a sensible order."""

from pathlib import Path

import pytest

from hpviz.analysis.claims.case import ARTICLE_KERNELS, CNN, RESNET, Need
from hpviz.analysis.claims.ledger import ledger
from hpviz.analysis.next_runs import advise
from hpviz.data.catalogue import Source
from hpviz.missing import (
    expected_seconds,
    known_of,
    open_needs,
    requests_for,
    requests_of,
    seconds_for,
    untrained,
)
from hpviz.plan import Setting, request
from hpviz.runs.document import new_run
from hpviz.spec import BadInput
from hpviz.studies import IMAGE_SIZE, KERNEL_WIDTH, LEARNING_RATE, OPTIMIZER, WEIGHT_DECAY
from tests.analysis.made_up_runs import IMAGENET, INTEL, rows, run
from tests.made_up import row

SOURCE = Source("made up", "folder", None, "/made/up")
SHARED = {"image_size": 64, "per_class": 300, "precision": "fp32"}
WEIGHTS = (Path("/made/up/resnet18.pth"), IMAGENET)


def setting(epochs=8, **fixed):
    return Setting(SOURCE, INTEL, epochs, {**SHARED, **fixed})


def asked(requests, *names):
    return [tuple(getattr(one.spec, name) for name in names) for one in requests]


def test_a_need_becomes_its_values_under_its_seeds_one_seed_after_the_other():
    need = Need("weight-decay", (0, 1.0), seeds=2, settings={**CNN, **ARTICLE_KERNELS})
    requests = requests_for([need], setting(), "quick")
    assert asked(requests, "weight_decay", "seed") == [(0, 0), (1.0, 0), (0, 1), (1.0, 1)]
    assert set(asked(requests, "model", "per_class", "batch_size")) == {("article-cnn", 300, 32)}
    assert {one.inputs["data"] for one in requests} == {"/made/up"}


def test_the_presets_values_serve_where_a_need_names_none():
    need = Need("kernel-width", (), seeds=1, settings=CNN)
    assert asked(requests_for([need], setting(), "quick"), "kernel_width") == [(3,), (5,), (7,), (9,)]
    assert asked(requests_for([need], setting(), "article"), "padding")[-1] == ("same",)


def test_a_run_that_two_claims_need_is_asked_for_once_and_far_enough_for_both():
    short = Need("learning-rate", (1e-4,), seeds=1, settings=RESNET, epochs=1)
    long = Need("learning-rate", (1e-4, 1e-2), seeds=1, settings=RESNET, epochs=12)
    requests = requests_for([short, long], setting(epochs=8), "quick")
    assert [(one.spec.learning_rate, one.epochs) for one in requests] == [(1e-4, 12), (1e-2, 12)]


def test_a_page_keeps_what_it_holds_fixed_for_its_own_study_and_other_studies_keep_theirs():
    page = setting(model="resnet18", batch_size=64, optimizer="sgd", momentum=0.9)
    own = Need("learning-rate", (1e-4,), seeds=1, settings=RESNET)
    other = Need("weight-decay", (0,), seeds=1, settings={**CNN, **ARTICLE_KERNELS})
    requests = requests_for([own, other], page, "quick", study=LEARNING_RATE)
    assert asked(requests, "model", "batch_size", "optimizer", "momentum") == [
        ("resnet18", 64, "adam", 0.0),
        ("article-cnn", 32, "adam", 0.0),
    ]


def test_a_net_that_the_page_does_not_hold_takes_no_field_of_the_pages_net():
    page = setting(model="article-cnn", kernel_width=5, padding="same")
    need = Need("weight-decay", (0,), seeds=1, settings=RESNET)
    (one,) = requests_for([need], page, "quick", study=WEIGHT_DECAY)
    assert (one.spec.model, one.spec.kernel_width) == ("resnet18", "article")


def test_seeds_begin_with_the_pages():
    need = Need("kernel-width", (5,), seeds=2, settings=CNN)
    assert asked(requests_for([need], setting(seed=7), "quick", study=KERNEL_WIDTH), "seed") == [(7,), (8,)]


def test_pretrained_needs_take_the_weights_and_others_never_do():
    needs = [Need("learning-rate", (1e-4,), 1, RESNET, pretrained=flag) for flag in (True, False)]
    page = setting(model="resnet18", weights=IMAGENET)
    requests = requests_for(needs, page, "quick", study=LEARNING_RATE, weights=WEIGHTS)
    assert asked(requests, "weights") == [(IMAGENET,), (None,)]
    assert [one.inputs["weights"] for one in requests] == [str(WEIGHTS[0]), None]


def test_pretrained_needs_without_weights_are_one_sentence():
    with pytest.raises(BadInput, match="ImageNet weights"):
        requests_for([Need("learning-rate", (1e-4,), 1, RESNET, pretrained=True)], setting(), "quick")


@pytest.mark.parametrize("preset", ["quick", "article"])
def test_running_what_is_missing_leaves_no_claim_without_its_runs(preset):
    needs = [need for judgement in ledger([], INTEL) for need in judgement.needed]
    requests = requests_for(needs, setting(epochs=10), preset, weights=WEIGHTS)
    trained = [run(rows(one.epochs), **one.spec.model_dump()) for one in requests]
    assert not [row.label for row in ledger(trained, INTEL) if row.verdict in ("not run yet", "not comparable")]


def test_what_half_exists_under_another_setting_is_asked_for_whole_under_this_one():
    held = {**CNN, **ARTICLE_KERNELS}
    half = [run(rows(8), weight_decay=0, image_size=150, seed=seed, **held) for seed in range(3)]
    judgements = [row for row in ledger(half, INTEL) if row.id == "WD1"]
    assert [need.values for row in judgements for need in row.needed] == [(1.0,)]
    assert [need.values for need in open_needs(judgements, half, setting())] == [(0, 1.0)]


def test_a_settled_claim_needs_nothing():
    decays = [
        run(rows(8, train_loss={1: 1.7, 8: loss}), weight_decay=decay, seed=seed)
        for decay, loss in ((0, 0.3), (1.0, 1.7))
        for seed in range(3)
    ]
    judgements = [row for row in ledger(decays, INTEL) if row.id == "WD1"]
    assert judgements[0].verdict == "held"
    assert open_needs(judgements, decays, setting()) == []


def test_what_the_store_can_answer_is_not_missing():
    need = Need("weight-decay", (0, 1.0), seeds=1, settings={**CNN, **ARTICLE_KERNELS})
    done, short = requests_for([need], setting(epochs=8), "quick")
    runs = [run(rows(length), **one.spec.model_dump()) for one, length in ((done, 8), (short, 5))]
    assert untrained([done, short], runs) == [short]


def test_the_time_is_that_of_earlier_runs_of_the_same_kind():
    need = Need("weight-decay", (0,), seeds=1, settings={**CNN, **ARTICLE_KERNELS})
    (one,) = requests_for([need], setting(epochs=8), "quick")
    earlier = new_run(one.spec.model_copy(update={"seed": 9}), one.inputs, 1)
    earlier["epochs"] = [row(1, images=1800, train_seconds=18.0)]
    # 100 images a second: 1,800 trained, then a third of a pass over 3,000 test and 1,800 training images.
    assert seconds_for([one], [earlier], INTEL) == pytest.approx(8 * (1800 + 4800 / 3) / 100)
    assert seconds_for([one], [], INTEL) is None


def test_epochs_that_are_there_cost_no_time():
    need = Need("weight-decay", (0,), seeds=1, settings={**CNN, **ARTICLE_KERNELS})
    (one,) = requests_for([need], setting(epochs=8), "quick")
    half = new_run(one.spec, one.inputs, 8)
    half["epochs"] = [row(epoch, images=1800 * epoch, train_seconds=18.0) for epoch in range(1, 5)]
    assert seconds_for([one], [half], INTEL) == pytest.approx(4 * (1800 + 4800 / 3) / 100)


def test_what_a_run_will_take_is_guessed_from_the_reference_runs_until_one_like_it_was_trained_here():
    small, large = (request(setting(image_size=size), batch_size=64) for size in (64, 128))
    first, fourfold = (expected_seconds(one, [], INTEL) for one in (small, large))
    assert first > 0
    assert fourfold == pytest.approx(4 * first)
    trained = new_run(small.spec, small.inputs, 8)
    trained["epochs"] = [row(1, images=1800, train_seconds=2.0)]
    assert expected_seconds(small, [trained], INTEL) == seconds_for([small], [trained], INTEL)


# What would tell a study's values apart


def of_value(value, seed, top=0.8, epochs=8, status="finished", field="learning_rate"):
    return run(rows(epochs, test_accuracy={1: top}), status, **{field: value}, seed=seed)


def test_what_is_known_of_values_are_the_seeds_that_ended_and_diverged_ones_count_as_guessing():
    runs = [
        of_value(1e-4, 0),
        of_value(1e-4, 1, epochs=3, status="stopped"),
        of_value(1e-4, 2, epochs=3, status="running"),
        of_value(1e-2, 0, epochs=2, status="diverged"),
        of_value(1e-2, 1, epochs=1, status="failed"),
    ]
    known = known_of(LEARNING_RATE, setting(), (1e-3, 1e-4), runs, runs)
    assert known.accuracies == {1e-4: [0.8], 1e-3: [], 1e-2: [pytest.approx(1 / 6)]}
    assert (known.lost, known.under_way) == ({1e-2: 1}, {1e-4: 1})
    assert known.taken == {1e-4: {0, 2}, 1e-3: set(), 1e-2: {0, 1}}
    assert known.seconds[1e-4] == pytest.approx(8 * 2.5)
    assert known.names[1e-3] == "1e-3"


def test_words_are_known_and_asked_for_like_numbers():
    known = known_of(OPTIMIZER, setting(), OPTIMIZER.quick_values, [], [])
    assert set(known.accuracies) == set(OPTIMIZER.quick_values)
    runs = advise(known, 60).runs
    requests = requests_of(runs, OPTIMIZER, setting())
    assert {(one.spec.optimizer, one.spec.seed) for one in requests} >= {("sgd", 0), ("adamw", 0)}
    assert len({one.spec.run_id for one in requests}) == len(OPTIMIZER.quick_values)


def test_a_value_that_cannot_be_is_not_advised():
    known = known_of(IMAGE_SIZE, setting(kernel_width=15, padding="valid"), (8, 128), [], [])
    assert list(known.accuracies) == [128]


@pytest.mark.parametrize(("field", "near", "far"), [("width", 2.0, 0.25), ("depth", 3, 1), ("batch_size", 64, 2)])
def test_the_pace_is_that_of_the_run_most_like_it(field, near, far):
    one = request(setting(), **{field: {"width": 4.0, "depth": 4, "batch_size": 128}[field]})
    earlier = []
    for value, seconds in ((far, 1.8), (near, 18.0)):
        known = new_run(request(setting(), **{field: value}).spec, one.inputs, 1)
        earlier.append({**known, "epochs": [row(1, images=1800, train_seconds=seconds)]})
    assert seconds_for([one], earlier, INTEL) == seconds_for([one], earlier[1:], INTEL)
