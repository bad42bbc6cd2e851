"""Which folders are splits and which are classes: what lies inside decides, names only say which split is which.

The sign of splits is that folders beside each other hold the same folders, whatever they are called: `training_set` and
`test_set`, each with `cats` and `dogs`. Then their names tell which trains, or the larger one does.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from hpviz.data.files import File, Skipped, shown
from hpviz.spec import BadInput

TRAIN, TEST, VALIDATION, UNLABELLED = "train", "test", "validation", "unlabelled"

WANTED = "one folder of pictures a class is needed, with or without train and test folders around them"

# Names that decide by themselves, as they always did.
EXACT = {
    **dict.fromkeys(("train", "training", "seg_train"), TRAIN),
    **dict.fromkeys(("test", "testing", "seg_test"), TEST),
    **dict.fromkeys(("val", "valid", "validation"), VALIDATION),
    "seg_pred": UNLABELLED,  # Kaggle's name for the Intel photos without a class
}
# Words within names, the likelier test set first.
WORDS = {
    **dict.fromkeys(("train", "training", "trn", "tr", "learn", "learning"), (TRAIN, 0)),
    **dict.fromkeys(("test", "testing", "tst", "te"), (TEST, 0)),
    **dict.fromkeys(("eval", "evaluation", "holdout", "heldout", "hold", "held", "unseen"), (TEST, 1)),
    **dict.fromkeys(("val", "valid", "validation", "validate"), (VALIDATION, 2)),
    **dict.fromkeys(("dev", "devel", "development"), (VALIDATION, 3)),
}
# What else stands in the names of splits and says nothing.
PADDING = {
    *("set", "data", "dataset", "split", "fold", "part", "subset", "images", "image", "imgs", "img", "photos", "photo"),
    *("pictures", "pics", "files", "folder", "dir", "db", "seg", "the", "my", "new", "final", "raw", "all", "out"),
}
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
PARTS = re.compile(r"[0-9]+|[^\W\d_]+")
# A folder of a project that is likely to hold its data, and those that are likely to hold something else.
DATA_WORDS = PADDING - {"part", "the", "my", "new", "final", "all", "out", "seg"} | {"datasets", "input", "inputs"}
PROJECT_WORDS = {
    *("figure", "figures", "fig", "figs", "doc", "docs", "plot", "plots", "result", "results", "output", "outputs"),
    *("paper", "report", "reports", "asset", "assets", "notebooks", "src", "code", "screenshots", "logs", "static"),
    *("thumbnails", "thumbs", "previews", "examples", "samples", "media", "website", "site", "slides", "thesis"),
}
STRAY_SHARE = 0.1  # of the images, at most, beside a data set in a project folder
CLEARLY_LARGER = 1.5  # times: a training set beside a test set whose names do not tell
NAMED = 4  # folders in a sentence


@dataclass
class Node:
    """A folder: the images right inside, the folders with images below, and how many images there are in all."""

    files: list[File] = field(default_factory=list)
    folders: dict[str, "Node"] = field(default_factory=dict)
    count: int = 0


@dataclass(frozen=True)
class Child:
    """A folder with what is left of it once folders that hold nothing but one folder are taken off."""

    name: str
    names: tuple[str, ...]  # its own and those taken off
    node: Node
    inner: Node

    @property
    def kinds(self) -> dict[str, str]:
        """The folders inside, by what two spellings of one name have in common."""
        return {alike(name): name for name in self.inner.folders}


Classed = dict[File, tuple[str, tuple[str, ...]]]
"""Files with their class folder and their parts from there on."""


@dataclass(frozen=True)
class Layout:
    """The files of each split (`test` is None if there is none), strays, folders left aside, and what was decided.

    `aside` lists (name, images, why), `notes` are sentences, and `place` is the folder that holds the splits or
    classes, as parts from the root.
    """

    train: Classed
    test: Classed | None
    skipped: Skipped
    aside: tuple[tuple[str, int, str], ...]
    notes: tuple[str, ...]
    place: tuple[str, ...] = ()
    has_test: bool = False  # rather than none, or a validation split that serves as one


def arrange(title: str, files: Iterable[File]) -> Layout:
    """Sort files into splits and classes. Raises BadInput, with one sentence that calls the folder `title`."""
    top = tree(files)
    names, node = unwrapped(top, ())
    is_within_project = False
    while (next_one := _data_within(node)) is not None:
        is_within_project = True
        names, node = unwrapped(node.folders[next_one], (*names, next_one))
    if node.folders.keys() <= {name for name in node.folders if _exact(name) == UNLABELLED} and node.folders:
        raise BadInput(f"{title} holds only images without a class (seg_pred): bring the other folders too.")
    children = [_child(name, inner) for name, inner in sorted(node.folders.items())]
    loose = {file.parts for file in _files(top)}
    place = (f"{shown(names)!r} holds the data set.",) if is_within_project else ()
    layout = (
        _by_splits(title, node, children)
        or _by_classes_with_splits(title, node, children)
        or _by_classes(node, children)
    )
    outside = Counter(_outermost(file.parts, names) for file in _files(top) if file.parts[: len(names)] != names)
    strays = tuple((shown(parts), STRAY) for parts in sorted(outside) if parts in loose)
    aside = tuple((shown(parts), count, "") for parts, count in sorted(outside.items()) if parts not in loose)
    notes = place + layout.notes
    return replace(layout, skipped=layout.skipped + strays, aside=aside + layout.aside, notes=notes, place=names)


def _by_splits(title: str, node: Node, children: Sequence[Child]) -> Layout | None:
    """The layout of folders that are splits; None if they are not."""
    ranks = roles(children)
    trains, tests = _of_role(children, ranks, TRAIN), _of_role(children, ranks, TEST, VALIDATION)
    notes: tuple[str, ...] = ()
    if any(child.kinds for child in trains):
        trains = [child for child in trains if child.kinds]
    elif trains:
        exact = {_exact(child.name) for child in children}
        if (TRAIN in exact and exact & {TEST, VALIDATION}) or (
            tests and all(child.name in ranks for child in children)
        ):
            raise BadInput(f"The images in {title} are not sorted into classes: {WANTED}.")
        return None  # a class of vehicles
    else:
        trains, tests, notes = _without_train(title, children, ranks)
        if not trains:
            return None
    train = min(trains, key=lambda child: (_exact(child.name) != TRAIN, -child.node.count))
    if not tests and (_exact(train.name) != TRAIN or train.inner.files):
        return None  # “train” with images right inside and no test beside it is a class of vehicles, too
    labelled = [child for child in tests if child.kinds.keys() & train.kinds.keys() or len(child.kinds) > 1]
    test = min(
        labelled, key=lambda child: (_rank(child, ranks), not _exact(child.name), -child.node.count), default=None
    )
    classed, tested = _classed(train.inner), _classed(test.inner) if test else None
    aside = tuple(
        (shown((child.name,)), child.node.count, UNSORTED if child in tests and child not in labelled else "")
        for child in children
        if child is not train and child is not test
    )
    inside = [*node.files, *_files(train.node), *(_files(test.node) if test else ())]
    strays = tuple((shown(file.parts), STRAY) for file in inside if file not in classed and file not in (tested or ()))
    if not notes and not all(map(_exact, [train.name, *([test.name] if test else [])])):
        notes = (f"{quoted(train.name)} trains{f', {quoted(test.name)} tests' if test else ''}.",)
    has_test = test is not None and _rank(test, ranks) < WORDS["val"][1]
    if test and not has_test:
        notes += ("No test split was found: the validation images serve as one.",)
    return Layout(classed, tested, strays, aside, notes, has_test=has_test)


def _of_role(children: Sequence[Child], ranks: Mapping[str, tuple[str, int]], *wanted: str) -> list[Child]:
    return [child for child in children if child.name in ranks and ranks[child.name][0] in wanted]


def _rank(child: Child, ranks: Mapping[str, tuple[str, int]]) -> int:
    """How far a folder is from a test set by its name; one whose name says nothing was chosen as one."""
    return ranks.get(child.name, (TEST, 0))[1]


def _without_train(
    title: str, children: Sequence[Child], ranks: Mapping[str, tuple[str, int]]
) -> tuple[list[Child], list[Child], tuple[str, ...]]:
    """(training folders, test folders, notes) where no name says what trains; all empty if there are no splits."""
    tests = _of_role(children, ranks, TEST, VALIDATION)
    named = [child for child in tests if child.kinds]
    others = [child for child in children if child.name not in ranks and not _exact(child.name)]
    alike_ones = [child for child in others if any(_are_splits(child, test) for test in named)]
    if alike_ones:
        train = max(alike_ones, key=lambda child: child.node.count)
        return [train], tests, (f"{quoted(train.name)} holds the same folders as {quoted(named[0].name)}: it trains.",)
    if children and ((not others and all(map(_exact, (child.name for child in children)))) or len(named) > 1):
        raise BadInput(f"{title} has a test folder but no train folder: {WANTED}.")
    if named:
        return [], [], ()
    trains, unnamed = _unnamed(title, others)
    if not trains:
        return [], [], ()
    note = (
        f"{quoted(trains[0].name)} and {quoted(unnamed[0].name)} hold the same folders, so they are splits; the larger "
        "one trains, the other tests."
    )
    return trains, [*unnamed, *tests], (note,)


def _unnamed(title: str, children: Sequence[Child]) -> tuple[list[Child], list[Child]]:
    """(training, test) folders whose names say nothing; empty if they are more likely classes."""
    groups = [
        [child for child in children if _same(child, first)]
        for first in children
        if len(first.kinds) > 1 and not first.inner.files
    ]
    group = max(groups, key=len, default=[])
    if len(group) < 2 or roles([_child(name, inner) for name, inner in group[0].inner.folders.items()]):
        return [], []
    numbered, parts = _only_numbered([child.name for child in group]), _only_parts(group[0].inner.folders)
    if parts and not numbered:
        return [], []  # cats/2019, cats/2020, dogs/2019, dogs/2020: parts of a class
    group = sorted(group, key=lambda child: -child.node.count)
    if len(group) == 2 and group[0].node.count >= CLEARLY_LARGER * group[1].node.count:
        return group[:1], group[1:]
    raise BadInput(
        f"In {title} the folders {named_few(child.name for child in group)} hold the same folders "
        f"({named_few(group[0].inner.folders)}), so they are rather splits than classes: call one train and one test, "
        "or give one of them."
    )


def _by_classes_with_splits(title: str, node: Node, children: Sequence[Child]) -> Layout | None:
    """The layout of class folders that each hold the splits: cats/train, cats/test, dogs/train, dogs/test."""
    if len(children) < 2 or any(_exact(child.name) for child in children):
        return None
    train: Classed = {}
    test: Classed = {}
    aside: list[tuple[str, int, str]] = []
    strays, names = list(node.files), [""]
    for child in children:
        parts = [_child(name, folder) for name, folder in sorted(child.inner.folders.items())]
        ranks = roles(parts)
        parts.sort(key=lambda part: ranks.get(part.name, ("", 9))[1])
        trains = [part for part in parts if ranks.get(part.name, ("",))[0] == TRAIN]
        tests = [part for part in parts if part.name in ranks and part not in trains]
        if len(trains) != 1 or not tests:
            return None
        if _are_splits(trains[0], tests[0]):
            raise BadInput(
                f"The folders {named_few(other.name for other in children)} of {title} are data sets with splits of "
                "their own: give one of them."
            )
        train |= _classed(Node(folders={child.name: trains[0].node}))
        test |= _classed(Node(folders={child.name: tests[0].node}))
        others = [part for part in parts if part not in (trains[0], tests[0])]
        aside += [(shown((*child.names, part.name)), part.node.count, "") for part in others]
        strays += child.inner.files
        names = [trains[0].name, tests[0].name]
    note = f"Each class folder holds the splits: {quoted(names[0])} trains, {quoted(names[1])} tests."
    return Layout(
        train, test, tuple((shown(file.parts), STRAY) for file in strays), tuple(aside), (note,), has_test=True
    )


def _by_classes(node: Node, children: Sequence[Child]) -> Layout:
    """The layout of a folder of class folders."""
    classes = [child for child in children if _exact(child.name) != UNLABELLED]
    aside = tuple((shown((child.name,)), child.node.count, "") for child in children if child not in classes)
    notes = (
        f"{quoted(child.name)} is taken as one class with all that lies in {named_few(child.inner.folders)}: give it "
        "alone if those are the classes."
        for child in classes
        if len(child.kinds) > 1 and not child.inner.files and not _only_parts(child.inner.folders)
    )
    strays = tuple((shown(file.parts), STRAY) for file in node.files)
    folder = Node(folders={child.name: child.node for child in classes})
    return Layout(_classed(folder), None, strays, aside, tuple(islice(notes, NAMED)))


def _data_within(node: Node) -> str | None:
    """The folder of a project that holds the data set, beside others that hold a few stray images."""
    children = [_child(name, inner) for name, inner in sorted(node.folders.items())]
    if len(children) < 2:
        return None
    if any(_exact(child.name) for child in children) or roles(children):
        return None
    split = [child for child in children if _holds_splits(child)]
    containers = split or [child for child in children if len(child.kinds) > 1 and not child.inner.files]
    if len(containers) != 1:
        named = [child for child in children if child.kinds and _words(child.name) & DATA_WORDS]
        if len(named) != 1:
            return None
        containers = named
    (data,) = containers
    others = [child for child in children if child is not data]
    if any(_same(child, data) for child in others):
        return None
    smallest = min((inner.count for inner in data.inner.folders.values()), default=0)
    few = sum(child.node.count for child in others) < STRAY_SHARE * node.count
    few = few and all(child.node.count < smallest for child in others)
    is_named = bool(_words(data.name) & DATA_WORDS) or all(_words(child.name) & PROJECT_WORDS for child in others)
    return data.name if split or few or is_named else None


def _holds_splits(child: Child) -> bool:
    """Whether two folders inside are named as splits and hold the same folders."""
    inner = [_child(name, folder) for name, folder in child.inner.folders.items()]
    ranks = roles(inner)
    trains = [part for part in inner if ranks.get(part.name, ("",))[0] == TRAIN]
    return any(
        _are_splits(train, other) for train in trains for other in inner if other is not train and other.name in ranks
    )


def roles(children: Sequence[Child]) -> dict[str, tuple[str, int]]:
    """The split that each folder's name tells, and how likely it is the one meant; others are left out.

    A name may say more (“intel_train”, “intel_test”) if another says the same: “bullet train” and “car” are no splits.
    """
    found: dict[frozenset[str], dict[str, tuple[str, int]]] = {}
    for child in children:
        for name in child.names:
            if _exact(name) in (TRAIN, TEST, VALIDATION):
                role, rest = WORDS[_exact(name)], frozenset[str]()
            else:
                words = set(words_of(name))
                told = {WORDS[word] for word in words if word in WORDS}
                if len({role for role, _ in told}) != 1:
                    continue
                role = min(told, key=lambda rank: rank[1])
                rest = frozenset(
                    word for word in words - WORDS.keys() - PADDING if not word.isdecimal() and len(word) > 1
                )
            found.setdefault(rest, {})[child.name] = role
            break
    certain = found.pop(frozenset(), {})
    for group in found.values():
        told_roles = {role for role, _ in group.values()}
        if TRAIN in told_roles and len(told_roles) > 1 and not (certain and len(certain) >= len(group)):
            certain = {**group, **certain}
    return certain


def words_of(name: str) -> list[str]:
    """The words of a name, in small letters; “Trainset” and “trainData” are two."""
    spaced = CAMEL.sub(" ", name)
    words = []
    for word in PARTS.findall(spaced.casefold()):
        for known in sorted(WORDS, key=len, reverse=True):
            rest = word.removeprefix(known)
            if rest != word and rest in PADDING:
                words += [known, rest]
                break
        else:
            words.append(word)
    return words


def _words(name: str) -> set[str]:
    return set(words_of(name))


def _exact(name: str) -> str:
    return EXACT.get(name.casefold(), "")


def _same(one: Child, other: Child) -> bool:
    """Whether two folders hold the same folders, but for a few that one of them may lack."""
    shared = one.kinds.keys() & other.kinds.keys()
    return len(shared) > 1 and len(shared) >= 0.8 * max(len(one.kinds), len(other.kinds))


def _are_splits(one: Child, other: Child) -> bool:
    """Whether two folders hold the same classes, rather than the same parts of two classes."""
    return _same(one, other) and not _only_parts(one.inner.folders)


def _only_numbered(names: Iterable[str]) -> bool:
    """Whether names differ by a number or a letter at their end only: fold_1 and fold_2, set A and set B."""
    return len({_stem(name) for name in names}) == 1


def _stem(name: str) -> str:
    """A name without the number or single letter at its end."""
    return re.sub(r"[\W_]*(\d+|(?<![^\W\d_])[^\W\d_])$", "", CAMEL.sub(" ", name).casefold())


def _only_parts(names: Iterable[str]) -> bool:
    """Whether names say where or when a picture is from rather than what it shows: years, sides, numbered parts."""
    names = list(names)
    sides = {"left", "right", "front", "back", "side", "top", "bottom", "images", "crops"}
    sides |= {"original", "augmented", "day", "night", "indoor", "indoors", "outdoor", "outdoors", "masks", "cropped"}
    years = all(re.fullmatch(r"(19|20)\d\d([-_.]?\d\d){0,2}", name) for name in names)
    numbered = _only_numbered(names) and not all(name.isdecimal() for name in names)  # digits are classes
    classes = {"class", "cls", "label", "category", "kind", "type", "species"}
    return years or all(name.casefold() in sides for name in names) or (numbered and _stem(names[0]) not in classes)


def alike(name: str) -> str:
    """What two spellings of one name have in common, so that splits are recognised."""
    return class_name(name).casefold()


def class_name(name: str) -> str:
    """A class folder's name in one Unicode form, without spaces around: “café” is “café” whatever system wrote it."""
    return " ".join(unicodedata.normalize("NFC", name).split()) or name


def tree(files: Iterable[File]) -> Node:
    """Folders with images below, from the parts of the files."""
    top = Node()
    for file in files:
        node = top
        node.count += 1
        for part in file.parts[:-1]:
            node = node.folders.setdefault(part, Node())
            node.count += 1
        node.files.append(file)
    return top


def unwrapped(node: Node, names: tuple[str, ...]) -> tuple[tuple[str, ...], Node]:
    """Without the folders that hold nothing but one folder, as archives and Kaggle's doubling leave them."""
    while len(node.folders) == 1:
        ((name, inner),) = node.folders.items()
        is_wrapper = not node.files and not inner.files and inner.folders
        # A few strays do not make it a class: a cover beside the folder that holds the classes.
        if not is_wrapper and (len(inner.folders) < 2 or node.count - inner.count > STRAY_SHARE * node.count):
            break
        node, names = inner, (*names, name)
    return names, node


def _child(name: str, node: Node) -> Child:
    names, inner = unwrapped(node, (name,))
    return Child(name, names, node, inner)


def _classed(node: Node) -> Classed:
    """The files of a folder of class folders."""
    classed: Classed = {}
    for name, folder in node.folders.items():
        stack: list[tuple[tuple[str, ...], Node]] = [((name,), folder)]
        while stack:
            parts, inner = stack.pop()
            classed |= {file: (name, (*parts, file.parts[-1])) for file in inner.files}
            stack += [((*parts, deeper), below) for deeper, below in inner.folders.items()]
    return classed


def _files(node: Node) -> Iterable[File]:
    stack = [node]
    while stack:
        inner = stack.pop()
        yield from inner.files
        stack += inner.folders.values()


def _outermost(parts: tuple[str, ...], names: tuple[str, ...]) -> tuple[str, ...]:
    """The outermost part of a path that is not on the way to `names`."""
    for depth, part in enumerate(parts):
        if depth >= len(names) or part != names[depth]:
            return parts[: depth + 1]
    return parts


STRAY = "lies in no class folder"
UNSORTED = "it is not sorted into the classes of train"


def split_told(names: Iterable[str]) -> bool:
    """Whether one of these names is that of a split to train or test on."""
    return any(WORDS[word][0] in (TRAIN, TEST) for name in names for word in words_of(name) if word in WORDS)


def left_aside(name: str, images: int, why: str) -> str:
    """A note on a folder or file that is neither trained nor tested on."""
    number = "1 image" if images == 1 else f"{images:,} images"
    return f"{name!r} was left aside ({number}{f': {why}' if why else ''})."


def quoted(name: str) -> str:
    return repr(shown((name,)))


def named_few(names: Iterable[str]) -> str:
    """A few names in quotes, and how many more there are."""
    listed = [quoted(name) for name in names]
    more = len(listed) - NAMED
    return ", ".join(listed[:NAMED]) + (f" and {more} more" if more > 0 else "")


def labels_of(title: str, layout: Layout) -> tuple[list[str], Mapping[str, str]]:
    """The classes, sorted, and the class of each class folder.

    Raises BadInput unless there are two or more, the same in both splits but for the spelling.
    """
    images = Counter(name for name, _ in layout.train.values())
    if not images:
        raise BadInput(f"The images in {title} are not sorted into classes: {WANTED}.")
    class_of = {name: name for name in images}
    if layout.test is not None:
        tested = {name for name, _ in layout.test.values()}
        if images.keys() != tested:  # where they are the same they stay as they are: run ids hang on them
            class_of = {name: class_name(name) for name in images.keys() | tested}
        trained, tested = ({class_of[name] for name in names} for names in (images, tested))
        if different := trained ^ tested:
            name = min(different)
            split, other = ("train", "test") if name in trained else ("test", "train")
            near = [repr(shown((n,))) for n in trained | tested if n != name and n.casefold() == name.casefold()]
            hint = f" (there, {near[0]} is)" if near else ""
            raise BadInput(
                f"The class {quoted(name)} is in {split} but not in {other}{hint}: both need the same class folders."
            )
    classes = sorted(set(class_of.values()))
    if len(classes) == 1:
        raise BadInput(
            f"{title} has only one class, {quoted(classes[0])}: there is nothing to tell apart, add another."
        )
    sizes = Counter(class_of[name] for name, _ in layout.train.values())
    if layout.test is None and (single := [name for name in classes if sizes[name] == 1]):
        raise BadInput(
            f"The class {quoted(min(single))} has a single image, which cannot serve both to train and to test: add "
            "images."
        )
    return classes, class_of
