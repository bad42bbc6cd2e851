"""Rows that no hpviz ever wrote: set aside, said once, restored where there is a copy; nothing else notices."""

import copy
import json
import math
import sqlite3
from contextlib import closing, suppress

import pytest
from diskcache import Cache

from hpviz.cli import main
from hpviz.runs.json_disk import JsonDisk
from hpviz.runs.recovery import write_sidecar
from hpviz.runs.runner import Runner
from hpviz.runs.schema import SCHEMA
from hpviz.runs.store import RunStore
from hpviz.spec import MAX_EPOCHS, BadInput
from tests.faults.made_up_store import doctor_database, made_up, plant, stored

KEY = "v1/run/"


def with_(**changes):
    return lambda run: {**run, **changes}


def in_row(**changes):
    return lambda run: {**run, "epochs": [{**run["epochs"][0], **changes}, *run["epochs"][1:]]}


def in_spec(**changes):
    return lambda run: {**run, "spec": {**run["spec"], **changes}}


def without(name):
    return lambda run: {each: value for each, value in run.items() if each != name}


def nested(levels):
    return "[" * levels + "]" * levels


SPOILT = {
    "a schema and nothing else": lambda run: {"schema": 1},
    "no object": lambda run: [1, 2],
    "nothing": lambda run: None,
    "no JSON": lambda run: "{",
    "NaN": lambda run: json.dumps({**run, "target": math.nan}),
    "infinite loss": lambda run: json.dumps(in_row(test_loss=math.inf)(run)),
    "deep": lambda run: nested(100_000),
    "deep where nobody looks": lambda run: json.dumps({**run, "more": "?"}).replace('"?"', nested(500)),
    "a number of many digits": lambda run: json.dumps({**run, "target": "?"}).replace('"?"', "9" * 5_000),
    "no schema": without("schema"),
    "a textual schema": with_(schema="1"),
    "schema 0": with_(schema=0),
    "schema true": with_(schema=True),
    "created is null": with_(created=None),
    "no created": without("created"),
    "created yesterday": with_(created="yesterday"),
    "created without a zone": with_(created="2026-01-01T00:00:00"),
    "created in the year 9999": with_(created="9999-12-31T23:59:59+00:00"),
    "created in the year 1": with_(created="0001-01-01T00:00:00+00:00"),
    "updated is a number": with_(updated=12),
    "epochs is a number": with_(epochs=3),
    "epochs is an object": with_(epochs={"1": {}}),
    "an epoch without figures": with_(epochs=[{"epoch": 1}]),
    "an epoch that is none": with_(epochs=["one"]),
    "textual accuracy": in_row(test_accuracy="0.5"),
    "accuracy above 1": in_row(test_accuracy=1.5),
    "accuracy true": in_row(test_accuracy=True),
    "huge updates": in_row(updates=10**300),
    "negative seconds": in_row(train_seconds=-1.0),
    "no train seconds": in_row(train_seconds=None),
    "no test seconds": in_row(test_seconds=None),
    "epochs out of order": lambda run: {**run, "epochs": run["epochs"][::-1]},
    "an epoch twice": lambda run: {**run, "epochs": [run["epochs"][0]] * 2},
    "spec is a list": with_(spec=[]),
    "an impossible spec": in_spec(learning_rate=-1),
    "another spec": in_spec(learning_rate=0.5),
    "a huge number in the spec": in_spec(batch_size=10**300),
    "an unknown status": with_(status="glorious"),
    "a target below 0": with_(target=-1),
    "a million as target": with_(target=10**6),
    "reason is a list": with_(reason=["because"]),
    "owner is a number": with_(owner=1),
    "machine is text": with_(machine="mine"),
    "the machine's name is a list": with_(machine={"name": ["a"]}),
    "inputs without a folder": with_(inputs={}),
    "classes are numbers": with_(inputs={"data": "x", "weights": None, "classes": [1, 2]}),
    "origin is text": with_(origin="imported"),
    "origin of another kind": with_(origin={"kind": "stolen", "version": "1", "exported": "2026-01-01T00:00:00+00:00"}),
    "history of numbers": with_(history=[1]),
    "another id": with_(id="0" * 12),
    "a path as id": with_(id="../../x"),
}


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


def command(cache, *words):
    return main([*words, "--json", "--cache", str(cache)])


@pytest.mark.parametrize("fault", SPOILT)
def test_a_bad_row_is_set_aside_said_once_and_nothing_else_notices(cache, fault, capsys, caplog):
    store = RunStore(cache)
    good, victim = stored(store), stored(store, seed=1)
    plant(cache, KEY + victim["id"], SPOILT[fault](copy.deepcopy(victim)))
    assert [run["id"] for run in store.runs()] == [good["id"]]
    assert store.get(victim["id"]) is None
    assert store.notice.count("could not be read") == 1
    assert victim["id"] in store.notice
    assert command(cache, "runs") == 0
    assert good["id"] in capsys.readouterr().out
    caplog.clear()
    later = RunStore(cache)
    assert [run["id"] for run in later.runs()] == [good["id"]]
    assert (later.notice, caplog.text) == (None, "")
    later.put(victim)
    assert len(store.runs()) == 2


@pytest.mark.parametrize("copy_in", ["backup", "sidecar", "imported"])
def test_a_bad_row_is_restored_from_wherever_a_copy_is(cache, copy_in):
    store = RunStore(cache)
    if copy_in == "imported":
        victim = {**made_up(), "id": made_up()["id"] + "-0123abcd"}
        victim["origin"] = {"kind": "imported", "version": "1", "exported": victim["updated"]}
        store.take_in([victim])
        (cache / "backup" / "cache.db").unlink()
    else:
        victim = stored(store)
        store.backup() if copy_in == "backup" else write_sidecar(victim, store.checkpoints / victim["id"])
    plant(cache, KEY + victim["id"], {"schema": 1})
    assert [run["epochs"] for run in store.runs()] == [victim["epochs"]]
    assert "restored from a copy" in store.notice


@pytest.mark.parametrize("revision", ["textual", '"7"', "null", "NaN", "[]", "-1", "1.5", "9" * 5_000, "true"])
def test_a_bad_revision_stops_nobody_and_changes_are_seen(cache, revision):
    store, reader = RunStore(cache), RunStore(cache)
    stored(store)
    assert len(reader.runs()) == 1
    plant(cache, "v1/revision", revision)
    assert len(reader.runs()) == 1
    stored(store, seed=1)
    assert len(reader.runs()) == 2


@pytest.mark.parametrize(
    "row",
    [
        {"raw": 0, "key": b"\x80\x04N."},
        {"raw": 1, "key": b"\xff\xfe"},
        {"raw": 1, "key": 12},
        {"raw": 1, "key": None},
        {"raw": None},
        {"raw": "one"},
        {"key": "v1/run/../../x"},
        {"key": "v1/run/"},
        {"key": "v1/run/" + "a" * 100_000},
        {"key": "v1/run/0\u2028\n0"},
        {"store_time": None},
        {"store_time": "noon"},
        {"mode": 4, "value": b"\x80\x04N."},
        {"mode": 3, "filename": "../../secret", "value": None},
        {"mode": 2, "filename": "/etc/passwd", "value": None},
        {"value": 12},
        {"value": None},
        {"value": b"\xff"},
    ],
    ids=lambda row: str(row)[:60],
)
def test_rows_that_are_bad_in_another_way_hurt_nobody(cache, row):
    store = RunStore(cache)
    good = stored(store)
    plant(cache, KEY + "0" * 12, "{}", **row)
    assert [run["id"] for run in store.runs()] == [good["id"]]
    assert "\n" not in store.notice
    later = RunStore(cache)
    assert [run["id"] for run in later.runs()] == [good["id"]]
    assert later.notice is None


def test_text_that_is_no_utf_8_hurts_nobody(cache):
    store = RunStore(cache)
    good, victim = stored(store), stored(store, seed=1)
    doctor_database(cache, "UPDATE Cache SET value = CAST(x'ff7b' AS TEXT) WHERE key = ?", KEY + victim["id"])
    doctor_database(cache, "INSERT INTO Cache (key, raw, mode, value) VALUES (CAST(x'ff' AS TEXT), 1, 1, '1')")
    assert [run["id"] for run in store.runs()] == [good["id"]]


def test_a_row_that_has_expired_for_diskcache_is_there_all_the_same(cache):
    store = RunStore(cache)
    run = stored(store)
    doctor_database(cache, "UPDATE Cache SET expire_time = 1")
    assert [each["id"] for each in store.runs()] == [run["id"]]
    store.remove(run["id"])
    assert RunStore(cache).runs() == []


def test_what_a_later_version_wrote_stays_as_it_is(cache):
    store = RunStore(cache)
    good, theirs = stored(store), made_up(seed=1)
    fields = made_up(seed=2)
    plant(cache, KEY + theirs["id"], {**theirs, "schema": SCHEMA + 1, "created": None})
    plant(cache, KEY + fields["id"], {**fields, "spec": {**fields["spec"], "label_smoothing": 0.2}})
    plant(cache, "v2/run/" + theirs["id"], "whatever")
    runner = Runner(cache)
    assert [run["id"] for run in runner.runs()] == [good["id"]]
    assert runner.store.notice.count("newer hpviz") == 2
    with pytest.raises(BadInput, match="newer hpviz"):
        runner.store.put(theirs)
    with pytest.raises(BadInput, match=f"Run {theirs['id']} was written by a newer hpviz"):
        runner.store.find(theirs["id"][:6])
    write_sidecar(theirs, store.checkpoints / theirs["id"])
    runner.close()
    RunStore(cache).runs()
    with closing(sqlite3.connect(cache / "runs" / "cache.db")) as database:
        kept = dict(database.execute("SELECT key, value FROM Cache").fetchall())
    assert json.loads(kept[KEY + theirs["id"]])["schema"] == SCHEMA + 1
    assert "label_smoothing" in kept[KEY + fields["id"]]
    assert kept["v2/run/" + theirs["id"]] == "whatever"
    assert command(cache, "doctor") == 0


def test_what_others_add_to_a_document_stays_in_it(cache):
    store = RunStore(cache)
    run = {**made_up(), "requests": [{"by": "page", "epochs": 3}]}
    run["epochs"][0]["learning_rate"] = 0.1
    store.put(run)
    (read,) = RunStore(cache).runs()
    assert (read["requests"], read["epochs"]) == (run["requests"], run["epochs"])


def test_a_date_in_a_form_that_only_python_reads_is_read_as_what_it_is(cache):
    store = RunStore(cache)
    run = stored(store)
    plant(cache, KEY + run["id"], {**run, "created": "2026-W01-1T00:00:00+00:00", "updated": "20260105T020000+01:00"})
    (read,) = store.runs()
    assert (read["created"], read["updated"]) == ("2025-12-29T00:00:00.000+00:00", "2026-01-05T01:00:00.000+00:00")
    assert store.notice is None


@pytest.mark.parametrize(
    "odd",
    [
        {"status": "running", "epochs": [], "target": 0},
        {"status": "running", "requests": {"page": 10**30}},
        {"status": "running", "requests": {"page": -5}},
        {"extension": {"target": 10**30, "status": "stopped"}},
        {"extension": {"target": -4, "status": "failed"}},
    ],
    ids=str,
)
def test_odd_requests_and_extensions_stop_no_command_and_are_asked_of_nobody(cache, odd):
    store = RunStore(cache)
    run = {**made_up(), **odd}
    plant(cache, KEY + run["id"], run)
    assert command(cache, "runs") == 0
    (read,) = store.runs()
    assert store.notice is None
    assert Runner(cache).resumption(run["id"]).epochs <= MAX_EPOCHS
    assert read["status"] == ("finished" if "extension" in odd else "interrupted")


@pytest.mark.parametrize("value", ["12", '{"a": 1}', "[1, 2]", "{", "null", "NaN"])
def test_a_bad_note_is_no_note(cache, value):
    store = RunStore(cache)
    store.note("folders", ["/photos"])
    plant(cache, "v1/note/folders", value)
    assert store.noted_texts("folders") == []
    store.note("folders", ["/photos"])
    assert RunStore(cache).noted_texts("folders") == ["/photos"]


# Whatever diskcache does with the file that a row names, it is not ours.

EVERY_CALL = {
    "get": lambda cache, key: cache.get(key),
    "set": lambda cache, key: cache.set(key, 1),
    "add": lambda cache, key: cache.add(key, 1),
    "incr": lambda cache, key: cache.incr(key),
    "pop": lambda cache, key: cache.pop(key),
    "delete": lambda cache, key: cache.delete(key),
    "del": lambda cache, key: cache.__delitem__(key),
    "read": lambda cache, key: cache.read(key),
    "pull": lambda cache, key: cache.pull("v1/run/x"),
    "peek": lambda cache, key: cache.peek("v1/run/x"),
    "peekitem": lambda cache, key: cache.peekitem(),
    "check": lambda cache, key: cache.check(fix=True),
    "cull": lambda cache, key: cache.cull(),
    "expire": lambda cache, key: cache.expire(),
    "evict": lambda cache, key: cache.evict("tag"),
    "clear": lambda cache, key: cache.clear(),
    "touch": lambda cache, key: cache.touch(key),
}


@pytest.mark.parametrize("call", EVERY_CALL)
@pytest.mark.parametrize("expires", [None, 1.0])
def test_no_call_touches_a_file_that_a_row_names(cache, tmp_path, call, expires):
    store = RunStore(cache)
    stored(store)
    store.close()
    victims = [tmp_path / "victim", cache / "runs" / "ab" / "victim"]
    for number, victim in enumerate(victims):
        victim.parent.mkdir(parents=True, exist_ok=True)
        victim.write_text("precious")
        name = ["../../victim", "ab/victim"][number]
        key = ["v1/run/x", "v1/run/x-500000000000000"][number]
        plant(cache, key, None, mode=[3, 2][number], filename=name, value=None, expire_time=expires, tag="tag")
    opened = Cache(str(cache / "runs"), disk=JsonDisk) if call != "check" else RunStore(cache)._cache
    for key in ("v1/run/x", "v1/run/x-500000000000000"):
        with suppress(ValueError, KeyError, TypeError):  # refused is well too
            EVERY_CALL[call](opened, key)
    assert [victim.read_text() for victim in victims] == ["precious"] * 2


@pytest.mark.parametrize("name", ["v1/revision", "run"])
def test_no_reading_or_writing_of_the_store_touches_a_file_that_a_row_names(cache, tmp_path, name):
    store = RunStore(cache)
    run = stored(store)
    (tmp_path / "victim").write_text("precious")
    key = KEY + run["id"] if name == "run" else name
    doctor_database(cache, "UPDATE Cache SET filename = '../../victim' WHERE key = ?", key)
    runner = Runner(cache)
    runner.runs()
    runner.store.put(run)
    runner.store.get(run["id"])
    runner.delete(run["id"])
    runner.close()
    assert (tmp_path / "victim").read_text() == "precious"
