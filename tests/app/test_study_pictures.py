"""The pictures on the pages of depth, width, image size and training images."""

import pytest

from hpviz.studies import DEPTH, IMAGE_SIZE, TRAINING_IMAGES, WIDTH
from tests.app.pages import texts
from tests.app.test_sixth_study import opened

SAYS = {
    DEPTH.name: ("over a scene of 64 px is", "10.37 M with 1 block"),
    WIDTH.name: ("708.4 k in all at 1", "3.31× the multiply-adds"),
    IMAGE_SIZE.name: ("in 16×16 to 144×144 pixels", "multiply-adds grow 5.2×"),
    TRAINING_IMAGES.name: ("Test error against training images a class",),
}


def pictures(app):
    return [chart.proto.alt for chart in app.get("vega_lite_chart")]


@pytest.mark.parametrize("study", [DEPTH, WIDTH, IMAGE_SIZE, TRAINING_IMAGES], ids=lambda study: study.name)
def test_its_pictures_stand_on_the_page_before_any_run_and_say_their_figures(runner, study):
    shown = pictures(opened(study))
    assert len(shown) == len(SAYS[study.name])
    for alt, words in zip(shown, SAYS[study.name], strict=True):
        assert words in alt


def test_what_the_drawer_holds_is_what_is_counted_unless_it_is_impossible(runner):
    app = opened(DEPTH)
    app.number_input(key=f"{DEPTH.name}:image_size").set_value(96).run()
    assert "Counts at 96 px" in texts(app)
    app.number_input(key=f"{DEPTH.name}:image_size").set_value(16).run()
    assert not app.exception
    assert "Counts at 64 px" in texts(app)
