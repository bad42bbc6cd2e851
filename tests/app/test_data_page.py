"""The Data page: one data set at a time, its balance, its images and its audit."""

import os
import shutil
from pathlib import Path

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from hpviz.data.progress import Progress
from hpviz.runs import desk as desks
from hpviz.ui.data_address import FOLDERS_NOTE

PAGE = str(Path(__file__).parent.parent.parent / "hpviz/ui/pages/data.py")
PREPARE = desks.Desk.prepare


@pytest.fixture
def real_desk(runner, monkeypatch):
    """The desk prepares images, unlike for other pages."""
    monkeypatch.setattr(desks.Desk, "prepare", PREPARE)
    return desks.shared(runner.cache)


@pytest.fixture
def open_folder(runner, real_desk):
    """The page on a folder that was added before, once all work on it is done."""

    def opened(folder):
        runner.store.note(FOLDERS_NOTE, [str(folder)])
        app = AppTest.from_file(PAGE, default_timeout=60)
        app.query_params["data"] = str(folder)
        app.run()
        return settled(app, real_desk)

    return opened


def settled(app, desk):
    """The page once all work on the folder is done: identified, prepared, surveyed; then nothing is left."""
    for _ in range(4):
        for task in list(desk._tasks.values()):
            assert task.wait(60)
        app.run()
    assert not app.exception
    return app


def texts(app):
    """All prose of the page, as it reads: without the backslashes that keep it from being taken for Markdown."""
    return "\n".join(element.value for element in (*app.markdown, *app.caption)).replace("\\", "")


def pictures(app):
    return [picture.alt for element in app.get("image") for picture in element.proto.imgs]


def press(app, label):
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception


def test_a_folder_is_trained_on_in_one_click(runner, real_desk, folder):
    runner.store.note(FOLDERS_NOTE, [folder])
    app = AppTest.from_file(str(Path(PAGE).parents[3] / "app.py"), default_timeout=60).run()
    app.switch_page("hpviz/ui/pages/data.py")
    app.query_params["data"] = folder
    settled(app.run(), real_desk)
    press(app, "Train on these images")
    assert app.title[0].value == "Learning rate"
    assert app.selectbox(key="learning-rate:data").value == folder
    (run,) = runner.runs()
    assert (run["spec"]["dataset"], run["inputs"]["data"]) == (Path(folder).name, folder)
    app.run()
    assert len(runner.runs()) == 1


def test_one_data_set_is_on_the_screen_and_the_scenes_are_first(runner):
    app = AppTest.from_file(PAGE, default_timeout=60).run()
    assert not app.exception
    assert app.selectbox(key="data").value == "scenes"
    assert app.selectbox(key="data").options == ["scenes", "intel", "cifar10", "fashion-mnist"]
    assert len(app.dataframe) == 1


@pytest.mark.parametrize(("asked", "shown"), [("cifar10", "cifar10"), ("nonsense", "scenes")])
def test_the_address_names_the_data_set_and_unknown_ones_are_ignored(runner, asked, shown):
    app = AppTest.from_file(PAGE, default_timeout=60)
    app.query_params["data"] = asked
    app.run()
    assert not app.exception
    assert app.selectbox(key="data").value == shown


def test_what_is_not_here_is_fetched_with_progress_and_can_be_cancelled(runner, monkeypatch):
    def endless(source, cache):
        while True:
            yield Progress("downloading", 1, 4)

    monkeypatch.setattr(desks.catalogue, "fetch", endless)
    app = AppTest.from_file(PAGE, default_timeout=60)
    app.query_params["data"] = "cifar10"
    press(app.run(), "Fetch cifar10")
    press(app, "Cancel")
    assert desks.shared(runner.cache).known(("fetch", "cifar10")).wait(60)
    app.run()
    assert "Cancelled" in app.error[0].value
    assert "Fetch cifar10" in [button.label for button in app.button]


def test_a_folder_shows_its_balance_its_images_and_its_audit(open_folder, folder):
    app = open_folder(folder)
    (chart,) = app.get("vega_lite_chart")
    assert chart.proto.alt == (
        "Images by class: 80 training images, 40 in each class; 16 test images, 8 in each class."
    )
    assert app.dataframe[0].value.to_dict("list") == {
        "class": ["bright", "dark"],
        "training": [40, 40],
        "test": [8, 8],
    }
    assert pictures(app) == ["6 training images of bright", "6 training images of dark"]
    assert "No image occurs twice across splits or classes." in texts(app)


def test_other_samples_and_the_test_images_can_be_seen(open_folder, folder):
    app = open_folder(folder)
    before = drawn(app)
    press(app, "Other samples")
    other = drawn(app)
    assert not set(before) & set(other)
    app.segmented_control(key="samples:split").set_value("test").run()
    assert pictures(app) == ["6 test images of bright", "6 test images of dark"]
    assert not set(drawn(app)) & {*before, *other}


def drawn(app):
    return [picture.url for element in app.get("image") for picture in element.proto.imgs]


def test_copies_across_splits_and_classes_are_shown_with_what_they_mean(open_folder, folder, tmp_path):
    root = Path(shutil.copytree(folder, tmp_path / "squares"))
    shutil.copy(root / "train/dark/3.png", root / "test/dark/leak.png")
    shutil.copy(root / "train/dark/5.png", root / "train/bright/conflict.png")
    app = open_folder(root)
    assert "1 test image is a training image too." in texts(app)
    assert "at most 5.9 points too high (1 of 17)" in texts(app)
    assert "training accuracy cannot exceed 98.77% (1 of 81 must be wrong)" in texts(app)
    assert pictures(app)[2:] == [
        "train/dark/3.png · test/dark/leak.png",
        "train/bright/conflict.png · train/dark/5.png",
    ]


def test_odd_sizes_and_skipped_files_are_listed(open_folder, folder, tmp_path):
    root = Path(shutil.copytree(folder, tmp_path / "squares"))
    Image.new("RGB", (20, 12)).save(root / "train/dark/odd.jpg")
    for name in ("one", "two"):
        (root / f"train/bright/{name}.jpg").write_text("text")
    app = open_folder(root)
    assert "1 image is not 32×32 px." in texts(app)
    assert "train/dark/odd.jpg (20×12)" in texts(app)
    assert list(app.dataframe[1].value["reason"]) == ["is no picture that can be read"] * 2


def test_class_names_are_shown_literally(open_folder, folder, tmp_path):
    root = Path(shutil.copytree(folder, tmp_path / "squares"))
    for split in ("train", "test"):
        (root / split / "dark").rename(root / split / ":red[x] <img src=x>")
    (root / "test/bright/0.png").unlink()  # the largest class is named
    app = open_folder(root)
    shown = [element.value for element in app.markdown if "img" in element.value]
    assert len(shown) == 2
    assert all(r"\:red\[x\] \<img src=x\>" in text for text in shown)


def test_many_classes_are_shown_a_page_at_a_time(open_folder, tmp_path):
    for number in range(15):
        place = tmp_path / "many" / f"class {number:02}"
        place.mkdir(parents=True)
        for shade in range(2):
            Image.new("L", (32, 32), 16 * number + shade).save(place / f"{shade}.png")
    app = open_folder(tmp_path / "many")
    assert len(pictures(app)) == 12
    app.selectbox[1].set_value("13–15 of 15").run()
    assert [alt.split(" of ")[1] for alt in pictures(app)] == ["class 12", "class 13", "class 14"]


def test_an_added_folder_is_turned_to_and_a_forgotten_one_is_gone(runner, real_desk, folder):
    app = AppTest.from_file(PAGE, default_timeout=60).run()
    app.text_input(key="folder").set_value(folder).run()
    assert not app.exception
    assert app.selectbox(key="data").value == folder
    press(app, "Forget this folder")
    assert app.selectbox(key="data").value == "scenes"
    assert folder not in app.selectbox(key="data").options


def test_cancelled_preparation_waits_until_it_is_asked_for_again(runner, real_desk, folder, monkeypatch):
    def endless(source, image_size, cache):
        while True:
            yield Progress("preparing the images", 1, 4)

    monkeypatch.setattr(desks.catalogue, "prepare", endless)
    runner.store.note(FOLDERS_NOTE, [folder])
    app = AppTest.from_file(PAGE, default_timeout=60)
    app.query_params["data"] = folder
    app.run()
    assert real_desk.known(("identify", folder)).wait(60)
    press(app.run(), "Cancel")
    name = ("prepare", folder, 64)
    assert real_desk.known(name).wait(60)
    app.run()
    assert "Cancelled" in app.error[0].value
    monkeypatch.undo()
    press(app, "Try again")
    assert real_desk.known(name).error is None


def test_a_folder_is_added_as_it_was_pasted_whatever_bytes_its_name_is_made_of(runner, folder, tmp_path):
    named = shutil.copytree(folder, tmp_path / os.fsdecode(b"caf\xe9 photos"))
    shown = f"{tmp_path}/caf\\xe9 photos"
    for pasted in (f' "{shown}"\n', f"file://{tmp_path}/caf%E9%20photos/"):
        runner.store.note(FOLDERS_NOTE, [])
        app = AppTest.from_file(PAGE, default_timeout=60).run()
        app.text_input(key="folder").set_value(pasted).run()
        assert not app.exception
        assert not app.error
        assert app.selectbox(key="data").value == shown
    assert named.is_dir()


def test_where_links_lead_is_asked_and_once_confirmed_they_are_followed(open_folder, real_desk, folder, tmp_path):
    (tmp_path / "set").mkdir()
    for split in ("train", "test"):
        (tmp_path / "set" / split).symlink_to(Path(folder) / split)
    app = open_folder(tmp_path / "set")
    assert "2 links lead out of the folder" in app.error[0].value
    assert "2 links lead out of this folder" in app.info[0].value
    assert not app.get("vega_lite_chart")
    (button,) = (button.label.replace("\\", "") for button in app.button if button.label.startswith("Follow"))
    assert button == f"Follow links to {folder}"
    next(button for button in app.button if button.label.startswith("Follow")).click().run()
    settled(app, real_desk)
    assert not app.error
    assert not app.info
    assert "80 training images, 40 in each class" in app.get("vega_lite_chart")[0].proto.alt


def test_what_was_decided_and_left_aside_is_said_before_training(open_folder, folder, tmp_path):
    root = Path(shutil.copytree(folder, tmp_path / "squares"))
    (root / "train").rename(root / "training_set")
    (root / "test").rename(root / "val")
    Path(shutil.copytree(root / "val/dark", root / "test"))
    (root / "training_set/dark/labels.csv").write_text("name,class")
    app = open_folder(root)
    assert "'training_set' trains, 'val' tests." in texts(app)
    assert "'test' was left aside (8 images: it is not sorted into the classes of train)." in texts(app)
    assert "Left aside, for no decoder reads them: 'training_set/dark/labels.csv'." in texts(app)


def test_a_folder_that_cannot_be_trained_on_says_why(open_folder, folder, tmp_path):
    root = Path(shutil.copytree(folder, tmp_path / "squares"))
    for file in (root / "train/dark").iterdir():
        file.write_text("no picture")
    app = open_folder(root)
    assert "More than 5% of the 96 images in" in app.error[0].value.replace("\\", "")
