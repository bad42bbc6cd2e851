"""A server or a command that is told to stop while it works on images is gone within seconds, not after the work."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.sync.client import connect

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 5  # seconds: what is promised

# As a server does: work in the background, the main thread leaving when it is told to.
BACKGROUND = """
import signal, sys, time
from pathlib import Path
from hpviz.data.catalogue import resolve
from hpviz.runs.desk import shared

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
what, data, cache = sys.argv[1], sys.argv[2], Path(sys.argv[3])
desk, source = shared(cache), resolve(data, cache)
task = desk.prepare(source, 64) if what == "prepare" else getattr(desk, what)(source)
said = ""
while not task.wait(0.05):
    if task.view["text"] != said:
        said = task.view["text"]
        print(said, flush=True)
sys.exit(f"ended by itself: {task.error}")
"""


# As a server does that is stopped right after its start, while the process that is to train is loading a module.
LOADING = """
import sys, threading
from pathlib import Path
from hpviz.runs.runner import shared

runner = shared(Path(sys.argv[1]))
runner.warm_up()
pause = threading.Event()
while not Path(sys.argv[2]).exists():
    pause.wait(0.001)
"""

# Python runs this before anything else: the process that is to train says when it begins to load that module.
AT_IMPORT = """
import os, sys
from pathlib import Path
class Teller:
    def find_spec(self, name, path=None, target=None):
        if name == os.environ["TELL_OF"]:
            sys.meta_path.remove(self)
            place = Path(os.environ["TELL_IN"])
            place.with_suffix(".part").write_text(str(os.getpid()))
            place.with_suffix(".part").rename(place)
if "hpviz.runs.training_process" in sys.orig_argv:
    sys.meta_path.insert(0, Teller())
"""


@pytest.fixture(scope="module")
def slow_pictures(tmp_path_factory):
    """Small files that take long: each unpacks to 60 million pixels."""
    root = tmp_path_factory.mktemp("slow")
    Image.new("L", (7700, 7700)).save(root / "one.png")
    content = (root / "one.png").read_bytes()
    for number in range(200):
        folder = root / "set" / ("cats", "dogs")[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.png").write_bytes(content + b"%d" % number)  # so that each is a picture of its own
    (root / "set" / "notes.txt").write_text("looked into before the images are")
    return root / "set"


@pytest.fixture(scope="module")
def large_files(tmp_path_factory):
    """Files of 50 GB that take no room: to hash one lasts longer than anyone waits."""
    root = tmp_path_factory.mktemp("large")
    for number in range(4):
        file = root / ("cats", "dogs")[number % 2] / f"{number}.jpg"
        file.parent.mkdir(exist_ok=True)
        with file.open("wb") as stream:
            stream.truncate(50 * 2**30)
    return root


@pytest.mark.parametrize("module", ["hpviz.runs.work", "torch", "torch.library", "torch._meta_registrations"])
def test_a_process_that_ends_while_pytorch_is_loaded_says_nothing_of_it_and_leaves_nobody_behind(tmp_path, module):
    (tmp_path / "sitecustomize.py").write_text(AT_IMPORT)
    told = {"TELL_OF": module, "TELL_IN": str(tmp_path / "told"), "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-c", LOADING, str(tmp_path / "cache"), told["TELL_IN"]]
    ended = subprocess.run(command, cwd=ROOT, env={**os.environ, **told}, capture_output=True, text=True, timeout=120)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    assert not Path(f"/proc/{(tmp_path / 'told').read_text()}").exists()


@pytest.mark.parametrize(
    ("what", "given", "at_work"),
    [
        ("prepare", "scenes", "drawing the scenes"),
        ("identify", "slow_pictures", "looking at the images"),
        ("identify", "large_files", "looking at the images"),
    ],
)
def test_work_in_the_background_does_not_keep_a_process_from_ending(tmp_path, request, what, given, at_work):
    data = given if given == "scenes" else str(request.getfixturevalue(given))
    command = [sys.executable, "-c", BACKGROUND, what, data, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert any(at_work in line for line in process.stdout), process.stderr.read()
            process.terminate()
            assert process.wait(PATIENCE) == 0
            assert process.stderr.read() == ""
        finally:
            process.kill()
    assert not list(tmp_path.glob("data/*.part"))


def test_a_download_does_not_keep_a_process_from_ending_and_ends_with_it(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as proxy:  # that never answers
        proxy.settimeout(60)
        env = {**os.environ, "HTTPS_PROXY": f"http://127.0.0.1:{proxy.getsockname()[1]}", "NO_PROXY": ""}
        command = [sys.executable, "-c", BACKGROUND, "fetch", "cifar10", str(tmp_path)]
        with subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.PIPE, text=True) as process:
            try:
                asked, _ = proxy.accept()
                process.terminate()
                assert process.wait(PATIENCE) == 0
                assert process.stderr.read() == ""
                with asked:
                    asked.settimeout(PATIENCE)
                    while asked.recv(4096):  # until the child that downloads has ended, too
                        pass
            finally:
                process.kill()


def test_a_command_that_prepares_images_stops_when_it_is_told_to(tmp_path, slow_pictures):
    command = [sys.executable, "-m", "hpviz", "data", "--data", str(slow_pictures), "--json", "--cache", str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            while process.poll() is None and not list(tmp_path.glob("data/sniffed-*.json")):
                os.sched_yield()
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE) == 130
            assert "Traceback" not in process.stderr.read()
        finally:
            process.kill()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_server_ends_when_it_is_told_to_while_the_scenes_are_drawn(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    options = ["--server.headless", "true", "--server.fileWatcherType", "none", "--server.address", "127.0.0.1"]
    env = {**os.environ, "HPVIZ_CACHE": str(tmp_path)}
    with subprocess.Popen([*command, *options], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert any(re.search(r":\d+", line) for line in server.stdout)  # it says where it listens
            address, origin = f"ws://127.0.0.1:{port}/_stcore/stream", f"http://127.0.0.1:{port}"
            with connect(address, subprotocols=["streamlit"], max_size=None, origin=origin) as page:
                asked = BackMsg()
                asked.rerun_script.query_string, asked.rerun_script.page_name = "data=scenes", "data"
                page.send(asked.SerializeToString())
                while b"drawing the scenes" not in page.recv(timeout=60):
                    pass
                server.terminate()
                assert server.wait(PATIENCE) == 0
        finally:
            server.kill()
