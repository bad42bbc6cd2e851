"""Runs in an address: what one machine writes another reads, and nothing else gets through."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpviz import links
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


def test_what_runs_share_is_said_once():
    many = specs(*(spec(learning_rate=1e-4, seed=seed) for seed in range(50)))
    assert len(links.encode(many, 8)) < 50 * 40


def test_a_spec_under_another_id_is_refused():
    text = links.encode(specs(spec()), 8).replace(spec().run_id, "0" * 12)
    with pytest.raises(ValueError, match="id"):
        links.decode(text)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "null", "1e999", "{}", '{"epochs":1,"same":{},"runs":{}}', "[" * 5_000, "x" * 20_000, '{"epochs":NaN}'],
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


@pytest.mark.parametrize("text", ["../../etc/passwd", "A" * 12, ",".join(["ab"] * 3) + "," + "c" * 50, "<b>"])
def test_what_cannot_be_an_id_is_refused(text):
    with pytest.raises(ValueError, match="ids"):
        links.ids(text)


def test_ids_are_read_once_each_in_order():
    assert links.ids("ab12,cd34-99,ab12,") == ("ab12", "cd34-99")


def test_what_an_older_hpviz_does_not_know_is_said_only_where_it_says_something():
    sent = specs(spec(), spec(model="resnet18"), spec(optimizer="sgd-momentum"))
    text = links.encode(sent, 8)
    assert not any(name in text for name in ("dropout", "depth", "schedule", "sgd-momentum"))
    assert {name: each.model_dump(mode="json") for name, each in links.decode(text).specs.items()} == sent


def test_depth_schedule_and_augmentation_travel_too():
    changed = {"depth": 2, "width": 0.5, "dropout": 0.1, "schedule": "step", "horizon": 4, "augmentation": "flip"}
    sent = specs(spec(), spec(**changed), spec(**changed, seed=1))
    decoded = links.decode(links.encode(sent, 8)).specs
    assert {name: each.model_dump(mode="json") for name, each in decoded.items()} == sent
