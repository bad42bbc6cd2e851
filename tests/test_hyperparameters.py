"""What is declared of a field is declared once, and what is derived from it is true of the spec."""

import pytest

from hpviz.hyperparameters import HYPERPARAMETERS, seen, spell, value_of
from hpviz.spec import BadInput, RunSpec
from tests.made_up import spec


@pytest.mark.parametrize("name", HYPERPARAMETERS)
def test_every_field_has_a_label_and_one_sentence_of_help(name):
    knob = HYPERPARAMETERS[name].knob
    assert knob.label[0].isupper()
    assert knob.help.endswith(".")
    assert knob.help.count(".") - knob.help.count("0.") == 1


def test_every_field_is_there_but_the_label_of_the_images_and_options_are_told_apart():
    assert {*HYPERPARAMETERS, "dataset"} == RunSpec.model_fields.keys()
    options = [each.knob.option for each in HYPERPARAMETERS.values() if each.knob.option]
    assert len(set(options)) == len(options)


@pytest.mark.parametrize("name", [name for name, each in HYPERPARAMETERS.items() if each.kind])
def test_numbers_are_taken_within_their_bounds_and_refused_beyond(name):
    each = HYPERPARAMETERS[name]
    needed = {field: values[0] for field, values in each.knob.only.items()}
    needed |= {"horizon": 8} if needed.get("schedule") and name != "horizon" else {}
    for beyond in (each.low - 1, each.high + 1):
        with pytest.raises(BadInput, match=f"{name.replace('_', ' ').capitalize()} should be"):
            spec(**needed, **{name: each.kind(beyond)})
    assert spec().model_dump()[name] == each.neutral


@pytest.mark.parametrize("name", [name for name, each in HYPERPARAMETERS.items() if each.words])
def test_words_are_those_that_the_spec_takes(name):
    each = HYPERPARAMETERS[name]
    with pytest.raises(BadInput, match=" ".join(f".*{word}" for word in each.words[:1])):
        spec(**{name: "no such word"})
    assert each.neutral in each.words


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("learning_rate", "3e-4", 3e-4),
        ("batch_size", "32", 32),
        ("batch_size", 64.0, 64),
        ("kernel_width", "article", "article"),
        ("kernel_width", "7", 7),
        ("optimizer", "sgd-momentum", "sgd-momentum"),
        ("schedule", " cosine ", "cosine"),
    ],
)
def test_a_value_is_read_from_text(name, text, value):
    assert HYPERPARAMETERS[name].parse(text) == value


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("optimizer", "lion", "Optimiser 'lion' is not one of adam, adamw, sgd, sgd-momentum"),
        ("optimizer", "1", "is not one of"),
        ("learning_rate", "adam", "Learning rate 'adam' is not a number"),
        ("depth", "2.5", "Depth should be a whole number"),
        ("batch_size", "nan", "whole number"),
    ],
)
def test_a_value_of_another_kind_is_refused_in_a_sentence(name, text, words):
    with pytest.raises(BadInput, match=words):
        HYPERPARAMETERS[name].parse(text)


def test_values_are_in_order_of_size_or_of_the_list():
    kernels = ["article", 9, 3]
    assert sorted(kernels, key=HYPERPARAMETERS["kernel_width"].order) == [3, 9, "article"]
    assert sorted(["sgd", "adam"], key=HYPERPARAMETERS["optimizer"].order) == ["adam", "sgd"]
    assert sorted([300, None, 10], key=HYPERPARAMETERS["per_class"].order) == [10, 300, None]


def test_sgd_with_the_usual_momentum_is_an_optimiser_of_its_own_and_a_momentum_like_others():
    usual, other = (spec(optimizer="sgd", momentum=share).model_dump() for share in (0.9, 0.5))
    assert value_of(usual, "optimizer") == "sgd-momentum"
    assert value_of(usual, "momentum") == 0.9
    assert seen(usual, "optimizer")["momentum"] == 0
    assert value_of(other, "optimizer") == "sgd"
    assert seen(other, "optimizer")["momentum"] == 0.5
    assert spell("sgd-momentum") == "SGD with momentum"


def test_a_field_says_something_only_where_it_can_be_set():
    momentum, width = HYPERPARAMETERS["momentum"], HYPERPARAMETERS["width"]
    assert momentum.says_something({"optimizer": "sgd"})
    assert not momentum.says_something({})
    assert width.says_something({})
    assert not width.says_something({"model": "resnet18"})


def test_pixels_are_written_with_their_unit_and_counts_are_not():
    assert HYPERPARAMETERS["image_size"].spell(64) == "64 px"
    assert HYPERPARAMETERS["batch_size"].spell(64) == "64"
    assert HYPERPARAMETERS["per_class"].spell(None) == "all"
