"""What all tests share: nothing of a person's cache is touched, and hypothesis repeats itself."""

import os

import pytest
from hypothesis import HealthCheck, settings

# Machines are shared and slow at times; a test says what happens, never how fast.
settings.register_profile("calm", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("calm")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HPVIZ_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(scope="session")
def photos() -> str:
    """The folder of real photos; tests that need them skip where there are none."""
    folder = os.environ.get("HPVIZ_PHOTOS")
    if not folder:
        pytest.skip("HPVIZ_PHOTOS names no folder of real photos")
    return folder
