"""Bundles: what goes out comes in again exactly, and nothing else does."""

import copy
import json

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hpviz.home import default_cache
from hpviz.runs import bundle
from hpviz.runs.store import RunStore
from hpviz.spec import MAX_EPOCHS, BadInput
from hpviz.training.measure import norm
from tests.analysis.made_up_runs import author, rows, run

HOSTILE = "<b>$$ :red[x] =1+1 \u202e ../../etc/passwd"


@pytest.fixture
def store():
    opened = RunStore(default_cache())
    yield opened
    opened.close()


def trained(**spec):
    document = run(rows(3), **spec)
    document["inputs"].update(classes=["sea", HOSTILE], test_images=600)
    return document


def told(data=None):
    """A valid bundle as plain JSON, to be spoiled."""
    return json.loads(data or bundle.write([trained(weight_decay=0.01)]))


def refused(bad):
    with pytest.raises(BadInput) as complaint:
        bundle.read(bad if isinstance(bad, bytes) else json.dumps(bad).encode())
    message = str(complaint.value)
    assert message.endswith(".")
    assert "\n" not in message
    assert len(message) < 400
    return message


def carried(document):
    """What a bundle says of a run."""
    names = ("spec", "epochs", "status", "reason", "target", "machine", "created", "updated")
    return {name: document[name] for name in names} | {
        "classes": document["inputs"]["classes"],
        "test_images": document["inputs"]["test_images"],
    }


def test_every_figure_comes_back_exactly():
    ours = trained(weight_decay=0.01, dataset=HOSTILE)
    ours["epochs"][1].update(test_loss=None, train_loss=0.1 + 0.2)
    (theirs,) = bundle.read(bundle.write([ours]))
    assert carried(theirs) == carried(ours)
    assert theirs["origin"]["kind"] == "imported"
    assert theirs["id"].startswith(f"{ours['id']}-")


def test_the_authors_runs_come_back_exactly():
    runs = author(1)
    for document in runs:
        document["inputs"].update(classes=["sea", "street"], test_images=600)
    assert list(map(carried, bundle.read(bundle.write(runs)))) == list(map(carried, runs))


def test_what_is_too_long_for_a_bundle_is_cut_as_it_goes_out():
    ours = {**trained(), "reason": "x" * 501}
    ours["inputs"]["classes"] = ["y" * 201, "sea"]
    (theirs,) = bundle.read(bundle.write([ours]))
    assert (theirs["reason"], theirs["inputs"]["classes"]) == ("x" * 500, ["y" * 200, "sea"])


def test_what_others_added_to_a_run_or_named_oddly_does_not_keep_it_from_going_out():
    ours = trained()
    ours["machine"] |= {"fan": "loud", "name": "z" * 501}
    ours["epochs"][0] |= {"mood": "good"}
    ours["inputs"]["classes"] = ["caf\udce9", "sea"]  # as earlier versions noted a name that is no UTF-8
    (theirs,) = bundle.read(bundle.write([ours]))
    assert theirs["machine"]["name"] == "z" * 500
    assert "mood" not in theirs["epochs"][0]
    assert theirs["inputs"]["classes"] == ["caf?", "sea"]


def test_a_run_that_diverged_comes_back_with_its_gaps():
    ours = trained()
    ours.update(status="diverged", reason="The loss stopped being a finite number.")
    lost = dict.fromkeys(("train_loss", "train_loss_eval", "test_loss", "weight_norm", "gradient_norm"))
    ours["epochs"][-1].update(lost, test_accuracy=0.5, images_per_second=12.5)
    (theirs,) = bundle.read(bundle.write([ours]))
    assert carried(theirs) == carried(ours)


def test_norms_of_weights_at_the_end_of_float32_come_back():
    ours = trained()
    ours["epochs"][-1]["weight_norm"] = norm([torch.full((10_000,), torch.finfo(torch.float32).max)])
    (theirs,) = bundle.read(bundle.write([ours]))
    assert carried(theirs) == carried(ours)


def test_nothing_of_this_machine_goes_out():
    ours = trained()
    ours["inputs"].update(data="/home/somebody/photos", weights="/home/somebody/w.pth")
    ours["owner"] = "host:1234"
    assert "somebody" not in bundle.write([ours]).decode()
    assert "host:1234" not in bundle.write([ours]).decode()


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("The folder '/data/me/my photos' is no longer there.", "The folder 'my photos' is no longer there."),
        ("Disk full: /home/me/.cache/hpviz/runs/cache.db", "Disk full: cache.db"),
        (r"OSError: 'C:\Users\me\photos\a.png' of train/sea", "OSError: 'a.png' of train/sea"),
        ("~/photos/sea/1.jpg went; see https://a.example/b/c", "1.jpg went; see https://a.example/b/c"),
        ("Stopped at 3/8, 16/36 images", "Stopped at 3/8, 16/36 images"),
    ],
)
def test_a_reason_goes_out_without_the_paths_in_it(reason, told):
    ours = {**trained(), "reason": reason}
    ours["inputs"]["data"] = "/data/me/my photos"
    assert bundle.read(bundle.write([ours]))[0]["reason"] == told


def test_a_run_that_is_passed_on_stays_the_same_run():
    once = bundle.read(bundle.write([trained()]))
    twice = bundle.read(bundle.write(once))
    assert twice == once


def test_a_run_under_way_goes_out_as_stopped():
    document = {**trained(), "status": "running"}
    (theirs,) = bundle.read(bundle.write([document]))
    assert (theirs["status"], theirs["owner"]) == ("stopped", None)


def test_imported_runs_stand_beside_own_ones_and_are_taken_in_once(store):
    others = bundle.read(bundle.write([trained(), trained(seed=1)]))
    assert [document["id"] for document in store.take_in(others)] == [document["id"] for document in others]
    assert store.take_in(others) == []
    store.put(trained())
    assert len(store.runs()) == 3


def test_a_run_that_comes_home_is_known(store):
    ours = trained()
    store.put(ours)
    assert store.take_in(bundle.read(bundle.write([ours]))) == []
    assert [document["id"] for document in store.runs()] == [ours["id"]]


def test_a_run_of_another_spec_created_in_the_same_millisecond_is_taken_in(store):
    ours, others = trained(), {**trained(seed=1)}
    others["created"] = ours["created"]
    store.put(ours)
    (theirs,) = bundle.read(bundle.write([others]))
    assert store.take_in([theirs]) == [theirs]
    assert len(store.runs()) == 2


@pytest.mark.parametrize("imports", [1, 3])
def test_imports_outlive_a_damaged_database(imports):
    store = RunStore(default_cache())
    others = bundle.read(bundle.write([trained(seed=seed) for seed in range(imports)]))
    store.take_in(others)
    store.close()
    (default_cache() / "runs" / "cache.db").write_bytes(b"not a database")
    restored = RunStore(default_cache())
    assert "restored from its backup" in restored.notice
    assert {run["id"] for run in restored.runs()} == {run["id"] for run in others}


def test_imports_stay_where_they_cannot_be_backed_up(store, caplog):
    backup = default_cache() / "backup"
    backup.rmdir()
    backup.write_text("no folder")
    others = bundle.read(bundle.write([trained()]))
    assert store.take_in(others) == others
    assert "could not be backed up" in caplog.text
    assert len(store.runs()) == 1


def test_runs_without_an_epoch_do_not_go_out():
    with pytest.raises(BadInput, match="nothing to export"):
        bundle.write([run([])])


def test_too_many_runs_do_not_go_out(monkeypatch):
    monkeypatch.setattr(bundle, "MAX_RUNS", 1)
    with pytest.raises(BadInput, match="at most 1 runs"):
        bundle.write([trained(), trained(seed=1)])


def spoil(**changes):
    spoiled = told()
    spoiled["runs"][0].update(changes)
    return spoiled


def row_with(**figures):
    spoiled = told()
    spoiled["runs"][0]["epochs"][0].update(figures)
    return spoiled


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"not JSON",
        b"[]",
        b"{}",
        b"null",
        b"\xff\xfe\x00",
        b'{"hpviz_bundle": 1',
        b"[" * 100_000,
        b'{"runs":' * 50_000,
        pytest.param(b" " * (bundle.MAX_BYTES + 1), id="huge"),
        {**told(), "hpviz_bundle": bundle.FORMAT + 1},
        {**told(), "hpviz_bundle": "1"},
        {**told(), "surprise": 1},
        {**told(), "runs": []},
        {**told(), "exported": "yesterday"},
        {**told(), "exported": "2026-11-25T01:00:00"},
        spoil(surprise=1),
        spoil(id="../../../etc/pa"),
        spoil(id="0" * 12),
        spoil(status="running"),
        spoil(status="glorious"),
        spoil(spec={}),
        spoil(spec={**told()["runs"][0]["spec"], "learning_rate": 1.0}),
        spoil(spec={**told()["runs"][0]["spec"], "surprise": 1}),
        spoil(target=0),
        spoil(target=10**9),
        spoil(classes=["x" * 201]),
        spoil(classes="sea"),
        spoil(classes=["sea"]),
        spoil(reason="x" * 501),
        spoil(machine={"name": "x" * 501}),
        spoil(machine={"password": "x"}),
        spoil(owner="host:1"),
        spoil(epochs=told()["runs"][0]["epochs"][1:]),
        spoil(epochs=told()["runs"][0]["epochs"][::-1]),
        pytest.param(spoil(epochs=[{}] * (MAX_EPOCHS + 1)), id="many epochs"),
        pytest.param(spoil(epochs=told()["runs"][0]["epochs"][:1] * 20_000), id="twenty thousand epochs"),
        row_with(test_loss=float("nan")),
        row_with(test_loss=float("inf")),
        row_with(test_loss=-1.0),
        row_with(test_accuracy=1.5),
        row_with(test_accuracy="high"),
        row_with(updates=0),
        row_with(images=0),
        row_with(train_seconds=None),
        row_with(train_seconds=0.0),
        row_with(train_seconds=5e-324),
        row_with(test_seconds=None),
        row_with(test_seconds=1e308),
        row_with(train_loss=1e39),
        row_with(test_loss=1e308),
        row_with(weight_norm=1e308),
        row_with(updates=10**30),
        row_with(updates=10**6),
        row_with(surprise=1),
    ],
)
def test_anything_else_is_refused_in_one_sentence(bad):
    refused(bad)


def test_a_million_epochs_are_refused():
    before, after = json.dumps(spoil(epochs=["HERE"])).encode().split(b'"HERE"')
    refused(before + b",".join([b"{}"] * 1_000_000) + after)


def test_a_hostile_name_is_cut_in_the_sentence():
    assert len(refused({**told(), "<script>" * 1_000: 1})) < 400


def test_a_refused_bundle_leaves_the_store_as_it_was(store):
    store.put(trained())
    before = store.runs()
    spoiled = told()
    spoiled["runs"].append(copy.deepcopy(spoiled["runs"][0]) | {"status": "running"})
    with pytest.raises(BadInput):
        store.take_in(bundle.read(json.dumps(spoiled).encode()))
    assert store.runs() == before


# Whatever comes: runs, or one sentence.


def reads_or_refuses(data):
    try:
        runs = bundle.read(data)
    except BadInput as error:
        assert "\n" not in str(error)
    else:
        bundle.write([document for document in runs if document["epochs"]] or [trained()])


@given(st.binary(max_size=300))
def test_wild_bytes_never_raise_anything_else(data):
    reads_or_refuses(data)


VALID = bundle.write([trained(weight_decay=0.01)])


@given(st.integers(0, len(VALID) - 1), st.binary(max_size=4), st.integers(0, 40))
def test_bytes_changed_in_a_valid_bundle_never_raise_anything_else(place, put, taken):
    reads_or_refuses(VALID[:place] + put + VALID[place + taken :])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.data())
def test_values_changed_in_a_valid_bundle_never_raise_anything_else(data):
    spoiled = told(VALID)
    place = spoiled
    while isinstance(place, (dict, list)) and place:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], (dict, list)) or data.draw(st.booleans()):
            place[key] = data.draw(JSON)
            break
        place = place[key]
    reads_or_refuses(json.dumps(spoiled).encode())
