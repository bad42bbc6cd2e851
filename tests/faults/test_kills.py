"""Runs that are killed at any moment, or out of memory: every epoch once shown stays, and the rest is the same."""

import json
import os
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
EPOCHS, FEW = 10, 4
EVENTS = 11  # of an epoch: ten updates and one step of each measurement, about
MEASURED = re.compile("second|memory")


@pytest.fixture(scope="module")
def lives(folder):
    """Live through a plan; what the lives told, in order."""

    def through(plan, cache, epochs=EPOCHS):
        told = {"folder": folder, "cache": str(cache), "epochs": epochs, "lives": plan}
        # One thread: the figures must not depend on who else uses the machine's cores.
        env = {**os.environ, "OMP_NUM_THREADS": "1"}
        command = [sys.executable, "-m", "tests.faults.lives", json.dumps(told)]
        ended = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=300)
        assert ended.returncode == 0, ended.stderr
        return [json.loads(line) for line in ended.stdout.splitlines()]

    return through


def figures(told):
    """The epochs without what a clock or the state of the machine's memory decides."""
    return [{name: value for name, value in row.items() if not MEASURED.search(name)} for row in told["epochs"]]


@pytest.fixture(scope="module")
def uninterrupted(lives, tmp_path_factory):
    """The epochs of a run that nobody disturbed."""
    (told,) = lives([["undisturbed"]], tmp_path_factory.mktemp("alone"))
    assert (told["status"], len(told["epochs"])) == ("finished", EPOCHS)
    return figures(told)


def test_a_run_killed_at_twenty_moments_loses_no_epoch_and_repeats_at_most_one(lives, uninterrupted, tmp_path):
    moments = random.Random(8)
    plan = [["killed after", moments.randint(1, EVENTS * 3 // 2)] for _ in range(20)]
    shown, killed = [], 0
    for told in lives([*plan, ["undisturbed"]], tmp_path):
        if "began" in told:
            # Only the epoch that was under way is trained again.
            assert told["began"] > len(shown)
            continue
        assert figures(told)[: len(shown)] == shown
        shown = figures(told)
        killed += told["status"] == "interrupted"
    assert shown == uninterrupted
    assert killed > 10  # the last lives may find nothing left to train


def test_a_kill_right_before_a_checkpoint_is_renamed_leaves_one_that_serves(lives, uninterrupted, tmp_path):
    # To previous.pt once the second epoch is there, then to newest.pt for the third.
    renames = [["killed before rename", "previous.pt", 1], ["killed before rename", "newest.pt", 2]]
    first, second, resumed = lives([*renames, ["undisturbed"]], tmp_path, FEW)
    assert [(told["status"], len(told["epochs"])) for told in (first, second)] == [
        ("interrupted", 1),
        ("interrupted", 2),
    ]
    for told in (first, second, resumed):
        assert figures(told) == uninterrupted[: len(told["epochs"])]
    assert (resumed["status"], len(resumed["epochs"])) == ("finished", FEW)


def test_out_of_memory_is_a_sentence_and_the_next_run_works(lives, uninterrupted, tmp_path):
    failed, resumed = lives([["out of memory"]], tmp_path, FEW)
    assert (failed["status"], failed["epochs"]) == ("failed", [])
    assert failed["reason"] == "Out of memory: try a smaller batch or smaller images."
    assert (resumed["status"], figures(resumed)) == ("finished", uninterrupted[:FEW])
