"""What the tests of pages share: opening one, remembering runs as if they had been trained, reading what it says."""

import re
from pathlib import Path

from streamlit.testing.v1 import AppTest

from hpviz.data.scenes import SCENES_CLASSES, SCENES_FINGERPRINT
from hpviz.runs.document import move, new_run, put_epoch
from hpviz.spec import build_spec
from hpviz.studies import LEARNING_RATE, PRESETS
from tests.made_up import row

ROOT = Path(__file__).parent.parent.parent


def page(name, **address):
    """A page, not yet run, opened under an address."""
    return _at(AppTest.from_file(str(ROOT / f"hpviz/ui/pages/{name}.py"), default_timeout=60), address)


def open_page(study, **address):
    """A study's page, drawn once; the article's four have files of their own."""
    if study.article_values:
        return page(study.field, **address).run()
    return _at(AppTest.from_function(_show, default_timeout=60, args=(study.name,)), address).run()


def _show(name):
    from hpviz.studies import find_study
    from hpviz.ui.study.page import show_study

    show_study(find_study(name))


def _at(app, address):
    for entry, text in address.items():
        app.query_params[entry] = text
    return app


def page_spec(runner, study=LEARNING_RATE, **values):
    """The spec that a study's page asks for under its quick preset."""
    preset = PRESETS["quick"]
    fields = {
        "image_size": preset.image_size,
        "per_class": preset.per_class,
        **study.settings("quick"),
        **values,
    }
    fields["precision"] = runner.machine()["precision"]
    return build_spec(dataset="scenes", fingerprint=SCENES_FINGERPRINT, **fields)


def remember(runner, epochs, status="finished", study=LEARNING_RATE, top=0.8, **values):
    """Put a run into the store as if it had been trained; its accuracy rises to `top` over 8 epochs."""
    inputs = {"data": "scenes", "weights": None, "classes": list(SCENES_CLASSES), "test_images": 600}
    run = new_run(page_spec(runner, study, **values), inputs, 8)
    for epoch in range(1, epochs + 1):
        put_epoch(run, row(epoch, accuracy=top * epoch / 8, images=1800 * epoch))
    move(run, status)
    runner.store.put(run)
    return run


def fold(app, title, name=LEARNING_RATE.name):
    """Open one of the tabs below the bench, which are empty until then; the page is drawn with it."""
    app.session_state[f"{name}:fold"] = title
    app.run()
    assert not app.exception
    return app


def learned(study, tab=None):
    """A study's page, not yet run, with what the net learned open, at that of its tabs."""
    app = page(study.field)
    app.session_state[f"{study.name}:fold"] = "What the net learned"
    if tab:
        app.session_state[f"{study.name}:learned"] = tab
    return app


def drawer(app):
    """The title of the drawer of what is held fixed."""
    titles = [block.proto.popover.label for block in app.get("popover")]
    return next(title for title in titles if title.startswith("Held fixed"))


def press(app, label):
    """Click the first button of that label and let the page answer."""
    next(button for button in app.button if button.label.startswith(label)).click().run()
    assert not app.exception


def press_values(app):
    """Run the list of values that the page offers."""
    label = re.compile(r"Run (\d+ of )?\d+ values · ")
    next(button for button in app.button if label.match(button.label)).click().run()
    assert not app.exception


def texts(app):
    """All prose of the page, as it reads: without the backslashes that keep it from being taken for Markdown."""
    return "\n".join(element.value for element in (*app.markdown, *app.caption)).replace("\\", "")
