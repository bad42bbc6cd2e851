"""All verbs of the command line and their options."""

import argparse
import re
from collections.abc import Callable, Collection, Sequence
from typing import Any, NoReturn

from hpviz import __version__
from hpviz.cli.app import open_app
from hpviz.cli.data import judge_claims, show_data
from hpviz.cli.inspecting import FORMATS as PICTURES
from hpviz.cli.inspecting import INSPECTIONS, inspect_runs
from hpviz.cli.publishing import publish
from hpviz.cli.reproducing import reproduce
from hpviz.cli.sharing import FORMATS, export_runs, import_runs
from hpviz.cli.store import check_cache, delete_runs, list_runs, stop_runs
from hpviz.cli.training import resume_runs, train_grid, train_one, train_sweep
from hpviz.home import default_cache
from hpviz.hyperparameters import HYPERPARAMETERS, Hyperparameter, Value
from hpviz.installation import PROGRAM
from hpviz.notation import read_number, short
from hpviz.paths import absolute, demand_folder, read_path
from hpviz.plan import DEFAULT_DATA, DEFAULT_EPOCHS
from hpviz.spec import BadInput
from hpviz.studies import PRESETS, STUDIES

DEVICE = "auto, cpu or cuda:0; auto is the first GPU, if there is one"
SHOWN = 80  # characters of a value that a sentence repeats


class Parser(argparse.ArgumentParser):
    """An argument parser that answers bad input with one sentence."""

    verbs: Collection[str] = ()

    def error(self, message: str) -> NoReturn:
        text = re.sub(f"(\\S{{{SHOWN}}})\\S+", r"\1…", message.removeprefix("argument ").rstrip("."))
        if "expected" in text and "argument" in text:
            option = text.split(":")[0].split("/")[-1]
            text += f" (a value that begins with - is written {option}=-…)"
        if text == "the following arguments are required: VERB":
            text += f", one of {', '.join(self.verbs)}"
        raise BadInput(f"{text[0].upper()}{text[1:]}; `{PROGRAM} --help` shows the choices.")


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The verb and its options, the paths among them as they were meant. Raises BadInput, in a sentence."""
    for option, _, value in (argument.partition("=") for argument in arguments):
        if option.startswith("--") and value == "--":  # argparse would take it away and leave a list
            raise BadInput(f"{option} has no value: -- is none.")
    options = build_parser().parse_args(arguments)
    options.cache = default_cache() if options.cache is None else absolute(read_path(options.cache))
    demand_folder(options.cache, "cache")
    for name in ("to", "file", "folder", "weights"):
        if getattr(options, name, None) is not None:
            given = read_path(getattr(options, name))
            path = absolute(given)
            setattr(options, name, path if name == "weights" else given)
    return options


def build_parser() -> Parser:
    """All verbs and their options."""
    parser = Parser(prog=PROGRAM, description="See what a hyperparameter really does.", allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"hpviz {__version__}")
    common = Parser(add_help=False, allow_abbrev=False)
    common.add_argument("--json", action="store_true", help="one JSON object a line on stdout")
    common.add_argument("--cache", metavar="DIR", help="where runs are remembered")
    links = Parser(add_help=False, allow_abbrev=False)
    links.add_argument(
        "--follow",
        action="append",
        default=[],
        metavar="ROOT",
        help="follow links that lead out of the folder of images to ROOT; remembered for this folder, may be repeated",
    )
    cluster = _cluster_option()
    crew = _crew_options(cluster)
    ground = _ground_options(crew)
    training = _training_options(ground)
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    parser.verbs = verbs.choices

    def verb(name: str, act: Any, *parents: Parser) -> argparse.ArgumentParser:
        added = verbs.add_parser(name, help=act.__doc__, description=act.__doc__, parents=[common, *parents])
        added.set_defaults(verb=act)
        return added

    data = verb("data", show_data, links)
    data.add_argument("--data", metavar="D", help="scenes, intel, cifar10, fashion-mnist or a folder of images")
    data.add_argument("--fetch", action="store_true", help="download what is missing")
    verb("run", train_one, training, links)
    several = _several_options()
    sweep_verb = verb("sweep", train_sweep, several, training, links)
    sweep_verb.add_argument("study", metavar="STUDY", help=f"one of {', '.join(STUDIES)}")
    grid_verb = verb("grid", train_grid, several, training, links)
    grid_verb.add_argument("study", metavar="STUDY", help=f"one of {', '.join(STUDIES)}; its values are rows")
    grid_verb.add_argument("study2", metavar="STUDY2", help="another; its values are columns")
    grid_verb.add_argument("--values2", nargs="+", metavar="V", help="those of the second study, likewise")
    reproduce_verb = verb("reproduce", reproduce, ground, links)
    _add_seeds(reproduce_verb)
    reproduce_verb.add_argument(
        "--preset",
        choices=tuple(PRESETS),
        default="quick",
        help="quick: small images, few epochs, ResNet18 from scratch (the default); article: the author's own recipe",
    )
    for name in ("per_class", "image_size"):
        _add(reproduce_verb, HYPERPARAMETERS[name], default="As the preset has it.")
    _add(reproduce_verb, HYPERPARAMETERS["seed"])
    verb("runs", list_runs)
    claims = verb("claims", judge_claims, links)
    claims.add_argument("study", nargs="?", metavar="STUDY", help="only its claims; default: all")
    claims.add_argument("--data", default=DEFAULT_DATA, metavar="D", help="the data set; default: scenes")
    resume = verb("resume", resume_runs, crew, links)
    resume.add_argument("runs", nargs="*", metavar="RUN", help="ids or their beginnings; none: all that did not finish")
    resume.add_argument("--epochs", type=whole_number, metavar="N", help="train up to this epoch")
    resume.add_argument("--device", default="auto", help=DEVICE)
    _add_from_start(resume)
    verb("stop", stop_runs).add_argument("runs", nargs="+", metavar="RUN")
    delete = verb("delete", delete_runs)
    delete.add_argument("runs", nargs="+", metavar="RUN")
    delete.add_argument("--yes", action="store_true", help="do not ask")
    export = verb("export", export_runs)
    export.add_argument("runs", nargs="+", metavar="RUN", help="ids or their beginnings")
    export.add_argument("--to", required=True, metavar="FILE", help=f"ending in .{', .'.join(FORMATS)}")
    export.add_argument("--x", choices=("epoch", "updates", "images", "seconds"), help="along x; default: epoch")
    export.add_argument(
        "--at", choices=("epochs", "updates"), default="epochs", help="what is equal where the runs are compared"
    )
    export.add_argument("--log-loss", action="store_true", help="losses on a logarithmic axis")
    export.add_argument("--dark", action="store_true", help="for dark pages")
    look = verb("inspect", inspect_runs)
    look.add_argument("what", metavar="WHAT", choices=tuple(INSPECTIONS), help=f"one of {', '.join(INSPECTIONS)}")
    look.add_argument("runs", nargs="+", metavar="RUN", help="ids or their beginnings")
    look.add_argument("--to", metavar="FILE", help=f"a picture of it, ending in .{', .'.join(PICTURES)}")
    look.add_argument("--dark", action="store_true", help="for dark pages")
    verb("import", import_runs).add_argument("file", metavar="FILE", help="a bundle: what export wrote as .json")
    site = verb("publish", publish, links)
    site.add_argument("folder", metavar="DIR", help="a new folder, or a site that was published before")
    site.add_argument("--study", metavar="STUDY", help="only this one; default: all that the runs compare")
    site.add_argument("--data", default=DEFAULT_DATA, metavar="D", help="the data set; default: scenes")
    verb("doctor", check_cache)
    verb("app", open_app, cluster)
    return parser


def _several_options() -> Parser:
    """The options of the verbs that train several values."""
    options = Parser(add_help=False, allow_abbrev=False)
    options.add_argument(
        "--values", nargs="+", metavar="V", help="instead of the article's, or of the quick ones with --preset quick"
    )
    _add_seeds(options)
    options.add_argument(
        "--equal-updates", action="store_true", help="as many epochs as give every value the updates of the busiest"
    )
    options.add_argument("--preset", choices=tuple(PRESETS), help="data, size, epochs and values in one word")
    return options


def _training_options(ground: Parser) -> Parser:
    """The options of a run; None means: as the study or the defaults have it."""
    options = Parser(add_help=False, allow_abbrev=False, parents=[ground])
    for each in HYPERPARAMETERS.values():
        if each.knob.option:
            _add(options, each)
    return options


def _cluster_option() -> Parser:
    """Where runs train."""
    option = Parser(add_help=False, allow_abbrev=False)
    option.add_argument(
        "--ray",
        metavar="ADDRESS",
        help="train on the Ray cluster there: auto for the one this machine is part of; default: HPVIZ_RAY, if set",
    )
    return option


def _crew_options(cluster: Parser) -> Parser:
    """How the machine, or the cluster, is shared among runs."""
    options = Parser(add_help=False, allow_abbrev=False, parents=[cluster])
    options.add_argument(
        "--jobs", type=whole_number, metavar="N", help="runs side by side; default: as many as are fastest here"
    )
    options.add_argument(
        "--threads",
        type=whole_number,
        metavar="N",
        help="threads of each run, from its first epoch to its last; default: as many as are fastest here",
    )
    return options


def _ground_options(crew: Parser) -> Parser:
    """Those that are no hyperparameter: images, length, machine and start."""
    options = Parser(add_help=False, allow_abbrev=False, parents=[crew])
    options.add_argument("--data", metavar="D", help="scenes, intel, cifar10, fashion-mnist or a folder of images")
    options.add_argument(
        "--epochs",
        type=whole_number,
        metavar="N",
        help=f"train up to this epoch; default: the preset's, or {DEFAULT_EPOCHS}",
    )
    options.add_argument(
        "--precision",
        choices=("auto", "fp32", "bf16"),
        default="auto",
        help="what to compute in; auto: bf16 where the hardware has it, else fp32 (runs of the two are told apart)",
    )
    options.add_argument("--device", default="auto", help=DEVICE)
    _add_from_start(options)
    start = options.add_mutually_exclusive_group()
    start.add_argument("--pretrained", action="store_true", help="begin with torchvision's ImageNet weights")
    start.add_argument("--weights", metavar="FILE", help="begin with these ImageNet weights")
    return options


def _add_seeds(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seeds", type=whole_number, default=1, metavar="N", help="repeat under N seeds; default 1")


def _add_from_start(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--from-start", action="store_true", help="agree to epoch 1 where a run's checkpoint is gone")


def whole_number(text: str) -> int:
    """A whole number in plain digits."""
    if not re.fullmatch(r"\s*[-+]?[0-9]{1,20}\s*", text):
        raise argparse.ArgumentTypeError(f"{text[:SHOWN]!r} is not a whole number")
    return int(text)


def real_number(text: str) -> float:
    """A finite number in any of the usual notations, in plain digits."""
    if not text.replace("−", "-").isascii():
        raise argparse.ArgumentTypeError(f"{text[:SHOWN]!r} is not a number; write it like 1e-4 or 0.0001")
    try:
        return read_number(text).value
    except BadInput as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _add(options: argparse.ArgumentParser, each: Hyperparameter, default: str | None = None) -> None:
    """The option of a field. Words are left to the spec, whose sentence names them; so are bounds."""
    told = f"{each.knob.help} {_range(each) if default is None else default}".replace("%", "%%")
    metavar = each.knob.metavar or ("N" if each.whole else "X" if each.kind else "W")
    options.add_argument(str(each.knob.option), dest=each.field, type=_reader(each), metavar=metavar, help=told)


def _reader(each: Hyperparameter) -> Callable[[str], Any]:
    """How a value is read: as a number, unless it may be a word and is one."""
    number = whole_number if each.whole else real_number
    return lambda text: text if each.kind is None or text in each.words else number(text)


def _range(each: Hyperparameter) -> str:
    """Its words and its default: one of adam, adamw; default adam. What is meant by leaving it out its help tells."""
    words = f"One of {', '.join(each.words)}; default" if each.kind is None else "Default"
    return "" if each.neutral is None else f"{words} {_plain(each.neutral)}."


def _plain(value: Value) -> str:
    return value if isinstance(value, str) else short(value)
