"""Windows and macOS, as far as a Linux machine can tell."""

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent
NO_TEXT = ("os.open", "Image.open")


def test_every_text_file_is_opened_in_an_encoding_that_is_the_same_everywhere():
    files = [ROOT / "app.py", *(ROOT / "hpviz").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")]
    assert not [
        f"{file.relative_to(ROOT)}:{call.lineno}: {ast.unparse(call)}"
        for file in files
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and opens_text(call) and "encoding" not in {each.arg for each in call.keywords}
    ]


def opens_text(call: ast.Call) -> bool:
    """Whether that opens, reads or writes a file as text, as far as its words tell."""
    name = ast.unparse(call.func)
    if name.endswith((".read_text", ".write_text")):
        return True
    if name in NO_TEXT or name.rpartition(".")[2] not in ("open", "fdopen"):
        return False
    given = [*call.args, *(each.value for each in call.keywords)]
    modes = [each.value for each in given if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    return not any("b" in mode and len(mode) <= 3 for mode in modes)
