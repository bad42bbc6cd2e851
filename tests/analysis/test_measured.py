"""What runs really took, from rows old and new."""

from hpviz.analysis.measured import measured, peak_memory
from hpviz.analysis.norms import norms
from tests.analysis.made_up_runs import run
from tests.made_up import row


def test_seconds_add_up_and_the_pace_is_the_usual_epochs():
    rows = [row(epoch, images_per_second=pace) for epoch, pace in enumerate((10.0, 100.0, 110.0), start=1)]
    told = measured(rows)
    assert (told.epochs, told.seconds, told.images_per_second) == (3, 7.5, 100.0)


def test_the_peak_is_the_highest_and_old_rows_tell_none():
    assert (
        peak_memory([row(1, peak_memory_bytes=3), row(2, peak_memory_bytes=5), row(3), row(4, peak_memory_bytes=None)])
        == 5
    )
    assert peak_memory([row(1)]) is None
    assert measured([row(1)]).images_per_second is None


def test_norms_are_means_over_the_seeds_that_have_reached_an_epoch():
    one = run([row(1, weight_norm=10.0), row(2, weight_norm=None)], seed=0)
    other = run([row(1, weight_norm=20.0)], seed=1)
    frame = norms([one, other], {one["id"]: "1e-4", other["id"]: "1e-4"}, epochs=8)
    assert list(frame["epoch"]) == [1, 2]
    assert frame["weight_norm"][0] == 15.0
    assert frame["weight_norm"].isna()[1]
    assert list(frame["told"]) == ["", "1 of 2"]
    assert list(frame["gradient_norm"]) == [1.0, 1.0]
    assert norms([], {}, epochs=8).empty
