"""The queue as one line: what trains and how long it will still take, what waits, unfolded on a click."""

from collections.abc import Callable, Hashable, Sequence

import streamlit as st

from hpviz.analysis.estimate import Images, Paces, all_done, images_of
from hpviz.analysis.words import brief_name, plural
from hpviz.missing import images_in
from hpviz.plan import Setting
from hpviz.runs.document import Run
from hpviz.runs.pace import about, elsewhere
from hpviz.runs.runner import QueueEntry, Runner
from hpviz.spec import RunSpec
from hpviz.ui.crew import show_pause
from hpviz.ui.locked import locked
from hpviz.ui.progress import moving_bar, told
from hpviz.ui.resources import session
from hpviz.ui.text import literal, plain

# Data sets of photos have about so many training images for each that is tested on; for those nobody has counted yet.
TRAIN_TO_TEST = 4
# Of a run that trains: before so much of it is done, its first updates, which are slow, say too much.
TELLING = 0.02

CANCEL_HELP = (
    "Takes out of the queue all that was asked for on this page since it was loaded, and on others opened from it. "
    "What others asked for stays, and so does what has begun."
)


def show_queue_line(
    runner: Runner, setting: Setting | None, names: Callable[[Run], str | None], others: Sequence[Run] = ()
) -> bool:
    """Everything that trains or waits in this process, and `others`, which another process trains; False if nothing is.

    `names` says what the page calls its own runs. Call it inside a horizontal container.
    """
    queue = runner.queue()
    training = _training(queue)
    waiting = queue[len(training) :]
    runs = {run["id"]: run for entry in queue if (run := runner.run(entry["id"]))}

    def name(run_id: str) -> str:
        run = runs.get(run_id)
        return (names(run) or literal(brief_name(run["spec"]))) if run else ""

    views = [(entry["id"], name(entry["id"]), entry["view"]) for entry in training]
    views += [(run["id"], names(run) or literal(brief_name(run["spec"])), elsewhere(run)) for run in others]
    for run_id, called, view in views:
        moving_bar(run_id, view, called)
        st.button(
            f"Stop {called}" if len(views) > 1 else "Stop",
            key=f"stop:{run_id}",
            icon=":material/stop:",
            on_click=_stop,
            args=(runner, run_id),
            **locked(help="Within a batch; finished epochs are kept, and it can be resumed."),
        )
    if waiting:
        seconds = _until_done(runner, setting, training, waiting, runs)
        with st.popover(f"{len(waiting)} waiting, all done in {about(seconds).removeprefix('about ')}"):
            for entry in waiting:
                st.button(
                    f"Cancel {name(entry['id'])}",
                    key=f"stop:{entry['id']}",
                    icon=":material/close:",
                    on_click=_stop,
                    args=(runner, entry["id"]),
                    **locked(help=f"Number {entry['position']} of those that wait. Takes it out of the queue."),
                )
        if asked := runner.asked(session()):
            st.button(
                "Cancel all" if len(asked) == len(waiting) else f"Cancel all of mine ({len(asked)})",
                key="cancel all",
                icon=":material/playlist_remove:",
                on_click=_cancel,
                args=(runner, session()),
                **locked(help=CANCEL_HELP),
            )
    if queue or runner.is_paused:
        show_pause(runner)
    return bool(queue or others)


def bars(runner: Runner, names: Callable[[Run], str | None]) -> dict[str, tuple[str, float]]:
    """The words and the share done of the bars that `show_queue_line` draws of this process's runs, by run."""
    training = [(entry["view"], runner.run(entry["id"])) for entry in _training(runner.queue())]
    return {run["id"]: told(view, names(run) or plain(brief_name(run["spec"]))) for view, run in training if run}


def state_of_queue(runner: Runner) -> Hashable:
    """What trains and what waits, and whether all of it is paused."""
    return runner.is_paused, tuple((entry["id"], entry["position"]) for entry in runner.queue())


def _training(queue: list[QueueEntry]) -> list[QueueEntry]:
    """Those that train, or the one that is about to."""
    return [entry for entry in queue if not entry["position"]] or queue[:1]


def _stop(runner: Runner, run_id: str) -> None:
    runner.stop(run_id)


def _cancel(runner: Runner, who: str) -> None:
    st.toast(f"{plural(runner.cancel(who), 'run')} taken out of the queue.", icon=":material/check:")


def _until_done(
    runner: Runner,
    setting: Setting | None,
    training: Sequence[QueueEntry],
    waiting: Sequence[QueueEntry],
    runs: dict[str, Run],
) -> float:
    """Seconds until the last that waits now is done, if nothing more is asked for."""
    known = [run for entry in waiting if (run := runs.get(entry["id"]))]
    if not known:
        return 0.0
    crew = runner.crew(RunSpec(**known[0]["spec"]), len(known) + len(training))
    paces = Paces(runner.runs(), crew)

    def taking(run: Run, epochs: int) -> float:
        spec, classes = RunSpec(**run["spec"]), len(run["inputs"].get("classes") or ()) or 2
        return paces.seconds(spec, _images(run, spec, setting), classes, epochs)

    expected, left = [], []
    for entry in training:
        view, run = entry["view"], runs.get(entry["id"])
        begun, rest = view["fraction"] or 0.0, view["seconds_left"] if view.get("trains") else None
        expected.append((taking(run, run["target"]) if run else 0.0) * (1 - begun))
        left.append(expected[-1] if rest is None or begun < TELLING else rest)
    # What trains now tells how busy the machine is, and so how what waits will fare.
    busy = sum(left) / sum(expected) if sum(expected) else 1.0
    still = [busy * taking(run, run["target"] - len(run["epochs"])) for run in known]
    return all_done([*left, *still], max(crew.jobs, len(training)))


def _images(run: Run, spec: RunSpec, setting: Setting | None) -> Images:
    """The images of a run: as the page has them, as the run counted them, or as its inputs let expect."""
    if setting is not None and setting.identity.fingerprint == spec.fingerprint:
        return images_in(spec, setting.identity)
    tested, classes = run["inputs"].get("test_images") or 0, len(run["inputs"].get("classes") or ())
    expected = TRAIN_TO_TEST * tested if spec.per_class is None else spec.per_class * classes
    return images_of(run) or Images(max(expected, 1), tested)
