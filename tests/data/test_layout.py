"""Splits and classes are told by what lies inside the folders, whatever those are called."""

import unicodedata
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpviz.data.files import File
from hpviz.data.layout import arrange, labels_of
from hpviz.spec import BadInput


def files_of(**folders: int) -> list[File]:
    return [
        File((*filter(None, folder.split("/")), f"{number}.jpg"), "", 1, 1)
        for folder, count in folders.items()
        for number in range(count)
    ]


def both(folder: str, count: int) -> dict[str, int]:
    return {f"{folder}/{name}".strip("/"): count for name in ("cats", "dogs")}


def laid_out(folders: dict[str, int]):
    """(training images a class, test images a class or None, (folder, images) left aside, strays, notes)."""
    files = files_of(**folders)
    layout = arrange("'X'", files)
    _, class_of = labels_of("'X'", layout)
    train, test = (
        Counter(class_of[name] for name, _ in (split or {}).values()) for split in (layout.train, layout.test)
    )
    aside = {name: count for name, count, _ in layout.aside}
    assert train.total() + test.total() + len(layout.skipped) + sum(aside.values()) == len(files)
    return dict(train), None if layout.test is None else dict(test), aside, len(layout.skipped), layout.notes


SPLIT = ({"cats": 12, "dogs": 12}, {"cats": 4, "dogs": 4})


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("training_set", "test_set"),
        ("training_set/training_set", "test_set/test_set"),
        ("train_data", "test_data"),
        ("Trainset", "Testset"),
        ("trainImages", "validationImages"),
        ("TRAIN SET", "Hold-out"),
        ("train2017", "val2017"),
        ("intel_train", "intel_test"),
        ("1 training", "2 eval"),
        ("images/train", "images/dev"),
        ("train/images", "test/images"),
        ("archive/v2/learn", "archive/v2/unseen"),
        ("rest", "test"),
        ("data", "data_test"),
        ("seen", "unseen"),
        ("fold_a", "fold_b"),
        ("A", "B"),
        ("big", "small"),
        ("the/one", "another/one"),
        ("训练集", "测试集"),
    ],
)
def test_folders_that_hold_the_same_folders_are_splits(train, test):
    assert laid_out(both(train, 12) | both(test, 4))[:4] == (*SPLIT, {}, 0)


@pytest.mark.parametrize(
    ("folders", "aside"),
    [
        (both("train", 12) | both("val", 4) | {"test": 6}, {"test": 6}),
        (both("train", 12) | both("val", 4) | {"test/test": 6}, {"test": 6}),
        (both("train_data", 12) | both("val_data", 2) | both("test_data", 4), {"val_data": 4}),
        (both("train", 12) | both("test", 4) | {"figures": 3, "cats": 2}, {"figures": 3, "cats": 2}),
        (both("p/data/train", 12) | both("p/data/test", 4) | {"p/docs/img": 2}, {"p/docs": 2}),
        (both("data/training", 12) | both("data/testing", 4) | both("figures", 9), {"figures": 18}),
        (both("pets/pets/train", 12) | both("pets/pets/valid", 4) | {"test/test": 5}, {"test": 5}),
        (both("pets/train", 12) | both("pets/test", 4) | {"seg_pred": 5}, {"seg_pred": 5}),
        (both("a/train", 12) | both("a/test", 4) | both("a/a/train", 12) | both("a/a/test", 4), {"a/a": 32}),
        (both("w/train", 12) | both("w/test", 4) | {"w/val": 3}, {"w/val": 3}),
        (both("", 12) | both("test", 4), {}),
        (both("x", 12) | both("x/held-out", 4) | {"x/seg_pred": 1}, {"x/seg_pred": 1}),
    ],
)
def test_what_is_no_part_of_the_splits_is_left_aside_and_named(folders, aside):
    assert laid_out(folders)[:4] == (*SPLIT, aside, 0)


@pytest.mark.parametrize(
    ("folders", "aside", "strays"),
    [
        (both("data", 12) | {"figures": 5}, {"figures": 5}, 0),
        (both("my_project/photos", 12) | {"my_project/thesis/png": 20}, {"my_project/thesis": 20}, 0),
        (both("pets", 12) | {"docs/images": 5, "": 1}, {"docs": 5}, 1),
        (both("pets", 12) | {"scribbles": 2}, {"scribbles": 2}, 0),
        (both("archive", 12) | {"archive": 1, "": 1}, {}, 2),
        (both("archive", 12) | {"": 9}, {}, 9),
        (both("train", 12) | {"test": 6}, {"test": 6}, 0),
        (both("train_images", 12) | {"test_images": 6}, {"test_images": 6}, 0),
        (both("images", 12) | {"test": 6}, {"test": 6}, 0),
        (both("pets", 12) | both("pets/pets", 12), {"pets/pets": 24}, 0),
        (both("", 12) | both("copy", 9), {"copy": 18}, 0),
    ],
)
def test_a_data_set_without_a_test_split_is_found_among_other_folders(folders, aside, strays):
    assert laid_out(folders)[:4] == (SPLIT[0], None, aside, strays)


@pytest.mark.parametrize(
    "folders",
    [
        {"bus": 6, "car": 6, "train": 9},
        {"quiz/2019": 3, "quiz/2020": 3, "test/2019": 5, "test/2020": 5},
        {"bullet train/day": 4, "bullet train/night": 4, "car/day": 3, "car/night": 3},
        {"cats/left": 9, "cats/right": 9, "dogs/left": 3, "dogs/right": 3},
        {"cats/sub1": 9, "cats/sub2": 9, "dogs/sub1": 3, "dogs/sub2": 3},
        {"cats/tabby": 5, "cats/siamese": 5, "dogs": 5},
        {"cats/images": 5, "dogs/images": 5},
        {"trout/pond": 4, "trout/river": 4, "salmon": 9},
        {"test": 5, "quiz/2019": 3, "quiz/2020": 3},
        {"paper": 5, "rock/1": 5, "rock/2": 5, "scissors": 5},
    ],
)
def test_folders_of_classes_stay_classes_whatever_they_are_called(folders):
    train, test, aside, strays, _ = laid_out(folders)
    assert train == Counter({name.split("/")[0]: 0 for name in folders}) + Counter(
        name.split("/")[0] for name, count in folders.items() for _ in range(count)
    )
    assert (test, aside, strays) == (None, {}, 0)


def test_splits_inside_the_class_folders_are_splits():
    folders = {"cats/train": 12, "cats/test": 4, "dogs/train": 12, "dogs/test": 4, "dogs/val": 2}
    assert laid_out(folders)[:4] == (*SPLIT, {"dogs/val": 2}, 0)


@pytest.mark.parametrize("spell", [lambda name: unicodedata.normalize("NFD", name), lambda name: f" {name}\u00a0"])
def test_two_spellings_of_a_class_are_one_across_splits(spell):
    train, test, *_ = laid_out({"train/café": 9, "train/thé": 9, f"test/{spell('café')}": 2, f"test/{spell('thé')}": 2})
    assert (train, test) == ({"café": 9, "thé": 9}, {"café": 2, "thé": 2})


@pytest.mark.parametrize(
    ("folders", "sentence"),
    [
        (both("fold_1", 9) | both("fold_2", 9), "'fold_1', 'fold_2' hold the same folders ('cats', 'dogs')"),
        (both("colour", 9) | both("grey", 9) | both("cut", 9), "call one train and one test, or give one of them"),
        (
            both("a/train", 9) | both("a/test", 3) | both("b/train", 9) | both("b/test", 3),
            "'a', 'b' of 'X' are data sets",
        ),
        ({"train_images": 9, "test_images": 9}, "are not sorted into classes"),
        ({"train/images": 9, "valid/images": 9, "test/images": 9}, "are not sorted into classes"),
        ({"train_cats": 9, "train_dogs": 9, "test_cats": 3, "test_dogs": 3}, "each name a split and a class"),
        ({"cat-train": 9, "cat-val": 3, "dog-train": 9, "dog-val": 3}, "each name a split and a class"),
        (
            both("a/train", 9) | both("a/test", 3) | both("b/train", 9) | both("b/test", 3) | {"test": 2},
            "'a', 'b' of 'X' are data sets",
        ),
        (both("val_set", 9) | both("test_set", 9), "has a test folder but no train folder"),
        ({"train/Cats": 9, "train/dogs": 9, "test/cats": 3, "test/dogs": 3}, "(there, 'cats' is)"),
    ],
)
def test_what_could_be_either_is_refused_with_the_way_out(folders, sentence):
    with pytest.raises(BadInput) as caught:
        laid_out(folders)
    assert sentence in str(caught.value)
    assert str(caught.value).count("\n") == 0


def test_what_was_decided_is_said():
    assert laid_out(both("train_x", 9) | both("test_x", 3))[4] == ("'train_x' trains, 'test_x' tests.",)
    assert "the larger one trains" in laid_out(both("fold_a", 9) | both("fold_b", 3))[4][0]
    assert laid_out(both("pets", 9) | {"docs": 3})[4] == ("'pets' holds the data set.",)
    assert "taken as one class" in laid_out({"cats/tabby": 5, "cats/siamese": 5, "dogs": 5})[4][0]
    assert "'test' is taken as a class like the others" in laid_out({"cats": 5, "dogs": 5, "test": 5})[4][0]
    assert "'test' holds the same folders as lie beside it" in laid_out(both("", 5) | both("test", 2))[4][0]
    masks = {f"{name}/{part}": 5 for name in ("lung", "heart") for part in ("images", "masks")}
    assert "hold 'images', 'masks' each: all images in them are taken" in laid_out(masks)[4][0]


@pytest.mark.parametrize("names", ["ABC", "猫狗鸟", "123"])
def test_single_letters_are_classes(names):
    folders = {f"{split}/{name}": count for split, count in (("one", 12), ("other", 4)) for name in names}
    assert laid_out(folders)[:2] == (dict.fromkeys(names, 12), dict.fromkeys(names, 4))


folder_names = st.sampled_from(
    ["train", "test", "val", "training_set", "test_set", "data", "docs", "a", "b", "cats", "dogs", "Cats", "seg_pred"]
)


@given(st.dictionaries(st.lists(folder_names, max_size=4).map("/".join), st.integers(1, 9), max_size=9))
def test_every_file_of_any_tree_is_trained_on_tested_on_or_counted(folders):
    try:
        train, test, *_ = laid_out(folders)  # which counts
    except BadInput as error:
        assert str(error).endswith(".")
        assert "\n" not in str(error)
    else:
        assert len(train) >= 2
        assert test is None or test.keys() == train.keys()


def test_a_path_of_a_thousand_folders_is_no_obstacle():
    deep = "/".join(["x"] * 2000)
    assert (
        laid_out({f"{deep}/{path}": count for path, count in (both("train", 12) | both("test", 4)).items()})[:2]
        == SPLIT
    )
