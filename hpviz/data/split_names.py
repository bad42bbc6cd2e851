"""What the names of folders tell: which split they are, whether they number parts, which spellings are one class."""

import re
import unicodedata
from collections.abc import Iterable

TRAIN, TEST, VALIDATION, UNLABELLED = "train", "test", "validation", "unlabelled"

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
COMPOUNDS = PADDING - {"the", "my", "new", "final", "all", "out"}  # that are written in one word with a split
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
PARTS = re.compile(r"[0-9]+|[^\W\d_]+")
# A folder of a project that is likely to hold its data, and those that are likely to hold something else.
DATA_WORDS = COMPOUNDS - {"part", "fold", "split", "subset", "seg"} | {"datasets", "input", "inputs"}
PROJECT_WORDS = {
    *("figure", "figures", "fig", "figs", "doc", "docs", "plot", "plots", "result", "results", "output", "outputs"),
    *("paper", "report", "reports", "asset", "assets", "notebooks", "src", "code", "screenshots", "logs", "static"),
    *("thumbnails", "thumbs", "previews", "examples", "samples", "media", "website", "site", "slides", "thesis"),
}


def words_of(name: str) -> list[str]:
    """The words of a name, in small letters; “Trainset” and “trainData” are two."""
    spaced = CAMEL.sub(" ", name)
    words = []
    for word in PARTS.findall(spaced.casefold()):
        for known in sorted(WORDS, key=len, reverse=True):
            rest = word.removeprefix(known)
            if rest != word and rest in COMPOUNDS and len(known) > 2:
                words += [known, rest]
                break
        else:
            words.append(word)
    return words


def distinct_words(name: str) -> set[str]:
    return set(words_of(name))


def exact_role(name: str) -> str:
    return EXACT.get(name.casefold(), "")


def only_numbered(names: Iterable[str]) -> bool:
    """Whether names differ by a number or a letter at their end only: fold_1 and fold_2, set A and set B."""
    return len({_stem(name) for name in names}) == 1


def _stem(name: str) -> str:
    """A name without the number or single letter at its end."""
    return re.sub(r"[\W_]*(\d+|(?<![^\W\d_])[^\W\d_])$", "", CAMEL.sub(" ", name).casefold())


def only_parts(names: Iterable[str]) -> bool:
    """Whether names say where or when a picture is from rather than what it shows: years, sides, numbered parts."""
    names = list(names)
    sides = {"left", "right", "front", "back", "side", "top", "bottom", "images", "crops"}
    sides |= {"original", "augmented", "day", "night", "indoor", "indoors", "outdoor", "outdoors", "masks", "cropped"}
    years = all(re.fullmatch(r"(19|20)\d\d([-_.]?\d\d){0,2}", name) for name in names)
    classes = {"class", "cls", "label", "category", "kind", "type", "species", ""}  # digits and letters are, too
    numbered = only_numbered(names) and _stem(names[0]) not in classes
    return years or all(name.casefold() in sides for name in names) or numbered


def alike(name: str) -> str:
    """What two spellings of one name have in common, so that splits are recognised."""
    return class_name(name).casefold()


def class_name(name: str) -> str:
    """A class folder's name in one Unicode form, without spaces around: “café” is “café” whatever system wrote it."""
    return " ".join(unicodedata.normalize("NFC", name).split()) or name


def split_told(names: Iterable[str]) -> bool:
    """Whether one of these names is that of a split to train or test on."""
    return any(WORDS[word][0] in (TRAIN, TEST) for name in names for word in words_of(name) if word in WORDS)
