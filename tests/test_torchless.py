"""Whoever asks has no PyTorch: a fresh process opens every page, trains, looks inside, reads CIFAR-10 and weights."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torchvision

ROOT = Path(__file__).parent.parent

ASKS = """
import hashlib, json, pickle, sys
from pathlib import Path
import numpy as np

def loaded(what):
    found = sorted({"torch", "torchvision"} & set(sys.modules))
    assert not found, f"{found} loaded by {what}"
    print(what, flush=True)
"""

PAGES = (
    ASKS
    + """
from hpviz.home import default_cache
from hpviz.runs import desk as desks
from hpviz.runs import runner as runners
from hpviz.studies import STUDIES
from streamlit.testing.v1 import AppTest
from tests.app.conftest import Preparing
from tests.app.pages import ROOT, open_page

desks.Desk.prepare = lambda self, source, image_size: Preparing()  # the scenes, which pages can do without
app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
assert not app.exception
loaded("app.py")
for file in sorted((ROOT / "hpviz" / "ui" / "pages").glob("*.py")):
    app = AppTest.from_file(str(file), default_timeout=60).run()
    assert not app.exception, file
    loaded(file.stem)
study = next(study for study in STUDIES.values() if not study.article_values)  # one page for all of them
assert not open_page(study).exception
loaded(study.name)
machine = runners.shared(default_cache()).machine()
assert machine["precision"] in ("fp32", "bf16") and machine["threads"] >= 1
loaded("machine")
"""
)

WORK = (
    ASKS
    + """
from hpviz.data import catalogue, published
from hpviz.runs.desk import Desk
from hpviz.runs.runner import Runner
from hpviz.runs.tasks import inside_of, one_photo_of
from hpviz.training.inside import from_json, photo_from_json
from tests.made_up import rest
from tests.runs.test_executor import asked

cache, folder, weights = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
runner, desk = Runner(cache), Desk(cache)
one = asked(folder, cache, epochs=1)
runner.submit(one)
run = rest(runner, one.spec.run_id)
assert run["status"] == "finished", run["reason"]
loaded("run")

def result(task):
    assert task.wait(120) and task.error is None, task.error
    return task.result

assert from_json(result(desk.find(inside_of(run)))).kernels.dtype == np.float32
loaded("inspect")
assert photo_from_json(result(desk.find(one_photo_of(run, 3)))).layers[0].maps.dtype == np.uint8
loaded("one photo")
path, digest = result(desk.weights(weights))
assert (str(path), digest) == (weights, hashlib.sha256(Path(weights).read_bytes()).hexdigest())
loaded("weights")

def put(name, content):
    (files / name).write_bytes(pickle.dumps(content))
    return {name: hashlib.md5(pickle.dumps(content)).hexdigest()}

files = cache / "downloads" / "cifar10" / published.CIFAR10
files.mkdir(parents=True)
batch = {"data": np.zeros((10, 3072), np.uint8), "labels": list(range(10))}
published.CIFAR10_TRAIN, published.CIFAR10_TEST = put("data_batch_1", batch), put("test_batch", batch)
published.CIFAR10_META = put("batches.meta", {"label_names": list("abcdefghij")})
cifar = catalogue.resolve("cifar10", cache)
result(desk.identify(cifar))
result(desk.prepare(cifar, 16))
loaded("cifar10")
desk.close()
runner.close()
loaded("close")
"""
)


def asks(code, *arguments, **environment):
    """What a fresh process tells that it did; it fails where PyTorch was loaded."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    asking = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, timeout=300
    )
    assert asking.returncode == 0, asking.stderr[-3000:]
    return asking.stdout.splitlines()


def test_no_page_loads_torch(tmp_path):
    told = asks(PAGES, HPVIZ_CACHE=str(tmp_path))
    assert {"app.py", "overview", "compare", "runs", "data", "grid", "machine"} <= set(told)


def test_no_work_that_is_asked_for_loads_torch(tmp_path, folder):
    weights = tmp_path / "weights.pth"
    torch.save(torchvision.models.resnet18().state_dict(), weights)
    told = asks(WORK, tmp_path / "cache", folder, weights)
    assert told == ["run", "inspect", "one photo", "weights", "cifar10", "close"]


@pytest.mark.parametrize("verb", [["run", "--epochs", "1"], ["resume"], ["doctor"], ["runs"]])
def test_no_verb_loads_torch(tmp_path, folder, verb):
    given = ["--data", folder, "--image-size", "32", "--padding", "same"] if verb[0] == "run" else []
    code = "import sys; from hpviz.cli import main; status = main(sys.argv[1:]); print('torch' in sys.modules)"
    *_, told = asks(f"{code}; sys.exit(status)", *verb, *given, "--json", "--cache", tmp_path)
    assert told == "False"
