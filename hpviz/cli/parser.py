"""All verbs of the command line and their options."""

import argparse
from pathlib import Path
from typing import Any, NoReturn

from hpviz.cli.data import judge_claims, show_data
from hpviz.cli.sharing import FORMATS, export_runs, import_runs
from hpviz.cli.store import delete_runs, list_runs, stop_runs
from hpviz.cli.training import resume_runs, train_one, train_sweep
from hpviz.home import default_cache
from hpviz.plan import DEFAULT_DATA
from hpviz.spec import BadInput
from hpviz.studies import PRESETS


class Parser(argparse.ArgumentParser):
    """An argument parser that answers bad input with one sentence."""

    def error(self, message: str) -> NoReturn:
        text = message.removeprefix("argument ")
        raise BadInput(f"{text[0].upper()}{text[1:].rstrip('.')}; `python -m hpviz --help` shows the choices.")


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
    export = verb("export", export_runs)
    export.add_argument("runs", nargs="+", metavar="RUN", help="ids or their beginnings")
    export.add_argument("--to", type=Path, required=True, metavar="FILE", help=f"ending in .{', .'.join(FORMATS)}")
    export.add_argument("--x", choices=("epoch", "updates", "images", "seconds"), default="epoch", help="along x")
    export.add_argument("--log-loss", action="store_true", help="losses on a logarithmic axis")
    export.add_argument("--dark", action="store_true", help="for dark pages")
    verb("import", import_runs).add_argument(
        "file", type=Path, metavar="FILE", help="a bundle: what export wrote as .json"
    )
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
