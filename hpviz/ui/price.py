"""What a launch costs before it starts, in the same words on every page: how many runs, and for how long."""

from collections.abc import Sequence

from hpviz import gate
from hpviz.analysis.words import plural
from hpviz.missing import seconds_for
from hpviz.plan import Setting
from hpviz.runs.pace import about
from hpviz.runs.runner import Request
from hpviz.ui.resources import get_runner


def price(requests: Sequence[Request], setting: Setting) -> str:
    """5 runs · about 6 min. Where pages only show nobody waits for them, so they are 5 runs."""
    if gate.current().read_only:
        return plural(len(requests), "run")
    return f"{plural(len(requests), 'run')} · {time_of(requests, setting)}"


def time_of(requests: Sequence[Request], setting: Setting) -> str:
    """How long until all of them are done, begun now: about 6 min. What waits already is another price."""
    return about(seconds_of(requests, setting))


def seconds_of(requests: Sequence[Request], setting: Setting) -> float:
    """The same as a number, at the pace of this machine, as many runs side by side as it would train."""
    if not requests:
        return 0.0
    runner = get_runner()
    return seconds_for(requests, runner.runs(), setting.identity, runner.crew(requests[0].spec, len(requests)))
