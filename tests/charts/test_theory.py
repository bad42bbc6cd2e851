"""The pictures: they move by themselves, say what they show, and stay the same from one call to the next."""

import base64
import io
import json
import re

import numpy as np
import pandas as pd
import pytest
import vl_convert
from PIL import Image

from hpviz.charts.pictures import (
    augmentations,
    augmentations_picture,
    contours_picture,
    counts_picture,
    depth_picture,
    descent_picture,
    dropout_net_picture,
    dropout_noise_picture,
    field_picture,
    image_size,
    kernel,
    kernel_picture,
    learning_curve_picture,
    loss_by_rate,
    optimizers_picture,
    pixels_picture,
    receptive_field,
    sampling_picture,
    schedules_picture,
    settling_picture,
    shrinkage_picture,
    size_growth_picture,
    train_and_test,
    width_growth_picture,
    width_picture,
)
from hpviz.data.scenes import draw_scene, scene_rng
from tests.made_up import spec

PHOTO = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)
SCENE = draw_scene(5, scene_rng(0, 5, 7))
SQUARE = np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8)
EPOCHS = pd.DataFrame({"epoch": [1, 2, 3, 4], "train": [1.0, 0.6, 0.4, 0.2], "test": [1.1, 0.7, 0.8, 0.9]})
RATES = pd.DataFrame(
    [(1e-5, 1.2, False), (1e-5, 1.4, False), (1e-3, 0.8, False), (1e-1, None, True)],
    columns=["learning_rate", "loss", "diverged"],
)
THEORY = {
    "descent": descent_picture,
    "contours": contours_picture,
    "sampling": sampling_picture,
    "shrinkage": shrinkage_picture,
    "kernel": lambda dark: kernel_picture(PHOTO, dark),
    "counts": lambda dark: counts_picture(spec(image_size=64), 6, dark),
    "receptive field": lambda dark: field_picture(PHOTO, spec(image_size=64), dark),
    "depth": lambda dark: depth_picture(spec(image_size=64), 6, dark),
    "width": lambda dark: width_picture(spec(image_size=64), 6, dark),
    "growth with width": lambda dark: width_growth_picture(spec(image_size=64), 6, dark),
    "pixels": lambda dark: pixels_picture(SCENE, spec(padding="same"), dark),
    "growth with image size": lambda dark: size_growth_picture(spec(padding="same"), 6, dark),
    "learning curve": learning_curve_picture,
    "dropout net": dropout_net_picture,
    "dropout noise": dropout_noise_picture,
    "optimizers": optimizers_picture,
    "schedules": schedules_picture,
    "settling": settling_picture,
    "augmentations": lambda dark: augmentations_picture(SQUARE, dark),
}
# Those whose frames are made once a photo or spec.
OF_SPECS = (counts_picture, depth_picture, size_growth_picture, width_growth_picture, width_picture)
OF_PHOTOS = (augmentations._picture, image_size._pixels_picture, kernel._picture, receptive_field._picture)
RUNS = {
    "loss by rate": lambda dark: loss_by_rate(RATES, dark, chance=1.79),
    "train and test": lambda dark: train_and_test(EPOCHS, dark),
}
ALL = THEORY | RUNS


def drawn(picture, **positions) -> str:
    """The picture as SVG on a phone, its sliders in those positions."""
    chart = picture.chart.to_dict() | {"width": 330}
    for parameter in chart.get("params", []):
        parameter["value"] = positions.pop(parameter["name"], parameter["value"])
    assert not positions
    return vl_convert.vegalite_to_svg(json.dumps(chart), vl_version="6.4", allowed_base_urls=[])


def records(picture) -> list[dict]:
    return [record for values in picture.chart.to_dict()["datasets"].values() for record in values]


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("dark", [False, True])
def test_every_picture_draws_and_comes_with_two_sentences(name, dark):
    picture = ALL[name](dark)
    assert len(re.findall("<path|<image", drawn(picture))) > 3
    for text in (picture.alt_text, picture.caption):
        assert text.endswith(".")
        assert len(text) > 40


@pytest.mark.parametrize("name", ALL)
def test_a_picture_is_the_same_every_time_and_small(name):
    first = json.dumps(ALL[name](dark=False).chart.to_dict(), separators=(",", ":"))
    for made_once in (*THEORY.values(), *OF_SPECS, *OF_PHOTOS):
        getattr(made_once, "cache_clear", lambda: None)()
    assert first == json.dumps(ALL[name](dark=False).chart.to_dict(), separators=(",", ":"))
    assert len(first) < 300_000


@pytest.mark.parametrize("name", THEORY)
def test_the_frames_are_the_same_objects_every_time_so_that_the_page_leaves_the_sliders_alone(name):
    first, second = (THEORY[name](dark=True).chart for _ in range(2))
    assert [id(layer.data) for layer in first.layer] == [id(layer.data) for layer in second.layer]


@pytest.mark.parametrize("name", THEORY)
def test_its_data_are_plain_values_for_arrow_hands_lists_to_the_page_as_no_arrays(name):
    for record in records(THEORY[name](dark=False)):
        assert all(isinstance(value, str | int | float) for value in record.values())


@pytest.mark.parametrize("name", THEORY)
def test_every_position_of_a_slider_has_its_frame(name):
    picture = THEORY[name](dark=False)
    sliders = [one for one in picture.chart.to_dict()["params"] if one["bind"]["input"] == "range"]
    assert sliders
    for slider in sliders:
        frames = np.unique([record[slider["name"]] for record in records(picture) if slider["name"] in record])
        if slider["name"] == "place":
            continue  # goes over a map of any size, by arithmetic
        bind = slider["bind"]
        positions = np.arange(bind["min"], bind["max"] + bind["step"] / 2, bind["step"])
        assert frames == pytest.approx(positions)
        assert np.abs(frames - slider["value"]).min() < 1e-9


@pytest.mark.parametrize("name", THEORY)
def test_no_slider_takes_the_name_of_a_signal_of_vegas_own(name):
    names = [parameter["name"] for parameter in THEORY[name](dark=False).chart.to_dict()["params"]]
    assert len(set(names)) == len(names)
    assert not set(names) & {"width", "height", "padding_", "background", "autosize", "event", "item", "datum"}
    drawing = THEORY[name](dark=False).chart.to_dict() | {"width": 330}
    signals = vl_convert.vegalite_to_vega(drawing, vl_version="6.4").get("signals", [])
    assert len({signal["name"] for signal in signals}) == len(signals)


@pytest.mark.parametrize("name", THEORY)
def test_no_line_of_a_sentence_is_too_long_for_a_phone(name):
    lines = [line for one in records(THEORY[name](False)) for line in str(one.get("sentence", "")).split("\n")]
    assert max(map(len, lines)) <= 45


@pytest.mark.parametrize(
    ("rate", "words"),
    [(0.05, "slowly"), (1.0, "in one update"), (1.5, "overshoots"), (2.0, "oscillates"), (2.2, "diverges")],
)
def test_the_sentence_of_the_descent_changes_with_its_slider(rate, words):
    assert words in drawn(descent_picture(dark=False), rate=rate)


def test_a_bold_rate_leaps_over_the_hill():
    picture = descent_picture(dark=False)
    assert "stays in the first valley" in drawn(picture, rate=0.5, surface="two valleys")
    assert "leaps over the hill" in drawn(picture, rate=1.5, surface="two valleys")


def test_the_paths_change_with_condition_rate_and_what_is_held_equal():
    picture = contours_picture(dark=False)
    seen = [drawn(picture, **move) for move in ({}, {"condition": 25}, {"rate": 1.6}, {"equal": "examples"})]
    assert len(set(seen)) == 4


def test_at_equal_examples_the_whole_set_pays_for_two_updates_and_single_examples_for_sixty_four():
    budgets = {record["path"]: record["budget"] for record in records(contours_picture(False)) if "budget" in record}
    assert budgets == {"one example": 64, "batch of 8": 8, "all 32": 2}


def test_ten_thousand_examples_say_what_the_article_says_and_what_it_leaves_out():
    sentence = drawn(sampling_picture(dark=False), power=4.0)
    assert "100 → 10,000: 100× the work" in sentence
    assert "10× less error; without replacement 18.6×" in sentence
    assert "move the slider" in drawn(sampling_picture(dark=False), power=2.0)
    assert "100 → 10: 10% of the work" in drawn(sampling_picture(dark=False), power=1.0)


def test_a_small_training_set_ends_the_slider_before_its_size():
    picture = sampling_picture(dark=False, population=1800)
    assert max(record.get("power", 0) for record in records(picture)) == 3.25
    assert "1,800" in picture.alt_text


def test_at_lambda_one_coupled_adam_leaves_little_and_adamw_nearly_all():
    assert "AdamW leaves 96.9%" in drawn(shrinkage_picture(dark=False), decay=0.0)
    last = {
        (record["decay"], record["rule"]): record["left"]
        for record in records(shrinkage_picture(dark=False))
        if record.get("update") == 320
    }
    assert last[0.0, "Adam with L2"] < 0.15
    assert last[0.0, "AdamW"] == pytest.approx(0.9685, abs=2e-3)
    assert last[0.0, "SGD with L2"] == pytest.approx(last[0.0, "AdamW"], abs=5e-3)
    assert last[-4.0, "Adam with L2"] > 0.99


def test_the_map_is_as_large_as_its_padding_leaves_it():
    picture = kernel_picture(PHOTO, dark=False)
    assert "64×48 photo → 54×38 map" in drawn(picture, kernel=11, padding="valid")
    assert "64×48 photo → 64×48 map" in drawn(picture, kernel=11, padding="same")
    for record in records(picture):
        if "map" in record:
            pixels = Image.open(io.BytesIO(base64.b64decode(record["map"].split(",")[1])))
            assert pixels.size == (record["columns"], record["rows"])


def test_a_large_photo_is_scaled_down_and_one_narrower_than_a_kernel_still_draws():
    large = np.zeros((300, 200, 3), dtype=np.uint8)
    assert "43×64 photo" in drawn(kernel_picture(large, dark=False))
    assert "8×8 photo" in drawn(kernel_picture(PHOTO[:8, :8], dark=False))


def test_the_counts_are_those_of_the_cost_card_and_say_where_a_kernel_does_not_fit():
    picture = counts_picture(spec(image_size=150), 6, dark=False)
    assert "3.49 M" in drawn(picture, kernel=3)
    assert "1.61 M" in drawn(picture, kernel=11)
    assert "does not fit" not in drawn(picture, kernel=15)
    assert "does not fit" in drawn(counts_picture(spec(image_size=64), 6, dark=False), kernel=15)


def test_the_counts_take_any_study_s_spec_even_that_of_another_network():
    assert "multiply-adds" in drawn(counts_picture(spec(image_size=64, model="resnet18"), 6, dark=False))


def test_the_best_epoch_and_the_gap_are_told_in_words():
    assert "lowest, 0.70, at epoch 2" in train_and_test(EPOCHS, dark=False).alt_text
    assert "last gap is 0.70" in train_and_test(EPOCHS, dark=False).alt_text


@pytest.mark.parametrize(("train", "test"), [(0.5, 0.5), (0.5, 0.52), (0.52, 0.5)])
def test_the_names_of_two_lines_that_end_together_stand_apart(train, test):
    frame = pd.DataFrame({"epoch": [1, 2], "train": [1.0, train], "test": [1.0, test]})
    svg = drawn(train_and_test(frame, dark=False))
    found = re.findall(r'translate\([\d.]+,([\d.]+)\)"[^>]*>(train|test)</text>', svg)
    heights = {name: float(height) for height, name in found}
    assert abs(heights["train"] - heights["test"]) >= 12
    assert (heights["test"] < heights["train"]) == (test >= train)


def test_an_epoch_that_arrives_changes_data_alone():
    def masked(frame):
        chart = train_and_test(frame, dark=False).chart.to_dict()
        names = list(chart.pop("datasets"))
        return json.dumps(chart).replace(names[0], "data")

    assert masked(EPOCHS[:3]) == masked(EPOCHS)


def test_the_lowest_mean_loss_is_found_among_runs_that_did_not_diverge():
    text = loss_by_rate(RATES, dark=False).alt_text
    assert "lowest, 0.80, at lr 1e-3" in text
    assert "which noise does not tell from 1e-5" in text
    assert "Diverged: lr 0.1 (1 of 1)" in text


def rates(*losses):
    """Two runs a rate, the rates as often as there are losses, a None diverged."""
    rows = [
        (10.0**-place, None if loss is None else loss + 0.002 * seed, loss is None)
        for place, loss in enumerate(losses, 1)
        for seed in range(2)
    ]
    return pd.DataFrame(rows, columns=["learning_rate", "loss", "diverged"])


def marked(frame):
    return [record["learning_rate"] for record in records(loss_by_rate(frame, dark=False)) if record.get("best")]


def test_of_equal_losses_none_is_the_lowest():
    tie = rates(1.79, 1.7901, 2.5)
    assert "equally low, 1.79, at lr 1e-2 and 0.1" in loss_by_rate(tie, dark=False).alt_text
    assert marked(tie) == []
    even = pd.DataFrame({"epoch": [1, 2, 3], "train": [1.0, 0.9, 0.8], "test": [0.7, 0.9, 0.7]})
    assert "lowest, 0.70, in 2 epochs, from 1 on" in train_and_test(even, dark=False).alt_text
    assert not any(record.get("best") for record in records(train_and_test(even, dark=False)))


def test_the_lowest_loss_is_marked_where_noise_tells_it_from_the_others_and_no_seed_was_lost():
    assert marked(rates(2.0, 0.8, 1.5)) == [1e-2]
    assert "which noise does not tell from 0.1" in loss_by_rate(rates(0.806, 0.803), dark=False).alt_text
    assert marked(rates(0.806, 0.803)) == []
    lucky = pd.concat([rates(2.0, 0.8, 1.5), pd.DataFrame([(1e-2, None, True)], columns=RATES.columns)])
    assert marked(lucky) == []
    assert "Diverged: lr 1e-2 (1 of 3)" in loss_by_rate(lucky, dark=False).alt_text


def test_pictures_without_an_epoch_say_so():
    assert "no epoch" in train_and_test(EPOCHS[:0], dark=False).alt_text
    assert "no run" in loss_by_rate(RATES[:0], dark=False).alt_text
    assert "no run" in loss_by_rate(RATES[3:], dark=False).alt_text
    for picture in (train_and_test(EPOCHS[:0], dark=True), loss_by_rate(RATES[3:], dark=True)):
        drawn(picture)
