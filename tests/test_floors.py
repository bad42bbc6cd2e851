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
    {"plan", "missing", "reproduction", "links", "charts", "site"},
    {"analysis"},
    {"runs"},
    {"training"},
    {"models"},
    {"data"},
    {"studies", "hyperparameters", "notation", "theory"},
    {"confined", "hardware", "weight_files"},
    {"spec", "home", "installation", "paths", "cores", "own_process", "interrupts", "gate", "in_use", "__version__"},
]


# What a process that trains does, or what may have it done; everything else is done without PyTorch.
WORKERS = {f"hpviz.runs.{name}" for name in ("training_process", "work", "tasks", "executor", "node")}
# Of those two floors, what anyone may import: it loads no PyTorch, or only where it reads or writes tensors.
PLAIN = {f"hpviz.training.{name}" for name in ("events", "inside", "checkpoint", "recorded_answers", "schedule")}


def floor(module: str) -> int:
    name = module.split(".")[1]
    return next(place for place, names in enumerate(FLOORS) if name in names)


def module_of(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts)


def imports(file: Path) -> list[str]:
    """Every module that a file imports, wherever in it."""
    found = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
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
def test_streamlit_is_imported_in_the_ui_only(file):
    roots = {name.split(".")[0] for name in imports(file)}
    assert module_of(file).startswith("hpviz.ui") or "streamlit" not in roots


@pytest.mark.parametrize("file", FILES, ids=module_of)
def test_torch_is_imported_by_what_trains_only_wherever_in_a_file(file):
    name, imported = module_of(file), set(imports(file))
    if name.startswith(("hpviz.models", "hpviz.training")):
        return
    assert not {each.split(".")[0] for each in imported} & {"torch", "torchvision"}
    needing = {each for each in imported if each.startswith(("hpviz.models", "hpviz.training"))} - PLAIN
    assert name in WORKERS or not needing


def test_what_anyone_may_import_loads_no_torch():
    loaded = "{'torch', 'torchvision'} & set(sys.modules)"
    code = f"import sys, {', '.join(sorted(PLAIN | WORKERS))}; assert not {loaded}"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


@pytest.mark.parametrize(
    "module",
    [
        "hpviz.cli",
        "hpviz.ui.bench.bench",
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
