"""How much memory is left: the system's, or a container's if that is less."""

import pytest

from hpviz.runs import memory


@pytest.fixture
def system(tmp_path, monkeypatch):
    """A system with 8 GiB available and no container."""
    info = tmp_path / "meminfo"
    info.write_text("MemTotal:       16777216 kB\nMemAvailable:    8388608 kB\n")
    monkeypatch.setattr(memory, "MEMORY_INFO", info)
    monkeypatch.setattr(memory, "CONTAINER", tmp_path)
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


def test_where_the_system_does_not_tell_nothing_is_known(system):
    (system / "meminfo").unlink()
    assert memory.available_bytes() is None
