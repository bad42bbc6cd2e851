"""The folders of a data set as a tree of what lies inside them."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from hpviz.data.files import File
from hpviz.data.split_names import alike

STRAY_SHARE = 0.1  # of the images, at most, that lie beside what is a data set all the same


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


def child_of(name: str, node: Node) -> Child:
    names, inner = unwrapped(node, (name,))
    return Child(name, names, node, inner)


def classed(node: Node) -> Classed:
    """The files of a folder of class folders."""
    classed: Classed = {}
    for name, folder in node.folders.items():
        stack: list[tuple[tuple[str, ...], Node]] = [((name,), folder)]
        while stack:
            parts, inner = stack.pop()
            classed |= {file: (name, (*parts, file.parts[-1])) for file in inner.files}
            stack += [((*parts, deeper), below) for deeper, below in inner.folders.items()]
    return classed


def files_below(node: Node) -> Iterable[File]:
    stack = [node]
    while stack:
        inner = stack.pop()
        yield from inner.files
        stack += inner.folders.values()


def outermost(parts: tuple[str, ...], names: tuple[str, ...]) -> tuple[str, ...]:
    """The outermost part of a path that is not on the way to `names`."""
    for depth, part in enumerate(parts):
        if depth >= len(names) or part != names[depth]:
            return parts[: depth + 1]
    return parts
