"""Which folders are splits and which are classes: what lies inside decides, names only say which split is which.

The sign of splits is that folders beside each other hold the same folders, whatever they are called: `training_set` and
`test_set`, each with `cats` and `dogs`. Then their names tell which trains, or the larger one does.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from itertools import islice

from hpviz.data.files import File, Skipped, shown
from hpviz.data.folder_tree import (
    STRAY_SHARE,
    Child,
    Classed,
    Node,
    child_of,
    classed,
    files_below,
    outermost,
    tree,
    unwrapped,
)
from hpviz.data.split_names import (
    DATA_WORDS,
    PADDING,
    PROJECT_WORDS,
    TEST,
    TRAIN,
    UNLABELLED,
    VALIDATION,
    WORDS,
    alike,
    class_name,
    distinct_words,
    exact_role,
    only_numbered,
    only_parts,
    words_of,
)
from hpviz.spec import BadInput

WANTED = "one folder of pictures a class is needed, with or without train and test folders around them"

CLEARLY_LARGER = 1.5  # times: a training set beside a test set whose names do not tell
ALMOST_ALL = 0.8  # of the folders inside, at least, that splits have in common
NAMED = 4  # folders in a sentence


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
    while (next_one := _data_within(title, node)) is not None:
        is_within_project = True
        names, node = unwrapped(node.folders[next_one], (*names, next_one))
    if node.folders.keys() <= {name for name in node.folders if exact_role(name) == UNLABELLED} and node.folders:
        raise BadInput(f"{title} holds only images without a class (seg_pred): bring the other folders too.")
    children = [child_of(name, inner) for name, inner in sorted(node.folders.items())]
    loose = {file.parts for file in files_below(top)}
    place = (f"{shown(names)!r} holds the data set.",) if is_within_project else ()
    _refuse_joined(title, children)
    layout = (
        _by_splits(title, node, children)
        or _by_classes_with_splits(title, node, children)
        or _by_classes(node, children)
    )
    outside = Counter(outermost(file.parts, names) for file in files_below(top) if file.parts[: len(names)] != names)
    strays = tuple((shown(parts), STRAY) for parts in sorted(outside) if parts in loose)
    aside = [(shown(parts), count, "") for parts, count in sorted(outside.items()) if parts not in loose]
    aside += [(shown((*names, name)), count, why) for name, count, why in layout.aside]
    notes = place + layout.notes
    return replace(layout, skipped=layout.skipped + strays, aside=tuple(aside), notes=notes, place=names)


def _by_splits(title: str, node: Node, children: Sequence[Child]) -> Layout | None:
    """The layout of folders that are splits; None if they are not."""
    ranks = roles(children)
    trains, tests = _of_role(children, ranks, TRAIN), _of_role(children, ranks, TEST, VALIDATION)
    notes: tuple[str, ...] = ()
    if any(child.kinds for child in trains):
        trains = [child for child in trains if child.kinds]
    elif trains:
        exact = {exact_role(child.name) for child in children}
        if (TRAIN in exact and exact & {TEST, VALIDATION}) or (
            tests and all(child.name in ranks for child in children)
        ):
            raise BadInput(f"The images in {title} are not sorted into classes: {WANTED}.")
        return None  # a class of vehicles
    else:
        trains, tests, notes = _without_train(title, children, ranks)
        if not trains:
            return None
    train = min(trains, key=lambda child: (exact_role(child.name) != TRAIN, -child.node.count))
    if not tests and (exact_role(train.name) != TRAIN or train.inner.files):
        return None  # “train” with images right inside and no test beside it is a class of vehicles, too
    labelled = [child for child in tests if child.kinds.keys() & train.kinds.keys() or len(child.kinds) > 1]
    test = min(
        labelled, key=lambda child: (_rank(child, ranks), not exact_role(child.name), -child.node.count), default=None
    )
    trained, tested = classed(train.inner), classed(test.inner) if test else None
    aside = tuple(
        (shown((child.name,)), child.node.count, UNSORTED if child in tests and child not in labelled else "")
        for child in children
        if child is not train and child is not test
    )
    inside = [*node.files, *files_below(train.node), *(files_below(test.node) if test else ())]
    strays = tuple((shown(file.parts), STRAY) for file in inside if file not in trained and file not in (tested or ()))
    if not notes and not all(map(exact_role, [train.name, *([test.name] if test else [])])):
        notes = (f"{quoted(train.name)} trains{f', {quoted(test.name)} tests' if test else ''}.",)
    has_test = test is not None and _rank(test, ranks) < WORDS["val"][1]
    if test and not has_test:
        notes += ("No test split was found: the validation images serve as one.",)
    notes += _parts_of_all(train.inner)
    return Layout(trained, tested, strays, aside, notes, has_test=has_test)


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
    others = [child for child in children if child.name not in ranks and not exact_role(child.name)]
    alike_ones = [child for child in others if any(_are_splits(child, test) for test in named)]
    if alike_ones:
        train = max(alike_ones, key=lambda child: child.node.count)
        return [train], tests, (f"{quoted(train.name)} holds the same folders as {quoted(named[0].name)}: it trains.",)
    if children and ((not others and all(map(exact_role, (child.name for child in children)))) or len(named) > 1):
        raise BadInput(f"{title} has a test folder but no train folder: {WANTED}.")
    if named:
        return [], [], ()
    if tests and len(others) == 1 and _holds_classes(others[0]):
        return others, tests, (f"{quoted(others[0].name)} trains.",)
    trains, unnamed = _unnamed(title, others)
    if not trains:
        return [], [], ()
    note = (
        f"{quoted(trains[0].name)} and {quoted(unnamed[0].name)} hold the same folders, so they are splits; the larger "
        "one trains, the other tests."
    )
    return trains, [*unnamed, *tests], (note,)


def _holds_classes(child: Child) -> bool:
    """Whether a folder is more likely one of class folders than a class with parts."""
    return len(child.kinds) > 1 and not child.inner.files and not only_parts(child.inner.folders)


def _unnamed(title: str, children: Sequence[Child]) -> tuple[list[Child], list[Child]]:
    """(training, test) folders whose names say nothing; empty if they are more likely classes."""
    groups = [
        [child for child in children if _same(child, first)]
        for first in children
        if len(first.kinds) > 1 and not first.inner.files
    ]
    group = max(groups, key=len, default=[])
    if len(group) < 2 or roles([child_of(name, inner) for name, inner in group[0].inner.folders.items()]):
        return [], []
    numbered, parts = only_numbered([child.name for child in group]), only_parts(group[0].inner.folders)
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
    if len(children) < 2 or any(exact_role(child.name) for child in children):
        return None
    train: Classed = {}
    test: Classed = {}
    aside: list[tuple[str, int, str]] = []
    strays, names = list(node.files), [""]
    for child in children:
        parts = [child_of(name, folder) for name, folder in sorted(child.inner.folders.items())]
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
        train |= classed(Node(folders={child.name: trains[0].node}))
        test |= classed(Node(folders={child.name: tests[0].node}))
        others = [part for part in parts if part not in (trains[0], tests[0])]
        aside += [(shown((*child.names, part.name)), part.node.count, "") for part in others]
        strays += child.inner.files
        names = [trains[0].name, tests[0].name]
    note = f"Each class folder holds the splits: {quoted(names[0])} trains, {quoted(names[1])} tests."
    return Layout(
        train, test, tuple((shown(file.parts), STRAY) for file in strays), tuple(aside), (note,), has_test=True
    )


def _by_classes(node: Node, children: Sequence[Child]) -> Layout:
    """The layout of a folder of class folders, and of a test set or a copy of them that lies among them."""
    classes = [child for child in children if exact_role(child.name) != UNLABELLED]
    aside = [(shown((child.name,)), child.node.count, "") for child in children if child not in classes]
    strays, test, notes = list(node.files), None, []
    beside = {alike(child.name) for child in classes}
    again = next((child for child in classes if _holds_its_neighbours(child, beside)), None)
    if again:
        classes.remove(again)
        if again.name in roles([again]):
            test = classed(again.inner)
            strays += [file for file in files_below(again.node) if file not in test]
            notes = [f"{quoted(again.name)} holds the same folders as lie beside it: it tests, those train."]
        else:
            aside.append((shown((again.name,)), again.node.count, "it holds the same folders as lie beside it"))
    folder = Node(folders={child.name: child.node for child in classes})
    notes += islice(
        (
            f"{quoted(child.name)} is taken as one class with all that lies in {named_few(child.inner.folders)}: give "
            "it alone if those are the classes."
            for child in classes
            if _holds_classes(child)
        ),
        NAMED,
    )
    notes += [
        f"{quoted(child.name)} is taken as a class like the others: move it elsewhere if it is none."
        for child in classes
        if exact_role(child.name)
    ]
    lie_loose = tuple((shown(file.parts), STRAY) for file in strays)
    told = (*notes, *_parts_of_all(folder))
    return Layout(classed(folder), test, lie_loose, tuple(aside), told, has_test=test is not None)


def _holds_its_neighbours(child: Child, names: Set[str]) -> bool:
    """Whether a folder holds the same folders as lie beside it, as archives that were unpacked into themselves do.

    `names` are those of all folders there, as `alike` has them.
    """
    shared = child.kinds.keys() & names
    return len(shared) > 1 and len(shared) >= ALMOST_ALL * max(len(child.kinds), len(names) - 1)


def _parts_of_all(folder: Node) -> tuple[str, ...]:
    """A note if all class folders hold the same folders: pictures and their masks, say."""
    children = [child_of(name, inner) for name, inner in sorted(folder.folders.items())]
    if len(children) < 2 or not all(_same(child, children[0]) for child in children):
        return ()
    return (f"The class folders hold {named_few(children[0].inner.folders)} each: all images in them are taken.",)


def _refuse_joined(title: str, children: Sequence[Child]) -> None:
    """Raise BadInput for folders that name a split and a class in one: train_cats, train_dogs, test_cats, test_dogs."""
    splits: dict[frozenset[str], set[str]] = {}
    for child in children:
        words = distinct_words(child.name)
        told = {WORDS[word][0] for word in words & WORDS.keys()}
        splits.setdefault(frozenset(words - WORDS.keys()), set()).update(told)
    if len(splits) > 1 and all(TRAIN in told and len(told) > 1 for told in splits.values()):
        raise BadInput(
            f"The folders {named_few(child.name for child in children)} of {title} each name a split and a class: put "
            "the class folders into one folder that is called train and one that is called test."
        )


def _data_within(title: str, node: Node) -> str | None:
    """The folder of a project that holds the data set, beside others that hold a few stray images."""
    children = [child_of(name, inner) for name, inner in sorted(node.folders.items())]
    if len(children) < 2:  # a lone folder is no class: what lies beside it are strays
        return next((child.name for child in children if len(child.inner.folders) > 1), None)
    ranks = roles(children)
    split = [child for child in children if _holds_splits(child)]
    if any(child.kinds for child in _of_role(children, ranks, TRAIN)):
        return None
    if not split and (ranks or any(exact_role(child.name) for child in children)):
        return None
    if len(split) > 1:
        raise BadInput(
            f"The folders {named_few(child.name for child in split)} of {title} are data sets with splits of their "
            "own: give one of them."
        )
    containers = split or [child for child in children if len(child.kinds) > 1 and not child.inner.files]
    if len(containers) != 1:
        named = [child for child in children if child.kinds and distinct_words(child.name) & DATA_WORDS]
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
    is_named = bool(distinct_words(data.name) & DATA_WORDS) or all(
        distinct_words(child.name) & PROJECT_WORDS for child in others
    )
    return data.name if split or few or is_named else None


def _holds_splits(child: Child) -> bool:
    """Whether two folders inside are named as splits and hold the same folders."""
    inner = [child_of(name, folder) for name, folder in child.inner.folders.items()]
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
            if exact_role(name) in (TRAIN, TEST, VALIDATION):
                role, rest = WORDS[exact_role(name)], frozenset[str]()
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


def _same(one: Child, other: Child) -> bool:
    """Whether two folders hold the same folders, but for a few that one of them may lack."""
    shared = one.kinds.keys() & other.kinds.keys()
    return len(shared) > 1 and len(shared) >= ALMOST_ALL * max(len(one.kinds), len(other.kinds))


def _are_splits(one: Child, other: Child) -> bool:
    """Whether two folders hold the same classes, rather than the same parts of two classes."""
    return _same(one, other) and not only_parts(one.inner.folders)


STRAY = "lies in no class folder"
UNSORTED = "it is not sorted into the classes of train"


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
                f"The class {quoted(name)} is in {split} but not in {other}{hint}: both need the same class folders, "
                "each with images."
            )
    classes = sorted(set(class_of.values()))
    if len(classes) == 1 and distinct_words(classes[0]) <= PADDING:  # train/images, test/images
        raise BadInput(f"The images in {title} are not sorted into classes: {WANTED}.")
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


def twins_told(classes: Iterable[str]) -> tuple[str, ...]:
    """Notes on classes whose names are nearly the same: cats and Cats, or é as one character and as two."""
    groups: dict[str, list[str]] = {}
    for name in classes:
        groups.setdefault(alike(name), []).append(name)
    notes = (
        f"{named_few(names)} are different classes, although their names are nearly the same."
        for names in groups.values()
        if len(names) > 1
    )
    return tuple(islice(notes, NAMED))
