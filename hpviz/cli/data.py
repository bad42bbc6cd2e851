"""The verbs on data: what there is, and what the runs on it say of the article's claims."""

import argparse
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hpviz.analysis.claims.ledger import ledger
from hpviz.data import catalogue
from hpviz.data.audit import audit
from hpviz.data.findings import sentences
from hpviz.data.look_alikes import compare
from hpviz.follow import drive
from hpviz.runs.measured_noise import measured_noise
from hpviz.runs.runner import Runner
from hpviz.spec import BadInput
from hpviz.studies import find_study
from hpviz.terminal import Reporter


def show_data(options: argparse.Namespace, reporter: Reporter) -> int:
    """The data sets: ready or not, their counts and, for one that is named, its audit."""
    rows = []
    if options.follow and options.data is None:
        raise BadInput("--follow needs the folder whose links are meant: give it with --data.")
    for given in catalogue.NAMES if options.data is None else [options.data]:
        source = catalogue.resolve(given, options.cache)
        follow_links(source, options)
        if options.fetch and not catalogue.is_ready(source, options.cache):
            drive(catalogue.fetch(source, options.cache), reporter)
        is_here = catalogue.is_ready(source, options.cache)
        try:
            told = describe_data(source, options.cache, reporter, audited=options.data is not None)
        except BadInput as error:
            reporter.event("dataset", {"name": source.name, "ready": False, "notes": [str(error)]})
            if options.data:
                raise
            told = {"ready": False, "notes": [str(error)]}
        else:
            reporter.event("dataset", told)
        rows.append(
            [source.name, "ready" if told["ready"] else "cannot be used" if is_here else "not fetched"]
            + [str(sum(told.get(f"{split}_counts", {}).values()) or "–") for split in ("train", "test")]
            + [" ".join(told.get("findings", []) + told.get("notes", []))]
        )
    reporter.table("Data sets", ("name", "state", "train", "test", "notes"), rows)
    return 0


def describe_data(source: catalogue.Source, cache: Path, reporter: Reporter, audited: bool) -> dict[str, Any]:
    told: dict[str, Any] = {"name": source.name, "ready": catalogue.is_ready(source, cache)}
    if told["ready"]:
        identity = drive(catalogue.identify(source, cache), reporter)
        told |= {
            "fingerprint": identity.fingerprint,
            "classes": list(identity.classes),
            "train_counts": dict(identity.train_counts),
            "test_counts": dict(identity.test_counts),
            "notes": list(identity.notes),
        }
        if audited:
            drive(compare(cache, identity.fingerprint), reporter)
            found = audit(source, cache)
            told |= {"audit": asdict(found), "findings": sentences(found)}
    return told


def follow_links(source: catalogue.Source, options: argparse.Namespace) -> None:
    """Let the links of a folder lead where --follow says."""
    for root in options.follow:
        catalogue.follow_links(source, root, options.cache)


def judge_claims(options: argparse.Namespace, reporter: Reporter) -> int:
    """Every claim of the article with its verdict, from the runs of one data set."""
    study = find_study(options.study) if options.study else None
    source = catalogue.resolve(options.data, options.cache)
    follow_links(source, options)
    identity = drive(catalogue.identify(source, options.cache), reporter)
    with closing(Runner(options.cache)) as runner:
        runs = runner.runs()
    judgements = ledger(runs, identity, study.name if study else None, noise=measured_noise(runs, options.cache))
    if study and not judgements:
        reporter.note(f"The article claims nothing about {study.title.lower()}, so there is nothing to judge.")
        return 0
    for judgement in judgements:
        fields = judgement.fields()
        reporter.event("claim", {**fields, "sentence": fields.pop("claim"), "dataset": source.name})
    rows = [[row.label, row.claim.sentence, row.verdict, row.evidence] for row in judgements]
    reporter.table(f"Claims, judged on {source.name}", ("claim", "it says", "verdict", "evidence"), rows)
    return 0
