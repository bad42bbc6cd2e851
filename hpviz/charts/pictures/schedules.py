"""The schedules as training follows them, the horizon under the hand."""

from collections.abc import Iterator
from functools import cache
from typing import Any, get_args

import altair as alt
import numpy as np
import pandas as pd

from hpviz.charts.palette import MUTED, spread
from hpviz.charts.pictures.picture import FAINT, Picture, at, frame_of, slider, stack, words
from hpviz.notation import short
from hpviz.spec import RunSpec, Schedule, build_spec
from hpviz.training.schedule import STEPS, WARM_UP, rate_factor

NAMES: tuple[Schedule, ...] = get_args(Schedule)
UPDATES = 57  # an epoch: 1,800 images in batches of 32
EPOCHS = 12  # on the axis
HORIZONS = range(2, 11, 2)
EVERY = 19  # updates, a third of an epoch, between two points of a curve
DASHES = ([1, 0], [6, 4], [1, 0], [2, 2])  # of the lines in their order
ROOM = 1.45  # of the axis, above the full rate: for the sentence


@cache
def schedules_picture(dark: bool) -> Picture:
    """The rate of each schedule, in units of the rate set, up to and past the horizon on a slider."""
    horizon = slider("horizon", "horizon", HORIZONS[0], HORIZONS[-1], HORIZONS.step, 8)
    kept = [at("horizon", horizon, HORIZONS.step)]
    curves = pd.DataFrame(record for epochs in HORIZONS for record in _curves(epochs))
    ends = pd.DataFrame(map(_end, HORIZONS))
    layers = [*_horizon(ends, kept, dark), _lines(curves, kept, dark), words(ends, kept, dark)]
    return Picture(
        stack(*layers, sliders=[horizon]),
        "The learning rate against epochs, as a share of the rate that is set, with a horizon of 8 epochs: constant "
        "stays at 1; step falls to 0.1 after 4 epochs and 0.01 after 6; cosine falls from 1 to nearly 0; warmup-cosine "
        "first rises for 0.8 epochs. Past the horizon each stays where it was.",
        "Drawn by the function that training calls at every update. The horizon belongs to a run's identity: a run "
        "extended past it trains on at the last rate, and a longer schedule is another run.",
    )


def spec_of(name: Schedule, horizon: int) -> RunSpec:
    """A spec with that schedule; a constant rate has no horizon."""
    ends = None if name == "constant" else horizon
    return build_spec(dataset="drawn", fingerprint="0" * 16, schedule=name, horizon=ends)


def _curves(horizon: int) -> Iterator[dict[str, Any]]:
    """Records of each schedule's rate, those on both sides of a jump among them."""
    total = horizon * UPDATES
    jumps = [done for share in STEPS for done in (int(np.ceil(share * total)) - 1, int(np.ceil(share * total)))]
    turns = {"step": jumps, "warmup-cosine": [round(WARM_UP * total)]}
    ends = [0, total - 1, EPOCHS * UPDATES]  # past the horizon every line is straight
    for name in NAMES:
        spec = spec_of(name, horizon)
        between = range(EVERY, total, EVERY) if "cosine" in name else ()
        for done in sorted({*ends, *between, *turns.get(name, ())}):
            rate = rate_factor(spec, done, UPDATES)
            yield {"horizon": horizon, "schedule": name, "epoch": round(done / UPDATES, 3), "rate": round(rate, 4)}


def _end(horizon: int) -> dict[str, Any]:
    total = horizon * UPDATES
    last = {name: rate_factor(spec_of(name, horizon), total, UPDATES) for name in NAMES}
    cosine = short(float(f"{last['cosine']:.0e}"))
    sentence = f"past epoch {horizon} step stays at {last['step']:g}\nand cosine at {cosine} of the rate"
    return {"horizon": horizon, "epoch": horizon, "sentence": sentence}


def _lines(curves: pd.DataFrame, kept: list[str], dark: bool) -> alt.Chart:
    names = list(NAMES)
    legend = alt.Legend(orient="top", direction="horizontal", title=None, symbolType="stroke", columns=2, offset=4)
    lines: alt.Chart = (
        frame_of(curves, kept)
        .mark_line(strokeWidth=2.5)
        .encode(
            x=_epochs(),
            y=alt.Y(
                "rate:Q",
                title="rate, as a share of the one set",
                scale=alt.Scale(domain=[0, ROOM], nice=False),
                axis=alt.Axis(values=[0, 0.1, 0.25, 0.5, 0.75, 1], format="~g"),
            ),
            color=alt.Color("schedule:N", scale=alt.Scale(domain=names, range=spread(len(names), dark)), legend=legend),
            strokeDash=alt.StrokeDash("schedule:N", scale=alt.Scale(domain=names, range=list(DASHES))),
            tooltip=[
                alt.Tooltip("schedule:N"),
                alt.Tooltip("epoch:Q", format=".2f"),
                alt.Tooltip("rate:Q", format=".3g"),
            ],
        )
    )
    return lines


def _horizon(ends: pd.DataFrame, kept: list[str], dark: bool) -> list[alt.Chart]:
    base = frame_of(ends, kept).encode(x=_epochs())
    return [
        base.mark_rule(color=FAINT[dark], strokeDash=[2, 4]),
        base.mark_text(align="left", baseline="bottom", dx=5, dy=-3, color=MUTED[dark]).encode(
            y=alt.YDatum(1), text=alt.TextValue("horizon")
        ),
    ]


def _epochs() -> alt.X:
    axis = alt.Axis(grid=False, tickMinStep=1)
    return alt.X("epoch:Q", title="epochs", axis=axis, scale=alt.Scale(domain=[0, EPOCHS], nice=False))
