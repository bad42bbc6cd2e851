"""Learning curves. The specification depends on what is compared, never on the figures: an epoch that
arrives changes data alone, so the drawing on the page stays the same node and nothing flickers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import altair as alt
import pandas as pd

from hpviz.analysis.frames import BANDS, METRICS
from hpviz.charts.palette import INK

Axis = Literal["epoch", "updates", "images", "seconds"]
Metric = Literal["test_accuracy", "train_loss", "test_loss"]

TITLES: dict[str, str] = {
    "test_accuracy": "Test accuracy",
    "train_loss": "Train loss (nats)",
    "test_loss": "Test loss (nats)",
    "epoch": "epoch",
    "updates": "updates",
    "images": "images seen",
    "seconds": "seconds of training",
}
HEIGHT = 340
LIVE = "live"
SHORT_LABEL = 6  # characters; longer labels in one row would be cut off on a third of a page


@dataclass(frozen=True)
class Look:
    """What all charts of a comparison share.

    `labels` and `colours` in order of value, `legend` the legend's title, `x` the axis and `x_max` its end
    (None: as far as the data), `chance` the accuracy of guessing (None: not known), `references` an accuracy of the
    article by label. `dashes` are the lines' patterns where colours alone would not tell the labels apart; without them
    train losses are dashed and test figures solid. `own_legend` is off where one legend serves several charts. One
    epoch in `dot_every` has a dot.
    """

    labels: tuple[str, ...]
    colours: tuple[str, ...]
    legend: str
    x: Axis
    x_max: float | None
    log_loss: bool
    chance: float | None
    chance_colour: str
    diverged_colour: str
    references: tuple[tuple[str, float], ...] = ()
    dashes: tuple[tuple[float, ...], ...] = ()
    own_legend: bool = True
    loss_ends: tuple[float, float] | None = None
    dot_every: int = 1
    ink: str = INK[False]


def curve(frame: pd.DataFrame | alt.NamedData, metric: Metric, look: Look) -> alt.LayerChart:
    """One metric over training: mean lines, a dot an epoch, a band from the lowest seed to the highest, the best epoch
    filled, a red triangle where a run diverged, with how many of its seeds did.

    `frame` as `analysis.frames.curves` makes it, or the name of data that hold the same.
    """
    return _chart(_layers(frame, metric, look), metric)


def growing(frame: pd.DataFrame | alt.NamedData, look: Look) -> alt.LayerChart:
    """The train loss, and under the name LIVE, thin and faint, how that of the epochs under way has gone so far.

    The rows of data of that name are as `analysis.frames.trails` makes them. No file and no table has them.
    """
    live = (
        alt.Chart(alt.NamedData(name=LIVE), name=LIVE)
        .mark_line(strokeWidth=1.25, opacity=0.6, strokeCap="round", clip=True, invalid="filter")
        .encode(x=_x(look), y=_y("train_loss", look), color=_colour(look), detail="run:N", order="epoch:Q")
    )
    return _chart([live, *_layers(frame, "train_loss", look)], "train_loss")


def _chart(layers: Sequence[alt.Chart], metric: Metric) -> alt.LayerChart:
    return alt.LayerChart(layer=list(layers)).properties(height=HEIGHT, title=TITLES[metric])


def _layers(frame: pd.DataFrame | alt.NamedData, metric: Metric, look: Look) -> list[alt.Chart]:
    low, high = f"{metric}_low", f"{metric}_high"
    if look.log_loss and isinstance(frame, pd.DataFrame):
        frame = for_logarithms(frame)
    base = alt.Chart(frame).encode(x=_x(look), color=_colour(look))
    y = _y(metric, look)
    tooltip = [
        alt.Tooltip("label:N", title=look.legend),
        alt.Tooltip("epoch:Q", format="d"),
        alt.Tooltip(f"{metric}:Q", title=TITLES[metric], format=".1%" if metric == "test_accuracy" else ".4f"),
        alt.Tooltip("seeds:Q", format="d"),
    ]
    gone = [alt.Tooltip("lost:N", title="diverged")]
    dash = _dash(metric, look)
    # A line ends where a seed does: beyond it is the mean of others, which says of how many.
    part = alt.Detail("part:N")
    band = base.transform_filter(f"isValid(datum.{low}) && isValid(datum.{high})").mark_area(opacity=0.18, line=False)
    line = base.mark_line(strokeWidth=2, invalid="break-paths-filter-domains").encode(y=y, strokeDash=dash, detail=part)
    counts = base.transform_filter("datum.told != ''")
    counts = counts.mark_text(dx=6, dy=-10, align="left", fontSize=11, invalid="filter")
    dotted = base.transform_filter(f"datum.epoch % {look.dot_every} == 0") if look.dot_every > 1 else base
    dots = dotted.mark_point(size=28, filled=True, invalid="filter").encode(y=y, tooltip=tooltip)
    best = base.transform_filter("datum.best").mark_point(size=90, filled=True, invalid="filter")
    last = base.transform_filter("datum.last").mark_point(size=110, filled=False, strokeWidth=2, invalid="filter")
    lost = (
        base.transform_filter("datum.diverged")
        .mark_point(shape="triangle-up", size=140, filled=True)
        .encode(y=alt.value(12), color=alt.value(look.diverged_colour), tooltip=[*tooltip[:2], *gone])
    )
    lost_words = base.transform_filter("datum.lost != ''").mark_text(dx=10, align="left", fontSize=11)
    layers = [
        band.encode(y=_y(metric, look, low), y2=f"{high}:Q", detail=part),
        line,
        dots,
        best.encode(y=y, tooltip=tooltip),
        last.encode(y=y, tooltip=tooltip),
        counts.encode(y=y, text="told:N"),
        lost,
        lost_words.encode(y=alt.value(12), color=alt.value(look.diverged_colour), text="lost:N"),
    ]
    if metric == "test_accuracy":
        layers = [*_chance(look), *_references(look), *layers]
    return layers


def for_logarithms(frame: pd.DataFrame) -> pd.DataFrame:
    """The curves without losses of zero: a single one would flatten a logarithmic chart without a word."""
    losses = [name for name in (*METRICS, *BANDS) if "loss" in name]
    return frame.assign(**{name: frame[name].where(frame[name] > 0) for name in losses})


def _x(look: Look) -> alt.X:
    domain = alt.Undefined if look.x_max is None else [0, look.x_max]
    if look.x == "epoch":
        # Without a count, a single epoch would have a tick at half of it, and call it 1.
        ticks = alt.Undefined if look.x_max is None else min(int(look.x_max), 10)
        axis = alt.Axis(tickMinStep=1, tickCount=ticks, format="d", grid=False)
    else:
        axis = alt.Axis(tickCount=5, format="~s", grid=False)
    return alt.X(f"{look.x}:Q", title=TITLES[look.x], scale=alt.Scale(domain=domain, nice=False), axis=axis)


def _y(metric: Metric, look: Look, field: str = "") -> alt.Y:
    field = field or metric
    if metric == "test_accuracy":
        return alt.Y(f"{field}:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format=".0%"))
    ends = look.loss_ends
    if look.log_loss:
        scale = alt.Scale(type="log", nice=True, domain=list(ends) if ends else alt.Undefined)
    else:
        scale = alt.Scale(zero=True, nice=True, domain=[0, ends[1]] if ends else alt.Undefined)
    # Before there is a loss, 0 is all that the axis has; it would be written to six places.
    axis = alt.Axis(tickCount=6, labelExpr="datum.value ? datum.label : '0'")
    return alt.Y(f"{field}:Q", title=None, scale=scale, axis=axis)


def _colour(look: Look) -> alt.Color:
    scale = alt.Scale(domain=list(look.labels), range=list(look.colours))
    return alt.Color("label:N", scale=scale, legend=_legend(look))


def _dash(metric: Metric, look: Look) -> alt.StrokeDash | alt.StrokeDashValue:
    if not look.dashes:
        return alt.StrokeDashValue([6, 3] if metric == "train_loss" else [1, 0])
    scale = alt.Scale(domain=list(look.labels), range=[list(dash) for dash in look.dashes])
    return alt.StrokeDash("label:N", scale=scale, legend=_legend(look))


def _legend(look: Look) -> alt.Legend | None:
    if not look.own_legend:
        return None
    return alt.Legend(
        symbolType="stroke" if look.dashes else "circle",
        symbolStrokeWidth=2 if look.dashes else alt.Undefined,
        symbolSize=400 if look.dashes else alt.Undefined,
        orient="top",
        direction="horizontal",
        title=look.legend,
        titleOrient="left",
        symbolOpacity=1,
        columns=8 if max(map(len, look.labels), default=0) <= SHORT_LABEL else 2,
        offset=4,
    )


def _chance(look: Look) -> list[alt.Chart]:
    """Guessing, as a dotted line. Its datum lies in the specification, for it never changes."""
    if look.chance is None:
        return []
    datum = {"chance": look.chance, "name": f"chance {look.chance:.0%}"}
    rule = alt.Chart(alt.InlineData(values=[datum])).mark_rule(strokeDash=[2, 4], color=look.chance_colour)
    return [rule.encode(y=alt.Y("chance:Q"), tooltip=alt.Tooltip("name:N", title="guessing"))]


def _references(look: Look) -> list[alt.Chart]:
    """The article's figures as thin lines in the colours of their values."""
    data = [{"label": label, "accuracy": accuracy} for label, accuracy in look.references if label in look.labels]
    if not data:
        return []
    tooltip = [alt.Tooltip("label:N", title=look.legend), alt.Tooltip("accuracy:Q", title="the article", format=".1%")]
    rules = alt.Chart(alt.InlineData(values=data)).mark_rule(strokeWidth=1, opacity=0.7)
    return [rules.encode(y=alt.Y("accuracy:Q"), color=_colour(look), tooltip=tooltip)]
