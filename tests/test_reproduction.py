"""Everything the article ran: which runs these are, and what is told of them beside the author's figures."""

from dataclasses import replace
from pathlib import Path

import pytest

from hpviz.analysis.article import logged_accuracies
from hpviz.data.catalogue import Source
from hpviz.plan import Setting
from hpviz.reproduction import cautions, counterparts, reproduced, total
from hpviz.runs.document import new_run
from hpviz.studies import PRESETS
from tests.analysis.made_up_runs import IMAGENET, INTEL
from tests.made_up import row

SOURCE = Source("made up", "folder", None, "/made/up")
WEIGHTS = (Path("/made/up/resnet18.pth"), IMAGENET)


def setting(preset):
    chosen = PRESETS[preset]
    fixed = {"image_size": chosen.image_size, "per_class": chosen.per_class, "precision": "fp32"}
    return Setting(SOURCE, INTEL, chosen.epochs, fixed)


def asked(preset, **options):
    return counterparts(setting(preset), preset, **options)


def trained(one, seconds=10.0, epochs=None, **changes):
    run = new_run(one.request.spec, one.request.inputs, one.request.epochs)
    rows = [
        row(epoch, train_seconds=seconds, test_seconds=1.0) for epoch in range(1, (epochs or one.request.epochs) + 1)
    ]
    run.update(epochs=rows, status="finished", machine={"name": "an old laptop"})
    return {**run, **changes}


def test_the_article_preset_asks_for_the_authors_eight_runs_by_his_recipe_to_the_letter():
    runs = asked("article", weights=WEIGHTS)
    assert len(runs) == len({one.request.spec.run_id for one in runs}) == 8
    for one in runs:
        spec, epochs = one.request.spec, one.request.epochs
        assert logged_accuracies(one.study, spec, epochs, INTEL)[one.authors] == one.logged.accuracy
        assert one.value == one.authors
        assert (one.request.inputs["weights"] is not None) == (spec.model == "resnet18")
    assert sum(one.logged.seconds for one in runs) == 5_800


def test_the_quick_preset_makes_the_same_comparisons_with_its_own_values_in_their_places():
    runs = asked("quick")
    values = {(one.study.name, one.authors): one.value for one in runs}
    assert [values["batch-size", size] for size in (10, 256, 450)] == [2, 32, 64]
    assert [values["learning-rate", rate] for rate in (1e-7, 1e-4, 1e-2)] == [1e-7, 1e-4, 1e-2]
    assert [values["weight-decay", decay] for decay in (0.01, 1.0)] == [0.01, 1.0]
    assert len({one.request.spec.run_id for one in runs}) == 8
    assert {one.request.spec.weights for one in runs} == {None}


def test_with_several_seeds_a_first_round_is_whole_early():
    assert [one.request.spec.seed for one in asked("quick", seeds=2, first_seed=5)] == [5] * 8 + [6] * 8


def test_seconds_are_those_of_the_epochs_asked_for_however_far_the_run_went():
    [one, *_] = asked("quick")
    found = reproduced(one, trained(one, epochs=20))
    assert (found.epochs, found.seconds, found.ratio) == (8, 88.0, 88 / one.logged.seconds)


def test_a_run_that_did_not_get_there_has_no_figures_and_no_more_has_the_total():
    runs = asked("quick")
    rows = [reproduced(one, trained(one)) for one in runs[1:]]
    assert total(rows).seconds == 7 * 88
    rows += [reproduced(runs[0], trained(runs[0], epochs=3, status="diverged"))]
    assert (rows[-1].epochs, rows[-1].seconds, rows[-1].ratio, rows[-1].accuracy) == (3, None, None, None)
    assert (total(rows).seconds, total(rows).ratio) == (None, None)


def test_the_total_counts_all_seeds_and_holds_one_against_the_authors_one():
    summed = total([reproduced(one, trained(one)) for one in asked("quick", seeds=3)])
    assert (summed.runs, summed.seeds, summed.author_seconds) == (24, 3, 5_800)
    assert (summed.seconds, summed.seconds_a_seed) == (24 * 88, 8 * 88)
    assert summed.ratio == pytest.approx(8 * 88 / 5_800)


def test_that_machines_differ_is_always_said_and_the_images_where_they_do():
    def told(preset, **options):
        rows = [reproduced(one, trained(one)) for one in asked(preset, **options)]
        return " ".join(cautions(rows, INTEL))

    article, quick = told("article", weights=WEIGHTS), told("quick")
    assert "GTX 1060" in article
    assert "an old laptop" in article
    assert "compare one to one" not in article
    assert "from scratch" not in article
    assert "1,800 images at 64 px for 8 epochs, the author's from 14,034 at 150 px for 10" in quick
    assert "from scratch" in quick


def test_fields_chosen_for_all_hold_for_all():
    small = replace(setting("quick"), fixed={**setting("quick").fixed, "image_size": 48})
    assert {one.request.spec.image_size for one in counterparts(small, "quick")} == {48}
