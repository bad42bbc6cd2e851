"""From what the claims still need to requests for runs: one way for every button that runs what is missing."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hpviz.analysis.claims.case import Need
from hpviz.analysis.claims.claim import Judgement
from hpviz.analysis.claims.ledger import ledger
from hpviz.analysis.cost import predicted_seconds
from hpviz.data.catalogue import Identity
from hpviz.hyperparameters import HYPERPARAMETERS
from hpviz.plan import Setting, request
from hpviz.runs.document import Run, is_done
from hpviz.runs.reference import reference_runs
from hpviz.runs.runner import Request
from hpviz.spec import FIRST_FIELDS, BadInput, RunSpec
from hpviz.studies import STUDIES, Preset, Study

# What all studies of a comparison share; the rest of a spec is each study's own.
SHARED = ("per_class", "validation_fraction", "image_size", "normalisation", "precision", "seed")


# Images a second of a net that no run here or in the bundles has: all such runs then weigh the same.
ANY_PACE = 100.0

# Verdicts that more runs can change for sure; those within noise are settled as far as the claim asks.
OPEN = ("not run yet", "not comparable")


def open_needs(judgements: Sequence[Judgement], runs: Sequence[Run], setting: Setting) -> list[Need]:
    """What the claims that are still open need, seen from the runs that share the setting's fields.

    A claim may have half of its runs on images of another size; it is then asked for whole under this setting. Where
    all of them are there already, what the claim asks for itself stands.
    """
    ground = [run for run in runs if all(run["spec"][name] == value for name, value in setting.fixed.items())]
    here = {row.label: row for row in ledger(ground, setting.identity)}
    rows = [row for row in judgements if row.verdict in OPEN]
    return [need for row in rows for need in here[row.label].needed or row.needed]


def requests_for(
    needs: Iterable[Need],
    setting: Setting,
    preset: Preset,
    study: Study | None = None,
    weights: tuple[Path, str] | None = None,
) -> list[Request]:
    """The runs that the needs ask for, none twice, one seed of everything after the other.

    `setting` gives the images, the epochs (more where a need takes more) and the fields that every study shares. Runs
    of `study`, whose page it is, follow the setting in all else too; those of other studies follow their `preset`. What
    a need itself asks for goes before both. `weights` are the file and digest of ImageNet weights for needs that ask
    for them. Raises BadInput, in a sentence, if a run cannot be, or needs weights that are not given.
    """
    asked: dict[str, Request] = {}
    for one in _by_seed(needs, setting, preset, study, weights):
        known = asked.get(one.spec.run_id)
        asked[one.spec.run_id] = one if known is None else replace(one, epochs=max(one.epochs, known.epochs))
    return list(asked.values())


def untrained(requests: Iterable[Request], runs: Iterable[Run]) -> list[Request]:
    """Those of the requests that the store cannot answer; a run that waits or trains is still untrained."""
    known = {run["id"]: run for run in runs}
    return [one for one in requests if not (run := known.get(one.spec.run_id)) or not is_done(run, one.epochs)]


def seconds_for(requests: Iterable[Request], runs: Sequence[Run], data: Identity) -> float | None:
    """How long the requests take at the pace of earlier runs like them; None if one is like no earlier run.

    A run is like another if net, image size and precision are the same; of several the one whose batch size and kernel
    width are nearest tells the pace. Epochs that are there already cost nothing.
    """
    known = {run["id"]: run for run in runs}
    total = 0.0
    for one in requests:
        if (pace := _images_per_second(one.spec, runs)) is None:
            return None
        images = drawn_images(one.spec, data)
        done = len(known[one.spec.run_id]["epochs"]) if one.spec.run_id in known else 0
        left = max(one.epochs - done, 0)
        total += predicted_seconds(one.spec, images, sum(data.test_counts.values()), left, pace)
    return total


def expected_seconds(one: Request, runs: Sequence[Run], data: Identity) -> float:
    """How long a request is thought to take: at the pace of earlier runs like it, else of a reference run of its net.

    That one was another machine's and may have had images of another size: as many pixels a second are assumed.
    """
    if (known := seconds_for([one], runs, data)) is not None:
        return known
    alike = [run for run in reference_runs() if run["spec"]["model"] == one.spec.model and _pace(run)]
    nearest = min(alike, key=lambda run: _distance(one.spec, run["spec"]), default=None)
    pace = ANY_PACE
    if nearest is not None:
        pace = (_pace(nearest) or ANY_PACE) * (nearest["spec"]["image_size"] / one.spec.image_size) ** 2
    done = next((len(run["epochs"]) for run in runs if run["id"] == one.spec.run_id), 0)
    left = max(one.epochs - done, 0)
    return predicted_seconds(one.spec, drawn_images(one.spec, data), sum(data.test_counts.values()), left, pace)


def _by_seed(
    needs: Iterable[Need],
    setting: Setting,
    preset: Preset,
    study: Study | None,
    weights: tuple[Path, str] | None,
) -> Iterator[Request]:
    needs = list(needs)
    for number in range(max((need.seeds for need in needs), default=0)):
        for need in needs:
            if number < need.seeds:
                yield from _of_seed(need, number, setting, preset, study, weights)


def _of_seed(
    need: Need,
    number: int,
    setting: Setting,
    preset: Preset,
    study: Study | None,
    weights: tuple[Path, str] | None,
) -> Iterator[Request]:
    asked_of = STUDIES[need.study]
    shared = {name: value for name, value in setting.fixed.items() if name in SHARED}
    # What the author had not is no part of his claims.
    own = {name: value for name, value in setting.fixed.items() if name in FIRST_FIELDS}
    own = own if study is not None and study.name == need.study else {}
    fields = {**asked_of.settings(preset), **shared, **own, **need.settings}
    if need.pretrained and weights is None:
        raise BadInput("These runs begin with ImageNet weights: fetch them, or give a file, before you queue them.")
    fields["weights"] = weights[1] if need.pretrained and weights else None
    fields["seed"] = shared.get("seed", 0) + number
    ground = replace(
        setting,
        epochs=max(setting.epochs, need.epochs),
        fixed=_consistent(fields),
        weights=weights[0] if need.pretrained and weights else None,
    )
    for value in need.values or asked_of.values(preset):
        yield request(ground, **{asked_of.field: value})


def _consistent(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Without what a page held for another net or optimiser than the need asks for."""
    silent = {name for name, each in HYPERPARAMETERS.items() if not each.says_something(fields)}
    return {name: value for name, value in fields.items() if name not in silent}


def drawn_images(spec: RunSpec, data: Identity) -> int:
    """How many training images that run draws."""
    counts = data.train_counts.values()
    return sum(counts if spec.per_class is None else (min(count, spec.per_class) for count in counts))


def _images_per_second(spec: RunSpec, runs: Iterable[Run]) -> float | None:
    """The pace of the most similar earlier run, in training images a second."""
    alike = [
        run
        for run in runs
        if run["epochs"]
        and run["origin"] is None
        and all(run["spec"][name] == getattr(spec, name) for name in ("model", "image_size", "precision"))
    ]
    if not alike:
        return None
    return _pace(min(alike, key=lambda run: _distance(spec, run["spec"])))


def _pace(run: Run) -> float | None:
    """The images a second of a run that has epochs."""
    images = run["epochs"][-1]["images"]
    seconds = sum(row["train_seconds"] for row in run["epochs"])
    return images / seconds if seconds else None


def _distance(spec: RunSpec, other: Mapping[str, Any]) -> tuple[bool, float]:
    """How unlike two runs are in what sets their pace besides net, size and precision."""
    return other["kernel_width"] != spec.kernel_width, abs(math.log(other["batch_size"] / spec.batch_size))
