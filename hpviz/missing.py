"""From what is still open to requests for runs: what the claims need, and what would tell a study's values apart."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

from hpviz.analysis.claims.case import Need
from hpviz.analysis.claims.claim import OPEN, Judgement
from hpviz.analysis.claims.ledger import ledger
from hpviz.analysis.cost import predicted_seconds
from hpviz.analysis.evidence import is_whole, last, up_to
from hpviz.analysis.next_runs import Known, NextRun
from hpviz.data.catalogue import Identity
from hpviz.hyperparameters import HYPERPARAMETERS, Value
from hpviz.plan import Setting, drawn, request
from hpviz.runs.document import ACTIVE, Run, is_done
from hpviz.runs.reference import reference_runs
from hpviz.runs.runner import Request
from hpviz.spec import FIRST_FIELDS, BadInput, RunSpec
from hpviz.studies import STUDIES, Preset, Study

# What all studies of a comparison share; the rest of a spec is each study's own.
SHARED = ("per_class", "validation_fraction", "image_size", "normalisation", "precision", "seed")


# Images a second of a net that no run here or in the bundles has: all such runs then weigh the same.
ANY_PACE = 100.0


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


def unasked(missing: Iterable[Request], runs: Iterable[Run]) -> list[Request]:
    """Those of untrained requests that nobody has asked for yet: they neither wait nor train."""
    active = {run["id"] for run in runs if run["status"] in ACTIVE}
    return [one for one in missing if one.spec.run_id not in active]


def seconds_for(requests: Iterable[Request], runs: Sequence[Run], data: Identity) -> float | None:
    """How long the requests take at the pace of earlier runs like them; None if one is like no earlier run.

    A run is like another if net, image size and precision are the same; of several the one whose kernels, width, depth
    and batch size are nearest tells the pace. Epochs that are there already cost nothing.
    """
    done = _epochs_done(runs)
    total = 0.0
    for one in requests:
        if (pace := _images_per_second(one.spec, runs)) is None:
            return None
        total += _seconds_at(pace, one, done, data)
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
    return _seconds_at(pace, one, _epochs_done(runs), data)


def _epochs_done(runs: Iterable[Run]) -> dict[str, int]:
    return {run["id"]: len(run["epochs"]) for run in runs}


def _seconds_at(pace: float, one: Request, done: Mapping[str, int], data: Identity) -> float:
    """How long the epochs that a request still lacks take at that pace, in training images a second."""
    left = max(one.epochs - done.get(one.spec.run_id, 0), 0)
    return predicted_seconds(one.spec, drawn_images(one.spec, data), sum(data.test_counts.values()), left, pace)


# What would tell a study's values apart


def known_of(
    study: Study, setting: Setting, values: Iterable[Value], runs: Sequence[Run], everything: Sequence[Run]
) -> Known[Value]:
    """What is known of these values, and of all others that have runs, after the epochs of the setting.

    `runs` are those of the setting, `everything` may tell the pace of what was not run yet. A seed that diverged counts
    as guessing; one that was cut short counts once it has been gone on with. A value that cannot be is passed over.
    """
    own: dict[Value, list[Run]] = {value: [] for value in values}
    for run in runs:
        own.setdefault(study.value_of(run["spec"]), []).append(run)
    ordered = sorted(own, key=study.hyperparameter.order)
    seconds = {value: _seconds(study, setting, value, own[value], everything) for value in ordered}
    possible = [value for value in ordered if own[value] or _possible(setting, study, value)]
    ended = {value: _ended(own[value], setting.epochs) for value in possible}
    lost = {value: sum(not is_whole(run) for run in ended[value]) for value in possible}
    chance = 1 / len(setting.identity.classes)
    return Known(
        accuracies={
            value: [
                *(last("test_accuracy")(run["epochs"]) for run in ended[value] if is_whole(run)),
                *[chance] * lost[value],
            ]
            for value in possible
        },
        test_images=sum(setting.identity.test_counts.values()),
        seconds=seconds,
        names={value: study.hyperparameter.spell(value) for value in possible},
        lost={value: count for value, count in lost.items() if count},
        under_way={value: count for value in possible if (count := _under_way(own[value]))},
        taken={value: {run["spec"]["seed"] for run in own[value] if _is_taken(run, setting)} for value in possible},
    )


def requests_of(runs: Iterable[NextRun[Value]], study: Study, setting: Setting) -> list[Request]:
    """The runs that are advised, as requests. Raises BadInput, in a sentence, if one cannot be."""
    return [request(setting, **{study.field: run.value, "seed": run.seed}) for run in runs]


def _possible(setting: Setting, study: Study, value: Value) -> bool:
    with suppress(BadInput):
        return bool(request(setting, **{study.field: value}))
    return False


def _ended(runs: Iterable[Run], epochs: int) -> list[Run]:
    return [up_to(run, epochs) for run in runs if run["status"] not in ACTIVE and is_done(run, epochs)]


def _under_way(runs: Iterable[Run]) -> int:
    return sum(run["status"] in ACTIVE for run in runs)


def _is_taken(run: Run, setting: Setting) -> bool:
    """Whether a seed adds nothing if it is asked for again; one that failed would fail again."""
    return run["status"] in (*ACTIVE, "failed") or is_done(run, setting.epochs)


def _seconds(
    study: Study, setting: Setting, value: Value, own: Iterable[Run], everything: Sequence[Run]
) -> float | None:
    """How long a run of that value takes: as its own runs did, else at the pace of runs like it."""
    rows = [row for run in own if run["origin"] is None for row in run["epochs"]]
    spent = [row["train_seconds"] + row["test_seconds"] for row in rows if row["train_seconds"] is not None]
    if spent:
        return float(fmean(spent) * setting.epochs)
    with suppress(BadInput):
        return seconds_for([request(setting, **{study.field: value})], everything, setting.identity)
    return None


# Requests for what the claims need


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
    return sum(drawn(spec, data))


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


def _distance(spec: RunSpec, other: Mapping[str, Any]) -> tuple[bool, float, int, float]:
    """How unlike two runs are in what sets their pace besides net, size and precision."""
    return (
        other["kernel_width"] != spec.kernel_width,
        abs(math.log(other["width"] / spec.width)),
        abs(other["depth"] - spec.depth),
        abs(math.log(other["batch_size"] / spec.batch_size)),
    )
