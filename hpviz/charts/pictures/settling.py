"""A noisy descent under a rate that stays and one that falls: where the loss can settle."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from hpviz.charts.palette import MUTED, spread
from hpviz.charts.pictures.picture import FAINT, Picture, at, choice, frame_of, slider, stack, words
from hpviz.charts.pictures.schedules import NAMES, spec_of
from hpviz.theory.settling import Floats, drawn_losses, expected_losses, floor
from hpviz.training.schedule import rate_factor

UPDATES, HORIZON, EPOCHS = 8, 8, 10  # updates an epoch; the last two epochs lie past the horizon
START, NOISE = 4.0, 1.0  # the first weight, and the deviation of the gradient's noise
POWERS = np.arange(-6.0, 0.5, 1.0)  # of two: the rate times the curvature
LOWEST, HIGHEST = 1e-4, 400  # of the axis; its uppermost part is for the sentence


@cache
def settling_picture(dark: bool) -> Picture:
    """The loss of a one-dimensional descent with noise, the rate on a slider, constant against a schedule."""
    power = slider("power", "rate × curvature = 2^", POWERS[0], POWERS[-1], 1, -1)
    schedule = choice("schedule", "schedule", NAMES[1:], NAMES[1:], "cosine")
    paths = pd.DataFrame(record for each in POWERS for record in _paths(float(each)))
    sentences = pd.DataFrame(record for each in POWERS for record in _sentences(float(each)))
    kept = [at("power", power, 1), "datum.rule == 'constant' || datum.rule == schedule"]
    chosen = [at("power", power, 1), "datum.rule == schedule"]
    layers = [*_horizon(dark), *_lines(paths, kept, dark), words(sentences, chosen, dark)]
    constant, cosine = (mean_losses(name, 0.5)[-1] for name in ("constant", "cosine"))
    return Picture(
        stack(*layers, sliders=[power, schedule]),
        "The loss of a noisy descent against epochs, thick the mean of all draws, thin one draw. At half the rate that "
        f"lands at once, a constant rate is left jumping at a mean loss of {constant:.2f}; a cosine over {HORIZON} "
        f"epochs ends at {cosine:.2g}.",
        "One weight, ½hw², gradients with noise of deviation σ = 1 (loss in units of σ²/h). A constant rate η settles "
        "at ½ησ²/(2-ηh); as the rate falls, so does that floor. At a low rate the floor is low already and the way "
        "down is long, so a schedule gains little.",
    )


def rates(name: str, rate: float) -> Floats:
    """The rate of each update, as training would set it."""
    spec = spec_of(name, HORIZON)  # type: ignore[arg-type]
    return rate * np.array([rate_factor(spec, done, UPDATES) for done in range(EPOCHS * UPDATES)])


def mean_losses(name: str, rate: float) -> Floats:
    """(EPOCHS·UPDATES + 1,): the mean over all draws of the noise."""
    return expected_losses(rates(name, rate), START, NOISE)


def _paths(power: float) -> Iterator[dict[str, Any]]:
    """One record an update of each schedule; a loss below the axis lies on it."""
    for name in NAMES:
        drawn = drawn_losses(rates(name, 2**power), START, NOISE)
        for update, (mean, loss) in enumerate(zip(mean_losses(name, 2**power), drawn, strict=True)):
            frame = {"power": power, "rule": name, "epoch": update / UPDATES}
            yield {**frame, "mean": _short(mean), "drawn": _short(max(loss, LOWEST))}


def _short(loss: float) -> float:
    return float(f"{loss:.3g}")


def _sentences(power: float) -> Iterator[dict[str, Any]]:
    constant = mean_losses("constant", 2**power)[-1]
    settled = constant < 1.05 * floor(2**power, NOISE)
    for name in NAMES[1:]:
        ended = mean_losses(name, 2**power)[-1]
        how = "has settled at" if settled else "has come down to"
        yield {"power": power, "rule": name, "sentence": f"constant {how} {constant:.2g},\n{name} at {ended:.2g}"}


def _lines(paths: pd.DataFrame, kept: list[str], dark: bool) -> list[alt.Chart]:
    legend = alt.Legend(
        orient="top", direction="horizontal", title=None, symbolType="stroke", columns=2, offset=4, symbolOpacity=1
    )
    scale = alt.Scale(domain=list(NAMES), range=spread(len(NAMES), dark))
    base = frame_of(paths, kept).encode(x=_epochs(), color=alt.Color("rule:N", scale=scale, legend=legend))
    tooltip = ["rule:N", alt.Tooltip("epoch:Q", format=".2f"), alt.Tooltip("mean:Q", format=".3g")]
    return [
        base.mark_line(strokeWidth=1, opacity=0.5, clip=True).encode(y=_loss("drawn")),
        base.mark_line(strokeWidth=2.5, clip=True).encode(y=_loss("mean"), tooltip=tooltip),
    ]


def _horizon(dark: bool) -> list[alt.Chart]:
    base = alt.Chart(pd.DataFrame([{"epoch": float(HORIZON)}])).encode(x=_epochs())
    return [
        base.mark_rule(color=FAINT[dark], strokeDash=[2, 4]),
        base.mark_text(align="left", baseline="bottom", dx=5, color=MUTED[dark]).encode(
            y=alt.YValue("height"), text=alt.TextValue("horizon")
        ),
    ]


def _epochs() -> alt.X:
    axis = alt.Axis(grid=False, tickMinStep=1)
    return alt.X("epoch:Q", title="epochs", axis=axis, scale=alt.Scale(domain=[0, EPOCHS], nice=False))


def _loss(field: str) -> alt.Y:
    axis = alt.Axis(values=[1e-4, 1e-3, 0.01, 0.1, 1, 10], format="~g")
    scale = alt.Scale(type="log", domain=[LOWEST, HIGHEST], nice=False)
    return alt.Y(f"{field}:Q", title="loss / (σ²/h)", scale=scale, axis=axis)
