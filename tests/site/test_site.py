"""What a site says and holds: every study and claim, small, the same twice, nothing of this machine, text as text."""

import json
import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from hpviz.analysis.claims import CLAIMS
from hpviz.cli import main
from hpviz.runs.store import RunStore
from hpviz.site import site
from hpviz.site.folder import MARK
from hpviz.site.site import site_of
from hpviz.spec import BadInput
from hpviz.studies import LEARNING_RATE, STUDIES, WEIGHT_DECAY
from tests.analysis.made_up_runs import INTEL, SCENES, author
from tests.charts.test_card import HOSTILE, sweep

MOST_BYTES = 5_000_000
ATTACK = f"{HOSTILE}</script><img src=x onerror=alert(1)>"


@pytest.fixture(autouse=True)
def _no_bundling(monkeypatch):
    """The script is looked at where it is published by the command line, and in a browser."""
    monkeypatch.setattr(site, "script", lambda: b"")


class Page(HTMLParser):
    """A page's elements and its text, without its scripts."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.data = ""
        self._inside = ""
        self.feed(content.decode())
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self._inside = tag

    def handle_endtag(self, tag):
        self._inside = ""

    def handle_data(self, data):
        if self._inside == "script":
            self.data += data
        else:
            self.words.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def pages(folder):
    return {file.name: Page(file.read_bytes()) for file in sorted(folder.glob("*.html"))}


def test_the_site_of_the_reference_runs_is_small_and_has_a_page_a_study(published):
    files = {file.name: file.stat().st_size for file in published.iterdir()}
    assert set(files) == {"index.html", "hpviz.css", "hpviz.js", MARK, *(f"{name}.html" for name in STUDIES)}
    assert sum(files.values()) < MOST_BYTES, files


def test_the_index_names_every_claim_by_what_came_of_it_and_leads_to_its_evidence(published):
    there = pages(published)
    index = there["index.html"]
    for title in ("Held: ", "Did not hold: ", "Within noise: "):
        assert title in index.text
    links = [link["href"] for link in index.all("a")]
    for claim in CLAIMS:
        page = f"{claim.study}.html" if claim.study else ""
        assert f"{page}#claim-{claim.id}" in links
        assert claim.sentence in there[page or "index.html"].text
        assert any(each.get("id") == f"claim-{claim.id}" for each in there[page or "index.html"].all("details"))


def test_each_study_has_its_answer_curves_replay_table_picture_and_their_words(published):
    for name, study in STUDIES.items():
        page = pages(published)[f"{name}.html"]
        drawn = json.loads(page.data)
        places = {each["id"]: each["data-alt"] for each in page.all("div") if each.get("class") == "chart"}
        assert set(places) == set(drawn["charts"])
        assert all(places.values())
        assert {"setting-1-test_accuracy", "setting-1-train_loss", "setting-1-test_loss", "picture-1"} <= set(places)
        assert drawn["replays"]["setting-1"]["ends"][-1] == 8
        for words in (study.question, "After 8 epochs", "Different, or noise?", "Diagnosis", "reference runs of"):
            assert words in page.text
        for chart in drawn["charts"].values():
            assert set(chart["spec"]["datasets"].values()) <= set(drawn["rows"])


def test_every_address_on_the_pages_is_a_file_of_the_site(published):
    for page in pages(published).values():
        used = [each.get("href") or each.get("src") for tag in ("a", "link", "script", "img") for each in page.all(tag)]
        for address in filter(None, used):
            file = address.partition("#")[0]
            assert address == "data:," or not file or (published / file).is_file(), address
        policy = next(each for each in page.all("meta") if each.get("http-equiv") == "Content-Security-Policy")
        assert policy["content"].startswith("default-src 'none'; ")
        assert "http" not in policy["content"]


def test_headings_go_down_in_order_and_no_two_elements_share_a_name(published):
    for page in pages(published).values():
        levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h\d", tag)]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in pairwise(levels))
        names = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
        assert len(names) == len(set(names))


def test_the_same_runs_make_the_same_bytes_in_whatever_order():
    runs = author(count=2)
    assert site_of(runs, INTEL, "photos", LEARNING_RATE) == site_of(runs[::-1], INTEL, "photos", LEARNING_RATE)


def test_nothing_of_this_machine_is_in_a_site(tmp_path):
    runs = sweep([0.0, 1.0], dataset=str(tmp_path / "secret" / "photos"))
    for run in runs:
        run["inputs"]["data"] = str(tmp_path / "secret" / "photos")
        run["reason"] = f"could not read {tmp_path}/secret"
        run["owner"] = "host-of-mine/123"
    for name, content in site_of(runs, INTEL, "photos", WEIGHT_DECAY).items():
        for secret in (str(tmp_path), "secret", "host-of-mine"):
            assert secret.encode() not in content, (name, secret)


def test_foreign_names_are_text_wherever_they_stand():
    runs = sweep([0.0, 1.0], seeds=2, dataset=ATTACK)
    for run in runs:
        run["machine"]["name"] = run["inputs"]["classes"][0] = ATTACK
    twin = {**runs[0], "id": f"{runs[0]['id']}-x", "machine": {**runs[0]["machine"]}}
    twin["origin"] = {"kind": "imported", "version": ATTACK, "exported": "2026-01-01T00:00:00.000+00:00"}
    twin["spec"] = {**twin["spec"], "weight_decay": 0.5}
    for name, content in site_of([*runs, twin], INTEL, ATTACK, WEIGHT_DECAY).items():
        if name.endswith(".html"):
            page = Page(content)
            assert page.all("img") == []
            assert len(page.all("script")) == 2, name
            json.loads(page.data)
            assert "alert(1)" in page.text


def test_a_site_without_anything_to_compare_is_refused_in_a_sentence():
    for runs, study in (([], None), ([], WEIGHT_DECAY), (sweep([0.0]), None)):
        with pytest.raises(BadInput, match="nothing to publish"):
            site_of(runs, INTEL, "photos", study)
    assert site_of(sweep([0.0]), INTEL, "photos", WEIGHT_DECAY)


def test_claims_of_studies_without_a_page_have_their_evidence_on_the_index():
    files = site_of(sweep([0.0, 1.0], seeds=2), INTEL, "photos")
    assert [name for name in files if name.endswith(".html")] == ["index.html", "weight-decay.html"]
    there = {name: Page(files[name]) for name in ("index.html", "weight-decay.html")}
    for claim in CLAIMS:
        page = "weight-decay.html" if claim.study == "weight-decay" else ""
        assert f"{page}#claim-{claim.id}" in [link["href"] for link in there["index.html"].all("a")]
        assert f"claim-{claim.id}" in [each["id"] for each in there[page or "index.html"].all("details")]


def test_a_further_setting_has_a_section_and_a_replay_of_its_own():
    settings = [sweep([0.0, 1.0]), sweep([0.0, 0.01, 1.0], image_size=96)]
    page = Page(site_of([run for runs in settings for run in runs], INTEL, "photos", WEIGHT_DECAY)["weight-decay.html"])
    assert page.text.count("Another setting") >= 1
    assert set(json.loads(page.data)["replays"]) == {"setting-1", "setting-2"}


def test_one_study_alone_is_published_by_name_over_an_older_site(hpviz, tmp_path):
    folder = tmp_path / "site"
    for study in ("depth", "weight-decay"):
        status, (told,) = hpviz("publish", str(folder), "--study", study)
        assert (status, told["event"], told["dataset"]) == (0, "published", "scenes")
        assert told["files"] == ["index.html", f"{study}.html", "hpviz.css", "hpviz.js"]
    assert sorted(file.name for file in folder.iterdir()) == sorted([*told["files"], MARK])
    assert "Held: " in Page((folder / "index.html").read_bytes()).text


def test_what_cannot_be_published_is_one_sentence(capsys, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").write_text("mine")
    for arguments, words in (
        ([tmp_path / "mine"], "not a site that hpviz published"),
        ([tmp_path / "no" / "site"], "There is no folder"),
        ([tmp_path / "site", "--study", "size"], "no study named 'size'"),
        ([tmp_path / "site", "--data", tmp_path / "none"], "neither a data set nor a folder"),
        ([], "DIR"),
    ):
        assert main(["publish", *map(str, arguments)]) == 2
        out, err = capsys.readouterr()
        assert (out, err.count("\n")) == ("", 1)
        assert words in err
    assert sorted(file.name for file in tmp_path.iterdir()) == ["mine"]


def test_own_runs_of_the_store_are_published(hpviz, tmp_path):
    runs = sweep([0.0, 1.0], seeds=2, dataset="scenes", fingerprint=SCENES.fingerprint, image_size=96)
    store = RunStore(tmp_path / "cache")
    for run in runs:
        store.put(run)
    store.close()
    cache = ["--cache", str(tmp_path / "cache")]
    assert hpviz("publish", str(tmp_path / "site"), "--study", "weight-decay", *cache)[0] == 0
    page = Page((tmp_path / "site" / "weight-decay.html").read_bytes())
    assert "Some CPU" in page.text
    assert "96 px" in page.text
