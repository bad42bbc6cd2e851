"""The wheel, in an environment of its own and used from another folder; what the container file makes of it."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import psutil
import pytest

import hpviz
from benchmarks.visitors import ROOT, Server

pytest.importorskip("hatchling", reason="hatchling, which builds the wheel, is not installed")
pytest.importorskip("pip", reason="pip, which installs the wheel, is not installed")
BUNDLE = ROOT / "tests" / "fixtures" / "v0_1" / "bundle.json"
SETTINGS = "hpviz/app/.streamlit/config.toml"


def build(source, folder):
    """The wheel of a source tree, made without a network."""
    offline = ["--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run([sys.executable, "-m", "pip", "wheel", *offline, "--wheel-dir", folder, source], check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def contents(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build(ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The folder of programs of an environment that has the wheel, and from here what it needs."""
    place = tmp_path_factory.mktemp("environment")
    venv.create(place, symlinks=True)
    at = {"base": place, "platbase": place}
    python = Path(sysconfig.get_path("scripts", "venv", at), "python")
    needed = [each for each in sys.path if Path(each).name in ("site-packages", "dist-packages")]
    Path(sysconfig.get_path("purelib", "venv", at), "needed.pth").write_text("\n".join(needed))
    offline = ["--quiet", "--no-deps", "--no-index", "--no-compile"]
    subprocess.run([sys.executable, "-m", "pip", "--python", python, "install", *offline, wheel], check=True)
    return python.parent


@pytest.fixture
def elsewhere(tmp_path):
    """A folder that has nothing to do with hpviz."""
    (tmp_path / "elsewhere").mkdir()
    return tmp_path / "elsewhere"


@pytest.fixture
def surroundings(tmp_path):
    """The environment of somebody who has said nothing, and whose home is empty."""
    home = tmp_path / "home"
    home.mkdir()
    told = ("HPVIZ_", "STREAMLIT_", "XDG_", "PYTHON")
    return {**{name: text for name, text in os.environ.items() if not name.startswith(told)}, "HOME": str(home)}


@pytest.fixture
def call(installed, elsewhere, surroundings):
    """Type `hpviz …` in another folder: its status, its lines and what it complained of."""

    def type_in(*arguments, **said):
        command, env = [installed / "hpviz", *arguments], {**surroundings, **said}
        ended = subprocess.run(command, cwd=elsewhere, env=env, capture_output=True, text=True, timeout=300)
        return ended.returncode, ended.stdout, ended.stderr

    return type_in


def test_the_wheel_is_the_package_as_it_is_and_the_app_beside_its_settings(wheel):
    found = contents(wheel)
    there = {name for name in found if ".dist-info/" not in name}
    files = {each for each in (ROOT / "hpviz").rglob("*") if each.is_file() and each.suffix != ".pyc"}
    assert there == {each.relative_to(ROOT).as_posix() for each in files} | {"hpviz/app/app.py", SETTINGS}
    assert found["hpviz/app/app.py"] == (ROOT / "app.py").read_bytes()
    assert found[SETTINGS] == (ROOT / ".streamlit" / "config.toml").read_bytes()
    assert wheel.name.endswith("-py3-none-any.whl")


def test_the_wheel_says_the_versions_and_needs_that_are_said_elsewhere(wheel):
    (about,) = (text.decode() for name, text in contents(wheel).items() if name.endswith("/METADATA"))
    needs = re.findall(r"^Requires-Dist: (.*)$", about, re.M)
    extra = [need for need in needs if "extra ==" in need]
    for found, file in ((extra, "requirements-cluster.txt"), ([*{*needs} - {*extra}], "requirements.txt")):
        asked = [line for line in (ROOT / file).read_text().splitlines() if line[:1].isalpha()]
        assert {re.sub(r"[<>=].*", "", need) for need in found} == {re.sub(r"[<>=].*", "", line) for line in asked}
        assert len(found) == len(asked)
    assert all("extra == 'cluster'" in need for need in extra)
    assert f"\nVersion: {hpviz.__version__}\n" in about


def test_it_says_what_it_is(call):
    assert call("--version") == (0, f"hpviz {hpviz.__version__}\n", "")
    status, told, complaint = call("dance")
    assert (status, told, complaint.count("\n")) == (2, "", 1)
    assert "`hpviz --help` shows the choices" in complaint


def test_runs_are_kept_among_the_persons_data_and_nothing_is_written_elsewhere(call, elsewhere, surroundings):
    assert call("import", str(BUNDLE))[0] == 0
    status, told, complaint = call("runs", "--json")
    assert (status, complaint) == (0, "")
    assert {json.loads(line)["event"] for line in told.splitlines()} == {"run"}
    home = Path(surroundings["HOME"])
    assert (home / ".local/share/hpviz/runs").is_dir()
    assert [[each.name for each in place.iterdir()] for place in (home, elsewhere)] == [[".local"], []]


def test_it_trains(call, folder):
    status, told, complaint = call("run", "--data", folder, "--image-size", "48", "--epochs", "1", "--json")
    assert (status, complaint) == (0, "")
    assert [json.loads(line)["event"] for line in told.splitlines()][-2:] == ["epoch", "done"]


@pytest.fixture
def serve(tmp_path, elsewhere):
    """Starts servers in another folder and ends them with the test."""
    servers = []

    def start(command, env):
        servers.append(Server(tmp_path / "served", folder=elsewhere, command=command, env=env))
        return servers[-1]

    yield start
    for server in servers:
        server.end()


def listening(server):
    """The addresses of this machine at which a server can be reached."""
    sockets = psutil.Process(server.process.pid).net_connections("inet")
    return {each.laddr.ip for each in sockets if each.status == psutil.CONN_LISTEN}


def test_alone_it_opens_the_app_set_up_as_in_a_checkout_whatever_lies_where_it_is_started(
    installed, surroundings, serve, elsewhere
):
    cache = Path(surroundings["HOME"], ".local/share/hpviz")
    (elsewhere / ".streamlit").mkdir()
    (elsewhere / ".streamlit" / "config.toml").write_text('[server]\naddress = "0.0.0.0"\nallowedHosts = []\n')
    for name in ("streamlit", "hpviz", "app"):
        (elsewhere / f"{name}.py").write_text("raise SystemExit('not from here')\n")
    server = serve([installed / "hpviz"], surroundings)
    with server.visit("overview") as visitor:
        visitor.draw()
        assert any("held" in text for text in visitor.texts)
    assert (cache / "runs").is_dir()
    assert listening(server) == {"127.0.0.1"}
    with server.visit("overview", name="evil.example") as visitor:
        visitor.draw()
        assert (visitor.widgets, visitor.fragments) == ({}, {})
    assert server.end() == 0


# The container file, whose steps are run here one by one, as there need be nothing that runs containers.


def instructions():
    """Its instructions, in order, each with what it says on one line."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.M).replace("\\\n", " ")
    return [tuple(line.split(maxsplit=1)) for line in text.splitlines() if line.strip()]


def test_the_container_is_built_of_nothing_but_what_it_needs(wheel, tmp_path):
    source = tmp_path / "source"
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if line.startswith("!"):
            kept, copy = ROOT / line[1:], source / line[1:]
            copy.parent.mkdir(parents=True, exist_ok=True)
            take = shutil.copytree if kept.is_dir() else shutil.copy
            take(kept, copy)
    (tmp_path / "wheels").mkdir()
    assert contents(build(source, tmp_path / "wheels")) == contents(wheel)


def test_the_container_serves_its_pages_to_the_outside_as_nobody_special_and_is_healthy(
    installed, surroundings, serve, tmp_path
):
    said = instructions()
    told = dict(part.split("=", 1) for name, text in said if name == "ENV" for part in text.split())
    (volume,) = (text for name, text in said if name == "VOLUME")
    assert told["HPVIZ_CACHE"] == volume
    (program,) = json.loads(said[-1][1])
    server = serve([installed / program], {**surroundings, **told, "HPVIZ_CACHE": str(tmp_path / "volume")})
    assert listening(server) == {"0.0.0.0"}
    assert "URL: http://localhost:" in server.log()
    assert "external IP" not in server.log()  # nobody on the internet was asked for one
    (check,) = (text for name, text in said if name == "HEALTHCHECK")
    port = server.address.rpartition(":")[2]
    program, *arguments = json.loads(check[check.index("[") :].replace(told["STREAMLIT_SERVER_PORT"], port))
    healthy = [installed / program, *arguments]
    assert subprocess.run(healthy, env=surroundings, timeout=60).returncode == 0
    assert server.end() == 0
    assert subprocess.run(healthy, env=surroundings, timeout=60, capture_output=True).returncode != 0
    (user,) = (text for name, text in said if name == "USER")
    assert user != "root"
