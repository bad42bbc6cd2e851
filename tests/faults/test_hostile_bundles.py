"""Bundles that are made to hurt: taken in as what they can be, or refused in one sentence; the store and pages hold."""

import json

import pandas as pd
import pytest

from hpviz.runs import bundle
from hpviz.runs.document import moment
from hpviz.runs.store import RunStore
from hpviz.spec import BadInput
from tests.faults.made_up_store import made_up


def told(**changes):
    """A sound bundle, its first run changed."""
    content = json.loads(bundle.write([made_up(), made_up(seed=1)]))
    content["runs"][0].update(changes)
    return content


def read(content):
    return bundle.read(content if isinstance(content, bytes) else json.dumps(content).encode())


def refused(content):
    with pytest.raises(BadInput) as refusal:
        read(content)
    sentence = str(refusal.value)
    assert sentence.endswith(".")
    assert sentence.isprintable()
    assert len(sentence) < 400
    return sentence


# Python reads forms of ISO 8601 that pandas and browsers do not; all of these are the same instant.
FORMS = [
    "2026-W01-1T00:00:00+00:00",
    "2025-12-29T00:00:00+00:00",
    "2025-12-29T00:00:00Z",
    "2025-12-29T00:00:00.000+00:00",
    "20251229T000000+0000",
    "2025-12-29 00:00:00+00:00",
    "2025-12-29T01:00:00+01:00",
    "2025-12-29T00+00:00",
    "2025-12-28T23:59:59.9999999+00:00:00.000001",
    "2025-W52-7T23:00-01",
    "2025-12-29T00:00:00,000+00:00",
    "2025-12-29\u20280:00:00+00:00",
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("field", ["created", "updated"])
def test_a_date_is_taken_in_in_the_one_form_that_all_read_or_refused(tmp_path, form, field):
    try:
        runs = read(told(**{field: form}))
    except BadInput as refusal:
        assert str(refusal).isprintable()
        assert form in FORMS[-4:]
        return
    store = RunStore(tmp_path)
    store.take_in(runs)
    for run in store.runs():
        assert pd.Timestamp(run[field]) == pd.Timestamp(moment(form)) or run["spec"]["seed"] == 1
        assert moment(run[field]) == run[field]
    pd.to_datetime([run[field] for run in store.runs()])  # of one form, so they can be read together


@pytest.mark.parametrize(
    "date",
    [
        "0001-01-01T00:00:00+00:00",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "1969-12-31T23:59:59+00:00",
        "2262-04-12T00:00:00+00:00",
        "1970-01-01T00:30:00+01:00",
        "2026-01-01",
        "2026-01-01T00:00:00",
        "2026-13-01T00:00:00+00:00",
        "2026-01-01T24:00:01+00:00",
        "2026-01-01T00:00:00+99:00",
        "٢٠٢٦-01-01T00:00:00+00:00",
        "now",
        "",
        "2026-01-01T00:00:00+00:00\0",
        "1" * 40,
    ],
)
@pytest.mark.parametrize("place", ["created", "updated", "exported", "origin"])
def test_a_date_that_cannot_be_meant_is_refused(date, place):
    content = told()
    if place == "exported":
        content["exported"] = date
    elif place == "origin":
        content["runs"][0]["origin"] = {"version": "1", "exported": date}
    else:
        content["runs"][0][place] = date
    refused(content)


@pytest.mark.parametrize(
    "content",
    [
        told(reason="a\0b"),
        told(classes=["sea", "a\0b"]),
        told(machine={"name": "\0"}),
        {**told(), "version": "0.1\0"},
        told(spec={**told()["runs"][0]["spec"], "dataset": "a\0b"}),
        {**told(), "a\nb\u2028c\x1b[31m": 1},
        {**told(), "\u202e" * 500: 1},
        told(**{"\r\n\x85": 1}),
        told(id="\u2028" * 12),
        told(id=["0" * 12]),
        told(spec={**told()["runs"][0]["spec"], "batch_size": 10**400}),
        told(spec={**told()["runs"][0]["spec"], "seed": -(10**30)}),
        told(spec={**told()["runs"][0]["spec"], "image_size": 1e300}),
        json.dumps(told(target="?")).replace('"?"', "9" * 100_000).encode(),
        json.dumps(told(target="?")).replace('"?"', "1e999").encode(),
        json.dumps(told(target="?")).replace('"?"', "-0.0").encode(),
        json.dumps(told(reason="?")).replace('"?"', r'"\ud800"').encode(),
        json.dumps(told(reason="?")).replace('"?"', r'"\udc00\ud800"').encode(),
        json.dumps(told(reason="?")).encode().replace(b'"?"', b'"\xff"'),
        json.dumps(told(classes="?")).replace('"?"', "[" * 5_000 + "]" * 5_000).encode(),
        json.dumps(told()).encode("utf-16"),
        b"\xef\xbb\xbf" + b"[]",
        told(
            epochs=[{**told()["runs"][0]["epochs"][0], "images": 100}, told()["runs"][0]["epochs"][1] | {"images": 1}]
        ),
        told(classes=["only one"]),
        told(classes=[["sea"], ["street"]]),
        told(classes={"sea": 1}),
        told(status=["finished"]),
    ],
    ids=range(27),
)
def test_text_and_numbers_that_hurt_elsewhere_are_refused_in_one_printable_line(content):
    refused(content)


def test_the_same_run_twice_in_a_file_is_taken_in_once(tmp_path):
    content = told()
    content["runs"] = [content["runs"][0]] * 3 + [content["runs"][1]]
    store = RunStore(tmp_path)
    assert len(store.take_in(read(content))) == 2
    assert len(store.runs()) == 2
    assert store.take_in(read(content)) == []


def test_two_recordings_of_a_spec_in_a_file_stand_beside_each_other(tmp_path):
    content = told()
    again = json.loads(json.dumps(content["runs"][0]))
    again["epochs"][0]["test_loss"] = 0.25
    content["runs"].append(again)
    store = RunStore(tmp_path)
    assert len({run["id"] for run in store.take_in(read(content))}) == 3


def test_what_is_taken_in_can_be_stored_read_and_passed_on(tmp_path):
    content = told(reason="\u2028\u202e<b>$$ :red[x]", classes=["a\u2028b", "\ufeff"], machine={"name": "\u200b" * 100})
    content["version"] = "; rm -rf / \u202e\u2028"
    store = RunStore(tmp_path)
    store.take_in(read(content))
    later = RunStore(tmp_path)
    assert later.notice is None
    assert read(bundle.write(later.runs())) == read(bundle.write(store.runs()))


def test_every_bundle_that_is_taken_in_is_a_sound_document(tmp_path):
    store = RunStore(tmp_path)
    extremes = {"train_loss": 3.4e38, "weight_norm": 3.4e44, "test_seconds": 0.0, "updates": 10**12, "images": 10**12}
    content = told(epochs=[{**told()["runs"][0]["epochs"][0], **extremes}], target=1000, test_images=10**12)
    runs = store.take_in(read(content))
    assert [run["epochs"] for run in RunStore(tmp_path).runs()] == [
        run["epochs"] for run in sorted(runs, key=lambda run: (run["created"], run["id"]))
    ]
