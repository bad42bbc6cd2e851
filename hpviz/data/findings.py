"""An audit in plain words: what was found, and how far it can move the figures."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from hpviz.data.audit import Audit
from hpviz.data.duplicates import Duplicates
from hpviz.data.look_alikes import MOST_IMAGES

Kind = Literal[
    "sizes", "skipped", "leak", "conflict", "surplus", "alike leak", "alike conflict", "alike", "not looked for"
]

NO_LOOK_ALIKES = (
    f"Look-alikes were not looked for: among more than {MOST_IMAGES:,} images, or where everything looks alike, "
    "they would say little."
)


@dataclass(frozen=True)
class Finding:
    """`count` images (0: all is well), what they are in a sentence, and what that means for the numbers."""

    kind: Kind
    count: int
    told: str
    meaning: str = ""

    def __str__(self) -> str:
        return f"{self.told} {self.meaning}".strip()


def sentences(found: Audit) -> list[str]:
    """The size of a data set and its findings, one string each."""
    train, test = _totals(found)
    return [f"{train} training and {test} test images.", *map(str, findings(found))]


def findings(found: Audit) -> list[Finding]:
    """What was looked for and what came of it; what has not been looked at yet is left out."""
    told = [*_sizes(found), *_skipped(found)]
    equal = found.same_pixels or found.duplicates
    if equal is not None:
        told += _equal(equal, *_totals(found))
    if found.same_pixels is not None and found.look_alikes is None:
        told.append(Finding("not looked for", 0, NO_LOOK_ALIKES))
    if found.look_alikes is not None:
        told += _alike(found.look_alikes, *_totals(found))
    return told


def balance(train: Mapping[str, int], test: Mapping[str, int]) -> str:
    """What the balance of the classes means: how far guessing gets, and whether training leans to one of them."""
    largest, smallest = max(train, key=lambda name: train[name]), min(train, key=lambda name: train[name])
    guess, total, chance = test.get(largest, 0), max(sum(test.values()), 1), 1 / len(train)
    alike = train[largest] == train[smallest] and len(set(test.values())) == 1
    answer = "one and the same class" if alike else repr(largest)
    told = f"Always answering {answer} is right for {guess / total:.1%} of the test images"
    told += "." if abs(guess / total - chance) < 0.0005 else f"; a class drawn at random would be for {chance:.1%}."
    ratio = train[largest] / max(train[smallest], 1)
    if train[largest] == train[smallest]:
        return f"Every class has as many training images as the others. {told}"
    return f"{largest!r} has {_figure(ratio)} times the training images of {smallest!r}: nets lean towards it. {told}"


def _totals(found: Audit) -> tuple[int, int]:
    return sum(found.train_counts.values()), sum(found.test_counts.values())


def _sizes(found: Audit) -> Iterator[Finding]:
    if found.commonest_size is None:
        return
    width, height = found.commonest_size
    if not found.other_sizes:
        yield Finding("sizes", 0, f"Every image is {width}×{height} px.")
        return
    share = _percent(found.other_sizes / sum(_totals(found)))
    yield Finding(
        "sizes",
        found.other_sizes,
        f"{_images(found.other_sizes, 'is', 'are')} not {width}×{height} px.",
        f"Such images are squeezed to a square like all others: in {share} of the set shapes may be a little wider or "
        "narrower than elsewhere.",
    )


def _skipped(found: Audit) -> Iterator[Finding]:
    if not found.skipped:
        return
    count, (first, reason) = len(found.skipped), found.skipped[0]
    told = f"1 file was skipped: {first} {reason}."
    if count > 1:
        told = f"{count:,} files were skipped; the first, {first}, {reason}."
    meaning = "It is" if count == 1 else "They are"
    yield Finding("skipped", count, told, f"{meaning} in neither the training nor the test images.")


def _equal(equal: Duplicates, train: int, test: int) -> Iterator[Finding]:
    if not equal.leaked:
        nothing = "No test image is a training image too."
        yield Finding("leak", 0, nothing if equal.conflicting else "No image occurs twice across splits or classes.")
    if equal.leaked:
        yield Finding(
            "leak",
            equal.leaked,
            f"{_images(equal.leaked, 'is a training image', 'are training images', 'test ')} too.",
            _optimism(equal.leaked, test),
        )
    if equal.conflicting:
        told = f"{_images(equal.conflicting, 'lies', 'lie')} in more than one class."
        yield Finding("conflict", equal.conflicting, told, _bound(equal, train, test))
    elif equal.leaked:
        yield Finding("conflict", 0, "No image lies in two classes.")
    if surplus := equal.surplus_train + equal.surplus_test:
        told = f"{_images(surplus, 'repeats', 'repeat')} another of the same split and class."
        yield Finding("surplus", surplus, told, _weight(equal, train, test))


def _alike(alike: Duplicates, train: int, test: int) -> Iterator[Finding]:
    if not alike.leaked and not alike.conflicting and not alike.surplus_train + alike.surplus_test:
        yield Finding("alike", 0, "No two different images look alike.")
    if alike.leaked:
        told = f"{_images(alike.leaked, 'looks', 'look', 'test ')} like a training image: the same shot retouched, or "
        told += "the next one from the same spot."
        yield Finding("alike leak", alike.leaked, told, _optimism(alike.leaked, test))
    if alike.conflicting:
        told = f"{_images(alike.conflicting, 'has a look-alike', 'have look-alikes')} in another class."
        meaning = (
            "A net can only memorise which is which: training accuracy may reach 100%, but test accuracy gains nothing."
        )
        yield Finding("alike conflict", alike.conflicting, told, meaning)
    if surplus := alike.surplus_train + alike.surplus_test:
        told = f"{_images(surplus, 'looks', 'look')} like another of the same split and class."
        yield Finding("alike", surplus, told, _weight(alike, train, test))


def _optimism(leaked: int, test: int) -> str:
    points = _figure(100 * leaked / test)
    told = f"test accuracy is at most {points} points too high ({leaked:,} of {test:,})"
    return f"A net can answer images it has seen from memory, so they test nothing: {told}."


def _bound(equal: Duplicates, train: int, test: int) -> str:
    bounds = [
        f"{split} accuracy cannot exceed {1 - wrong / total:.2%} ({wrong:,} of {total:,} must be wrong)"
        for split, wrong, total in (("training", equal.wrong_train, train), ("test", equal.wrong_test, test))
        if wrong
    ]
    if not bounds:
        return "What a net learns about such a picture in training is counted as wrong in the test."
    return f"A net can be right about one label of a picture only: {', and '.join(bounds)}."


def _weight(copies: Duplicates, train: int, test: int) -> str:
    shares = [
        f"{_percent(surplus / total)} of the {split} images"
        for split, surplus, total in (("training", copies.surplus_train, train), ("test", copies.surplus_test, test))
        if surplus
    ]
    return f"These pictures count more often than others: {' and '.join(shares)} add nothing new."


def _images(count: int, one: str, many: str, what: str = "") -> str:
    return f"{count:,} {what}image {one}" if count == 1 else f"{count:,} {what}images {many}"


def _percent(share: float) -> str:
    return f"{_figure(100 * share)}%"


def _figure(value: float) -> str:
    """Two digits that count, and no more than a person reads."""
    return f"{value:.2g}" if value < 10 else f"{value:,.0f}"
