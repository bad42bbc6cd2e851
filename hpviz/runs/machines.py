"""What this machine is, remembered in the cache from the process that last told it, so that no page waits for PyTorch.

It holds for as long as nothing changes that it depends on: the versions, the processor, what the environment allows.
What was remembered wrongly, as of a GPU that is gone, holds until a process says otherwise, which is seconds.
"""

import json
import os
import platform
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hpviz import __version__, hardware
from hpviz.confined import read_file, write_file
from hpviz.runs.document import Run
from hpviz.spec import BadInput

NAME = "machine.json"
MOST_BYTES = 100_000
Device = Annotated[str, Field(pattern=r"^(cpu|cuda:\d{1,3})$")]
Text = Annotated[str, Field(max_length=500)]


class Machine(BaseModel):
    """A machine as `training.numerics.machine` describes it."""

    model_config = ConfigDict(strict=True, extra="forbid")

    device: Device
    name: Text
    precision: Literal["fp32", "bf16"]
    threads: Annotated[int, Field(ge=1)]
    torch: Text
    platform: Text
    hpviz: Text
    devices: Annotated[list[Device], Field(min_length=1)]


class Memory(BaseModel):
    """What is in the file: machines by the device that was asked for, and what they were found `under`."""

    model_config = ConfigDict(strict=True, extra="forbid")

    under: dict[str, str]
    machines: dict[str, Machine]


def known(cache: Path, choice: str) -> dict[str, Any] | None:
    """The machine with the device asked for ("auto", "cpu", "cuda:0"), if no process need be asked; else None."""
    if found := hardware.machine(choice):
        return found
    remembered = _recall(cache).machines.get(choice)
    return None if remembered is None else remembered.model_dump()


def to_look_at(known: dict[str, Any] | None, runs: Iterable[Run]) -> dict[str, Any]:
    """A machine on which nothing is trained, for pages that only show: it compares in what most runs here are in."""
    precisions = Counter(run["spec"]["precision"] for run in runs if run["origin"] is None)
    machine = known or {
        "device": "cpu",
        "name": hardware.cpu_name(),
        "precision": "bf16" if hardware.has_bf16() else "fp32",
        "threads": hardware.threads(),
        "torch": "not loaded",
        "platform": platform.platform(),
        "hpviz": __version__,
        "devices": ["cpu"],
    }
    return {**machine, "precision": precisions.most_common(1)[0][0]} if precisions else machine


def learn(cache: Path, choice: str, ask: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    """What a process answers that is asked for the machine, which is remembered. Its BadInput comes through."""
    try:
        machine = ask(choice)
    except BadInput:
        _remember(cache, choice, None)
        raise
    _remember(cache, choice, machine)
    return machine


def _remember(cache: Path, choice: str, machine: dict[str, Any] | None) -> None:
    """Where it cannot be written, the next start waits for a process again."""
    memory = _recall(cache)
    machines = {asked: found for asked, found in memory.machines.items() if asked != choice}
    with suppress(OSError, ValidationError):
        if machine is not None:
            machines[choice] = Machine(**machine)
        if machines != memory.machines:
            content = Memory(under=memory.under, machines=machines).model_dump_json()
            write_file(cache / NAME, content.encode())


def _recall(cache: Path) -> Memory:
    """What is remembered of this machine as it is; nothing where the file is absent, damaged or of another."""
    under = _under()
    try:
        memory = Memory(**json.loads(read_file(cache / NAME, MOST_BYTES)))
    except (OSError, ValueError, TypeError, RecursionError):
        return Memory(under=under, machines={})
    return memory if memory.under == under else Memory(under=under, machines={})


def _under() -> dict[str, str]:
    """Everything on which it depends what a process would answer, as far as that can be known without one."""
    build = hardware.torch_build()
    return {
        "hpviz": __version__,
        "torch": build.version if build else "",
        "python": platform.python_version(),
        "processor": hardware.cpu_name(),
        "threads": str(hardware.threads()),
        "gpus": repr([os.environ.get(name) for name in ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES")]),
    }
