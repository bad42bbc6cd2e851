"""The ledger as a whole: what is asked again is answered at once, and never with yesterday's runs."""

from hpviz.analysis.claims import CLAIMS, ledger, standings
from tests.analysis.made_up_runs import INTEL, author


def spoken(rows):
    return [(row.label, row.verdict, row.evidence) for row in rows]


def test_the_same_runs_have_the_same_ledger():
    runs = author()
    first = ledger(runs, INTEL)
    assert spoken(ledger(list(runs), INTEL)) == spoken(first)
    assert ledger(runs, INTEL)[0] is first[0]


def test_a_run_that_changed_changes_the_ledger():
    runs = author()
    before = spoken(ledger(runs, INTEL))
    worse = [{**row, "test_accuracy": 0.1} for row in runs[0]["epochs"]]
    assert spoken(ledger([{**runs[0], "epochs": worse}, *runs[1:]], INTEL)) != before
    assert spoken(ledger(runs[1:], INTEL)) != before
    assert spoken(ledger(runs, INTEL)) == before


def test_studies_and_epochs_are_told_apart():
    runs = author()
    everything, first_epochs = ledger(runs, INTEL), ledger(runs, INTEL, epochs=3)
    of_one_study = ledger(runs, INTEL, "weight-decay")
    assert {row.claim.study for row in of_one_study} == {"weight-decay"}
    assert spoken(first_epochs) != spoken(everything)
    assert spoken(of_one_study) == spoken(row for row in everything if row.claim.study == "weight-decay")


def test_a_claim_and_its_twin_stand_together_by_what_is_settled():
    both, scratch, none = (standings(ledger(runs, INTEL)) for runs in (author(), author(weights=None), []))
    assert [each.claim for each in both] == list(CLAIMS)
    of_both, of_scratch, of_none = (
        next(one for one in each if one.claim.id == "LR2") for each in (both, scratch, none)
    )
    assert [row.twin for row in of_both.rows] == [False, True]
    assert not of_both.leading.twin
    assert of_scratch.leading.twin
    assert (of_none.leading.twin, of_none.leading.verdict, of_none.settled) == (False, "not run yet", ())
