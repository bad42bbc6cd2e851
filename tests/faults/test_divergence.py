"""A learning rate that breaks the training: diverged, null in JSON, the curve kept to its last finite point."""

import json
import math
from contextlib import closing

import pytest

from hpviz.analysis import frames
from hpviz.cli import main
from hpviz.runs.store import RunStore
from tests.faults.test_processes import Hpviz


def strictly(line):
    """The line as JSON that has no NaN and no Infinity, which other programs cannot read."""

    def refuse(name):
        raise AssertionError(f"{name} in {line}")

    return json.loads(line, parse_constant=refuse)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])  # no number after a few updates, and an absurd one
def test_a_run_at_an_absurd_rate_ends_as_diverged_with_nulls_and_is_read_by_every_verb(
    folder, tmp_path, capsys, optimizer
):
    hpviz = Hpviz(folder, tmp_path / "cache")
    process = hpviz.start([*hpviz.run, "--lr", "1e3", "--optimizer", optimizer, "--batch-size", "8"])
    out, err = process.communicate(timeout=300)
    told = [strictly(line) for line in out.splitlines()]
    assert (process.returncode, "Traceback" in err) == (0, False)
    assert (told[-1]["status"], "learning rate" in told[-1]["reason"]) == ("diverged", True)
    last = [line for line in told if line["event"] == "epoch"][-1]
    assert all(value is None or not isinstance(value, float) or math.isfinite(value) for value in last.values())
    assert (last["test_loss"] is None) == (optimizer == "sgd")

    with closing(RunStore(hpviz.cache)) as store:
        (run,) = store.runs()
    frame = frames.curves([run], {run["id"]: "1e3"}, epochs=6)
    assert list(frame["diverged"]) == [False] * (len(frame) - 1) + [True]
    assert frame["test_loss"].iloc[:-1].notna().all()
    assert math.isnan(frame["test_loss"].iloc[-1])

    read = (["runs"], ["claims", "--data", folder], ["export", run["id"], "--to", str(tmp_path / "run.html")])
    for verb in read:
        capsys.readouterr()
        assert main([*verb, "--json", "--cache", str(hpviz.cache)]) == 0
        assert all(map(strictly, capsys.readouterr().out.splitlines()))
    assert "diverged" in (tmp_path / "run.html").read_text(encoding="utf-8")
