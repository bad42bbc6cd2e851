"""The specification: identity, rounding, bounds and the sentences of refusal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpviz.spec import BadInput, block_channels, build_spec, feature_sizes
from tests.made_up import spec


def test_equal_specs_are_one_run_and_any_changed_number_another():
    changes = [
        {"learning_rate": 3e-4},
        {"batch_size": 33},
        {"weight_decay": 0.01},
        {"seed": 1},
        {"image_size": 96},
        {"kernel_width": 5},
        {"padding": "same"},
        {"optimizer": "adamw"},
        {"precision": "bf16"},
        {"per_class": 10},
        {"fingerprint": "1" * 64},
        {"model": "resnet18"},
        {"normalisation": "channel"},
        {"validation_fraction": 0.1},
        {"depth": 2},
        {"width": 2},
        {"dropout": 0},
        {"optimizer": "sgd"},
        {"optimizer": "sgd-momentum"},
        {"schedule": "cosine", "horizon": 8},
        {"schedule": "cosine", "horizon": 9},
        {"schedule": "step", "horizon": 8},
        {"schedule": "warmup-cosine", "horizon": 8},
        {"augmentation": "flip"},
        {"augmentation": "flip-crop"},
        {"augmentation": "flip-crop", "crop": 4},
    ]
    ids = [spec().run_id, *(spec(**change).run_id for change in changes)]
    assert spec().run_id == spec().run_id
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {"depth": 3, "width": 1, "dropout": 0.5, "schedule": "constant", "augmentation": "none"}),
        ({}, {"depth": "article", "dropout": None, "horizon": None, "crop": None}),
        ({"model": "resnet18"}, {"model": "resnet18", "dropout": 0, "depth": 3, "width": 1.0}),
        ({"optimizer": "sgd", "momentum": 0.9}, {"optimizer": "sgd-momentum"}),
        ({"optimizer": "sgd", "momentum": 0.9}, {"optimizer": "sgd-momentum", "momentum": 0.9}),
        ({"augmentation": "flip-crop"}, {"augmentation": "flip-crop", "crop": 8}),
        ({"width": 1.0000001}, {"width": 1}),
    ],
    ids=str,
)
def test_what_can_be_said_in_two_ways_is_one_run(one, other):
    assert spec(**one) == spec(**other)
    assert spec(**one).run_id == spec(**other).run_id


def test_a_fourth_block_fits_where_the_article_has_three():
    assert feature_sizes(64, "article", "article", 4)[-1] == (4, 2)
    assert feature_sizes(150, "article", "article", 2) == feature_sizes(150, "article", "article")[:2]
    assert block_channels(4, 0.25) == (3, 3, 5, 3, 3)


def test_the_name_of_the_folder_is_no_part_of_the_identity():
    assert spec(dataset="intel").run_id == spec(dataset="copy of intel").run_id


def test_three_times_1e_4_is_3e_4():
    assert 3 * 1e-4 != 3e-4
    assert spec(learning_rate=3 * 1e-4).run_id == spec(learning_rate=3e-4).run_id


def test_the_run_id_survives_json():
    there = spec(learning_rate=1e-7, kernel_width=7)
    assert build_spec(**there.model_dump(mode="json")).run_id == there.run_id


def test_the_article_network_has_the_article_shapes():
    assert feature_sizes(150, "article", "article") == ((148, 74), (72, 36), (30, 15))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"learning_rate": 0}, "Learning rate should be greater than 0"),
        ({"learning_rate": float("nan")}, "Learning rate should be a finite number"),
        ({"learning_rate": 1e-40}, "too small"),
        ({"batch_size": 0}, "Batch size"),
        ({"batch_size": 2.5}, "Batch size"),
        ({"model": "vgg"}, "Model should be 'article-cnn' or 'resnet18'"),
        ({"kernel_width": 31}, "does not fit"),
        ({"kernel_width": 4, "padding": "same"}, "odd width"),
        ({"model": "resnet18", "kernel_width": 3}, "article-cnn only"),
        ({"momentum": 0.9}, "Momentum belongs to SGD"),
        ({"weights": "0" * 64}, "resnet18 only"),
        ({"depth": 0}, "Depth should be greater than or equal to 1"),
        ({"depth": 5}, "Depth should be less than or equal to 4"),
        ({"depth": 1.5}, "Depth"),
        ({"depth": 4, "image_size": 40}, "block 4 receives only .* fewer blocks"),
        ({"width": 0.2}, "Width should be greater than or equal to 0.25"),
        ({"width": 5}, "Width should be less than or equal to 4"),
        ({"dropout": 0.96}, "Dropout should be less than or equal to 0.95"),
        ({"dropout": -0.1}, "Dropout should be greater than or equal to 0"),
        ({"model": "resnet18", "depth": 2}, "article-cnn only"),
        ({"model": "resnet18", "width": 2}, "article-cnn only"),
        ({"model": "resnet18", "dropout": 0.5}, "article-cnn only"),
        ({"optimizer": "lion"}, "Optimizer should be 'adam', 'adamw', 'sgd' or 'sgd-momentum'; 'lion' was given"),
        ({"optimizer": "sgd-momentum", "momentum": 0.5}, "SGD with momentum 0.9"),
        ({"schedule": "linear", "horizon": 8}, "Schedule should be 'constant'"),
        ({"schedule": "cosine"}, "cosine ends, so it needs a horizon"),
        ({"horizon": 8}, "has no horizon"),
        ({"schedule": "cosine", "horizon": 0}, "Horizon should be greater than or equal to 1"),
        ({"augmentation": "rotate"}, "Augmentation should be 'none', 'flip' or 'flip-crop'"),
        ({"augmentation": "flip", "crop": 4}, "A crop belongs to the augmentation flip-crop"),
        ({"augmentation": "flip-crop", "crop": 64}, "A crop 64 px off is larger than the image: it has 64 px"),
        ({"epochs": 3}, "Epochs is not a setting of a run"),
    ],
)
def test_what_cannot_be_trained_is_refused_in_one_sentence(values, words):
    with pytest.raises(BadInput, match=words) as refusal:
        spec(**values)
    assert "\n" not in str(refusal.value)


@given(
    st.dictionaries(
        st.sampled_from(sorted(spec().model_dump())), st.one_of(st.none(), st.text(), st.floats(), st.integers())
    )
)
def test_wild_values_give_a_spec_or_a_sentence(values):
    try:
        made = spec(**values)
    except BadInput as refusal:
        assert str(refusal)
        assert "\n" not in str(refusal)
    else:
        assert build_spec(**made.model_dump(mode="json")) == made


@given(st.integers(16, 512), st.integers(1, 31), st.sampled_from(["article", "valid"]))
def test_every_kernel_that_is_accepted_leaves_something_to_classify(image_size, width, padding):
    try:
        sizes = feature_sizes(image_size, width, padding)
    except ValueError:
        return
    assert all(edge >= 1 for size in sizes for edge in size)
