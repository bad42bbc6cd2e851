"""The ledger on the command line: one line a claim, from the runs of one data set."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from hpviz.analysis.claims.ledger import CLAIMS
from hpviz.cli import main
from hpviz.data.scenes import SCENES_FINGERPRINT
from hpviz.home import default_cache
from hpviz.runs.store import RunStore
from hpviz.spec import RunSpec
from tests.analysis.made_up_runs import author

ROOT = Path(__file__).parent.parent
CONTRACT = {"event", "id", "verdict", "evidence"}


@pytest.fixture
def claims(capsys):
    """Run the verb with --json; its lines."""

    def run(*arguments):
        assert main(["claims", *arguments, "--json"]) == 0
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return run


def remember(runs, **spec):
    store = RunStore(default_cache())
    for run in runs:
        told = RunSpec(**{**run["spec"], **spec})
        for row in run["epochs"]:
            row["train_accuracy_eval"] = min(row["train_accuracy_eval"], 1.0)  # scattered, a few seeds' are above
        store.put({**run, "id": told.run_id, "spec": told.model_dump(mode="json")})
    store.close()


def verdicts(lines):
    return {line["label"]: line["verdict"] for line in lines}


def test_an_empty_store_has_every_claim_and_names_what_each_needs(claims):
    lines = claims()
    assert {line["id"] for line in lines} == {claim.id for claim in CLAIMS}
    assert all(set(line) >= CONTRACT for line in lines)
    assert {line["event"] for line in lines} == {"claim"}
    unrun = next(line for line in lines if line["id"] == "WD1")
    assert unrun["verdict"] == "not run yet"
    assert unrun["needed"][0]["values"] == [0, 1.0]


def test_the_runs_of_the_data_set_settle_its_claims_and_a_twin_has_a_line_of_its_own(claims):
    remember(author(), dataset="scenes", fingerprint=SCENES_FINGERPRINT)
    lines = claims()
    assert verdicts(lines)["LR1"] == "held"
    assert verdicts(lines)["WD1"] == "held"
    pair = [line for line in lines if line["id"] == "LR1"]
    assert [(line["twin"], line["label"]) for line in pair] == [(False, "LR1"), (True, "LR1 (from scratch)")]
    assert pair[0]["sentence"].startswith("The moderate rate")
    assert pair[0]["study"] == "learning-rate"


def test_runs_of_other_images_settle_nothing(claims):
    nothing = verdicts(claims())
    remember(author(), dataset="scenes", fingerprint="f" * 64)
    assert verdicts(claims()) == nothing


def test_a_study_has_its_own_claims_only(claims):
    assert {line["study"] for line in claims("weight-decay")} == {"weight-decay"}


def test_a_folder_can_be_judged(claims, folder):
    assert {line["dataset"] for line in claims("kernel-width", "--data", folder)} == {Path(folder).name}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["momentum"], "no study named 'momentum'"), (["--data", "/no/such/folder"], "neither a data set nor a folder")],
)
def test_what_does_not_exist_is_one_sentence_and_status_2(capsys, arguments, words):
    assert main(["claims", *arguments]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert words in err


def test_a_data_set_that_is_not_here_is_not_downloaded(capsys):
    assert main(["claims", "--data", "fashion-mnist"]) == 2
    assert "not been downloaded" in capsys.readouterr().err


def test_people_get_a_table(capsys):
    assert main(["claims", "weight-decay"]) == 0
    out = capsys.readouterr().out
    assert "not run yet" in out
    assert "judged on scenes" in out


def test_judging_loads_no_torch(tmp_path):
    code = (
        "import sys; from hpviz.cli import main; "
        f"status = main(['claims', '--cache', {str(tmp_path)!r}]); "
        "assert not {'torch', 'torchvision'} & set(sys.modules); sys.exit(status)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, capture_output=True)
