"""Names from outside that would be signs, links, pictures or scripts are shown as they are, on every page."""

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect

from hpviz.data import catalogue
from hpviz.runs import bundle
from hpviz.runs.document import move, new_run, put_epoch
from hpviz.runs.store import RunStore
from hpviz.spec import build_spec
from hpviz.studies import LEARNING_RATE, PRESETS, STUDIES
from hpviz.ui.data_address import FOLDERS_NOTE
from tests.made_up import row

# What a folder, a class or a file can be called, and what more a bundle can call a machine.
NAMES = (
    "www.evil.example",
    "me@evil.example",
    ":red[a] $$x^2$$ :smile: :streamlit:",
    "<img src=x onerror=alert(1)>",
    "**b** `c` [d](javascript:alert(1)) ~~e~~",
    "-> [a]: b -- # 1. &lt;",
)
MACHINE = "http://evil.example/a?b=c HTTPS://evil.example ![i](http://evil.example/i.png) :material/home: <b>x</b>"
DATA = "photos of www.evil.example ![i](x) <s>"


@pytest.fixture
def images(folder, tmp_path) -> Path:
    """A folder of images in which everything has such a name; a file that is no image, and one that is there twice."""
    root, squares = tmp_path / DATA, Path(folder)
    for split in ("train", "test"):
        for place, name in enumerate(NAMES):
            shutil.copytree(squares / split / ("bright", "dark")[place % 2], root / split / name)
    (root / "train" / NAMES[0] / f"{NAMES[1]} {NAMES[3]}.png").write_bytes(b"no image")
    return root


@pytest.fixture
def stocked(cache, images):
    """A store with runs on those images from elsewhere: the ids, of runs that end well and of one that failed."""
    steps = catalogue.identify(catalogue.resolve(str(images), cache), cache)
    try:
        while True:
            next(steps)
    except StopIteration as end:
        identity = end.value
    runs, quick = [], PRESETS["quick"]
    for value, status in ((1e-4, "finished"), (1e-3, "finished"), (1e-2, "failed")):
        shown = {"image_size": quick.image_size, "per_class": quick.per_class, **LEARNING_RATE.settings("quick")}
        spec = build_spec(dataset=DATA, fingerprint=identity.fingerprint, **shown, learning_rate=value)
        inputs = {"data": "", "weights": None, "classes": list(NAMES), "test_images": 48}
        run = new_run(spec, inputs, 8)
        for epoch in range(1, 9):
            put_epoch(run, row(epoch, accuracy=0.1 * epoch))
        move(run, status, MACHINE if status == "failed" else None)
        runs.append({**run, "machine": {"name": MACHINE, "device": MACHINE, "hpviz": NAMES[4]}})
    store = RunStore(cache)
    came = store.take_in(bundle.read(bundle.write(runs)))
    store.note(FOLDERS_NOTE, [str(images)])
    store.close()
    return [run["id"] for run in came]


def look(visitor, server):
    """Everything on the page that leads elsewhere or was made of a name."""
    visitor.page.wait_for_load_state()
    expect(visitor.page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_attached()
    found = visitor.page.evaluate(
        """() => [
            ...[...document.querySelectorAll("a[href]")].map(each => each.href),
            ...[...document.querySelectorAll("img, iframe, object, embed, video, audio")].map(each => each.src),
            ...document.querySelectorAll("script[src]").values().map(each => each.src),
        ]"""
    )
    assert [each for each in found if not each.startswith((server.url, "data:", "blob:"))] == []
    made = "img[alt='Streamlit logo'], [aria-label='home icon'], .katex, .stMarkdownColoredText b, del, s"
    assert visitor.page.locator("[data-testid=stMain]").locator(made).count() == 0
    assert visitor.complaints == []
    assert visitor.left == []


def test_no_name_becomes_a_sign_a_link_or_a_picture_on_any_page(stocked, images, visit, server):
    visitor = visit()
    page = visitor.page

    page.goto(f"{server.url}data?data={images}")
    for name in NAMES:
        expect(page.get_by_text(name, exact=True).first).to_be_visible()
    expect(page.get_by_text("Audit")).to_be_visible()
    expect(page.get_by_text("no image", exact=False).or_(page.get_by_text(NAMES[3], exact=False)).first).to_be_visible()
    look(visitor, server)

    for study in STUDIES.values():
        page.goto(f"{server.url}{study.name.replace('-', '_') if study is not LEARNING_RATE else ''}?data={images}")
        expect(page.get_by_text("What the article claims" if study.article_values else "Held fixed")).to_be_visible()
        if study is LEARNING_RATE:
            page.get_by_role("button", name="imported runs").click()
            expect(page.get_by_text(f"recorded on {MACHINE}")).to_be_visible()
        look(visitor, server)
    page.goto(f"{server.url}?learning_rate={MACHINE}&{NAMES[0]}={MACHINE}")
    expect(page.get_by_text("left out").filter(has_text=NAMES[0])).to_be_visible()
    look(visitor, server)

    page.goto(f"{server.url}grid?data={images}")
    expect(page.get_by_text("Held fixed")).to_be_visible()
    look(visitor, server)

    page.goto(f"{server.url}overview?judged={images}")
    expect(page.get_by_text("Every claim")).to_be_visible()
    look(visitor, server)

    page.goto(f"{server.url}compare?runs={','.join(stocked)}&baseline={MACHINE}")
    expect(page.get_by_text("Not all were trained here").filter(has_text=MACHINE)).to_be_visible()
    page.get_by_role("button", name="Share", exact=True).click()
    expect(page.get_by_role("button", name="Download PNG")).to_be_visible()
    look(visitor, server)

    page.goto(f"{server.url}runs?runs-search={MACHINE}")
    expect(page.get_by_text("3 of 3 runs")).to_be_visible()
    page.get_by_test_id("stDataFrame").first.click(position={"x": 20, "y": 55})
    expect(page.get_by_text("1 run chosen")).to_be_visible()
    page.get_by_text("Details of").click()
    look(visitor, server)
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Are you sure?")).to_be_visible()
    look(visitor, server)
