"""What a wheel asks for is what the requirements name, so that it is said in one place."""

from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


class Requirements(MetadataHookInterface):
    """Hatchling finds the hook of a project in this file."""

    def update(self, metadata: dict[str, Any]) -> None:
        metadata["dependencies"] = self.named("requirements.txt")
        metadata["optional-dependencies"] = {"cluster": self.named("requirements-cluster.txt")}

    def named(self, file: str) -> list[str]:
        """The packages in a file; "-r" before another file's name is for pip."""
        lines = Path(self.root, file).read_text(encoding="utf-8").splitlines()
        return [line for line in lines if line and not line.startswith(("#", "-"))]
