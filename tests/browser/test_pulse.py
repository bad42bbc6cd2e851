"""The script by which a page asks what moves, by itself: whatever happens, it asks while its element is there."""

from importlib.resources import files

import pytest

BEGIN = """async ([script, answers]) => {
    const streamlit = "<script type='text/plain' src='http://127.0.0.1/static/js/none.js'></script>";
    document.body.innerHTML = `${streamlit}<div id="here"></div>`;
    const draw = window.draw = [], asked = window.asked = [];
    const patient = AbortSignal.timeout;
    AbortSignal.timeout = () => patient.call(AbortSignal, 20);
    window.fetch = (address, { signal }) => new Promise((answer, refuse) => {
        asked.push(address.pathname);
        const told = answers[Math.min(asked.length, answers.length) - 1];
        if (told === "nothing") signal.addEventListener("abort", () => refuse(signal.reason));
        else if (told === "refused") answer(new Response("", { status: 404 }));
        else answer(new Response(JSON.stringify({ bars: {}, rows: {}, draw: false, again: 0.01, ...told })));
    });
    const { default: call } = await import(URL.createObjectURL(new Blob([script], { type: "text/javascript" })));
    window.call = (path, name) => call({
        data: { path, every: 0.01 },
        parentElement: document.getElementById("here"),
        setTriggerValue: () => draw.push(name),
    });
}"""


@pytest.fixture
def begun(chromium):
    """Begins on an empty page, with what the server answers, the last of it again and again."""
    page = chromium.new_page()
    script = (
        files("hpviz.ui")
        .joinpath("pulse.js")
        .read_text(encoding="utf-8")
        .replace("RETRY_SECONDS = 2;", "RETRY_SECONDS = 0.01;")
    )

    def begin(*answers):
        page.evaluate(BEGIN, [script, answers])
        return page

    yield begin
    page.close()


def goes_on(page, more=3):
    """Waits until it has asked some more times."""
    page.evaluate("window.before = asked.length")
    page.wait_for_function("more => asked.length >= before + more", arg=more)


def test_it_asks_on_though_an_earlier_call_comes_late_and_is_ended_at_once(begun):
    page = begun({"draw": True})
    page.evaluate("() => { call('pulse/a', 'kept'); call('pulse/a', 'late')?.() }")
    goes_on(page)
    assert set(page.evaluate("asked")) == {"/pulse/a"}
    assert page.evaluate("draw.length") > 0


def test_an_answer_that_never_comes_is_waited_for_no_longer_than_is_patient(begun):
    page = begun("nothing", {}, "refused", {})
    page.evaluate("call('pulse/a', 'drawn')")
    goes_on(page, more=6)
    assert page.evaluate("draw") == ["drawn"]


def test_a_chart_that_cannot_be_filled_keeps_nothing_from_being_drawn(begun):
    page = begun({"draw": True, "rows": {"live": [{}]}})
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.evaluate(
        """() => {
            const svg = document.body.appendChild(document.createElementNS("http://www.w3.org/2000/svg", "svg"));
            svg.classList.add("marks");
            const ground = svg.appendChild(document.createElementNS("http://www.w3.org/2000/svg", "path"));
            ground.classList.add("background");
            ground.__data__ = { context: { dataflow: { getState() { throw new Error("a chart that is gone") } } } };
            call("pulse/a", "drawn");
        }"""
    )
    goes_on(page)
    assert page.evaluate("draw.length") > 0
    assert set(errors) == {"a chart that is gone"}


def test_what_is_told_of_a_session_that_is_over_is_not_heeded(begun):
    page = begun({"draw": True})
    page.evaluate(
        """() => {
            const tell = fetch, held = window.held = [];
            window.fetch = (...asked) => new Promise((answer) => held.push(() => answer(tell(...asked))));
        }"""
    )
    page.evaluate("call('pulse/old', 'old')")
    page.wait_for_function("held.length === 1")
    page.evaluate("call('pulse/new', 'new')")
    page.evaluate("held[0]()")
    page.wait_for_function("held.length === 2")
    assert page.evaluate("draw") == []
    page.evaluate("held[1]()")
    page.wait_for_function("draw.length === 1")
    assert page.evaluate("[draw, asked]") == [["new"], ["/pulse/old", "/pulse/new"]]


def test_it_ends_with_its_element(begun):
    page = begun({})
    page.evaluate("call('pulse/a', 'drawn')")
    goes_on(page)
    page.evaluate(
        """() => {
            window.ended = [];
            document.removeEventListener = (kind) => ended.push([kind, asked.length]);
            document.getElementById("here").remove();
        }"""
    )
    page.wait_for_function("ended.length")
    assert page.evaluate("ended") == [["visibilitychange", page.evaluate("asked.length")]]
