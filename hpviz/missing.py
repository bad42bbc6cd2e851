"""From what is still open to requests for runs: what the claims need, and what would tell a study's values apart."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from hpviz.analysis.claims.case import Need
from hpviz.analysis.claims.claim import OPEN, Judgement
from hpviz.analysis.claims.ledger import ledger
from hpviz.analysis.estimate import Images, Paces, all_done
from hpviz.analysis.evidence import is_whole, last, up_to
from hpviz.analysis.next_runs import Known, NextRun
from hpviz.analysis.trails import trails_of
from hpviz.data.catalogue import Identity
from hpviz.hyperparameters import HYPERPARAMETERS, Value
from hpviz.plan import Setting, drawn, images_an_epoch, request
from hpviz.runs.crew import Crew
from hpviz.runs.document import ACTIVE, Run, is_done
from hpviz.runs.runner import Request
from hpviz.spec import FIRST_FIELDS, BadInput, RunSpec
from hpviz.studies import STUDIES, Preset, Study

# What all studies of a comparison share; the rest of a spec is each study's own.
SHARED = ("per_class", "validation_fraction", "image_size", "normalisation", "precision", "seed")


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


def seconds_for(requests: Iterable[Request], runs: Sequence[Run], data: Identity, crew: Crew) -> float:
    """How long it takes until the last of the requests is done, as many side by side as the crew says.

    At the pace of earlier runs of this machine, or before there are any, of the reference machine. Epochs that are
    there already cost nothing.
    """
    return all_done(list(seconds_of_each(requests, runs, data, crew).values()), crew.jobs)


def seconds_of_each(requests: Iterable[Request], runs: Sequence[Run], data: Identity, crew: Crew) -> dict[str, float]:
    """How long each of the requests takes once it is its turn, by run id."""
    paces, done = Paces(runs, crew), {run["id"]: len(run["epochs"]) for run in runs}
    return {
        one.spec.run_id: seconds_of(one.spec, one.epochs - done.get(one.spec.run_id, 0), data, paces)
        for one in requests
    }


def seconds_of(spec: RunSpec, epochs: int, data: Identity, paces: Paces) -> float:
    """How long so many epochs of a run take once it is its turn."""
    return paces.seconds(spec, images_in(spec, data), len(data.classes), epochs)


def images_in(spec: RunSpec, data: Identity) -> Images:
    """How many images an epoch of that run trains on and evaluates."""
    train = images_an_epoch(spec, data) if spec.validation_fraction else drawn_images(spec, data)
    return Images(train, sum(data.test_counts.values()), drawn_images(spec, data) - train)


# What would tell a study's values apart


def known_of(
    study: Study, setting: Setting, values: Iterable[Value], runs: Sequence[Run], everything: Sequence[Run], crew: Crew
) -> Known[Value]:
    """What is known of these values, and of all others that have runs, after the epochs of the setting.

    `runs` are those of the setting, `everything` may tell the pace of what was not run yet. A seed that diverged counts
    as guessing; one that was cut short counts once it has been gone on with. A value that cannot be is passed over.
    """
    own: dict[Value, list[Run]] = {value: [] for value in values}
    for run in runs:
        own.setdefault(study.value_of(run["spec"]), []).append(run)
    ordered = sorted(own, key=study.hyperparameter.order)
    asked = {value: one for value in ordered if (one := _asked(setting, study, value))}
    paces = Paces(everything, crew)
    possible = [value for value in ordered if own[value] or value in asked]
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
        seconds={
            value: seconds_of(asked[value].spec, setting.epochs, setting.identity, paces) if value in asked else None
            for value in possible
        },
        names={value: study.hyperparameter.spell(value) for value in possible},
        lost={value: count for value, count in lost.items() if count},
        under_way={value: count for value in possible if (count := _under_way(own[value]))},
        taken={value: {run["spec"]["seed"] for run in own[value] if _is_taken(run, setting)} for value in possible},
        trails=trails_of({value: [run for run in ended[value] if is_whole(run)] for value in possible}),
    )


def requests_of(runs: Iterable[NextRun[Value]], study: Study, setting: Setting) -> list[Request]:
    """The runs that are advised, as requests. Raises BadInput, in a sentence, if one cannot be."""
    return [request(setting, **{study.field: run.value, "seed": run.seed}) for run in runs]


def _asked(setting: Setting, study: Study, value: Value) -> Request | None:
    """The request for a value; None if it cannot be."""
    with suppress(BadInput):
        return request(setting, **{study.field: value})
    return None


def _ended(runs: Iterable[Run], epochs: int) -> list[Run]:
    return [up_to(run, epochs) for run in runs if run["status"] not in ACTIVE and is_done(run, epochs)]


def _under_way(runs: Iterable[Run]) -> int:
    return sum(run["status"] in ACTIVE for run in runs)


def _is_taken(run: Run, setting: Setting) -> bool:
    """Whether a seed adds nothing if it is asked for again; one that failed would fail again."""
    return run["status"] in (*ACTIVE, "failed") or is_done(run, setting.epochs)


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
