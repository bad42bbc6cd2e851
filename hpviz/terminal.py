"""How the command line speaks: JSON lines for scripts, progress bars and a small table for people.

The JSON lines are a contract with other programs; of their figures, accuracies are fractions,
losses nats, times seconds, and a number that is not finite is null.
"""

import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn, Protocol

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.table import Table

from hpviz.charts.lettering import drawable
from hpviz.hyperparameters import HYPERPARAMETERS, is_neutral, spell, value_of
from hpviz.notation import figure, short
from hpviz.runs.document import EpochRow, Run
from hpviz.runs.pace import View, clock
from hpviz.spec import FIRST_FIELDS
from hpviz.streams import complain, writable


class Reporter(Protocol):
    """What the verbs tell, whichever way it is shown."""

    def event(self, kind: str, fields: Mapping[str, Any]) -> None: ...
    def work(self, view: View) -> None: ...
    def run(self, run: Run, cached: bool) -> None: ...
    def epoch(self, run: Run, row: EpochRow) -> None: ...
    def done(self, run: Run, status: str, reason: str | None) -> None: ...
    def table(self, title: str, columns: Iterable[str], rows: Iterable[Iterable[str]]) -> None: ...
    def note(self, message: str) -> None: ...
    def error(self, message: str) -> None: ...
    def close(self) -> None: ...


class JsonLines:
    """One JSON object a line on stdout, flushed at once; in ASCII where the stream cannot take all of it."""

    def event(self, kind: str, fields: Mapping[str, Any]) -> None:
        told = {"event": kind, **fields}
        line = json.dumps(told, allow_nan=False, ensure_ascii=False)
        try:
            line.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
        except UnicodeEncodeError:
            line = json.dumps(told, allow_nan=False)
        print(line, flush=True)

    def run(self, run: Run, cached: bool) -> None:
        self.event("run", {"id": run["id"], "cached": cached, "spec": run["spec"]})

    def epoch(self, run: Run, row: EpochRow) -> None:
        self.event("epoch", {"id": run["id"], **row})

    def done(self, run: Run, status: str, reason: str | None) -> None:
        self.event("done", {"id": run["id"], "status": status, "reason": reason})

    def error(self, message: str) -> None:
        try:
            self.event("error", {"message": message})
        finally:
            complain(message)

    def work(self, view: View) -> None:
        """Progress within an epoch is for people."""

    def table(self, title: str, columns: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
        """A table repeats what the lines have told."""

    def note(self, message: str) -> None:
        self.event("note", {"message": message})

    def close(self) -> None:
        """Every line is out already."""


WIDTH_IN_FILES = 140
LEAST_WIDTH = 40  # narrower, a table shows nothing but its borders


class Screen(Console):
    """A console that fits any terminal, and says so when its reader has gone instead of leaving by itself."""

    def __init__(self) -> None:
        super().__init__(highlight=False, emoji=False)
        if not self.is_terminal:
            self.width = WIDTH_IN_FILES
        elif self.width < LEAST_WIDTH:
            self.width = LEAST_WIDTH

    def on_broken_pipe(self) -> NoReturn:
        self.quiet = True
        raise BrokenPipeError


class Terminal:
    """A live bar with the time left, a line an epoch, a table at the end."""

    def __init__(self) -> None:
        self._console = Screen()
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            TextColumn("{task.fields[left]}"),
            console=self._console,
            transient=True,
        )
        self._task: TaskID | None = None

    def event(self, kind: str, fields: Mapping[str, Any]) -> None:
        """Structured news is told through tables."""

    def work(self, view: View) -> None:
        if self._task is None:
            self._progress.start()
            self._task = self._progress.add_task("", left="", total=1.0)
        seconds = view["seconds_left"]
        self._progress.update(
            self._task,
            description=self._plain(view["text"]),
            total=None if view["fraction"] is None else 1.0,
            completed=view["fraction"] or 0.0,
            left="" if seconds is None else f"{clock(seconds)} left",
        )

    def run(self, run: Run, cached: bool) -> None:
        self._console.print(f"[bold]{self._plain(headline(run))}[/bold]{' (from the store)' if cached else ''}")

    def epoch(self, run: Run, row: EpochRow) -> None:
        self._console.print(
            f"  epoch {row['epoch']:>3}  train loss {number(row['train_loss'])}  test loss {number(row['test_loss'])}"
            f"  test accuracy {percent(row['test_accuracy'])}"
        )

    def done(self, run: Run, status: str, reason: str | None) -> None:
        self.close()
        if status != "finished" or reason:
            self._console.print(f"  {status}: {self._plain(reason or '')}")

    def table(self, title: str, columns: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
        self.close()
        table = Table(title=self._plain(title), title_justify="left")
        for column in columns:
            table.add_column(column)
        for row in rows:
            table.add_row(*map(self._plain, row))
        self._console.print(table)

    def note(self, message: str) -> None:
        self.close()
        self._console.print(self._plain(message))

    def error(self, message: str) -> None:
        self.close()
        complain(message)

    def close(self) -> None:
        if self._task is not None:
            task, self._task = self._task, None
            self._progress.stop()
            self._progress.remove_task(task)

    def _plain(self, text: str) -> str:
        return escape(writable(text, self._console.file))


# Accuracies are test accuracies, the loss is the newest test loss.
RESULT_COLUMNS = ("run", "what", "status", "epochs", "best", "last", "loss", "s/epoch")


def result_row(run: Run, epochs: int | None = None) -> list[str]:
    """A run in the columns above, after that many of its epochs."""
    rows = run["epochs"][:epochs]
    last: EpochRow = rows[-1] if rows else {}
    accuracies = [row["test_accuracy"] for row in rows if row["test_accuracy"] is not None]
    seconds = [row["train_seconds"] + row["test_seconds"] for row in rows if row["train_seconds"] is not None]
    return [
        run["id"],
        headline(run),
        run["status"],
        f"{len(rows)}/{epochs or run['target']}",
        percent(max(accuracies, default=None)),
        percent(last.get("test_accuracy")),
        number(last.get("test_loss")),
        f"{sum(seconds) / len(seconds):.1f}" if seconds else "–",
    ]


def headline(run: Run) -> str:
    """A run in a few words; one from elsewhere says so."""
    return described(run["spec"]) + (f" · {run['origin']['kind']}" if run["origin"] else "")


# Fields that a spec had not from the first; they are told where they say something.
YOUNGER = tuple(name for name in HYPERPARAMETERS if name not in FIRST_FIELDS)


def described(spec: Mapping[str, Any]) -> str:
    """A spec in a few words: the network, the images and the knobs this product is about."""
    words = [
        spec["model"],
        f"{drawable(spec['dataset'])} {spec['image_size']} px",
        f"lr {short(spec['learning_rate'])}",
    ]
    words += [f"batch {spec['batch_size']}", f"λ {short(spec['weight_decay'])}"]
    if spec["kernel_width"] != "article":
        words.append(f"width {spec['kernel_width']} {spec['padding']}")
    if (optimizer := value_of(spec, "optimizer")) != "adam":
        words.append(optimizer)
    words += [f"{HYPERPARAMETERS[name].symbol} {spell(spec[name])}" for name in YOUNGER if not is_neutral(spec, name)]
    return " · ".join([*words, f"seed {spec['seed']}"])


def percent(fraction: float | None) -> str:
    return "–" if fraction is None else f"{100 * fraction:.1f}%"


def number(value: float | None) -> str:
    return "–" if value is None else figure(value, 3)
