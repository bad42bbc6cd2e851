"""A person shares a comparison: the link shows another browser the same, the files hold what they should."""

import json
import re

from PIL import Image
from playwright.sync_api import expect

from hpviz.runs.reference import reference_runs
from tests.browser.conftest import hpviz

LABELS = ("3", "5", "7", "9")


def choose_four_runs(visitor):
    """Seed 0 of each kernel width that hpviz came with."""
    for width in LABELS:
        choose_run(visitor.page, f"width {width} same · seed 0 · reference")
    expect(visitor.page.get_by_text("One seed a value").first).to_be_visible()


def choose_run(page, run):
    """Pick it from the list: type what it is called, and click what is left."""
    box = page.get_by_role("combobox", name="Runs")
    box.fill(run)
    expect(page.get_by_role("option")).to_have_count(1)  # filtered: "Select all" is gone
    page.get_by_role("option", name=run).click()
    expect(page.get_by_test_id("stMultiSelect").get_by_text(run)).to_be_visible()
    page.keyboard.press("Escape")


def four_runs():
    """What a link to the same four says."""
    held = {"model": "article-cnn", "padding": "same", "image_size": 64, "per_class": 300, "seed": 0}
    runs = [run for run in reference_runs() if held.items() <= run["spec"].items()]
    named = {str(run["spec"]["kernel_width"]): run["id"] for run in runs}
    return "%2C".join(named[width] for width in LABELS)


def legend(page):
    chips = page.locator(".st-key-bench-legend [data-testid=stButtonGroup]").first.get_by_role("button")
    expect(chips.first).to_be_visible()
    return [chip.inner_text().strip() for chip in chips.all()]


def open_share(page):
    page.get_by_role("button", name="Share", exact=True).click()
    expect(page.get_by_role("button", name="Download PNG")).to_be_visible()


def download(page, kind):
    """The bytes of one kind of file, as the browser fetches them."""
    page.get_by_test_id("stPopoverBody").get_by_text(kind.upper(), exact=True).click()
    with page.expect_download() as begun:
        page.get_by_role("button", name=f"Download {kind.upper()}").click()
    return begun.value.path().read_bytes()


def test_four_runs_are_chosen_shared_and_seen_alike_by_another_browser(visit, server):
    visitor, friend = visit(), visit()
    page = visitor.page
    page.goto(f"{server.url}compare")
    choose_four_runs(visitor)
    visitor.along("images")
    expect(page.get_by_text("images seen").first).to_be_attached()
    assert legend(page) == list(LABELS)
    # On a server that this machine alone reaches, the page's own address is for this machine's browsers.
    expect(page).to_have_url(re.compile("x=images"))
    link = page.evaluate("location.href")
    assert link.startswith(f"{server.url}compare?specs=")
    assert len(link) < 300

    friend.page.goto(link)
    expect(friend.page.get_by_text("images seen").first).to_be_attached()
    assert legend(friend.page) == list(LABELS)
    # The address of both is the link itself: what is on the screen is in it.
    assert friend.page.evaluate("location.href") == link
    for one in (visitor, friend):
        assert one.complaints == []
        assert one.left == []


def test_runs_are_chosen_as_fast_as_they_can_be_typed(visit, server):
    page = visit().page
    page.goto(f"{server.url}compare")
    page.get_by_role("combobox", name="Runs").click()
    for width in LABELS:  # without waiting: the page is still drawn for the one before
        page.keyboard.insert_text(f"width {width} same · seed 0 · reference")
        expect(page.get_by_role("option")).to_have_count(1)
        page.keyboard.press("Enter")
    page.keyboard.insert_text("seed 1")
    expect(page.get_by_text("One seed a value").first).to_be_attached()
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_attached()
    # What was typed during the last draw is still there, and so is what it left of the list.
    expect(page.get_by_role("combobox", name="Runs")).to_have_value("seed 1")
    assert all("seed 1" in option or "matches" in option for option in page.get_by_role("option").all_inner_texts())
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")  # what is typed goes first, then the list, which hides the page from its readers
    assert legend(page) == list(LABELS)


def test_a_picture_is_copied_from_a_popover_that_fits_the_screen_and_falls_back_to_a_file(visit, server):
    visitor = visit()
    page = visitor.page
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"{server.url}compare?runs={four_runs()}")
    expect(page.get_by_text("One seed a value").first).to_be_visible()
    page.get_by_role("button", name="Share", exact=True).evaluate("button => button.scrollIntoView(false)")
    open_share(page)
    popover = page.get_by_test_id("stPopoverBody")
    copy = popover.get_by_role("button", name="Copy picture")
    expect(copy).to_be_visible()
    expect(popover.get_by_role("img")).to_be_visible()
    expect(popover.get_by_text("send the bundle").or_(popover.get_by_text("python -m hpviz"))).to_be_visible()
    assert popover.get_by_text("127.0.0.1").count() == 0
    page.wait_for_function(
        """() => {
            const body = document.querySelector("[data-testid=stPopoverBody]");
            return body && body.scrollHeight <= body.clientHeight + 1 && body.scrollWidth <= body.clientWidth + 1;
        }"""
    )
    box = popover.bounding_box()
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= 800

    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    copy.click()
    expect(popover.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    size = page.evaluate(
        """async () => {
            const [item] = await navigator.clipboard.read();
            const picture = await createImageBitmap(await item.getType("image/png"));
            return [picture.width, picture.height];
        }"""
    )
    assert size == [1200, 630]

    page.evaluate("() => { navigator.clipboard.write = () => Promise.reject(new Error('refused')); }")
    with page.expect_download() as begun:
        copy.click()
    expect(popover.get_by_role("status").filter(has_text="so it was downloaded")).to_be_visible()
    assert begun.value.suggested_filename.endswith(".png")
    assert Image.open(begun.value.path()).size == (1200, 630)
    assert visitor.complaints == []
    assert visitor.left == []


def test_every_kind_of_file_is_had_from_the_page_and_the_bundle_fills_an_empty_store(visit, server, tmp_path):
    visitor = visit()
    page = visitor.page
    page.goto(f"{server.url}compare?runs={four_runs()}")
    expect(page.get_by_text("One seed a value").first).to_be_visible()
    open_share(page)
    found = {kind: download(page, kind) for kind in ("png", "svg", "html", "csv", "json")}
    assert found["png"].startswith(b"\x89PNG")
    assert b"<title>" in found["svg"]
    assert b"<html" in found["html"]
    assert found["csv"].count(b"\n") == 1 + 4 * 8  # a head, then every epoch of every run
    assert len(json.loads(found["json"])["runs"]) == 4

    (tmp_path / "four.json").write_bytes(found["json"])
    empty = ["--cache", str(tmp_path / "empty"), "--json"]
    hpviz(["import", str(tmp_path / "four.json"), *empty], check=True)
    lines = [json.loads(line) for line in hpviz(["runs", *empty], check=True).stdout.splitlines()]
    assert sorted(line["spec"]["kernel_width"] for line in lines) == [3, 5, 7, 9]


def test_going_back_brings_back_what_was_on_the_screen(visit, server):
    page = visit().page
    page.goto(f"{server.url}weight_decay?epochs=4")
    expect(page.get_by_text("Held fixed").filter(has_text="4 epochs")).to_be_visible()
    page.goto(f"{server.url}weight_decay?epochs=6&x=images")
    expect(page.get_by_text("Held fixed").filter(has_text="6 epochs")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("Held fixed").filter(has_text="4 epochs")).to_be_visible()


RUNS = "Every run that was trained here"


def at_rest(page, shown):
    """The page shows this and works at nothing: a step taken meanwhile may be lost."""
    expect(page.get_by_text(shown).first).to_be_attached()
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_attached()


def held(page, epochs):
    """The drawer says so many epochs."""
    expect(page.get_by_text("Held fixed").filter(has_text=f"{epochs} epochs")).to_be_visible()
    at_rest(page, "Held fixed")


def test_what_a_page_held_is_there_again_going_back_and_forward_over_other_pages(visit, server):
    page = visit().page
    page.goto(f"{server.url}kernel_width?epochs=3")
    held(page, 3)
    for name, shown in (("Runs", RUNS), ("Kernel width", "3 epochs")):
        page.get_by_role("link", name=name).click()
        at_rest(page, shown)
    expect(page).to_have_url(f"{server.url}kernel_width?epochs=3")
    page.go_back()  # to the address that the menu had led to
    expect(page).to_have_url(f"{server.url}kernel_width?epochs=3")
    held(page, 3)
    page.go_back()
    at_rest(page, RUNS)
    page.go_forward()
    held(page, 3)

    page.goto(f"{server.url}compare?runs={four_runs()}&x=images")
    at_rest(page, "images seen")
    page.get_by_role("link", name="Runs").click()
    at_rest(page, RUNS)
    page.get_by_role("link", name="Compare").click()
    at_rest(page, "images seen")
    expect(page).to_have_url(re.compile("specs="))
    page.go_back()
    expect(page).to_have_url(re.compile("specs=.*x=images"))
    at_rest(page, "images seen")
    page.go_back()
    at_rest(page, RUNS)
    page.go_forward()
    at_rest(page, "images seen")

    page.goto(f"{server.url}grid?values=1e-4%2C1e-3&epochs=2")
    held(page, 2)
    page.get_by_role("link", name="Runs").click()
    at_rest(page, RUNS)
    page.go_back()
    held(page, 2)
    expect(page).to_have_url(re.compile("epochs=2"))


def test_going_back_over_ones_own_changes_ends_where_the_page_was_opened(visit, server):
    visitor = visit()
    page = visitor.page
    page.goto(f"{server.url}weight_decay")
    held(page, 8)
    visitor.along("images")
    expect(page).to_have_url(f"{server.url}weight_decay?x=images")
    page.go_back()
    expect(page).to_have_url(f"{server.url}weight_decay")
    expect(page.get_by_text("images seen")).to_have_count(0)
    page.go_forward()
    expect(page.get_by_text("images seen").first).to_be_attached()
