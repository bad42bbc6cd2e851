"""What a trained network answers on its test images: asked once more, from its checkpoint."""

from collections.abc import Generator
from pathlib import Path

import torch

from hpviz.data.prepared import Prepared
from hpviz.data.progress import Progress
from hpviz.models import build
from hpviz.spec import BadInput, RunSpec
from hpviz.training import checkpoint as checkpoints
from hpviz.training.images import split
from hpviz.training.inspect import one_thread
from hpviz.training.measure import Score, evaluate
from hpviz.training.recorded_answers import Recorded, recorded


def ask(spec: RunSpec, data: Prepared, checkpoint: Path) -> Generator[Progress, None, Recorded]:
    """The answers of the network in a run's `checkpoint` folder, which is only read, as training would record them.

    Raises BadInput if there is no checkpoint of that run, or more classes or images than answers are kept of.
    """
    with one_thread():
        return (yield from _ask(spec, data, checkpoint))


def _ask(spec: RunSpec, data: Prepared, checkpoint: Path) -> Generator[Progress, None, Recorded]:
    yield Progress("reading the checkpoint", 0, 0)
    saved = checkpoints.load(checkpoint, spec)
    if saved is None:
        raise BadInput("The checkpoint of this run is no longer here: train it anew, and it will have its answers.")
    network = build(spec.model_copy(update={"weights": None}), len(data.classes))
    network.load_state_dict(saved["network"])
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    images, done = split(spec, data, "cpu").test, 0
    for result in evaluate(network, images, spec.precision):
        if isinstance(result, Score):
            said = result.said
        else:
            done += result
            yield Progress("looking at the test images", done, len(images))
    found = recorded(None, saved["rows"], said, data.test_labels, len(data.classes))
    if found is None:
        raise BadInput(f"Answers are not kept of {len(data.classes):,} classes and {len(images):,} test images.")
    return found
