"""From needs to requests: what is asked for is what is queued, once, in a sensible order."""

from pathlib import Path

import pytest

from hpviz.analysis.claims.case import ARTICLE_KERNELS, CNN, RESNET, Need
from hpviz.analysis.claims.ledger import ledger
from hpviz.analysis.next_runs import advise
from hpviz.data.catalogue import Source
from hpviz.missing import (
    known_of,
    open_needs,
    requests_for,
    requests_of,
    seconds_for,
    untrained,
)
from hpviz.plan import Setting, request
from hpviz.runs.crew import Crew
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


CREW = Crew(1, 2)


def trained(one, epochs, seconds=18.0, **figures):
    """That run after so many epochs of so many seconds each, without their tests."""
    run = new_run(one.spec, one.inputs, epochs)
    rows = [row(epoch, images=1800 * epoch, train_seconds=seconds, test_seconds=0.0) for epoch in range(1, epochs + 1)]
    return {**run, "epochs": rows, "status": "finished", **figures}


def seconds(one, *runs, crew=CREW):
    return seconds_for([one], runs, INTEL, crew)


def test_the_time_is_known_before_anything_was_trained_here_and_follows_what_was():
    one, like = request(setting()), request(setting(), seed=9)
    before = seconds(one)
    assert 5 < before < 60
    slow, fast = (seconds(one, trained(like, 1, each)) for each in (18.0, 1.8))
    assert slow > before > fast
    assert slow / fast == pytest.approx(10, rel=0.2)


def test_twice_the_images_or_the_epochs_take_twice_the_time():
    few, many = (request(setting(per_class=count), batch_size=10) for count in (100, 200))
    assert seconds(many) / seconds(few) == pytest.approx(2, rel=0.3)  # but for the tests, which are as many
    assert seconds(request(setting(16))) / seconds(request(setting(8))) == pytest.approx(2, rel=0.1)


def test_a_net_of_more_multiply_adds_takes_longer_and_a_small_batch_more_updates():
    wide, plain, small = (seconds(request(setting(), **fields)) for fields in ({"width": 4.0}, {}, {"batch_size": 2}))
    assert wide > 3 * plain
    assert small > 3 * plain


def test_epochs_that_are_there_cost_no_time():
    one = request(setting())
    whole, rest = seconds(request(setting(), seed=1), trained(one, 4)), seconds(one, trained(one, 4))
    assert rest / whole == pytest.approx(1 / 2, rel=0.05)
    assert seconds(one, trained(one, 8)) == 0


def test_several_runs_side_by_side_are_done_sooner_though_each_takes_longer():
    asked = [request(setting(), seed=seed) for seed in range(4)]
    one, two = (seconds_for(asked, [], INTEL, crew) for crew in (Crew(1, 2), Crew(2, 1)))
    assert two == pytest.approx(one * 2**0.7 / 2, rel=0.05)
    assert seconds_for(asked[:1], [], INTEL, Crew(2, 1)) == pytest.approx(two / 2)


def test_one_run_that_was_disturbed_tells_nothing_about_the_pace():
    one = request(setting())
    runs = [trained(request(setting(), seed=seed), 1, 2.0) for seed in range(1, 6)]
    disturbed = trained(request(setting(), seed=9), 1, 100.0)
    assert seconds(one, *runs, disturbed) == pytest.approx(seconds(one, *runs))


def test_what_another_device_or_another_machine_took_tells_nothing_about_the_pace():
    one, like = request(setting()), request(setting(), seed=9)
    on_gpu = trained(like, 1, 0.1, machine={"device": "cuda:0"})
    imported = trained(like, 1, 99.0, origin={"kind": "imported", "version": "1", "exported": "2026"})
    assert seconds(one, on_gpu, imported) == seconds(one)
    assert seconds(one, on_gpu, crew=Crew(1, 2, "cuda")) < seconds(one)


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
    known = known_of(LEARNING_RATE, setting(), (1e-3, 1e-4), runs, runs, CREW)
    assert known.accuracies == {1e-4: [0.8], 1e-3: [], 1e-2: [pytest.approx(1 / 6)]}
    assert (known.lost, known.under_way) == ({1e-2: 1}, {1e-4: 1})
    assert known.taken == {1e-4: {0, 2}, 1e-3: set(), 1e-2: {0, 1}}
    assert known.seconds[1e-4] == seconds(request(setting(), learning_rate=1e-4, seed=9), *runs)
    assert known.names[1e-3] == "1e-3"


def test_words_are_known_and_asked_for_like_numbers():
    known = known_of(OPTIMIZER, setting(), OPTIMIZER.quick_values, [], [], CREW)
    assert set(known.accuracies) == set(OPTIMIZER.quick_values)
    runs = advise(known, 1.01 * sum(known.seconds.values())).runs
    requests = requests_of(runs, OPTIMIZER, setting())
    assert {(one.spec.optimizer, one.spec.seed) for one in requests} >= {("sgd", 0), ("adamw", 0)}
    assert len({one.spec.run_id for one in requests}) == len(OPTIMIZER.quick_values)


def test_a_value_that_cannot_be_is_not_advised():
    known = known_of(IMAGE_SIZE, setting(kernel_width=15, padding="valid"), (8, 128), [], [], CREW)
    assert list(known.accuracies) == [128]


@pytest.mark.parametrize(("field", "near", "far"), [("width", 2.0, 0.25), ("depth", 3, 1), ("batch_size", 64, 2)])
def test_the_pace_is_that_of_the_run_most_like_it(field, near, far):
    one = request(setting(), **{field: {"width": 4.0, "depth": 4, "batch_size": 128}[field]})
    earlier = [trained(request(setting(), **{field: value}), 1, each) for value, each in ((far, 1.8), (near, 18.0))]
    assert seconds(one, *earlier) == seconds(one, *earlier[1:])
