"""Made-up runs for judgements: curves between figures, seeds scattered around them."""

from collections.abc import Mapping, Sequence
from typing import Any

from hpviz.data.prepared import Identity
from hpviz.data.scenes import SCENES_CLASSES, SCENES_FINGERPRINT
from hpviz.runs.document import Run, Status, new_run
from tests.made_up import FINGERPRINT, row, spec

CLASSES = ("buildings", "forest", "glacier", "mountain", "sea", "street")
INTEL = Identity(
    FINGERPRINT,
    CLASSES,
    train_counts=dict(zip(CLASSES, (2191, 2271, 2404, 2512, 2274, 2382), strict=True)),
    test_counts=dict(zip(CLASSES, (437, 474, 553, 525, 510, 501), strict=True)),
)
SCENES = Identity(
    SCENES_FINGERPRINT,
    SCENES_CLASSES,
    train_counts=dict.fromkeys(SCENES_CLASSES, 300),
    test_counts=dict.fromkeys(SCENES_CLASSES, 100),
)
IMAGENET = "a" * 64

# How far the seeds of a value lie apart, in shares of a figure: two points of an accuracy of 80%.
SCATTER = (0.0, 0.012, -0.012, 0.006, -0.006)

Points = Mapping[int, float]


def curve(points: Points, epochs: int) -> list[float]:
    """One figure an epoch: straight lines between known epochs, level beyond them."""
    known = sorted(points)
    figures = []
    for epoch in range(1, epochs + 1):
        before = max((each for each in known if each <= epoch), default=known[0])
        after = min((each for each in known if each >= epoch), default=known[-1])
        share = (epoch - before) / (after - before) if after > before else 0.0
        figures.append(points[before] + share * (points[after] - points[before]))
    return figures


def rows(epochs: int, updates: int = 4, **curves: Points) -> list[dict[str, Any]]:
    """Epoch rows whose figures follow the curves. Train figures without dropout follow the train loss unless given."""
    curves.setdefault("train_loss", {1: 1.0, epochs: 0.5} if epochs > 1 else {1: 1.0})
    curves.setdefault("train_loss_eval", curves["train_loss"])
    curves.setdefault("test_loss", curves["train_loss"])
    figures = {name: curve(points, epochs) for name, points in curves.items()}
    figures.setdefault("test_accuracy", [0.5] * epochs)
    figures.setdefault("train_accuracy_eval", figures["test_accuracy"])
    return [
        row(
            epoch,
            updates=updates * epoch,
            images=14_034 * epoch,
            **{name: each[epoch - 1] for name, each in figures.items()},
        )
        for epoch in range(1, epochs + 1)
    ]


def run(epochs: Sequence[dict[str, Any]], status: Status = "finished", **values: Any) -> Run:
    """A stored run with those rows."""
    document = new_run(spec(**values), {"data": "made up", "weights": None}, len(epochs))
    document.update(epochs=list(epochs), status=status, machine={"device": "cpu", "torch": "2.9"})
    return document


def seeds(count: int, epochs: int = 10, updates: int = 4, *, spec: Mapping[str, Any], **curves: Points) -> list[Run]:
    """The same curves under several seeds, each a little off."""
    return [
        run(
            rows(epochs, updates, **{name: _scattered(points, SCATTER[seed]) for name, points in curves.items()}),
            **spec,
            seed=seed,
        )
        for seed in range(count)
    ]


def _scattered(points: Points, share: float) -> Points:
    return {epoch: figure * (1 + share) for epoch, figure in points.items()}


# The author's runs, as far as the published figures tell them; three seeds each, where the author had one.


def author(count: int = 3, weights: str | None = IMAGENET) -> list[Run]:
    return [*author_rates(count, weights), *author_sizes(count), *author_decays(count)]


def author_rates(count: int = 3, weights: str | None = IMAGENET) -> list[Run]:
    resnet = {"model": "resnet18", "weights": weights, "image_size": 150}
    return [
        *seeds(
            count,
            updates=439,
            spec={**resnet, "learning_rate": 1e-4},
            train_loss={1: 0.306, 10: 0.021},
            test_loss={1: 0.201, 10: 0.348},
            test_accuracy={1: 0.9257, 5: 0.92, 6: 0.93, 7: 0.92, 10: 0.9243},
            train_accuracy_eval={1: 0.94, 10: 0.99},
        ),
        *seeds(
            count,
            updates=439,
            spec={**resnet, "learning_rate": 1e-2},
            train_loss={1: 1.347, 10: 0.363},
            test_loss={1: 1.18, 6: 0.8, 7: 2.63, 8: 0.6, 9: 0.5, 10: 1.04},
            test_accuracy={1: 0.55, 6: 0.74, 7: 0.44, 8: 0.8, 9: 0.8167, 10: 0.6517},
        ),
        *seeds(
            count,
            updates=439,
            spec={**resnet, "learning_rate": 1e-7},
            train_loss={1: 2.0, 10: 1.251},
            test_loss={1: 1.97, 10: 1.215},
            test_accuracy={1: 0.22, 10: 0.616},
        ),
    ]


def author_sizes(count: int = 3) -> list[Run]:
    """Batch sizes 10, 256 and 450: 14,040, 550 and 320 updates, 81, 40 and 43 seconds an epoch."""
    known = {
        10: (1404, 81.0, {1: 0.7, 9: 0.8267, 10: 0.8237}, 0.416),
        256: (55, 40.0, {1: 0.6, 10: 0.8117}, 0.495),
        450: (32, 43.0, {1: 0.45, 9: 0.7883, 10: 0.7703}, 0.546),
    }
    return [
        document
        for size, (updates, second, accuracy, loss) in known.items()
        for document in seeds(
            count,
            updates=updates,
            spec={"batch_size": size, "image_size": 150},
            train_loss={1: 1.3, 10: loss},
            test_loss={1: 1.4, 10: loss + 0.1},
            test_accuracy=accuracy,
            train_seconds={1: second},
        )
    ]


def author_decays(count: int = 3, optimizer: str = "adam") -> list[Run]:
    """λ 0.01 and 1.0 at batch 450; their twin with 0 is among the batch sizes."""
    held = {"batch_size": 450, "image_size": 150, "optimizer": optimizer}
    return [
        *seeds(
            count,
            updates=32,
            spec={**held, "weight_decay": 0.01},
            train_loss={1: 1.4, 10: 0.58},
            test_loss={1: 1.7, 10: 0.63},
            test_accuracy={1: 0.36, 10: 0.782},
        ),
        *seeds(
            count,
            updates=32,
            spec={**held, "weight_decay": 1.0},
            train_loss={1: 1.75, 5: 1.61, 10: 1.60},
            test_loss={1: 1.86, 5: 1.70, 10: 1.69},
            test_accuracy={1: 0.24, 3: 0.3407, 10: 0.245},
        ),
    ]
