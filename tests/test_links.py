"""Runs in an address: what one machine writes another reads, and nothing else gets through."""

import base64
import json
import re
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpviz import links
from hpviz.runs.reference import reference_runs
from tests.made_up import spec


def specs(*made):
    return {each.run_id: each.model_dump(mode="json") for each in made}


def test_an_address_brings_every_spec_to_another_machine():
    sent = specs(spec(learning_rate=1e-7, seed=2), spec(learning_rate=1e-4), spec(model="resnet18"))
    wanted = links.decode(links.encode(sent, 8))
    assert wanted.epochs == 8
    assert {name: each.model_dump(mode="json") for name, each in wanted.specs.items()} == sent


def test_a_run_from_elsewhere_keeps_its_own_id():
    name = f"{spec().run_id}-0123abcd"
    assert list(links.decode(links.encode({name: spec().model_dump(mode="json")}, 3)).specs) == [name]


def test_a_link_is_short_enough_for_a_chat():
    reference = {run["id"]: run["spec"] for run in reference_runs()}
    few = dict(list(reference.items())[:5])
    assert len(links.encode(few, 8)) < 300
    assert len(links.encode(dict(list(reference.items())[: links.MOST_RUNS]), 8)) < 2_000
    assert len(links.encode(specs(*(spec(seed=seed) for seed in range(50))), 8)) < 400


def test_only_letters_digits_and_two_signs_are_in_it_so_no_program_cuts_it_off():
    text = links.encode({run["id"]: run["spec"] for run in reference_runs()[:50]}, 8)
    assert re.fullmatch(r"[\w-]+", text, re.ASCII)


DEEP = '{"a":' * 2_000
# What was sent is never called back, so these texts stay.
OLD = (
    '{"epochs":8,"same":{"dataset":"made up","fingerprint":"'
    + "0" * 64
    + '"},"runs":{"9643e57f7b90":{"model":"article-cnn","learning_rate":1e-07,"seed":2},"66052ddc280c":{"model":'
    '"article-cnn","learning_rate":0.0001,"seed":0},"9d5b3d3db0d6":{"model":"resnet18","learning_rate":0.0001,"seed":0}}}'
)
NEW = "ePllBNGvwyaGFJK5iSmpCqUFGEFpQCFAdhbck4lFJZnJOam6yXl5ShjBZZiqa2CugxzsRGnDEspYwpSApthaAK5EVro"
THREE = (spec(learning_rate=1e-7, seed=2), spec(learning_rate=1e-4), spec(model="resnet18"))


@pytest.mark.parametrize("text", [OLD, NEW], ids=["as of version 0.1", "packed"])
def test_a_link_that_was_ever_sent_opens(text):
    wanted = links.decode(text)
    assert wanted == links.Wanted({each.run_id: each for each in THREE}, 8)


def test_a_link_that_lost_its_end_or_a_letter_is_refused():
    for altered in (*(NEW[:end] for end in range(len(NEW))), *(NEW[:at] + "~" + NEW[at:] for at in range(len(NEW)))):
        with pytest.raises(ValueError, match=r"."):
            links.decode(altered)


def test_a_link_that_would_unpack_into_far_more_is_refused():
    packing = zlib.compressobj(9, zdict=links.COMMON)
    bomb = base64.urlsafe_b64encode(packing.compress(b" " * 2_000_000) + packing.flush()).decode()
    assert len(bomb) < links.MOST_CHARACTERS
    with pytest.raises(ValueError, match="too long"):
        links.decode(bomb)


def test_a_spec_under_another_id_is_refused():
    with pytest.raises(ValueError, match="id"):
        links.decode(OLD.replace(THREE[0].run_id, "0" * 12))


def test_the_ending_of_an_id_is_an_ending():
    name = f"{spec().run_id}-../../etc"
    with pytest.raises(ValueError, match="ids"):
        links.decode(links.encode({name: spec().model_dump(mode="json")}, 3))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "1e999",
        "{}",
        '{"epochs":1,"same":{},"runs":{}}',
        "[" * 5_000,
        "x" * 20_000,
        '{"epochs":NaN}',
        DEEP,
    ],
)
def test_nonsense_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        links.decode(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=20,
)


@given(st.fixed_dictionaries({"epochs": JSON, "same": JSON, "runs": JSON}) | JSON)
def test_wild_json_is_refused_with_a_value_error_and_nothing_else(told):
    try:
        links.decode(json.dumps(told))
    except ValueError:
        return
    raise AssertionError("wild JSON was taken for specs")


@pytest.mark.parametrize(
    ("address", "only_here"),
    [
        ("http://localhost:8501/compare?x=images", True),
        ("http://127.0.0.1:8501/", True),
        ("http://127.1.2.3/", True),
        ("http://[::1]:8501/learning_rate", True),
        ("http://0.0.0.0:8501/", True),
        ("http://hpviz.localhost/", True),
        ("HTTP://LOCALHOST/", True),
        ("", True),
        ("http://192.168.0.7:8501/", False),
        ("https://hpviz.example.org/", False),
        ("http://localhost.example.org/", False),
        ("http://[2001:db8::1]/", False),
    ],
)
def test_an_address_that_leads_to_whoever_opens_it_is_known(address, only_here):
    assert links.is_only_here(address) == only_here


@pytest.mark.parametrize("text", ["../../etc/passwd", "A" * 12, ",".join(["ab"] * 3) + "," + "c" * 50, "<b>"])
def test_what_cannot_be_an_id_is_refused(text):
    with pytest.raises(ValueError, match="ids"):
        links.ids(text)


def test_ids_are_read_once_each_in_order():
    assert links.ids("ab12,cd34-99,ab12,") == ("ab12", "cd34-99")


def test_what_an_older_hpviz_does_not_know_is_said_only_where_it_says_something():
    sent = specs(spec(), spec(model="resnet18"), spec(optimizer="sgd-momentum"))
    text = links.encode(sent, 8)
    told = zlib.decompressobj(zdict=links.COMMON).decompress(base64.urlsafe_b64decode(text + "=="))
    assert b"learning_rate" not in told
    assert not any(name in told for name in (b"dropout", b"depth", b"schedule", b"sgd-momentum"))
    assert {name: each.model_dump(mode="json") for name, each in links.decode(text).specs.items()} == sent


def test_depth_schedule_and_augmentation_travel_too():
    changed = {"depth": 2, "width": 0.5, "dropout": 0.1, "schedule": "step", "horizon": 4, "augmentation": "flip"}
    sent = specs(spec(), spec(**changed), spec(**changed, seed=1))
    decoded = links.decode(links.encode(sent, 8)).specs
    assert {name: each.model_dump(mode="json") for name, each in decoded.items()} == sent
