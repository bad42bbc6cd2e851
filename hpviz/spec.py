"""What is trained: the run's specification, its validation and its identity.

A `RunSpec` holds everything that changes a run's numbers and nothing else, so two equal specs are
one experiment and its result can be recalled. How many epochs to train is deliberately no part
of it: that is how far a run has gone.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

ModelName = Literal["article-cnn", "resnet18"]
KernelWidth = Literal["article"] | Annotated[int, Field(ge=1, le=31)]
Padding = Literal["article", "valid", "same"]
# sgd-momentum is one word for SGD with MOMENTUM, which is what a spec holds.
Optimizer = Literal["adam", "adamw", "sgd", "sgd-momentum"]
Precision = Literal["fp32", "tf32", "bf16"]
Normalisation = Literal["none", "channel"]
Schedule = Literal["constant", "step", "cosine", "warmup-cosine"]
Augmentation = Literal["none", "flip", "flip-crop"]

ARTICLE_KERNELS = (5, 5, 7)
ARTICLE_PADDINGS = (1, 1, 0)
ARTICLE_CHANNELS = (3, 10, 20, 10)
ARTICLE_HIDDEN = (1024, 512)
ARTICLE_DEPTH = len(ARTICLE_KERNELS)
# A fourth block fits on the 4 px that three leave of a 64 px image.
FOURTH_KERNEL, FOURTH_PADDING, FOURTH_CHANNELS = 3, 1, 10
MAX_DEPTH = ARTICLE_DEPTH + 1

SGD_MOMENTUM, MOMENTUM = "sgd-momentum", 0.9
OWN_DROPOUT: Mapping[str, float] = {"article-cnn": 0.5, "resnet18": 0.0}

MAX_EPOCHS = 1000
MAX_SEEDS = 100

# The fields that every id has been made of since version 0.1.0. Nothing joins or leaves them.
FIRST_FIELDS = frozenset(
    {
        "dataset",
        "fingerprint",
        "per_class",
        "validation_fraction",
        "image_size",
        "normalisation",
        "model",
        "weights",
        "kernel_width",
        "padding",
        "optimizer",
        "momentum",
        "learning_rate",
        "batch_size",
        "weight_decay",
        "seed",
        "precision",
    }
)


class BadInput(ValueError):
    """Input that cannot be used; its message is one sentence written for the person who gave it."""


def six_digits(value: float) -> float:
    """Round to 6 significant digits, so that 3 * 1e-4 and 3e-4 are one value and one run."""
    return float(f"{value:.6g}")


Rounded = AfterValidator(six_digits)


Scale = Literal["linear", "log", "list"]
ARTICLE_CNN: Mapping[str, tuple[str, ...]] = {"model": ("article-cnn",)}


@dataclass(frozen=True)
class Knob:
    """What people and programs need to know of a field besides its type, its bounds and its neutral value.

    `symbol` is its short name (its own name in words unless given), `help` one sentence. `option` is what the command
    line calls it, with `metavar` as its value's name. `scale` is how its values lie beside each other; words are a
    list. `unset` is what None means. `ends_there`: its lower bound is where the range ends by nature, so nothing better
    lies below. `only`: it says something only where these fields have one of these values. `parts` are fields that
    belong to one of its values. `data`: it is about the images, not about learning.
    """

    label: str
    help: str
    _: KW_ONLY
    symbol: str = ""
    option: str | None = None
    metavar: str = ""
    unit: str = ""
    scale: Scale = "linear"
    unset: str = ""
    ends_there: bool = False
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    parts: tuple[str, ...] = ()
    data: bool = False


class RunSpec(BaseModel):
    """One experiment: a data set, a network, a recipe and a seed. Frozen, bounded, hashable.

    Fields stand in the order in which people ask for them; `hyperparameters` has each with all that is declared of it.

    `dataset` is only a label; `fingerprint` identifies the images. `per_class` is the number of
    training images drawn a class (None: all; the draw is fixed, independent of the seed), and the
    test set is always whole. `weights` is the SHA-256 of a pretrained weights file, or None for
    training from scratch. `precision` is resolved: what the machine really computes in.

    `depth` is the number of the article CNN's convolution blocks, `width` a factor on its channels and hidden units.
    A `schedule` that ends has reached its end after `horizon` epochs; from then on the rate stays at its last value.
    `crop` is how far, in pixels, the augmentation flip-crop shifts an image at most (None: an eighth of its edge).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    dataset: Annotated[str, Field(min_length=1, max_length=200)]
    model: Annotated[ModelName, Knob("Model", "The network.", option="--model", metavar="M", parts=("dropout",))] = (
        "article-cnn"
    )
    weights: Annotated[
        Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None,
        Knob("Pretraining", "The file of pretrained weights that training begins with, if any."),
    ] = None
    learning_rate: Annotated[
        float,
        Field(gt=0, le=1e4),
        Rounded,
        Knob("Learning rate", "How far an update moves the weights.", symbol="lr", option="--lr", scale="log"),
    ] = 1e-4
    batch_size: Annotated[
        int,
        Field(ge=1, le=1_000_000),
        Knob(
            "Batch size",
            "Over how many images the gradient is averaged.",
            symbol="batch",
            option="--batch-size",
            scale="log",
            unit="images",
            ends_there=True,
        ),
    ] = 32
    kernel_width: Annotated[
        KernelWidth,
        Knob(
            "Kernel width",
            "How many pixels across a convolution looks at once; article: 5, 5 and 7.",
            symbol="width",
            option="--kernel-width",
            metavar="K",
            ends_there=True,
            only=ARTICLE_CNN,
        ),
    ] = "article"
    padding: Annotated[
        Padding,
        Knob(
            "Padding",
            "Pixels added around what a convolution sees; same: its map keeps its size.",
            option="--padding",
            metavar="P",
            only=ARTICLE_CNN,
        ),
    ] = "article"
    depth: Annotated[
        int,
        Field(ge=1, le=MAX_DEPTH),
        Knob(
            "Depth",
            "Convolution blocks; the linear layers stay as they are.",
            option="--depth",
            unit="blocks",
            ends_there=True,
            only=ARTICLE_CNN,
        ),
    ] = ARTICLE_DEPTH
    width: Annotated[
        float,
        Field(ge=0.25, le=4),
        Rounded,
        Knob(
            "Width",
            "A factor on the channels and hidden units.",
            symbol="net width",
            option="--width",
            scale="log",
            only=ARTICLE_CNN,
        ),
    ] = 1.0
    dropout: Annotated[
        float,
        Field(ge=0, le=0.95),
        Rounded,
        Knob(
            "Dropout",
            "The share of hidden units left out of each update; the net's own is 0.5.",
            option="--dropout",
            ends_there=True,
            only=ARTICLE_CNN,
        ),
    ] = OWN_DROPOUT["article-cnn"]
    weight_decay: Annotated[
        float,
        Field(ge=0, le=1e4),
        Rounded,
        Knob(
            "Weight decay",
            "How strongly large weights are penalised.",
            symbol="λ",
            option="--weight-decay",
            scale="log",
            ends_there=True,
        ),
    ] = 0.0
    optimizer: Annotated[
        Optimizer,
        Knob(
            "Optimiser",
            "How a gradient becomes an update.",
            symbol="optimiser",
            option="--optimizer",
            metavar="O",
            parts=("momentum",),
        ),
    ] = "adam"
    momentum: Annotated[
        float,
        Field(ge=0, lt=1),
        Rounded,
        Knob(
            "Momentum",
            "How much of the last update SGD makes again.",
            option="--momentum",
            ends_there=True,
            only={"optimizer": ("sgd",)},
        ),
    ] = 0.0
    schedule: Annotated[
        Schedule,
        Knob(
            "Schedule",
            "How the learning rate changes until the horizon; after it, it stays.",
            option="--schedule",
            metavar="S",
            parts=("horizon",),
        ),
    ] = "constant"
    horizon: Annotated[
        Annotated[int, Field(ge=1, le=MAX_EPOCHS)] | None,
        Knob(
            "Horizon",
            "Epochs after which the schedule has ended; without it, the epochs asked for.",
            option="--horizon",
            unit="epochs",
            unset="as asked",
            only={"schedule": ("step", "cosine", "warmup-cosine")},
        ),
    ] = None
    augmentation: Annotated[
        Augmentation,
        Knob(
            "Augmentation",
            "How training images are changed each time they are seen.",
            option="--augmentation",
            metavar="A",
            parts=("crop",),
        ),
    ] = "none"
    crop: Annotated[
        Annotated[int, Field(ge=1, le=512)] | None,
        Knob(
            "Crop",
            "How far flip-crop shifts an image at most; without it, an eighth of its edge.",
            option="--crop",
            unit="px",
            unset="an eighth",
            only={"augmentation": ("flip-crop",)},
        ),
    ] = None
    fingerprint: Annotated[
        str, Field(pattern=r"^[0-9a-f]{16,64}$"), Knob("Data set", "The images, whatever they are called.", data=True)
    ]
    per_class: Annotated[
        Annotated[int, Field(ge=1, le=1_000_000)] | None,
        Knob(
            "Training images a class",
            "How many are drawn, the same for every seed; without it, all.",
            symbol="images a class",
            option="--per-class",
            scale="log",
            unset="all",
            data=True,
        ),
    ] = None
    image_size: Annotated[
        int,
        Field(ge=16, le=512),
        Knob("Image size", "The edge that images are brought to.", option="--image-size", unit="px", data=True),
    ] = 64
    normalisation: Annotated[
        Normalisation,
        Knob(
            "Normalisation",
            "channel: the training images get mean 0 and deviation 1.",
            option="--normalisation",
            data=True,
        ),
    ] = "none"
    validation_fraction: Annotated[
        float,
        Field(ge=0, le=0.5),
        Rounded,
        Knob(
            "Validation split",
            "The share of the training images that is held out.",
            option="--validation-fraction",
            ends_there=True,
            data=True,
        ),
    ] = 0.0
    precision: Annotated[Precision, Knob("Precision", "What the machine really computes in.")] = "fp32"
    seed: Annotated[
        int,
        Field(ge=0, le=2**31 - 1),
        Knob("Seed", "What first weights, shuffles and dropout are drawn from.", option="--seed", metavar="S"),
    ] = 0

    @model_validator(mode="before")
    @classmethod
    def one_spelling(cls, given: Any) -> Any:
        """What can be said in two ways is held in one: of two equal specs neither is another run."""
        if not isinstance(given, dict):
            return given
        told = dict(given)
        if told.get("dropout") is None:
            told["dropout"] = OWN_DROPOUT["resnet18" if told.get("model") == "resnet18" else "article-cnn"]
        if told.get("depth") == "article":
            told["depth"] = ARTICLE_DEPTH
        if told.get("optimizer") == SGD_MOMENTUM:
            if told.get("momentum", 0) not in (0, MOMENTUM):
                raise ValueError(f"{SGD_MOMENTUM} is SGD with momentum {MOMENTUM}; for another momentum choose sgd.")
            told |= {"optimizer": "sgd", "momentum": MOMENTUM}
        return told

    @field_validator("learning_rate")
    @classmethod
    def not_rounded_away(cls, value: float) -> float:
        if value < 1e-30:
            raise ValueError("is too small to be told from 0")
        return value

    @model_validator(mode="after")
    def consistent(self) -> Self:
        """Refuse combinations that would silently ignore one of their values."""
        if self.momentum and self.optimizer != "sgd":
            raise ValueError(f"Momentum belongs to SGD; {self.optimizer} has none to set.")
        self._recipe_is_consistent()
        if self.model == "resnet18":
            if (self.depth, self.width, self.dropout) != (ARTICLE_DEPTH, 1.0, OWN_DROPOUT["resnet18"]):
                raise ValueError("Depth, width and dropout can be set for article-cnn only, not for resnet18.")
            if (self.kernel_width, self.padding) != ("article", "article"):
                raise ValueError("Kernel width and padding can be set for article-cnn only, not for resnet18.")
            if self.image_size < 32:
                raise ValueError(f"resnet18 needs images of at least 32 px, not {self.image_size} px.")
            return self
        if self.weights is not None:
            raise ValueError("Pretrained weights exist for resnet18 only, not for article-cnn.")
        if isinstance(self.kernel_width, int) and self.kernel_width % 2 == 0 and self.padding == "same":
            raise ValueError(f"A kernel {self.kernel_width} wide has no middle, so padding 'same' needs an odd width.")
        feature_sizes(self.image_size, self.kernel_width, self.padding, self.depth)
        return self

    def _recipe_is_consistent(self) -> None:
        if self.schedule == "constant" and self.horizon is not None:
            raise ValueError("A constant learning rate has no horizon; choose a schedule or leave the horizon out.")
        if self.schedule != "constant" and self.horizon is None:
            raise ValueError(f"The schedule {self.schedule} ends, so it needs a horizon: the epochs until then.")
        if self.crop is not None and self.augmentation != "flip-crop":
            raise ValueError(f"A crop belongs to the augmentation flip-crop; {self.augmentation} has none.")
        if self.crop is not None and self.crop >= self.image_size:
            raise ValueError(f"A crop {self.crop} px off is larger than the image: it has {self.image_size} px.")
        if self.crop == own_crop(self.image_size):
            object.__setattr__(self, "crop", None)

    def plain(self) -> dict[str, Any]:
        """The spec as JSON, fields younger than FIRST_FIELDS only where they are not at their neutral value.

        So a field that is added later leaves every spec that does without it as it was.
        """
        told = self.model_dump(mode="json")
        return {name: value for name, value in told.items() if name in FIRST_FIELDS or value != self.neutral(name)}

    def neutral(self, name: str) -> Any:
        """The value of a younger field that means: as the net and the recipe had it before the field came."""
        return OWN_DROPOUT[self.model] if name == "dropout" else type(self).model_fields[name].default

    @property
    def run_id(self) -> str:
        """The first 12 hex digits of the SHA-256 of `plain` as canonical JSON, the label left out."""
        identity = {name: value for name, value in self.plain().items() if name != "dataset"}
        canonical = json.dumps(identity, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(canonical.encode()).hexdigest()[:12]


def own_crop(image_size: int) -> int:
    """How far, in pixels, flip-crop shifts an image at most, each way: an eighth, as is usual for 4 of 32 px."""
    return image_size // 8


def kernels_and_paddings(
    kernel_width: KernelWidth, padding: Padding, depth: int = ARTICLE_DEPTH
) -> tuple[tuple[int, int], ...]:
    """(kernel width, padding) of the article CNN's convolutions, of which it has three."""
    own = (*ARTICLE_KERNELS, FOURTH_KERNEL)[:depth]
    widths = own if kernel_width == "article" else (kernel_width,) * depth
    if padding == "article":
        return tuple(zip(widths, (*ARTICLE_PADDINGS, FOURTH_PADDING)[:depth], strict=True))
    return tuple((width, (width - 1) // 2 if padding == "same" else 0) for width in widths)


def block_channels(depth: int = ARTICLE_DEPTH, width: float = 1.0) -> tuple[int, ...]:
    """Channels of the image and of every block's output: 3, 10, 20, 10 in the article's network."""
    image, *blocks = (*ARTICLE_CHANNELS, FOURTH_CHANNELS)[: depth + 1]
    return (image, *(scaled(count, width) for count in blocks))


def hidden_units(width: float = 1.0) -> tuple[int, int]:
    """Outputs of the two hidden linear layers: 1024 and 512 in the article's network."""
    first, second = ARTICLE_HIDDEN
    return scaled(first, width), scaled(second, width)


def scaled(count: int, factor: float) -> int:
    """The nearest whole number, halves going up: a quarter of 10 channels are 3."""
    return int(count * factor + 0.5)


def feature_sizes(
    image_size: int, kernel_width: KernelWidth, padding: Padding, depth: int = ARTICLE_DEPTH
) -> tuple[tuple[int, int], ...]:
    """(convolution output, pooled output) edge in pixels of the article CNN's blocks.

    Raises ValueError, with a sentence, if a kernel does not fit its input or nothing is left.
    """
    sizes, edge = [], image_size
    for block, (width, pad) in enumerate(kernels_and_paddings(kernel_width, padding, depth), start=1):
        convolved = edge + 2 * pad - width + 1
        if convolved < 2:
            fewer = "fewer blocks, " if block > ARTICLE_DEPTH else ""
            raise ValueError(
                f"A kernel {width} px wide does not fit: block {block} receives only {edge}×{edge} px "
                f"from a {image_size} px image. Use a narrower kernel, {fewer}larger images or padding 'same'."
            )
        edge = convolved // 2
        sizes.append((convolved, edge))
    return tuple(sizes)


def build_spec(**values: Any) -> RunSpec:
    """A validated spec, or BadInput with one sentence that names the first value at fault."""
    try:
        return RunSpec(**values)
    except ValidationError as error:
        raise BadInput(sentence(error)) from None


def sentence(error: ValidationError) -> str:
    """The first complaint of a ValidationError in plain words."""
    first = error.errors(include_url=False)[0]
    if not first["loc"]:
        return str(first["ctx"]["error"]) if "ctx" in first else first["msg"]
    name = str(first["loc"][0]).replace("_", " ").capitalize()
    got = repr(first["input"])
    got = got if len(got) <= 80 else got[:77] + "…"
    complaint = first["msg"].removeprefix("Value error, ")
    complaint = complaint.removeprefix("Input ").removeprefix("should ")
    if first["type"] == "extra_forbidden":
        return f"{name} is not a setting of a run."
    if first["type"] == "value_error":
        return f"{name} {got} {complaint}."
    return f"{name} should {complaint}; {got} was given."
