"""The verb inspect looks at the loss around runs that were really trained: one line, a picture, or one sentence."""

import json
import shutil
from contextlib import closing

import pytest

from hpviz.cli import main
from hpviz.home import default_cache
from hpviz.runs import executor, inspections
from hpviz.runs.document import move, new_run
from hpviz.runs.landscape import landscape_of, refusal
from hpviz.runs.runner import Runner
from hpviz.spec import RunSpec

SMALL = ("--image-size", "32", "--kernel-width", "3", "--padding", "same", "--width", "0.25", "--threads", "1")


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    """Nets this small are quicker so, most of all on a machine that is busy; what trains is told when it starts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        executor.end_all()
        yield
    executor.end_all()


@pytest.fixture(scope="module")
def trained(folder, tmp_path_factory):
    """A cache folder with runs of two batch sizes, and their ids."""
    cache = tmp_path_factory.mktemp("trained")
    for size in ("8", "40"):
        options = ["--data", folder, *SMALL, "--cache", str(cache), "--batch-size", size]
        assert main(["run", "--epochs", "2", *options]) == 0
    with closing(Runner(cache)) as runner:
        found = {run["spec"]["batch_size"]: run["id"] for run in runner.store.runs()}
    return cache, found


@pytest.fixture
def ids(trained):
    """The ids, their runs in the test's own cache folder."""
    cache, found = trained
    shutil.copytree(cache, default_cache(), dirs_exist_ok=True)
    return found


def test_the_line_has_grid_paths_and_how_far_to_believe_them_and_the_picture_is_written(hpviz, ids, tmp_path):
    picture = tmp_path / "landscape.svg"
    status, lines = hpviz("inspect", "landscape", ids[8], ids[40], "--to", str(picture))
    assert status == 0
    (line,) = lines
    assert (line["event"], line["what"]) == ("inspection", "landscape")
    assert (len(line["x"]), len(line["y"]), len(line["grid"]), len(line["grid"][0])) == (21, 21, 21, 21)
    assert set(line["paths"]) == {ids[8], ids[40]}
    assert line["off"] == {ids[8]: 0, ids[40]: 0}
    assert 0 < line["explained"] <= 1
    assert line["error"] >= 0
    for path in line["paths"].values():
        assert all(len(point) == 3 for point in path)
        assert path[-1][2] < path[0][2]
    drawn = picture.read_text()
    assert f"The plane holds {line['explained']:.1%}" in drawn
    assert "nats from the one drawn" in drawn
    assert ">start<" in drawn
    checkpoints = [path.name for path in (default_cache() / "checkpoints" / ids[8]).iterdir()]
    assert sorted(checkpoints) == ["newest.pt", "run.json"]


def test_it_is_found_once_and_a_closer_look_keeps_plane_and_paths(ids, hpviz):
    _, (first,) = hpviz("inspect", "landscape", ids[40])
    (kept,) = inspections.folder(default_cache()).glob("*.json")
    known = json.loads(kept.read_text())
    known["found"]["images"] = 7
    kept.write_text(json.dumps(known))
    _, (again,) = hpviz("inspect", "landscape", ids[40])
    assert again["images"] == 7
    with closing(Runner(default_cache())) as runner:
        run = runner.store.get(ids[40])
    x, y, loss = first["paths"][ids[40]][-1]
    work = landscape_of([run], (x, x + 0.1, y, y + 0.1)).remembered(default_cache())
    told = []
    while True:
        try:
            told.append(next(work))
        except StopIteration as end:
            closer = end.value
            break
    assert not any("again" in step.what for step in told)
    assert closer["images"] == 7
    assert closer["paths"] == first["paths"]
    assert closer["grid"][0][0] == pytest.approx(loss, abs=max(3 * first["error"], 0.05))
    inspections.forget(default_cache(), ids[40])
    assert list(inspections.folder(default_cache()).iterdir()) == []


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("depth", 2, "differ in depth: different networks have no"),
        ("per_class", 20, "differ in training images a class: different images have no"),
    ],
)
def test_runs_of_different_networks_or_images_are_one_sentence(ids, capsys, field, value, sentence):
    with closing(Runner(default_cache())) as runner:
        run = runner.store.get(ids[8])
        other = new_run(RunSpec(**{**run["spec"], field: value}), run["inputs"], 2)
        other["epochs"] = run["epochs"]
        move(other, "finished")
        runner.store.put(other)
    assert main(["inspect", "landscape", ids[8], other["id"], "--json"]) == 2
    assert sentence in capsys.readouterr().err
    assert not list(inspections.folder(default_cache()).glob("*"))


def test_no_more_than_five_paths_are_drawn(ids):
    with closing(Runner(default_cache())) as runner:
        run = runner.store.get(ids[8])
    assert refusal([run] * 5) is None
    assert refusal([run] * 6) == "A landscape is drawn around the paths of one to 5 runs; 6 were given."
    assert refusal([{**run, "epochs": []}]).startswith(f"Run {ids[8]} has no epoch yet")
