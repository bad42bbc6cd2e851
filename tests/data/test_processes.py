import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from hpviz import cores as own_cores
from hpviz.data import catalogue, each_photo, processes, threads
from hpviz.data.ahead import Ahead
from hpviz.data.catalogue import identify, prepare, resolve
from hpviz.data.conversion import convert
from hpviz.data.decode import decode
from hpviz.data.folder import look
from hpviz.data.prepared import folder_of, read_meta
from hpviz.data.processes import in_order
from hpviz.spec import BadInput
from tests.data import apart

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(autouse=True)
def two_cores(monkeypatch):
    monkeypatch.setattr(threads, "cores", lambda: 2)


def flat(batches):
    return [result for batch in batches for result in batch]


def started(folder: Path, count: int) -> list[int]:
    """The processes that have begun to work for ever, once there are so many."""
    until = time.monotonic() + 60
    while len(found := [int(path.name) for path in folder.iterdir()]) < count:
        assert time.monotonic() < until
        time.sleep(0.01)
    return found


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def all_gone(pids: list[int]) -> bool:
    until = time.monotonic() + 60
    while any(map(is_alive, pids)) and time.monotonic() < until:
        time.sleep(0.01)
    return not any(map(is_alive, pids))


def test_results_come_in_order_from_processes_of_which_none_stays():
    told = flat(in_order(apart.doubled, range(100), batch=7, enough=0))
    assert [number for number, _ in told] == [2 * number for number in range(100)]
    pids = {pid for _, pid in told}
    assert os.getpid() not in pids
    assert not any(map(is_alive, pids))
    assert not [thread for thread in threading.enumerate() if thread.name == "hpviz-images"]


def test_no_process_starts_a_thread_a_core_for_its_arithmetic(monkeypatch):
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    assert flat(in_order(os.getenv, ["OPENBLAS_NUM_THREADS"] * 4, batch=1, enough=0)) == ["1"] * 4


@pytest.mark.parametrize("count", [0, 1, 99])
def test_few_items_are_not_worth_a_process(count):
    told = flat(in_order(apart.doubled, range(count), batch=7, enough=100))
    assert [number for number, _ in told] == [2 * number for number in range(count)]
    assert {pid for _, pid in told} <= {os.getpid()}


def test_one_core_is_not_worth_a_process(monkeypatch):
    monkeypatch.setattr(threads, "cores", lambda: 1)
    assert {pid for _, pid in flat(in_order(apart.doubled, range(100), enough=0))} == {os.getpid()}


def test_a_process_that_is_killed_ends_the_work_with_one_sentence():
    with pytest.raises(BadInput, match=r"^A process that worked on the images was killed \(signal 9\)[^.]*\.$"):
        flat(in_order(partial(apart.killed_at, 40), range(100), batch=7, enough=0))


def test_an_error_of_the_work_comes_through_as_it_is():
    with pytest.raises(FileNotFoundError) as caught:
        flat(in_order(partial(apart.missing_at, 40), range(100), batch=7, enough=0))
    assert caught.value.filename == "/nowhere/40"


def test_one_that_waits_hears_a_sign_of_life_and_leaving_ends_processes_in_the_middle_of_an_item(tmp_path):
    batches = in_order(partial(apart.for_ever, tmp_path), range(10), batch=1, enough=0)
    assert next(batches) == []
    pids = started(tmp_path, 2)
    batches.close()
    assert not any(map(is_alive, pids))


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_process_outlives_the_one_that_began_it(tmp_path, end):
    parent = subprocess.Popen(
        [sys.executable, "-c", f"from tests.data import apart; apart.begin(apart.Path({str(tmp_path)!r}))"],
        cwd=ROOT,
        stderr=subprocess.PIPE,
    )
    pids = started(tmp_path, 2)
    parent.send_signal(end)
    parent.communicate()
    assert all_gone(pids)


def test_the_cores_are_those_that_this_process_may_use(monkeypatch, tmp_path):
    monkeypatch.undo()
    monkeypatch.setattr(own_cores, "CPU_QUOTA", tmp_path / "cpu.max")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(6)), raising=False)
    assert threads.cores() == 6
    for quota, cores in (("max 100000", 6), ("250000 100000", 2), ("10000 100000", 1), ("9000000 100000", 6)):
        own_cores.CPU_QUOTA.write_text(quota)
        assert threads.cores() == cores
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(256)), raising=False)
    own_cores.CPU_QUOTA.write_text("max 100000")
    assert threads.cores() == threads.MOST


def folder_with_wrong_files(fill, photo, root: Path) -> Path:
    """Two classes of 100 photos of several sizes and kinds; every 17th is damaged, one is no picture, one empty."""
    fill(root, "train/cat", "train/dog", "test/cat", "test/dog", count=50)
    for index in range(5):
        photo(root / "train" / "cat" / f"large-{index}.jpg", seed=index, size=(300, 200))
        photo(root / "test" / "dog" / f"lossless-{index}.png", seed=index)
    for path in sorted(root.rglob("*.jpg"))[::31]:
        path.write_bytes(path.read_bytes()[:300])
    (root / "train" / "cat" / "empty.jpg").touch()
    (root / "train" / "dog" / "text.jpg").write_text("no picture")
    return root


def test_processes_prepare_what_threads_prepare_and_find_the_same_in_the_same_order(
    tmp_path, fill, photo, finish, monkeypatch
):
    root = folder_with_wrong_files(fill, photo, tmp_path / "set")
    listings, prepared = [], []
    for cache, enough in ((tmp_path / "threads", 10_000), (tmp_path / "processes", 0)):
        monkeypatch.setattr(processes, "ENOUGH", enough)
        listings.append(finish(look(root, cache)))
        finish(prepare(resolve(str(root), cache), 24, cache))
        folder = folder_of(cache, listings[-1].fingerprint, 24)
        prepared.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert len(listings[0].skipped) == 9
    assert listings[0] == listings[1]
    assert sorted(prepared[0]) == sorted(prepared[1])
    assert all(prepared[0][name] == prepared[1][name] for name in prepared[0])


def test_pictures_that_are_damaged_before_they_are_prepared_leave_no_gap_and_are_listed_in_order(
    tmp_path, fill, finish, monkeypatch
):
    root = fill(tmp_path / "set", "train/cat", "train/dog", "test/cat", "test/dog", count=60)
    monkeypatch.setattr(processes, "ENOUGH", 0)
    train = finish(look(root, tmp_path)).train
    for place in (3, 40, 119):
        Path(train[place].path).write_bytes(b"")
    pictures = catalogue._photographs("train", train, Ahead(tmp_path / "no.part", 20))
    made = finish(convert(tmp_path, "ab", ("cat", "dog"), 20, pictures, pictures))
    left = [photo for place, photo in enumerate(train) if place not in (3, 40, 119)]
    assert made.train_labels.tolist() == [photo.label for photo in left]
    assert all(
        (image == decode(Path(photo.path), 20).pixels).all()
        for image, photo in zip(made.train_images, left, strict=True)
    )
    names = [f"train/{train[place].name}" for place in (3, 40, 119)]
    assert read_meta(folder_of(tmp_path, "ab", 20))["skipped"] == [[name, "is empty"] for name in names * 2]


def test_a_process_that_is_killed_while_photos_are_prepared_leaves_nothing_half_made(
    tmp_path, fill, finish, monkeypatch
):
    root = fill(tmp_path / "set", "cat", "dog", count=100)
    source = resolve(str(root), tmp_path / "cache")
    finish(identify(source, tmp_path / "cache"))
    monkeypatch.setattr(processes, "ENOUGH", 0)
    begin = processes.Process.__init__
    monkeypatch.setattr(processes.Process, "__init__", lambda process: (begin(process), process.kill())[0])
    work = prepare(source, 16, tmp_path / "cache")
    with pytest.raises(BadInput, match=r"^A process that worked on the images was killed \(signal 9\)"):
        finish(work)
    assert not list((tmp_path / "cache" / "data").glob("*-16*.part"))
    monkeypatch.undo()
    assert len(finish(prepare(source, 16, tmp_path / "cache")).train_images) == 160


def test_a_folder_that_nobody_has_seen_is_prepared_as_one_that_was_looked_at_and_decoded_only_once(
    tmp_path, fill, photo, finish, monkeypatch
):
    root = folder_with_wrong_files(fill, photo, tmp_path / "set")
    monkeypatch.setattr(processes, "ENOUGH", 0)
    kept = []
    for cache, looks in ((tmp_path / "seen", True), (tmp_path / "never", False)):
        source = resolve(str(root), cache)
        if looks:
            finish(identify(source, cache))
        made = finish(prepare(source, 24, cache))
        assert not list((cache / "data").glob("*.part"))
        kept.append({path.name: path.read_bytes() for path in folder_of(cache, made.fingerprint, 24).iterdir()})
        kept[-1] |= {path.name: json.loads(path.read_text()) for path in (cache / "data").glob("readable-*.json")}
    assert kept[0] == kept[1]

    monkeypatch.setattr(processes, "ENOUGH", 10_000)
    decoded, decode_one = [], each_photo.decode
    monkeypatch.setattr(each_photo, "decode", lambda path, *more: decoded.append(str(path)) or decode_one(path, *more))
    finish(prepare(resolve(str(root), tmp_path / "once"), 24, tmp_path / "once"))
    sound = [path for path in decoded if path.endswith(".jpg") and Path(path).stat().st_size > 300]
    assert sound
    assert len(sound) == len(set(sound))


def test_pixels_decoded_ahead_go_when_the_preparation_is_stopped_and_two_at_once_are_none_in_each_others_way(
    tmp_path, fill, finish
):
    root = fill(tmp_path / "set", "cat", "dog", count=40)
    source = resolve(str(root), tmp_path / "cache")
    work, other = prepare(source, 16, tmp_path / "cache"), prepare(source, 20, tmp_path / "cache")
    next(step for step in work if step.what == "looking at the images")
    assert list((tmp_path / "cache" / "data").glob("ahead-*.part"))
    assert len(finish(other).train_images) == 64
    work.close()
    assert not list((tmp_path / "cache" / "data").glob("*.part"))
    assert len(finish(prepare(source, 16, tmp_path / "cache")).train_images) == 64


def test_a_link_in_the_place_of_pixels_decoded_ahead_is_not_followed(tmp_path, fill, finish):
    root, victim = fill(tmp_path / "set", "cat", "dog", count=40), tmp_path / "victim"
    victim.write_text("somebody's own")
    source, data = resolve(str(root), tmp_path / "cache"), tmp_path / "cache" / "data"
    with closing(prepare(source, 16, tmp_path / "cache")) as work:
        next(step for step in work if step.what == "looking at the images")
        (ahead,) = data.glob("ahead-*.part")
    ahead.symlink_to(victim)
    ahead.with_suffix(".lock").unlink(missing_ok=True)
    ahead.with_suffix(".lock").symlink_to(victim)
    assert len(finish(prepare(source, 16, tmp_path / "cache")).train_images) == 64
    assert victim.read_text() == "somebody's own"
    assert not list(data.glob("*.part"))
