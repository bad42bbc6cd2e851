"""Two processes on one store, everything that people and misfortune do to it, in any order: what was acknowledged can
be read.

Longer, with other steps every time: `HPVIZ_EXAMPLES=1000 python -m pytest tests/faults/test_state_machine.py`, and
`--hypothesis-seed=N` to repeat them.
"""

import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from hpviz.cli import main
from hpviz.runs import bundle
from hpviz.runs.document import ACTIVE, Run, cut_short
from hpviz.runs.store import RunStore
from hpviz.training.checkpoint import NEWEST, PREVIOUS
from tests.faults.hand import WAIT, context, figures, recording_of
from tests.faults.made_up_store import made_up
from tests.made_up import spec

SEEDS, EPOCHS, MOMENTS = range(3), range(1, 6), range(1, 8)
IDS = [spec(seed=seed).run_id for seed in SEEDS]
UNLIMITED = resource.RLIM_INFINITY

# What a bad row may be: the text of its document, or its columns.
BAD_ROWS: dict[str, dict[str, Any]] = {
    "no JSON": {"value": "{"},
    "no document": {"value": '{"schema":1}'},
    "no text": {"value": b"\xff\x00"},
    "nothing": {"value": None},
    "deep": {"value": "[" * 90_000},
    "pickled": {"mode": 4, "value": b"\x80\x04N."},
    "in a file": {"mode": 2, "value": None, "filename": "../../others/theirs"},
    "no key": {"raw": 0},
}
BAD_FIELDS: dict[str, Any] = {
    "created": None,
    "updated": "2026-W01-1T00:00:00+00:00",
    "id": "../../others",
    "target": -1,
    "epochs": [{"epoch": 2}],
    "history": 3,
    "status": "lost",
}


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    """A folder on a small disk of its own if this process may have one, and whether it has."""
    folder = tmp_path_factory.mktemp("stage")
    command = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)]
    is_small = shutil.which("mount") is not None and not subprocess.run(command, capture_output=True).returncode
    yield folder, is_small
    if is_small:
        subprocess.run(["umount", "-l", folder], check=True)


@contextmanager
def nobody_as_main() -> Iterator[None]:
    """A new process imports what its parent calls `__main__`, which is some page after a test of pages."""
    before, sys.modules["__main__"] = sys.modules["__main__"], ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = before


class Process:
    """One of the two, for as long as it lives."""

    def __init__(self, cache: Path) -> None:
        self.pipe, theirs = context().Pipe()
        from tests.faults.hand import live

        self.process = context().Process(target=live, args=(theirs, str(cache)), daemon=True)
        with nobody_as_main():
            self.process.start()
        theirs.close()
        self.limit = UNLIMITED
        self.owner = ""

    def send(self, name: str, **given: Any) -> None:
        self.pipe.send((name, given))

    def receive(self) -> tuple[str, Any, list[str]]:
        assert self.pipe.poll(WAIT), "a process does not answer"
        answer: tuple[str, Any, list[str]] = self.pipe.recv()
        return answer

    def kill(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


class TwoProcesses(RuleBasedStateMachine):
    """The model is what was acknowledged, in plain sets and dictionaries."""

    folder: Path
    is_small: bool
    count = 0

    exports = Bundle("exports")

    def __init__(self) -> None:
        super().__init__()
        TwoProcesses.count += 1
        self.home = self.folder / str(self.count)
        self.cache = self.home / "cache"
        self.home.mkdir()
        theirs = self.home / "others" / "theirs"
        theirs.parent.mkdir()
        theirs.write_text("theirs")
        self.outside = self._look_outside()
        self.processes: list[Process | None] = [None, None]
        self.reader: RunStore | None = None
        self.is_full = False
        self.trouble = False  # whether anything could not be written since the last look
        self.shown: dict[str, Run] = {}  # every run that was ever read and not deleted since, as last read
        self.asked: defaultdict[str, dict[Any, int]] = defaultdict(dict)  # by run and asker, how many epochs
        self.reasons: defaultdict[str, set[str]] = defaultdict(set)  # how each may have ended since it was asked for
        self.finished: set[str] = set()
        self.agreed: set[str] = set()  # runs that may begin anew
        self.unsound: set[str] = set()  # runs whose checkpoint was taken
        self.deleted: defaultdict[str, set[int | None]] = defaultdict(set)  # recordings that must not come back
        self.absent: set[str] = set()
        self.may_go: set[str] = set()  # runs whose deletion was asked for and not acknowledged
        self.revision = -1
        self.is_well = False  # nothing more is asked of what has failed

    # What is done

    @initialize()
    def begin(self) -> None:
        for which in (0, 1):
            self.start(which)
        self.reader = RunStore(self.cache)

    which = st.integers(0, 1)
    seeds = st.sampled_from(SEEDS)
    epochs = st.sampled_from(EPOCHS)

    def start(self, which: int) -> None:
        self.processes[which] = process = Process(self.cache)
        process.owner = self._ask(process, "state")[1]["owner"]

    @contextmanager
    def living(self, which: int) -> Any:
        """That process, which is started if it is dead."""
        if self.processes[which] is None:
            self.start(which)
        yield self.processes[which]

    @rule(which=which, seed=seeds, epochs=epochs, from_start=st.booleans())
    def submit(self, which: int, seed: int, epochs: int, from_start: bool) -> None:
        with self.living(which) as process:
            done, answer = self._ask(process, "submit", seed=seed, epochs=epochs, from_start=from_start)
            if done:
                self._acknowledged(IDS[seed], answer, (process.owner, None, epochs), epochs, from_start)

    @rule(which=which, run=st.sampled_from(IDS), from_start=st.booleans())
    def resume(self, which: int, run: str, from_start: bool) -> None:
        with self.living(which) as process:
            known = self.shown.get(run)
            done, answer = self._ask(process, "resume", run_id=run, from_start=from_start, may_refuse=known is None)
            if done:
                epochs = 1 if known is None else known["target"]
                self._acknowledged(run, answer, (process.owner, None, epochs), epochs, from_start)

    @rule(which=which, slot=st.sampled_from("ab"), seed=seeds, epochs=epochs, rests=st.booleans())
    def propose(self, which: int, slot: str, seed: int, epochs: int, rests: bool) -> None:
        with self.living(which) as process:
            asker = (process.owner, slot)
            done, answer = self._ask(process, "propose", slot=slot, seed=seed, epochs=epochs, rests=rests)
            for asked in self.asked.values():
                asked.pop(asker, None)
            if done and rests and answer != "cached" and not self.is_troubled:
                self._acknowledged(IDS[seed], answer, asker, epochs)
            elif rests:
                self.absent.discard(IDS[seed])

    @rule(which=which, run=st.sampled_from(IDS))
    def stop(self, which: int, run: str) -> None:
        with self.living(which) as process:
            self._may_end_by_hand(run)
            self._ask(process, "stop", run_id=run)

    @rule(which=which, number=st.integers(0, 9))
    def delete(self, which: int, number: int) -> None:
        if not self.shown:  # no precondition: what is shown is not the same in every repetition
            return
        run = sorted(self.shown)[number % len(self.shown)]
        with self.living(which) as process:
            may_refuse = self.shown[run]["status"] in ACTIVE
            done, _ = self._ask(process, "delete", run_id=run, may_refuse=may_refuse)
            if done:
                self._forget(run)
                self.absent.add(run)
            else:
                self.unsound.add(run)  # whose checkpoint goes first, so that there is room

    @rule(which=which, run=st.sampled_from(IDS))
    def free(self, which: int, run: str) -> None:
        with self.living(which) as process:
            self.unsound.add(run)
            self._ask(process, "free", run_ids=[run])

    @rule(which=which)
    def trim(self, which: int) -> None:
        with self.living(which) as process:
            self.unsound.update(IDS)
            self._ask(process, "trim")

    @rule(which=which, moments=st.sampled_from(MOMENTS))
    def train(self, which: int, moments: int) -> None:
        """Let it work for a while. What it was let and did not use is used by the next run."""
        with self.living(which) as process:
            self._ask(process, "let_go", times=moments)

    @rule(target=exports)
    def export(self) -> str:
        if not any(run["epochs"] for run in self.shown.values()):
            return ""
        return bundle.write(list(self.shown.values())).decode()

    @rule(target=exports, epochs=epochs, created=st.sampled_from(["1999", "2026"]))
    def fetch(self, epochs: int, created: str) -> str:
        """Somebody else's runs, of which one has a spec that is trained here too."""
        runs = [made_up(epochs=epochs, seed=seed) for seed in (0, 99)]
        return bundle.write([{**run, "created": f"{created}-01-01T00:00:00.000+00:00"} for run in runs]).decode()

    @rule(which=which, content=exports)
    def take_in(self, which: int, content: str) -> None:
        if not content:
            return
        with self.living(which) as process:
            done, new = self._ask(process, "take_in", content=content)
            for run in bundle.read(content.encode()):
                if done and run["id"] in new:
                    self.absent.discard(run["id"])
                    self.shown[run["id"]] = run

    @rule(which=which)
    def kill(self, which: int) -> None:
        if (process := self.processes[which]) is not None:
            self._ended(process)
            process.kill()
            self.processes[which] = None

    @rule(
        which=which,
        act=st.sampled_from(["submit", "stop", "let_go", "delete", "free", "close"]),
        seed=seeds,
        epochs=epochs,
        share=st.floats(0, 1),
    )
    def kill_amid(self, which: int, act: str, seed: int, epochs: int, share: float) -> None:
        """Something is asked for, and whoever would have answered is killed before that, or nearly."""
        with self.living(which) as process:
            run = IDS[seed]
            if act == "submit":
                process.send("submit", seed=seed, epochs=epochs)
                self.absent.discard(run)
            elif act == "let_go":
                process.send("let_go", times=epochs)
            elif act == "close":
                process.send("close")
            elif act == "free":
                process.send("free", run_ids=[run])
                self.unsound.add(run)
            elif act == "stop":
                process.send("stop", run_id=run)
                self._may_end_by_hand(run)
            else:
                process.send("delete", run_id=run)
                if run in self.shown and self.shown[run]["status"] not in ACTIVE:
                    self.may_go.add(run)
                    self.unsound.add(run)
            time.sleep(0.01 * share)  # any moment will do
            self.kill(which)

    @rule(which=which)
    def close(self, which: int) -> None:
        if (process := self.processes[which]) is not None:
            self._ended(process)
            self._ask(process, "close")
            process.kill()
            self.processes[which] = None

    # Misfortune

    @rule(which=which, size=st.sampled_from([0, 4096, 65536, UNLIMITED]))
    def limit_files(self, which: int, size: int) -> None:
        with self.living(which) as process:
            resource.prlimit(process.process.pid, resource.RLIMIT_FSIZE, (size, UNLIMITED))
            process.limit = size
            self.trouble = True

    @rule()
    @precondition(lambda self: self.is_small and not self.is_full)
    def fill_the_disk(self) -> None:
        self.is_full = self.trouble = True
        with (self.home / "filling").open("ab", buffering=0) as file:
            for size in (2**20, 4096, 1):
                try:
                    while True:
                        file.write(b"x" * size)
                except OSError:
                    continue

    @rule()
    @precondition(lambda self: self.is_full)
    def make_room(self) -> None:
        self.is_full = False
        (self.home / "filling").unlink()

    undamaged = precondition(lambda self: not self.is_troubled)

    @rule(kind=st.sampled_from([*BAD_ROWS, *BAD_FIELDS]), number=st.integers(0, 9))
    @undamaged
    def damage_a_row(self, kind: str, number: int) -> None:
        if not self.shown:
            return
        run = sorted(self.shown)[number % len(self.shown)]
        columns = BAD_ROWS.get(kind) or {"value": json.dumps({**self.shown[run], kind: BAD_FIELDS[kind]})}
        places = ", ".join(f"{name} = ?" for name in columns)
        statement = f"UPDATE Cache SET {places}, store_time = store_time + 0.001 WHERE key = ?"
        self._change_rows(statement, *columns.values(), f"v1/run/{run}")
        self._asked_in_vain([run])

    @rule(value=st.sampled_from(['"one"', "null", "{", "-1", "1e400"]))
    @undamaged
    def damage_the_revision(self, value: str) -> None:
        self._change_rows("UPDATE Cache SET value = ? WHERE key = 'v1/revision'", value, counts=False)

    @rule(run=st.sampled_from(IDS), name=st.sampled_from([NEWEST, PREVIOUS, "both"]), link=st.booleans())
    def damage_a_checkpoint(self, run: str, name: str, link: bool) -> None:
        self.unsound.add(run)
        for each in (NEWEST, PREVIOUS) if name == "both" else (name,):
            path = self.cache / "checkpoints" / run / each
            if path.is_symlink() or not path.exists():
                continue
            if link:
                path.unlink()
                path.symlink_to(self.home / "others" / "theirs")
            elif not self.is_full:
                path.write_bytes(path.read_bytes()[:-1])

    @rule(kind=st.sampled_from(["header", "middle", "half", "empty", "gone", "other"]), backup_too=st.booleans())
    @undamaged
    def damage_the_database(self, kind: str, backup_too: bool) -> None:
        paths = [self.cache / "runs" / "cache.db", *[self.cache / "backup" / "cache.db"] * backup_too]
        for path in filter(Path.exists, paths):
            size = path.stat().st_size
            match kind:
                case "header" | "middle":
                    with path.open("r+b") as file:
                        file.seek(0 if kind == "header" else size // 2)
                        file.write(b"\xff" * min(4096, size))
                case "half" | "empty":
                    os.truncate(path, size // 2 if kind == "half" else 0)
                case "gone":
                    path.unlink()
                case "other":
                    path.with_suffix(".new").write_bytes(b"other")
                    path.with_suffix(".new").replace(path)
        self._asked_in_vain(list(self.shown))

    @rule()
    def call_the_doctor(self) -> None:
        self._command("doctor")

    # What must hold

    @invariant()
    def what_was_acknowledged_can_be_read(self) -> None:
        if self.reader is None:
            return
        states = self._calm()
        with closing(RunStore(self.cache)) as fresh:
            runs = {run["id"]: run for run in fresh.runs()}
            revision = fresh.revision()
        self.is_well = False
        self._check_revision(revision, runs)
        for run in runs.values():
            self._check_curve(run)
            self._check_end(run)
        for run_id, before in list(self.shown.items()):
            if run_id not in runs and run_id in self.may_go:
                self._forget(run_id)
            elif run_id not in runs:
                assert not before["epochs"], f"run {run_id} with its epochs has gone"
                assert not self.asked[run_id], f"run {run_id}, which was asked for, has gone"
                del self.shown[run_id]
        assert not self.absent.intersection(runs), "a deleted run is back"
        self._check_work(runs, states)
        self.shown = runs
        self._check_other_readers(runs)
        assert self._look_outside() == self.outside
        self.trouble = self.is_troubled or any(state["unsaved"] for state in states)
        self.is_well = True

    def _check_curve(self, run: Run) -> None:
        run_id, rows = run["id"], run["epochs"]
        if run["origin"] is None and rows:
            recording = recording_of(rows)
            assert recording is not None, "two recordings in one curve"
            assert rows == [figures(run_id, recording, epoch) for epoch in range(1, len(rows) + 1)]
            assert recording not in self.deleted[run_id], "the curve of a deleted run is back"
        before = self.shown[run_id]["epochs"] if run_id in self.shown else []
        if rows[: len(before)] != before:
            assert run_id in self.agreed, "a curve was replaced, or cut, and nobody had agreed"
            assert len(rows) >= len(before), "a curve was replaced before the new one had its length"
            self.deleted[run_id].add(recording_of(before))
            self.agreed.discard(run_id)

    def _check_end(self, run: Run) -> None:
        run_id, asked = run["id"], self.asked[run["id"]]
        if run["status"] in ACTIVE:
            assert run["target"] >= max(asked.values(), default=0), "somebody's request has been lost"
            return
        assert run["status"] in ("finished", "diverged") or run["reason"], "it ended without a reason"
        if run["status"] == "finished":
            assert len(run["epochs"]) >= run["target"]
            self.finished.add(run_id)
        assert run_id not in self.finished or run["status"] == "finished", "a finished run is finished no more"
        if max(asked.values(), default=0) > len(run["epochs"]):
            may_be = set(self.reasons[run_id])
            if run_id in self.unsound or self.trouble:
                may_be.add("failed")
            assert cut_short(run) in may_be, f"it ended for nothing: {cut_short(run)}, {run['reason']}"
        asked.clear()
        self.reasons[run_id].clear()

    def _check_work(self, runs: dict[str, Run], states: list[dict[str, Any]]) -> None:
        """Whatever waits or trains is in the hands of the one living process that owns it."""
        assert sum(state["holds"] for state in states) <= 1, "two train on one device"
        for run in runs.values():
            if run["status"] in ACTIVE:
                owners = [state for state in states if state["owner"] == run["owner"]]
                assert owners, "a dead process trains it"
                assert self.trouble or run["id"] in owners[0]["queue"], "it waits, and nobody will ever train it"

    def _check_revision(self, revision: int, runs: dict[str, Run]) -> None:
        if self.revision >= 0:
            assert revision >= self.revision
            assert revision > self.revision or runs == self.shown, f"unnoticed: {_difference(runs, self.shown)}"
        self.revision = revision

    def _check_other_readers(self, runs: dict[str, Run]) -> None:
        """Whoever has been looking for long sees the same, and so do the commands."""
        assert self.reader is not None
        seen = {run["id"]: run for run in self.reader.runs()}
        assert self.trouble or seen == runs, _difference(seen, runs)
        for process in filter(None, self.processes):
            seen = {run["id"]: run for run in self._ask(process, "runs", may_refuse=False)[1]}
            assert {key: run["epochs"] for key, run in seen.items()} == {
                key: run["epochs"] for key, run in runs.items()
            }
            assert self.trouble or seen == runs, _difference(seen, runs)

    def teardown(self) -> None:
        try:
            if self.is_well:
                self._let_everything_end()
        finally:
            for process in filter(None, self.processes):
                process.kill()
            if self.reader is not None:
                self.reader.close()
            shutil.rmtree(self.home)

    def _let_everything_end(self) -> None:
        """Room is made and all work let go: everything that was asked for and not ended by anything is trained."""
        if self.is_full:
            self.make_room()
        for process in filter(None, self.processes):
            resource.prlimit(process.process.pid, resource.RLIMIT_FSIZE, (UNLIMITED, UNLIMITED))
            process.limit = UNLIMITED
            self._ask(process, "open")
        self.what_was_acknowledged_can_be_read()
        assert not any(run["status"] in ACTIVE for run in self.shown.values())
        for verb in ("runs", "claims", "doctor", "runs"):
            self._command(verb)
        self.what_was_acknowledged_can_be_read()

    # How

    def _command(self, verb: str) -> None:
        """One that can always be given. The doctor may have something to complain of, such as a small disk."""
        with redirect_stdout(StringIO()):
            assert main([verb, "--json", "--cache", str(self.cache)]) in (0, verb == "doctor")

    @property
    def is_troubled(self) -> bool:
        """Whether something cannot be written now."""
        return self.is_full or any(process.limit != UNLIMITED for process in filter(None, self.processes))

    def _ask(self, process: Process, name: str, may_refuse: bool = False, **given: Any) -> tuple[bool, Any]:
        process.send(name, **given)
        how, answer, errors = process.receive()
        assert how != "broke", answer
        assert how == "done" or may_refuse or self.is_troubled, f"{name} was refused: {answer}"
        assert not errors or self.trouble or self.is_troubled, errors
        return how == "done", answer

    def _acknowledged(self, run_id: str, answer: str, asker: Any, epochs: int, from_start: bool = False) -> None:
        self.absent.discard(run_id)
        if answer == "cached":
            assert len(self.shown[run_id]["epochs"]) >= epochs
            return
        self.asked[run_id][asker] = epochs
        self.may_go.discard(run_id)
        if from_start:
            self.agreed.add(run_id)

    def _forget(self, run_id: str) -> None:
        self.deleted[run_id].add(recording_of(self.shown.pop(run_id)["epochs"]))
        self.finished.discard(run_id)
        self.agreed.discard(run_id)
        self.may_go.discard(run_id)
        self.asked[run_id].clear()

    def _ended(self, process: Process) -> None:
        """What a process had in its hands is interrupted; what only its sliders asked for need not be there."""
        for run_id, run in self.shown.items():
            if run["owner"] == process.owner:
                self.reasons[run_id].add("interrupted")

    def _may_end_by_hand(self, run_id: str) -> None:
        """What trains is stopped; what waits is what it was before, or gone if it never began."""
        self.reasons[run_id].add("stopped")
        if run_id in self.shown and self.shown[run_id]["status"] == "queued":
            self._asked_in_vain([run_id])

    def _asked_in_vain(self, run_ids: list[str]) -> None:
        """What was asked for since the last copy of these may be lost; what was recorded may not."""
        for run_id in run_ids:
            self.asked[run_id].clear()

    def _change_rows(self, statement: str, *values: Any, counts: bool = True) -> None:
        with closing(sqlite3.connect(self.cache / "runs" / "cache.db")) as database:
            database.execute(statement, values)
            if counts:  # so that whoever has looked before looks again
                count = "CAST(CAST(value AS INTEGER) + 1 AS TEXT)"
                database.execute(f"UPDATE Cache SET value = {count} WHERE key = 'v1/revision'")
            database.commit()

    def _calm(self) -> list[dict[str, Any]]:
        """Wait until nothing moves any more: each process rests, waits to be let go, or waits for the other."""
        until = time.monotonic() + WAIT
        while True:
            processes = list(filter(None, self.processes))
            states = [self._ask(process, "state")[1] for process in processes]
            held = any(state["holds"] for state in states)
            rest = [state["holds"] or (held and state["waits for the device"]) for state in states]
            ended = [state["idle"] and (self.is_troubled or not state["unsaved"]) for state in states]
            if all(map(any, zip(rest, ended, strict=True))):
                self.trouble = self.trouble or any(state["unsaved"] for state in states)
                return states
            assert time.monotonic() < until, f"it never comes to rest: {states}"
            time.sleep(0.005)

    def _look_outside(self) -> dict[str, tuple[int, bytes]]:
        others = self.home / "others"
        return {path.name: (path.lstat().st_mtime_ns, path.read_bytes()) for path in sorted(others.iterdir())}


def _difference(one: dict[str, Run], other: dict[str, Run]) -> list[Any]:
    """What two looks at the runs do not agree about."""
    pairs = [(run_id, one.get(run_id, {}), other.get(run_id, {})) for run_id in {**one, **other}]
    return [
        (run_id, name, here.get(name), there.get(name))
        for run_id, here, there in pairs
        for name in {**here, **there}
        if here.get(name) != there.get(name)
    ]


def test_what_was_acknowledged_can_be_read_whatever_two_processes_and_misfortune_do(stage):
    TwoProcesses.folder, TwoProcesses.is_small = stage
    examples = int(os.environ.get("HPVIZ_EXAMPLES", "0"))
    run_state_machine_as_test(
        TwoProcesses,
        settings=settings(
            max_examples=examples or 25,
            stateful_step_count=60 if examples else 40,
            derandomize=not examples,
            database=None,
            report_multiple_bugs=False,
            phases=(Phase.generate,),  # a shorter example would be sought for minutes
            suppress_health_check=list(HealthCheck),
        ),
    )
