"""The script of the button that copies a picture, by itself."""

from importlib.resources import files

BEGIN = """async (script) => {
    document.body.innerHTML = "<div id='here'><button></button><span role='status'></span></div>";
    window.copied = [];
    window.ClipboardItem = class { constructor(parts) { this.picture = parts["image/png"] } };
    const write = async ([item]) => copied.push(await item.picture.text());
    Object.defineProperty(navigator, "clipboard", { value: { write } });
    const { default: call } = await import(URL.createObjectURL(new Blob([script], { type: "text/javascript" })));
    for (const [picture, since] of [["newer", 2], ["older", 1]]) {
        call({ parentElement: document.getElementById("here"), data: { png: btoa(picture), name: "a.png", since } });
    }
}"""


def test_an_older_picture_that_comes_late_is_not_the_one_that_is_copied(chromium):
    page = chromium.new_page()
    page.evaluate(BEGIN, files("hpviz.ui").joinpath("copying.js").read_text(encoding="utf-8"))
    page.get_by_role("button").click()
    page.wait_for_function("copied.length")
    assert page.evaluate("copied") == ["newer"]
    page.close()
