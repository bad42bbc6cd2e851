"""The verb that trains everything the article ran and holds it against the author's logs."""

import argparse
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict

from hpviz.analysis.claims.ledger import ledger
from hpviz.analysis.evidence import SEEDS_NEEDED
from hpviz.cli.training import from_scratch, open_runner, train_all, wanted_weights
from hpviz.missing import seconds_of_each, untrained
from hpviz.notation import figure
from hpviz.plan import Setting
from hpviz.reproduction import Counterpart, Reproduced, Total, by_verdict, cautions, counterparts, reproduced, total
from hpviz.runs.crew import Crew
from hpviz.runs.pace import Whole
from hpviz.runs.runner import Runner
from hpviz.studies import PRESETS
from hpviz.terminal import Reporter, percent

COLUMNS = ("run", "what", "seed", "epochs", "author's accuracy", "accuracy", "author's s", "s", "s ÷ author's")


def reproduce(options: argparse.Namespace, reporter: Reporter) -> int:
    """Train everything the article ran, or recall it, beside the author's seconds and accuracies."""
    if options.preset == "article" and options.weights is None:
        options.pretrained = True
    with closing(open_runner(options)) as runner:
        weights = wanted_weights(options, reporter)  # before the images, which may take long to fetch
        setting = from_scratch(options, runner, reporter, asdict(PRESETS[options.preset]))
        asked = counterparts(setting, options.preset, options.seeds, options.seed or 0, weights)
        status = train_all(runner, [one.request for one in asked], options, reporter, _whole(asked, runner, setting))
        runs = {run["id"]: run for run in runner.runs()}
        rows = [reproduced(one, runs[one.request.spec.run_id]) for one in asked if one.request.spec.run_id in runs]
        verdicts = by_verdict(ledger(list(runs.values()), setting.identity))
    if rows:
        _tell(rows, verdicts, setting, reporter)
    return status


def _whole(asked: Sequence[Counterpart], runner: Runner, setting: Setting) -> Whole:
    runs = runner.runs()
    left = untrained([one.request for one in asked], runs)
    crew = runner.crew(left[0].spec, len(left)) if left else Crew(1, 1)
    return Whole(seconds_of_each(left, runs, setting.identity, crew))


def _tell(rows: Sequence[Reproduced], verdicts: dict[str, list[str]], setting: Setting, reporter: Reporter) -> None:
    """A row a run, the total, what keeps them apart, and what the claims say."""
    summed, apart = total(rows), cautions(rows, setting.identity)
    for row in rows:
        reporter.event("reproduced", row.fields())
    counts = {verdict: len(labels) for verdict, labels in verdicts.items()}
    reporter.event("total", {**summed.fields(), "cautions": apart, "claims": counts})
    reporter.table(f"The article's runs, on {setting.source.name}", COLUMNS, [*map(_cells, rows), _sum(summed)])
    reporter.table("", ("to bear in mind",), [[sentence] for sentence in apart])
    told = [[verdict, str(len(labels)), ", ".join(labels)] for verdict, labels in verdicts.items()]
    few = summed.seeds < SEEDS_NEEDED
    more = f"; most take {SEEDS_NEEDED} seeds a value (--seeds {SEEDS_NEEDED})" if few else ""
    reporter.table(f"What the article's claims come to on {setting.source.name}{more}", ("verdict", "", "claims"), told)


def _cells(row: Reproduced) -> list[str]:
    logged, asked = row.of.logged, row.of.request
    return [
        row.run["id"],
        row.of.what,
        str(asked.spec.seed),
        f"{row.epochs}/{asked.epochs}",
        percent(logged.accuracy),
        percent(row.accuracy),
        f"{logged.seconds:,.0f}",
        _seconds(row.seconds),
        _ratio(row.ratio),
    ]


def _sum(summed: Total) -> list[str]:
    what = "all" if summed.seeds == 1 else f"all, a seed ({_seconds(summed.seconds)} s for {summed.seeds})"
    ends = [f"{summed.author_seconds:,.0f}", _seconds(summed.seconds_a_seed), _ratio(summed.ratio)]
    return ["", what, "", "", "", "", *ends]


def _seconds(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds:,.1f}"


def _ratio(ratio: float | None) -> str:
    return "–" if ratio is None else figure(ratio, 3)
