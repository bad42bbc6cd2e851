"""Lives of processes that train one run and are killed at a moment of it, for the tests beside this file.

Reads a plan as JSON from its first argument and prints one JSON line a life. Every life is a process of its own, forked
from one that has PyTorch loaded and nothing else, so that a life costs no start.
"""

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch  # once, before the first fork

from hpviz.data.catalogue import identify, resolve
from hpviz.plan import Setting, request
from hpviz.runs.crew import Wish
from hpviz.runs.document import ACTIVE
from hpviz.runs.runner import Request, Runner
from hpviz.runs.work import Place, carry_out
from hpviz.training import loop  # noqa: F401
from hpviz.training.events import Batch

FIELDS = {"image_size": 48, "batch_size": 8, "precision": "fp32"}


def live(act: Callable[[], None]) -> int:
    """Do something in a process of its own; returns the signal that killed it, or 0."""
    child = os.fork()
    if child == 0:
        try:
            act()
            sys.stdout.flush()
            os._exit(0)
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(1)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise SystemExit("a life ended badly")
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


def what_to_train(cache: Path, plan: dict[str, Any]) -> Request:
    source = resolve(plan["folder"], cache)
    steps = identify(source, cache)
    try:
        while True:
            next(steps)
    except StopIteration as end:
        return request(Setting(source, end.value, plan["epochs"], FIELDS))


def train(cache: Path, plan: dict[str, Any], work: Callable[..., Iterator[Any]] = carry_out) -> None:
    """Train until the run rests."""
    runner = Runner(cache, "cpu", work, Wish(jobs=1))
    one = what_to_train(cache, plan)
    runner.submit(one)
    pause = threading.Event()
    while (runner.run(one.spec.run_id) or {"status": "queued"})["status"] in ACTIVE:
        pause.wait(0.005)
    runner.close()


def tell(cache: Path) -> None:
    """Print what a process that comes later finds."""
    runner = Runner(cache, "cpu")
    (run,) = runner.runs()
    runner.close()
    print(json.dumps({"status": run["status"], "reason": run["reason"], "epochs": run["epochs"]}), flush=True)


def killed_after(events: int) -> Callable[..., Iterator[Any]]:
    """Work during which another thread kills the process once that many things have happened; tells where it began."""
    due = threading.Event()

    def kill() -> None:
        due.wait()
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=kill, daemon=True).start()

    def work(run: Any, cache: Path, place: Place) -> Iterator[Any]:
        began = False
        for count, event in enumerate(carry_out(run, cache, place), start=1):
            if isinstance(event, Batch) and not began:
                began = True
                print(json.dumps({"began": event.epoch}), flush=True)
            if count >= events:
                due.set()  # training goes on: the kill comes when it comes
            yield event

    return work


def killed_before_rename(to: str, at: int) -> Callable[..., Iterator[Any]]:
    """Work that is killed right before a checkpoint file is renamed to that name for the `at`-th time."""
    rename, seen = Path.replace, []

    def replace(self: Path, target: Path) -> Path:
        seen.extend([target] if Path(target).name == to else [])
        if len(seen) == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return rename(self, target)

    Path.replace = replace  # type: ignore[method-assign]
    return carry_out


def out_of_memory_once(cache: Path, plan: dict[str, Any]) -> None:
    """A run asks for more memory than any machine has; the next is trained in the same process."""
    torch.set_num_threads(1)
    first: list[bool] = []

    def work(run: Any, cache: Path, place: Place) -> Iterator[Any]:
        for event in carry_out(run, cache, place):
            if isinstance(event, Batch) and not first:
                first.append(True)
                torch.empty(2**50)
            yield event

    runner, one = Runner(cache, "cpu", work, Wish(jobs=1)), what_to_train(cache, plan)
    pause = threading.Event()
    for _ in range(2):
        runner.submit(one)
        while runner.queue():
            pause.wait(0.005)
        run = runner.run(one.spec.run_id)
        assert run is not None
        print(json.dumps({name: run[name] for name in ("status", "reason", "epochs")}), flush=True)  # type: ignore[literal-required]
    runner.close()


def main() -> None:
    plan = json.loads(sys.argv[1])
    cache = Path(plan["cache"])
    for life in plan["lives"]:
        match life:
            case ["killed after", events]:
                live(lambda: train(cache, plan, killed_after(events)))
                live(lambda: tell(cache))
            case ["killed before rename", name, at]:
                died = live(lambda: train(cache, plan, killed_before_rename(name, at)))
                assert died == signal.SIGKILL
                live(lambda: tell(cache))
            case ["out of memory"]:
                live(lambda: out_of_memory_once(cache, plan))
            case ["undisturbed"]:
                live(lambda: train(cache, plan))
                live(lambda: tell(cache))


main()
