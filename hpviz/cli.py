"""The command line: everything the pages do, without a browser.

Exit status: 0 done (a diverged run is a result), 1 a run failed, 2 bad input, 130 interrupted.
"""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

from hpviz.analysis.claims.ledger import ledger
from hpviz.data import catalogue
from hpviz.data.audit import audit
from hpviz.data.findings import sentences
from hpviz.data.look_alikes import compare
from hpviz.follow import drive, follow_all
from hpviz.home import default_cache
from hpviz.plan import DEFAULT_DATA, DEFAULT_EPOCHS, Setting, request, sweep
from hpviz.runs.runner import Runner
from hpviz.spec import BadInput
from hpviz.studies import PRESETS, find_study
from hpviz.terminal import RESULT_COLUMNS, JsonLines, Reporter, Terminal, result_row

BAD_INPUT, INTERRUPTED = 2, 130


class Parser(argparse.ArgumentParser):
    """An argument parser that answers bad input with one sentence."""

    def error(self, message: str) -> NoReturn:
        text = message.removeprefix("argument ")
        raise BadInput(f"{text[0].upper()}{text[1:].rstrip('.')}; `python -m hpviz --help` shows the choices.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb and return the exit status."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    reporter: Reporter = JsonLines() if "--json" in arguments else Terminal()
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        options = build_parser().parse_args(arguments)
        return int(options.verb(options, reporter))
    except BadInput as error:
        reporter.error(str(error))
        return BAD_INPUT
    except KeyboardInterrupt:
        reporter.error("Interrupted; every finished epoch is kept, `python -m hpviz resume` goes on.")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our lines has gone; keep Python from complaining while it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return INTERRUPTED
    finally:
        reporter.close()


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


# The verbs


def show_data(options: argparse.Namespace, reporter: Reporter) -> int:
    """The data sets: ready or not, their counts and, for one that is named, its audit."""
    rows = []
    for given in [options.data] if options.data else catalogue.NAMES:
        source = catalogue.resolve(given, options.cache)
        if options.fetch and not catalogue.is_ready(source, options.cache):
            drive(catalogue.fetch(source, options.cache), reporter)
        told = describe_data(source, options.cache, reporter, audited=bool(options.data))
        reporter.event("dataset", told)
        rows.append(
            [source.name, "ready" if told["ready"] else "not fetched"]
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


def train_one(options: argparse.Namespace, reporter: Reporter) -> int:
    """Train one run, or recall it."""
    with closing(Runner(options.cache, options.device)) as runner:
        setting = make_setting(options, runner, reporter, {"epochs": DEFAULT_EPOCHS})
        return follow_all(runner, [request(setting)], reporter)


def train_sweep(options: argparse.Namespace, reporter: Reporter) -> int:
    """Train a study's values, or recall them, one seed after the other."""
    study = find_study(options.study)
    held: dict[str, Any] = {"epochs": DEFAULT_EPOCHS, **study.settings(options.preset or "quick")}
    if options.preset:
        preset = PRESETS[options.preset]
        held |= {
            "data": preset.data,
            "image_size": preset.image_size,
            "per_class": preset.per_class,
            "epochs": preset.epochs,
        }
        if options.preset == "article" and study.pretrained_in_article and options.weights is None:
            options.pretrained = True
    values = options.values or study.values(options.preset or "article")
    with closing(Runner(options.cache, options.device)) as runner:
        setting = make_setting(options, runner, reporter, held)
        requests = sweep(setting, study, [study.parse(value) for value in values], options.seed or 0, options.seeds)
        return follow_all(runner, requests, reporter)


def list_runs(options: argparse.Namespace, reporter: Reporter) -> int:
    """Every run of the store with its status and last metrics."""
    with closing(Runner(options.cache)) as runner:
        runs = runner.runs()
    for run in runs:
        last = run["epochs"][-1] if run["epochs"] else {}
        told = {"id": run["id"], "spec": run["spec"], "status": run["status"], "reason": run["reason"]}
        reporter.event("run", {**told, "epochs": len(run["epochs"]), "target": run["target"], "last": last})
    reporter.table("Runs", RESULT_COLUMNS, map(result_row, runs))
    return 0


def judge_claims(options: argparse.Namespace, reporter: Reporter) -> int:
    """Every claim of the article with its verdict, from the runs of one data set."""
    study = find_study(options.study).name if options.study else None
    source = catalogue.resolve(options.data, options.cache)
    identity = drive(catalogue.identify(source, options.cache), reporter)
    with closing(Runner(options.cache)) as runner:
        judgements = ledger(runner.runs(), identity, study)
    for judgement in judgements:
        fields = judgement.fields()
        reporter.event("claim", {**fields, "sentence": fields.pop("claim"), "dataset": source.name})
    rows = [[row.label, row.claim.sentence, row.verdict, row.evidence] for row in judgements]
    reporter.table(f"Claims, judged on {source.name}", ("claim", "it says", "verdict", "evidence"), rows)
    return 0


def resume_runs(options: argparse.Namespace, reporter: Reporter) -> int:
    """Go on with the runs named, or with all that were interrupted, stopped or failed."""
    with closing(Runner(options.cache, options.device)) as runner:
        if options.runs:
            runs = [runner.store.find(prefix) for prefix in options.runs]
        else:
            runs = [run for run in runner.runs() if run["status"] in ("interrupted", "stopped", "failed")]
        requests = [runner.resumption(run["id"], options.epochs) for run in runs]
        return follow_all(runner, requests, reporter)


def stop_runs(options: argparse.Namespace, reporter: Reporter) -> int:
    """Ask for a stop, whichever process trains the run."""
    with closing(Runner(options.cache)) as runner:
        for run in [runner.store.find(prefix) for prefix in options.runs]:
            runner.stop(run["id"])
            reporter.event("stop", {"id": run["id"], "was": run["status"]})
    return 0


def delete_runs(options: argparse.Namespace, reporter: Reporter) -> int:
    """Forget runs: curve and checkpoints."""
    with closing(Runner(options.cache)) as runner:
        runs = [runner.store.find(prefix) for prefix in options.runs]
        if sys.stdin.isatty() and not options.yes:
            reporter.table("These runs will be deleted", RESULT_COLUMNS, map(result_row, runs))
            if input("Delete them for good? [y/N] ").strip().lower() != "y":
                return 0
        for run in runs:
            runner.delete(run["id"])
            reporter.event("deleted", {"id": run["id"]})
    return 0


# How


def make_setting(options: argparse.Namespace, runner: Runner, reporter: Reporter, held: dict[str, Any]) -> Setting:
    """What the runs share: what was asked for, else what is held, else the defaults of a run."""
    held = dict(held)
    source = catalogue.resolve(options.data or held.pop("data", DEFAULT_DATA), options.cache)
    if not catalogue.is_ready(source, options.cache):
        drive(catalogue.fetch(source, options.cache), reporter)
    identity = drive(catalogue.identify(source, options.cache), reporter)
    asked = {name: getattr(options, name) for name in SPEC_OPTIONS if getattr(options, name) is not None}
    fixed = {name: value for name, value in held.items() if name in SPEC_OPTIONS} | asked
    fixed["precision"] = _precision(options.precision, runner)
    weights = _weights(options)
    if weights is not None:
        from hpviz.models import digest

        fixed["weights"] = digest(weights)
    return Setting(source, identity, held["epochs"] if options.epochs is None else options.epochs, fixed, weights)


def _precision(choice: str, runner: Runner) -> str:
    from hpviz.training.numerics import resolve_precision

    return resolve_precision(choice, runner.machine()["device"])


def _weights(options: argparse.Namespace) -> Path | None:
    """The file of pretrained weights that was asked for, fetched if need be."""
    if options.weights is not None:
        return Path(options.weights).resolve()
    if options.pretrained:
        from hpviz.models import imagenet_weights

        return imagenet_weights()
    return None


SPEC_OPTIONS = (
    "model",
    "learning_rate",
    "batch_size",
    "kernel_width",
    "padding",
    "weight_decay",
    "optimizer",
    "momentum",
    "image_size",
    "per_class",
    "validation_fraction",
    "normalisation",
    "seed",
)


def build_parser() -> Parser:
    """All verbs and their options."""
    parser = Parser(prog="python -m hpviz", description="See what a hyperparameter really does.", allow_abbrev=False)
    common = Parser(add_help=False, allow_abbrev=False)
    common.add_argument("--json", action="store_true", help="one JSON object a line on stdout")
    common.add_argument("--cache", type=Path, default=default_cache(), metavar="DIR", help="where runs are remembered")
    training = _training_options()
    verbs = parser.add_subparsers(required=True, metavar="VERB")

    def verb(name: str, act: Any, *parents: Parser) -> argparse.ArgumentParser:
        added = verbs.add_parser(name, help=act.__doc__, description=act.__doc__, parents=[common, *parents])
        added.set_defaults(verb=act)
        return added

    data = verb("data", show_data)
    data.add_argument("--data", metavar="D", help="scenes, intel, cifar10, fashion-mnist or a folder of images")
    data.add_argument("--fetch", action="store_true", help="download what is missing")
    verb("run", train_one, training)
    sweep_verb = verb("sweep", train_sweep, training)
    sweep_verb.add_argument("study", metavar="STUDY", help="learning-rate, batch-size, kernel-width or weight-decay")
    sweep_verb.add_argument("--values", nargs="+", metavar="V", help="instead of the article's")
    sweep_verb.add_argument("--seeds", type=int, default=1, metavar="N", help="repeat under N seeds")
    sweep_verb.add_argument("--preset", choices=tuple(PRESETS), help="data, size, epochs and values in one word")
    verb("runs", list_runs)
    claims = verb("claims", judge_claims)
    claims.add_argument("study", nargs="?", metavar="STUDY", help="only its claims; default: all")
    claims.add_argument("--data", default=DEFAULT_DATA, metavar="D", help="the data set; default: scenes")
    resume = verb("resume", resume_runs)
    resume.add_argument("runs", nargs="*", metavar="RUN", help="ids or their beginnings; none: all that did not finish")
    resume.add_argument("--epochs", type=int, metavar="N", help="train up to this epoch")
    resume.add_argument("--device", default="auto")
    verb("stop", stop_runs).add_argument("runs", nargs="+", metavar="RUN")
    delete = verb("delete", delete_runs)
    delete.add_argument("runs", nargs="+", metavar="RUN")
    delete.add_argument("--yes", action="store_true", help="do not ask")
    return parser


def _training_options() -> Parser:
    """The options of a run; None means: as the study or the defaults have it."""
    options = Parser(add_help=False, allow_abbrev=False)
    options.add_argument("--data", metavar="D", help="scenes, intel, cifar10, fashion-mnist or a folder of images")
    options.add_argument("--model", metavar="M", help="article-cnn or resnet18")
    options.add_argument("--lr", type=float, dest="learning_rate", metavar="X")
    options.add_argument("--batch-size", type=int, metavar="N")
    options.add_argument("--kernel-width", type=_width, metavar="K", help="pixels, or “article” for 5, 5, 7")
    options.add_argument("--padding", metavar="P", help="article, valid or same")
    options.add_argument("--weight-decay", type=float, metavar="X")
    options.add_argument("--optimizer", metavar="O", help="adam, adamw or sgd")
    options.add_argument("--momentum", type=float, metavar="X", help="of sgd")
    options.add_argument("--epochs", type=int, metavar="N")
    options.add_argument("--image-size", type=int, metavar="N", help="pixels")
    options.add_argument("--per-class", type=int, metavar="N", help="training images a class; default: all")
    options.add_argument("--validation-fraction", type=float, metavar="X", help="of the training images, held out")
    options.add_argument("--normalisation", metavar="N", help="none or channel")
    options.add_argument("--seed", type=int, metavar="S")
    options.add_argument("--precision", choices=("auto", "fp32", "bf16"), default="auto")
    options.add_argument("--device", default="auto", help="auto, cpu or cuda:0")
    start = options.add_mutually_exclusive_group()
    start.add_argument("--pretrained", action="store_true", help="begin with torchvision's ImageNet weights")
    start.add_argument("--weights", metavar="FILE", help="begin with these ImageNet weights")
    return options


def _width(text: str) -> int | str:
    return text if text == "article" else int(text)
