"""The same picture more than once: which images, and how far they can move the figures."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hpviz.data.folder import Photo

EXAMPLES = 5


@dataclass(frozen=True)
class Member:
    """An image of a group: its split, its name, its class, and its place, the training images counted first."""

    split: str
    name: str
    label: int
    place: int

    def __str__(self) -> str:
        return f"{self.split}/{self.name}"


Group = tuple[Member, ...]
"""Images that are one picture."""


@dataclass(frozen=True)
class Duplicates:
    """How often one picture occurs as several images.

    `leaked` counts test images that are also training images, `conflicting` images that also lie in
    another class; `examples` are groups of names. `surplus_train` and `surplus_test` count the images
    beyond the first of their split and class, `wrong_train` and `wrong_test` those that must be wrong
    whatever a net answers, because the same picture has other labels in the same split.
    """

    leaked: int
    conflicting: int
    examples: tuple[tuple[str, ...], ...]
    surplus_train: int = 0
    surplus_test: int = 0
    wrong_train: int = 0
    wrong_test: int = 0


def same_files(train: Sequence[Photo], test: Sequence[Photo]) -> list[Group]:
    """The images that are the same file, byte for byte."""
    copies: dict[str, list[Member]] = defaultdict(list)
    splits = [("train", photo) for photo in train] + [("test", photo) for photo in test]
    for place, (split, photo) in enumerate(splits):
        copies[photo.digest].append(Member(split, photo.name, photo.label, place))
    return [tuple(group) for group in copies.values() if len(group) > 1]


def is_leak(group: Group) -> bool:
    """Whether it lies in both splits."""
    return len({member.split for member in group}) > 1


def is_conflict(group: Group) -> bool:
    """Whether it lies in several classes."""
    return len({member.label for member in group}) > 1


def is_surplus(group: Group) -> bool:
    """Whether a class holds it twice in one split."""
    return any(_labels(group, split).most_common(1)[0][1] > 1 for split in {member.split for member in group})


def count(groups: Iterable[Group]) -> Duplicates:
    """What the groups come to."""
    groups = list(groups)
    leaks, conflicts = list(filter(is_leak, groups)), list(filter(is_conflict, groups))
    examples = [tuple(map(str, group)) for group in conflicts + leaks]
    labels = {split: [_labels(group, split) for group in groups] for split in ("train", "test")}
    return Duplicates(
        leaked=sum(member.split == "test" for group in leaks for member in group),
        conflicting=sum(map(len, conflicts)),
        examples=tuple(dict.fromkeys(examples))[:EXAMPLES],
        surplus_train=sum(map(_surplus, labels["train"])),
        surplus_test=sum(map(_surplus, labels["test"])),
        wrong_train=sum(map(_wrong, labels["train"])),
        wrong_test=sum(map(_wrong, labels["test"])),
    )


def _labels(group: Group, split: str) -> Counter[int]:
    return Counter(member.label for member in group if member.split == split)


def _surplus(labels: Counter[int]) -> int:
    return labels.total() - len(labels)


def _wrong(labels: Counter[int]) -> int:
    """However it answers, a net is right about one label of a picture only."""
    return labels.total() - max(labels.values(), default=0)
