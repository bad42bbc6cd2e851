"""How much memory is left: the system's, or a container's if that is less."""

from types import SimpleNamespace

import pytest

from hpviz.runs import memory


@pytest.fixture(autouse=True)
def _no_machine(tmp_path, monkeypatch):
    """The counters of this very machine are none of a test's."""
    monkeypatch.setattr(memory, "MACHINE_COUNTERS", tmp_path / "vmstat")


@pytest.fixture
def system(tmp_path, monkeypatch):
    """A system with 8 GiB available and no container."""
    monkeypatch.setattr(memory.psutil, "virtual_memory", lambda: SimpleNamespace(total=16 * 2**30, available=8 * 2**30))
    monkeypatch.setattr(memory, "CONTAINER", tmp_path)
    monkeypatch.setattr(memory, "GROUPS", tmp_path / "cgroup")
    return tmp_path


def contain(folder, limit, used, cached):
    (folder / "memory.max").write_text(f"{limit}\n")
    (folder / "memory.current").write_text(f"{used}\n")
    (folder / "memory.stat").write_text(f"anon 1\ninactive_file {cached}\nactive_file 5\n")


def test_without_a_container_it_is_what_the_system_has(system):
    assert memory.available_bytes() == 8 * 2**30


def test_a_containers_limit_counts_and_files_read_before_give_way(system):
    contain(system, limit=4000, used=3000, cached=1500)
    assert memory.available_bytes() == 2500


def test_a_container_without_a_limit_does_not_count(system):
    contain(system, limit="max", used=3000, cached=0)
    assert memory.available_bytes() == 8 * 2**30


def contain_in_version_1(folder, limit, used, cached):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "memory.limit_in_bytes").write_text(f"{limit}\n")
    (folder / "memory.usage_in_bytes").write_text(f"{used}\n")
    (folder / "memory.stat").write_text(f"inactive_file 7\ntotal_inactive_file {cached}\ntotal_active_file 5\n")


def test_a_limit_of_version_1_counts_too(system):
    contain_in_version_1(system / "memory", limit=4000, used=3000, cached=1500)
    assert memory.available_bytes() == 2500


@pytest.mark.parametrize("limit", [2**63 - 4096, 2**63 - 1, 2**62])
def test_version_1_writes_a_huge_number_where_there_is_no_limit(system, limit):
    contain_in_version_1(system / "memory", limit=limit, used=3000, cached=0)
    assert memory.available_bytes() == 8 * 2**30


@pytest.mark.parametrize("tightest", ["user.slice", "user.slice/app", "user.slice/app/hpviz"])
@pytest.mark.parametrize("version", [1, 2])
def test_every_group_around_the_process_bounds_it(system, version, tightest):
    line = "4:cpu,memory:/user.slice/app/hpviz" if version == 1 else "0::/user.slice/app/hpviz"
    (system / "cgroup").write_text(f"9:name=systemd:/elsewhere\n{line}\n")
    root, put = (system / "memory", contain_in_version_1) if version == 1 else (system, contain)
    for group in ("user.slice", "user.slice/app", "user.slice/app/hpviz", "elsewhere"):
        (root / group).mkdir(parents=True)
        put(
            root / group, limit=4000 if group == tightest else 10 if group == "elsewhere" else 9000, used=1000, cached=0
        )
    assert memory.available_bytes() == 3000


@pytest.mark.parametrize("path", ["/docker/0123", "/../../other", "/"])
def test_inside_a_container_whose_own_path_is_not_to_be_seen_its_root_counts(system, path):
    (system / "cgroup").write_text(f"4:memory:{path}\n0::{path}\n")
    contain_in_version_1(system / "memory", limit=4000, used=1000, cached=0)
    contain_in_version_1(system.parent / "other", limit=10, used=1, cached=0)
    assert memory.available_bytes() == 3000


def test_more_used_than_allowed_leaves_nothing(system):
    contain(system, limit=3000, used=4000, cached=0)
    assert memory.available_bytes() == 0


def test_what_cannot_be_read_bounds_nothing(system):
    (system / "cgroup").write_bytes(b"no\xff such: line\n\n0\n::::\n")
    (system / "memory.max").mkdir()
    assert memory.available_bytes() == 8 * 2**30


def test_where_the_system_does_not_tell_nothing_is_known_but_a_containers_limit(system, monkeypatch):
    def untold():
        raise OSError("no such system")

    monkeypatch.setattr(memory.psutil, "virtual_memory", untold)
    assert memory.available_bytes() is None
    contain_in_version_1(system / "memory", limit=2**62, used=3000, cached=0)
    assert memory.available_bytes() is None
    contain(system, limit=4000, used=3000, cached=1500)
    assert memory.available_bytes() == 2500


def test_a_system_that_tells_of_no_kills_has_had_none(system):
    assert memory.kills() == 0


@pytest.mark.parametrize("counter", ["memory.events", "memory/memory.oom_control"])
def test_kills_for_want_of_memory_are_counted_by_the_group_of_either_version(system, counter):
    (system / counter).parent.mkdir(exist_ok=True)
    (system / counter).write_text("oom 9\nunder_oom 1\noom_kill 3\n")
    (system / "vmstat").write_text("oom_kill 12\n")  # of which others are, in other containers
    assert memory.kills() == 3


def test_where_no_group_counts_them_the_machine_does(system):
    (system / "vmstat").write_text("pgfault 5\noom_kill 2\n")
    assert memory.kills() == 2
