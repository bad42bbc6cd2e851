"""One run that trains on a cluster, followed from here: what a node tells, and its checkpoints put beside the store.

What a node has not told is lost with it, and nothing else: the run goes on from the last checkpoint that came here.
"""

import os
from collections.abc import Callable, Generator, Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from filelock import FileLock, Timeout

from hpviz.confined import let_go, lock
from hpviz.data.prepared import Prepared
from hpviz.data.progress import Progress
from hpviz.runs import node
from hpviz.runs.document import Run
from hpviz.runs.executor import STOPPING_SECONDS, Died
from hpviz.runs.work import Failed, Place, Stop, checkpoint_of, describe_failure, images_of, weights_of
from hpviz.spec import BadInput
from hpviz.training.checkpoint import newest, settle, write
from hpviz.training.events import Diverged, Event

# How soon a run that has nothing to tell is stopped or paused; what is told is heard at once.
LOOK_SECONDS = 0.25
# One that takes its node down with it would do so for ever.
MOST_LOSSES = 3
# A node that is this far ahead of us waits, so that a pause here is one there, and no queue of checkpoints grows.
AHEAD = 4
ROOM = Progress("waiting for room in the cluster", 0, 0)
LOST = Progress("a node was lost, going on from the last epoch elsewhere", 0, 0)
TURN = Progress("waiting for another process to leave this run", 0, 0)

Steps = Generator[Progress | Event | None]


class Lost(Exception):
    """The node or the process that trained is gone; `gained` tells whether it had finished an epoch."""

    def __init__(self, reason: str, gained: bool) -> None:
        super().__init__(reason)
        self.gained = gained


def train(run: Run, cache: Path, place: Place, lent: Mapping[str, float], put: Callable[[Prepared], Any]) -> Steps:
    """The events of training a run for which Ray keeps so much free; `put` says where the images are for all nodes.

    Closing it ends the task. So does throwing Stop into it, after which it tells the rest. Raises BadInput, Failed (in
    a sentence) or Died.
    """
    folder = checkpoint_of(run, cache)
    held = yield from _turn(cache / "locks" / f"run-{run['id']}.lock")
    try:
        data, weights = (yield from images_of(run, cache)), weights_of(run)
        images, losses = put(data), 0
        while True:
            try:
                yield from _attempt(run, images, weights, folder, place, lent)
            except Lost as lost:
                losses = 1 if lost.gained else losses + 1
                if losses >= MOST_LOSSES:
                    raise Died(f"Its node was lost {losses} times within one epoch ({lost}); resume it.") from None
                yield LOST
            else:
                settle(folder)
                return
    finally:
        let_go(held)


def _turn(path: Path) -> Generator[Progress, None, FileLock]:
    held = lock(path, thread_local=False)
    while True:
        with suppress(Timeout):
            held.acquire(timeout=LOOK_SECONDS)
            return held
        yield TURN


def _attempt(
    run: Run, images: Any, weights: Path | None, folder: Path, place: Place, lent: Mapping[str, float]
) -> Steps:
    """Train from the newest checkpoint on, on one node, to the end or the loss of it.

    Ray's own retry would begin with what the task was given, the checkpoint from before all that it has told since: so
    Ray is to try once.
    """
    import ray

    checkpoint = newest(folder)
    begins_with = weights.read_bytes() if weights and checkpoint is None else None
    task = ray.remote(node.train).options(
        **lent,
        num_returns="streaming",
        max_retries=0,
        scheduling_strategy="SPREAD",
        name=f"hpviz {run['id']}",
        _generator_backpressure_num_objects=AHEAD,
    )
    stream = task.remote(run, images, begins_with, checkpoint, place.device, place.threads)
    try:
        yield from _heard(stream, folder, place)
    except (Lost, BadInput, Failed):  # the task has ended by itself
        raise
    except BaseException as error:
        # Once, and never one that has ended: Ray aborts a process that cancels a task as the last word of it arrives.
        ray.cancel(stream)
        if isinstance(error, Stop):
            yield from _rest(stream, folder)
        raise


def _heard(stream: Any, folder: Path, place: Place) -> Steps:
    """What a node tells, None where it tells nothing new."""
    import ray

    begun = gained = False
    while True:
        if place.paused.is_set():
            sleep(LOOK_SECONDS)
            yield None
            continue
        try:
            if not ray.wait([stream], timeout=LOOK_SECONDS)[0]:
                yield None if begun else ROOM
                continue
            told: node.Told = ray.get(next(stream))
        except StopIteration:
            return
        except ray.exceptions.OutOfMemoryError:
            reason = "Out of memory: Ray ended the process that trained; try a smaller batch or smaller images."
            raise Died(reason, of_memory=True) from None
        except (ray.exceptions.RayTaskError, ray.exceptions.TaskCancelledError) as error:
            raise Failed(sentence_of(error)) from None
        except ray.exceptions.RuntimeEnvSetupError as error:
            raise Failed(f"A node of the cluster could not be given hpviz: {sentence_of(error)}") from None
        except ray.exceptions.RayError as error:
            raise Lost(sentence_of(error), gained) from None
        except OSError:  # the line to the node of this machine, without which this process is no member any more
            os._exit(1)
        begun = True
        gained = gained or isinstance(told, node.Saved)
        yield _kept(told, folder)


def _rest(stream: Any, folder: Path) -> Steps:
    """What a task that is being cancelled has told and nobody had heard; it is killed where it hangs."""
    import ray

    until = monotonic() + STOPPING_SECONDS
    with suppress(StopIteration, ray.exceptions.RayError):
        while monotonic() < until:
            if ray.wait([stream], timeout=LOOK_SECONDS)[0]:
                yield _kept(ray.get(next(stream)), folder)
        ray.cancel(stream, force=True)


def _kept(told: node.Told, folder: Path) -> Progress | Event:
    """The event that was told, its checkpoint beside the store by now. Raises what a failure there was."""
    match told:
        case node.Failure(sentence, is_bad_input):
            raise BadInput(sentence) if is_bad_input else Failed(sentence)
        case node.Saved(epoch, checkpoint):
            write(folder, checkpoint)
            return epoch
        case Diverged():
            settle(folder)
    return told


def sentence_of(error: Exception) -> str:
    """What Ray's error says, in a line."""
    return describe_failure(getattr(error, "cause", None) or error)
