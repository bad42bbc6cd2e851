"""Files of pretrained weights: how torchvision's are fetched, and how any are read."""

import hashlib
import io
import warnings
import zipfile
from pathlib import Path

import torch
import torchvision
from torch import nn

from hpviz.models.initial import blank
from hpviz.paths import quoted
from hpviz.spec import BadInput
from hpviz.weight_files import IMAGENET_URL, content, promised_digest

HEAD = {"fc.weight", "fc.bias"}


def imagenet_weights(url: str = IMAGENET_URL) -> Path:
    """torchvision's ImageNet weights of ResNet18 (45 MB), downloaded once into torch.hub's folder.

    Raises BadInput, which says what to do instead, if they cannot be fetched or arrive changed.
    """
    name = url.rsplit("/", 1)[-1]
    path = Path(torch.hub.get_dir()) / "checkpoints" / name
    if path.exists():
        return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(url, str(path), promised_digest(name) or None, progress=False)
    except (OSError, RuntimeError) as error:
        reason = str(getattr(error, "reason", error)).rstrip(".")
        raise BadInput(
            f"The ImageNet weights could not be downloaded ({reason}); "
            f"fetch {name} another way and give it with `--weights FILE`."
        ) from None
    return path


def known_weights(path: Path) -> str:
    """The SHA-256 of a file of weights that a ResNet18 can begin with; BadInput, in a sentence, for any other file."""
    found = content(path)
    _layers(found, path, blank(lambda: torchvision.models.resnet18()))
    return hashlib.sha256(found).hexdigest()


def load_pretrained(network: nn.Module, path: Path) -> None:
    """Fill all layers but the head from a state dict in a file; BadInput if it is not one of this network's."""
    layers = _layers(content(path), path, network)
    try:
        network.load_state_dict(layers, strict=False)
    except Exception:  # a tensor may pass for one of the right shape and still have nothing in it
        raise BadInput(_no_weights(path)) from None


def _layers(archive: bytes, path: Path, network: nn.Module) -> dict[str, torch.Tensor]:
    """The layers of `network` but its head, out of a file of a state dict; BadInput if it holds others.

    The file comes from anywhere: nothing in it is run (`weights_only`), and nothing in it may unfold to more.
    """
    if _unfolds(archive):
        raise BadInput(_no_weights(path))
    try:
        with warnings.catch_warnings(action="ignore"):  # PyTorch comments on odd files; the sentence is enough
            state = torch.load(io.BytesIO(archive), map_location="cpu", weights_only=True)
        # The files torchvision has published lack batch norm's counters, which nothing here depends on.
        counters = {name for name in network.state_dict() if name.endswith("num_batches_tracked")}
        wanted = _shapes(network.state_dict(), counters | HEAD)
        given = _shapes(state, counters | HEAD)
    except Exception:  # whatever bytes nobody foresaw make of a reader
        raise BadInput(_no_weights(path)) from None
    wrong = [name for name, shape in wanted.items() if given.get(name) != shape]
    if wrong or set(given) - set(wanted):
        what = f"its {wrong[0]} is missing or has another shape" if wrong else "it has layers that ResNet18 has not"
        raise BadInput(f"{quoted(path.name)} does not hold torchvision's ResNet18: {what}.")
    return {name: state[name] for name in wanted}


def _unfolds(archive: bytes) -> bool:
    """Whether an archive promises more bytes than it has: torch.save compresses nothing."""
    file = io.BytesIO(archive)
    if not zipfile.is_zipfile(file):
        return False
    try:
        with zipfile.ZipFile(file) as opened:
            return sum(part.file_size for part in opened.infolist()) > len(archive)
    except Exception:
        return True


def _no_weights(path: Path) -> str:
    return f"{quoted(path.name)} is damaged or no file of weights that torch.save wrote."


def _shapes(state: object, but: set[str]) -> dict[str, torch.Size]:
    """The shapes of a state dict's tensors that hold ordinary numbers."""
    if not isinstance(state, dict):
        return {}
    parts = ((name, part) for name, part in state.items() if isinstance(part, torch.Tensor) and name not in but)
    return {name: part.shape for name, part in parts if part.layout == torch.strided and part.is_floating_point()}
