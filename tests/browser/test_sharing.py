"""A person shares a comparison: the link shows another browser the same, the files hold what they should."""

import json
from contextlib import suppress

from playwright.sync_api import TimeoutError as PlaywrightTimeout
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
    """Pick it from the list, once the page is at rest: while it moves, the list opens anew with all runs in it."""
    box, chosen = page.get_by_role("combobox", name="Runs"), page.get_by_test_id("stMultiSelect").get_by_text(run)
    for _ in range(10):
        expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_attached()
        box.fill("")
        box.fill(run)
        with suppress(AssertionError, PlaywrightTimeout):
            expect(page.get_by_role("option")).to_have_count(1, timeout=3_000)  # filtered: "Select all" is gone
            page.get_by_role("option", name=run).click(timeout=3_000)
        page.keyboard.press("Escape")
        with suppress(PlaywrightTimeout):
            chosen.wait_for(timeout=10_000)
            return
    raise AssertionError(f"{run} could not be chosen")


def four_runs():
    """What a link to the same four says."""
    held = {"model": "article-cnn", "padding": "same", "image_size": 64, "per_class": 300, "seed": 0}
    runs = [run for run in reference_runs() if held.items() <= run["spec"].items()]
    named = {str(run["spec"]["kernel_width"]): run["id"] for run in runs}
    return "%2C".join(named[width] for width in LABELS)


def lines(page):
    """What the lines are labelled with, at their ends."""
    chart = page.get_by_test_id("stVegaLiteChart").filter(has=page.get_by_text("Test accuracy", exact=True)).first
    for label in LABELS:
        expect(chart.locator("svg .mark-text text").get_by_text(label, exact=True)).to_be_attached()
    return sorted(filter(None, chart.locator("svg .role-mark.mark-text text").all_text_contents()), key=int)


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
    page.get_by_text("images", exact=True).click()
    expect(page.get_by_text("images seen").first).to_be_attached()
    assert lines(page) == list(LABELS)
    open_share(page)
    link = page.get_by_test_id("stPopoverBody").get_by_test_id("stCode").inner_text().strip()
    assert link.startswith(server.url)

    friend.page.goto(link)
    expect(friend.page.get_by_text("images seen").first).to_be_attached()
    assert lines(friend.page) == list(LABELS)
    # The address of both is the link itself: what is on the screen is in it.
    assert friend.page.evaluate("location.href") == page.evaluate("location.href") == link
    for one in (visitor, friend):
        assert one.complaints == []
        assert one.left == []


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
