"""Which test images trained networks get right, what they take the others for, and which changed with a value."""

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from hpviz.analysis.answers import Answers, Changed, accuracy_by_class, answers_of, changed, confusion, read
from hpviz.analysis.words import plural
from hpviz.cli.inspecting.inspection import Inspection, Table
from hpviz.data.catalogue import name_tests
from hpviz.data.progress import Progress
from hpviz.data.thumbnails import thumbnails
from hpviz.installation import PROGRAM
from hpviz.runs import tasks
from hpviz.runs.command import run_command
from hpviz.runs.document import Run
from hpviz.runs.inspections import Finding
from hpviz.runs.work import checkpoint_of
from hpviz.spec import BadInput
from hpviz.terminal import headline, percent
from hpviz.training.checkpoint import is_sound
from hpviz.training.recorded_answers import MOST_CLASSES, MOST_IMAGES, Recorded, can_be_kept

if TYPE_CHECKING:
    from hpviz.charts.single import Drawing

CLASSES_ACROSS = 12  # more make a table too wide for a terminal: it is then turned
MOST_PHOTOS = 12  # as many as a picture has room for


def _find(runs: Sequence[Run], cache: Path) -> Generator[Progress, None, Finding]:
    from hpviz.analysis.comparison import compare_runs  # takes a while to load, which other verbs need not wait for

    _demand_the_same_images(runs)
    answers: dict[str, Answers] = {}
    for run in runs:
        answers[run["id"]] = answers_of(run) or (yield from _asked_again(run, cache))
    comparison = compare_runs(runs)  # in the order of the values
    values = {run_id: comparison.names.get(label, label) for run_id, label in comparison.labels.items()}
    groups = {value: [run for run in runs if values[run["id"]] == value] for value in values.values()}
    classes, first = runs[0]["inputs"]["classes"], answers[runs[0]["id"]]
    change = changed(groups, found=answers)
    given = next((data for run in runs if (data := run["inputs"]["data"])), "")
    names = yield from name_tests(given, runs[0]["spec"]["fingerprint"], len(first.labels), cache)
    return {
        "classes": classes,
        "epochs": {run_id: each.epoch for run_id, each in answers.items()},
        "values": values,
        "confusion": {run_id: confusion(each, len(classes)).tolist() for run_id, each in answers.items()},
        "changed": _told(change, names, classes),
        "by_chance": change.by_chance,
        "notes": [*change.notes, *_otherwise(runs, answers)],
    }


def _demand_the_same_images(runs: Sequence[Run]) -> None:
    for run in runs:
        classes, images = len(run["inputs"].get("classes", ())), run["inputs"].get("test_images", 0)
        if classes and images and not can_be_kept(classes, images):
            raise BadInput(
                f"Run {run['id']} has {classes:,} classes and {images:,} test images: answers are remembered up to "
                f"{MOST_CLASSES} classes and {MOST_IMAGES:,} images."
            )
    told = {(run["spec"]["fingerprint"], *run["inputs"].get("classes", ())) for run in runs}
    if len(told) > 1:
        raise BadInput("These runs were tested on different images: give runs of one data set.")


def _asked_again(run: Run, cache: Path) -> Generator[Progress, None, Answers]:
    """The answers of a run that does not remember them, from its checkpoint. Raises BadInput where there is none."""
    named, anew = f"Run {run['id']}", run_command(run["spec"], run["target"])
    if run["origin"]:
        raise BadInput(f"{named} came from elsewhere without its answers: train it here, with `{anew}`.")
    if not is_sound(checkpoint_of(run, cache)):
        raise BadInput(
            f"{named} was recorded before answers were kept, and its checkpoint is not here: train it anew, with "
            f"`{PROGRAM} resume {run['id']} --from-start --epochs {len(run['epochs']) + 1}`."
        )
    found = yield from tasks.asked_of(run).remembered(cache)
    classes, images = len(run["inputs"].get("classes", ())), run["inputs"].get("test_images", 0)
    try:
        answers = read(cast(Recorded, found), "newest", classes, images)
    except ValueError:
        answers = None
    if answers is None:
        raise BadInput(f"{named} did not note its classes or its test images: train it anew, with `{anew}`.")
    return answers


def _told(change: Changed[str], names: Sequence[str], classes: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {
            "image": names[image.place],
            "label": classes[image.label],
            "said": {run_id: classes[said] for run_id, said in image.said.items()},
            "right": list(image.right),
            "wrong": list(image.wrong),
            "place": image.place,
        }
        for image in change.images
    ]


def _otherwise(runs: Sequence[Run], answers: dict[str, Answers]) -> list[str]:
    """Sentences on runs whose network answers otherwise here than where it was trained."""
    told = []
    for run in runs:
        each = answers[run["id"]]
        rows = run["epochs"][each.epoch - 1 : each.epoch]
        if rows and rows[0]["test_accuracy"] is not None and rows[0]["test_accuracy"] != (now := each.right.mean()):
            before = percent(rows[0]["test_accuracy"])
            told.append(f"Asked again, run {run['id']} has {percent(float(now))} right instead of {before}.")
    return told


def _tell(found: Finding, runs: Sequence[Run]) -> Table:
    columns = {run_id: accuracy_by_class(np.array(matrix)) for run_id, matrix in found["confusion"].items()}
    classes, title = found["classes"], f"Accuracy by class; {_summary(found)}"
    if len(classes) > CLASSES_ACROSS:
        rows = [[name, *(_share(each[place]) for each in columns.values())] for place, name in enumerate(classes)]
        return title, ["class", *columns], rows
    what = [[run["id"], headline(run), str(found["epochs"][run["id"]])] for run in runs]
    return (
        title,
        ["run", "what", "epoch", *classes],
        [[*told, *map(_share, columns[told[0]].tolist())] for told in what],
    )


def _share(share: float) -> str:
    return percent(None if np.isnan(share) else share)


def _summary(found: Finding) -> str:
    """How many photos changed, in a sentence or more."""
    if len(set(found["values"].values())) < 2:
        return "one value alone: nothing to change with it."
    told = f"{plural(len(found['changed']), 'photo')} changed: right with every seed of one value, wrong with every one"
    return " ".join([f"{told} of another (luck alone: about {found['by_chance']:.0f}).", *found["notes"]])


def _illustrate(found: Finding, runs: Sequence[Run], cache: Path) -> Finding:
    """The first photos that changed, as addresses of small pictures, by their places."""
    places = [each["place"] for each in found["changed"][:MOST_PHOTOS]]
    images = sum(map(sum, found["confusion"][runs[0]["id"]]))
    return found | {"thumbnails": thumbnails(cache, runs[0]["spec"]["fingerprint"], images, places)}


def _draw(found: Finding, runs: Sequence[Run], dark: bool) -> "Drawing":
    from hpviz.charts.answers import answers_drawn

    return answers_drawn(found, dark)


PHOTOS = Inspection(_find, _tell, _draw, _illustrate)
