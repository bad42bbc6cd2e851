"""The house stands: imports go down the floors only, and pages paint before torch is loaded."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "hpviz").rglob("*.py"))

# From the top floor down. A module may import its own floor and those below.
FLOORS = [
    {"cli", "__main__", "ui"},
    {"follow", "terminal", "streams"},
    {"plan", "missing", "reproduction", "links", "charts"},
    {"analysis"},
    {"runs"},
    {"training"},
    {"models"},
    {"data"},
    {"studies", "hyperparameters", "notation", "theory"},
    {"confined"},
    {"spec", "home", "paths", "interrupts", "__version__"},
]


def floor(module: str) -> int:
    name = module.split(".")[1]
    return next(place for place, names in enumerate(FLOORS) if name in names)


def module_of(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts)


def imports(file: Path) -> list[str]:
    """Every module that a file imports, wherever in it."""
    found = []
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [node.module] if node.module != "hpviz" else [f"hpviz.{alias.name}" for alias in node.names]
    return found


@pytest.mark.parametrize("file", FILES, ids=module_of)
def test_imports_go_down_the_floors_only(file):
    if file == ROOT / "hpviz" / "__init__.py":
        return
    for imported in imports(file):
        if imported.startswith("hpviz."):
            assert floor(imported) >= floor(module_of(file)), f"{module_of(file)} imports {imported}"


@pytest.mark.parametrize("file", FILES, ids=module_of)
def test_streamlit_is_imported_in_the_ui_only_and_torch_below_the_runner_only(file):
    roots = {name.split(".")[0] for name in imports(file)}
    name = module_of(file)
    if not name.startswith("hpviz.ui"):
        assert "streamlit" not in roots
    if not name.startswith(("hpviz.data", "hpviz.models", "hpviz.training")):
        assert not roots & {"torch", "torchvision"}


@pytest.mark.parametrize(
    "module",
    [
        "hpviz.cli",
        "hpviz.ui.study.live",
        "hpviz.ui.study.choices",
        "hpviz.ui.overview.scoreboard",
        "hpviz.ui.overview.missing_runs",
        "hpviz.runs.runner",
        "hpviz.data.audit",
    ],
)
def test_a_page_can_be_painted_before_torch_is_loaded(module):
    code = f"import sys, {module}; assert not {{'torch', 'torchvision', 'kagglehub'}} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
