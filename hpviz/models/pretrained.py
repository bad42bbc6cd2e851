"""Files of pretrained weights: where they come from, what they are known by, and how they are read."""

import hashlib
import pickle
import re
from pathlib import Path

import torch
from torch import nn
from torchvision.models import ResNet18_Weights

from hpviz.spec import BadInput

HEAD = {"fc.weight", "fc.bias"}


def imagenet_weights(url: str = ResNet18_Weights.IMAGENET1K_V1.url) -> Path:
    """torchvision's ImageNet weights of ResNet18 (45 MB), downloaded once into torch.hub's folder.

    Raises BadInput, which says what to do instead, if they cannot be fetched or arrive changed.
    """
    name = url.rsplit("/", 1)[-1]
    path = Path(torch.hub.get_dir()) / "checkpoints" / name
    if path.exists():
        return path
    beginning = re.search(r"-([0-9a-f]{8,})\.", name)  # torchvision's names end in the file's SHA-256
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(url, str(path), beginning and beginning[1], progress=False)
    except (OSError, RuntimeError) as error:
        reason = str(getattr(error, "reason", error)).rstrip(".")
        raise BadInput(
            f"The ImageNet weights could not be downloaded ({reason}); "
            f"fetch {name} another way and give it with `--weights FILE`."
        ) from None
    return path


def digest(path: Path) -> str:
    """The SHA-256 of a file, in hex; BadInput if it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BadInput(f"The weights {path} cannot be read ({error.strerror or error}).") from None


def load_pretrained(network: nn.Module, path: Path) -> None:
    """Fill all layers but the head from a state dict in a file; BadInput if it is not one of this network's."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise BadInput(f"The weights {path} cannot be read ({error.strerror or error}).") from None
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError, AttributeError, TypeError):
        raise BadInput(f"{path.name} is damaged or no file of weights that torch.save wrote.") from None
    # The files torchvision has published lack batch norm's counters, which nothing here depends on.
    counters = {name for name in network.state_dict() if name.endswith("num_batches_tracked")}
    wanted = _shapes(network.state_dict(), counters | HEAD)
    given = _shapes(state, counters | HEAD)
    wrong = [name for name, shape in wanted.items() if given.get(name) != shape]
    if wrong or set(given) - set(wanted):
        what = f"its {wrong[0]} is missing or has another shape" if wrong else "it has layers that ResNet18 has not"
        raise BadInput(f"{path.name} does not hold torchvision's ResNet18: {what}.")
    network.load_state_dict({name: state[name] for name in wanted}, strict=False)


def _shapes(state: object, but: set[str]) -> dict[str, torch.Size]:
    if not isinstance(state, dict):
        return {}
    return {name: part.shape for name, part in state.items() if isinstance(part, torch.Tensor) and name not in but}
