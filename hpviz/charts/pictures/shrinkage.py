"""Weight decay under the hand: the same λ inside Adam's gradient and beside it."""

from functools import cache
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpviz.charts.palette import MUTED
from hpviz.charts.pictures.picture import (
    FAINT,
    Picture,
    at,
    frame_of,
    slider,
    stack,
    three_colours,
    words,
)
from hpviz.notation import short
from hpviz.theory.shrinkage import adam_coupled, adamw, gradient_noise, sgd_coupled

RATE, UPDATES = 1e-4, 320  # the author's run at λ = 1: ten epochs of 32 updates
# The article's network at its start: weights of its two large linear layers lie within ±0.02 to ±0.03, and their
# gradients at batch 64 have a standard deviation of 1e-3 to 2e-3 (measured on photos at 150 px).
START, NOISE, WEIGHTS = 0.02, 2e-3, 200
EVERY = 16  # updates between two points
LOWEST, HIGHEST, STEP = -4.0, 1.0, 0.25  # λ as a power of ten

ADAM, ADAMW, SGD = "Adam with L2", "AdamW", "SGD with L2"
METHODS = {ADAM: adam_coupled, ADAMW: adamw, SGD: sgd_coupled}


@cache
def shrinkage_picture(dark: bool) -> Picture:
    """The mean of 200 weights under decay by three rules, λ on a slider."""
    power = slider("decay", "λ = 10^", LOWEST, HIGHEST, STEP, 0.0)
    lines, sentences = _frames()
    kept = at("decay", power, STEP)
    layers = [*_nothing(dark), _lines(pd.DataFrame(lines), kept, dark), words(pd.DataFrame(sentences), [kept], dark)]
    return Picture(
        stack(*layers, sliders=[power]),
        "Share of a weight left over 320 updates at learning rate 1e-4. At λ = 1 Adam with coupled L2 leaves 7% of it, "
        "while AdamW and plain SGD keep 97%.",
        "Weights that the data pull nowhere. Adam divides the L2 pull by its own size, so that λ = 1 and 10 shrink "
        "alike: nearly the whole learning rate an update. AdamW and SGD take the share lr·λ: 3% in the author's 320 "
        "updates.",
    )


def _frames() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """A record an update of each λ and rule, and a record a λ with its sentence."""
    powers = np.arange(LOWEST, HIGHEST + STEP / 2, STEP)
    left = {name: _shares_left(name, 10**powers) for name in METHODS}
    lines = [
        {"decay": float(power), "rule": name, "update": update, "left": round(float(shares[update, column]), 3)}
        for column, power in enumerate(powers)
        for name, shares in left.items()
        for update in range(0, UPDATES + 1, EVERY)
    ]
    sentences = [
        {"decay": float(power), "sentence": _sentence(10**power, left[ADAM][-1, column], left[ADAMW][-1, column])}
        for column, power in enumerate(powers)
    ]
    return lines, sentences


def _sentence(decay: float, adam: float, decoupled: float) -> str:
    value, coupled = short(float(f"{decay:.1e}")), max(adam, 0)
    return f"λ = {value}, after {UPDATES} updates:\nAdam with L2 leaves {coupled:.0%},\nAdamW leaves {decoupled:.1%}"


def _shares_left(name: str, decays: NDArray[np.float64]) -> NDArray[np.float64]:
    """(UPDATES + 1, λ): the mean weight over that at the start, less what the noise alone does to it."""
    noise = gradient_noise(UPDATES, WEIGHTS, NOISE)
    with_none = np.concatenate([[0.0], decays])[:, None]
    means = METHODS[name](np.full((len(with_none), WEIGHTS), START), noise, RATE, with_none).mean(axis=2)
    return np.asarray(1 + (means[:, 1:] - means[:, :1]) / START)


def _lines(data: pd.DataFrame, kept: str, dark: bool) -> alt.Chart:
    blue, purple, orange = three_colours(dark)
    names = list(METHODS)
    legend = alt.Legend(orient="top", direction="horizontal", title=None, symbolType="stroke", columns=3, offset=4)
    curves: alt.Chart = (
        frame_of(data, [kept])
        .mark_line(strokeWidth=2.5)
        .encode(
            x=alt.X(
                "update:Q", title="updates", axis=alt.Axis(grid=False), scale=alt.Scale(domain=[0, UPDATES], nice=False)
            ),
            y=_left(),
            color=alt.Color("rule:N", scale=alt.Scale(domain=names, range=[orange, blue, purple]), legend=legend),
            strokeDash=alt.StrokeDash("rule:N", scale=alt.Scale(domain=names, range=[[1, 0], [1, 0], [6, 5]])),
            tooltip=[alt.Tooltip("rule:N"), alt.Tooltip("update:Q"), alt.Tooltip("left:Q", title="left", format=".1%")],
        )
    )
    return curves


def _nothing(dark: bool) -> list[alt.Chart]:
    """Weights of zero: every class gets the same score, and guessing is all that is left."""
    base = alt.Chart(pd.DataFrame([{"left": 0.0, "name": "nothing left: chance, ln 6 = 1.79 nats"}]))
    return [
        base.mark_rule(strokeDash=[2, 4], color=FAINT[dark]).encode(y=_left()),
        base.mark_text(align="left", baseline="bottom", dy=-4, dx=6, color=MUTED[dark]).encode(
            x=alt.XValue(0), y=_left(), text=alt.Text("name:N")
        ),
    ]


def _left() -> alt.Y:
    axis = alt.Axis(format=".0%", values=[0, 0.25, 0.5, 0.75, 1])
    return alt.Y("left:Q", title="share of the weight left", scale=alt.Scale(domain=[-0.1, 1.5], nice=False), axis=axis)
