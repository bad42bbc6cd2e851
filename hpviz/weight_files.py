"""Files of pretrained weights as files: where torchvision's lie and what a file is known by. No PyTorch."""

import hashlib
import os
import re
from pathlib import Path

from hpviz.paths import read_whole

# torchvision.models.ResNet18_Weights.IMAGENET1K_V1; the name ends in the first digits of the file's SHA-256.
IMAGENET_URL = "https://download.pytorch.org/models/resnet18-f37072fd.pth"
UNREADABLE = "The weights {path} cannot be read ({why}); give a ResNet18 state dict as torchvision saves it."
MOST_BYTES = 200_000_000  # ResNet18's weights take 45 MB, in double precision 90


def imagenet_file() -> Path:
    """Where torch.hub keeps torchvision's ImageNet weights of ResNet18, fetched or not."""
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    home = os.environ.get("TORCH_HOME") or os.path.join(cache, "torch")
    return Path(home).expanduser() / "hub" / "checkpoints" / IMAGENET_URL.rpartition("/")[2]


def promised_digest(name: str) -> str:
    """How the SHA-256 of a file of torchvision's begins, by its name; empty if the name does not tell."""
    beginning = re.search(r"-([0-9a-f]{8,})\.", name)
    return beginning[1] if beginning else ""


def content(path: Path) -> bytes:
    """A file that may hold weights; BadInput, in a sentence, if it cannot be read or is too large for them."""
    return read_whole(path, MOST_BYTES, UNREADABLE)


def digest(path: Path) -> str:
    """The SHA-256 of a file, in hex; BadInput if it cannot be read."""
    return hashlib.sha256(content(path)).hexdigest()
