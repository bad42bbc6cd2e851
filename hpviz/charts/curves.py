"""Learning curves. The specification depends on what is compared, never on the figures: an epoch that
arrives changes data alone, so the drawing on the page stays the same node and nothing flickers.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import altair as alt
import numpy as np
import pandas as pd

from hpviz.analysis.frames import BANDS, METRICS
from hpviz.charts.axes import of_epochs
from hpviz.charts.lettering import measured
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
LIVE, READINGS = "live", "readings"
SHORT_LABEL = 6  # characters; longer labels in one row would be cut off on a third of a page
# Pixels: what a label at a line's end may take and stands off it, its letters, and the narrowest plot it stands in.
LABEL_MOST, LABEL_OFF, LABEL_SIZE, NARROWEST = 84, 10, 11, 280
# Labels are kept so far apart, as a share of the axis: a line of letters on a plot 200 pixels high.
LABEL_GAP = 0.065
# Lines that end closer together along x than this share of it may have labels that meet.
LABELS_MEET = 0.3
X_TICKS = 6


@dataclass(frozen=True)
class Look:
    """What all charts of a comparison share.

    `labels` and `colours` in order of value, `legend` the legend's title, `x` the axis and `x_max` its end
    (None: as far as the data), `chance` the accuracy of guessing (None: not known), `references` an accuracy of the
    article by label. `dashes` are the lines' patterns where colours alone would not tell the labels apart; without them
    train losses are dashed and test figures solid. `own_legend` is off where one legend serves several charts,
    `end_labels` where each line has a chart of its own. One epoch in `dot_every` has a dot.
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
    end_labels: bool = True

    @property
    def label_room(self) -> float:
        """What labels at the ends of lines take, in shares of what lines have along x."""
        if not self.end_labels:
            return 0.0
        room = min(max((measured(label, LABEL_SIZE) for label in self.labels), default=0.0), LABEL_MOST) + LABEL_OFF
        return room / (NARROWEST - room)


def curve(frame: pd.DataFrame | alt.NamedData, metric: Metric, look: Look) -> alt.LayerChart:
    """One metric over training: mean lines, a dot an epoch, a band from the lowest seed to the highest, the best epoch
    filled, a red triangle where a run diverged, with how many of its seeds did.

    `frame` as `analysis.frames.curves` makes it, or the name of data that hold the same as `drawn_rows` has it.
    """
    return _chart(_layers(frame, metric, look), metric)


def growing(frame: pd.DataFrame | alt.NamedData, look: Look) -> alt.LayerChart:
    """The train loss, and under the name LIVE, thin and faint, how that of the epochs under way has gone so far.

    The rows of data of that name are as `analysis.frames.trails` makes them. No file and no table has them.
    """
    live = (
        alt.Chart(alt.NamedData(name=LIVE), name=LIVE)
        .mark_line(strokeWidth=1.25, opacity=0.6, strokeCap="round", clip=True, invalid="filter")
        .encode(
            x=_x(look),
            y=_y("train_loss", look),
            color=_colour(look),
            detail=alt.Detail("run:N"),
            order=alt.Order("epoch:Q"),
        )
    )
    return _chart([live, *_layers(frame, "train_loss", look)], "train_loss")


def readable(frame: alt.NamedData, metric: Metric, look: Look) -> alt.LayerChart:
    """The curve of a metric that tells, wherever the pointer is, what all lines of all three charts are at its epoch.

    The train loss has the live line. Rows of READINGS are as `analysis.frames.readings` makes them of the labels.
    """
    look = replace(look, own_legend=False)  # the lines are labelled, and the page has a legend for all three
    drawn = growing(frame, look) if metric == "train_loss" else curve(frame, metric, look)
    drawn.layer += _reading(frame, metric, look)
    return drawn


def _reading(frame: alt.NamedData, metric: Metric, look: Look) -> list[alt.Chart]:
    """A line at the epoch that is nearest to the pointer, and its figures beside it."""
    told = [f"reading_{place}" for place in range(len(look.labels))]
    nearest = alt.selection_point(
        name="reading", nearest=True, on="pointerover", clear="pointerout", fields=["epoch"], empty=False
    )
    base = alt.Chart(frame).encode(x=_x(look))
    tooltip = [
        alt.Tooltip("epoch:Q", format="d"),
        *(alt.Tooltip(f"{field}:N", title=label) for field, label in zip(told, look.labels, strict=True)),
    ]
    once = base.transform_filter(nearest).transform_aggregate(lines="count()", groupby=[look.x])
    rule = once.mark_rule(strokeWidth=1, opacity=0.5, color=look.ink)
    lookup = alt.LookupData(data=alt.NamedData(name=READINGS), key="epoch", fields=told)
    points = base.transform_lookup("epoch", from_=lookup).mark_point(opacity=0, size=60, invalid="filter")
    return [rule, points.encode(y=_y(metric, look), tooltip=tooltip).add_params(nearest)]


def _chart(layers: Sequence[alt.Chart], metric: Metric) -> alt.LayerChart:
    return alt.LayerChart(layer=list(layers)).properties(height=HEIGHT, title=TITLES[metric])


def _layers(frame: pd.DataFrame | alt.NamedData, metric: Metric, look: Look) -> list[alt.Chart]:
    low, high = f"{metric}_low", f"{metric}_high"
    if isinstance(frame, pd.DataFrame):
        frame = drawn_rows(frame, look.x, look.log_loss)
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
    ink = alt.ColorValue(look.ink)
    dotted = base.transform_filter(f"datum.epoch % {look.dot_every} == 0") if look.dot_every > 1 else base
    dots = dotted.mark_point(size=28, filled=True, invalid="filter").encode(y=y, tooltip=tooltip)
    best = base.transform_filter("datum.best").mark_point(size=90, filled=True, invalid="filter")
    last = base.transform_filter("datum.last").mark_point(size=110, filled=False, strokeWidth=2, invalid="filter")
    lost = (
        base.transform_filter("datum.diverged")
        .mark_point(shape="triangle-up", size=140, filled=True)
        .encode(y=alt.YValue(12), color=alt.ColorValue(look.diverged_colour), tooltip=[*tooltip[:2], *gone])
    )
    lost_words = base.transform_filter("datum.lost != ''").mark_text(dx=10, align="left", fontSize=11)
    layers = [
        band.encode(y=_y(metric, look, low), y2=alt.Y2(f"{high}:Q"), detail=part),
        line,
        dots,
        best.encode(y=y, tooltip=tooltip),
        last.encode(y=y, tooltip=tooltip),
        counts.encode(y=y, text=alt.Text("told:N"), color=ink),
        lost,
        lost_words.encode(y=alt.YValue(12), color=alt.ColorValue(look.diverged_colour), text=alt.Text("lost:N")),
    ]
    if look.log_loss and metric != "test_accuracy":
        zero = base.transform_filter(f"datum.{metric}_zero").mark_text(fontSize=11, baseline="bottom", text="▾ 0")
        layers.append(zero.encode(y=alt.YValue("height")))
    if look.end_labels:
        layers += _labels(base, metric, look)
    if metric == "test_accuracy":
        layers = [*_chance(look), *_references(look), *layers]
    return layers


def _labels(base: alt.Chart, metric: Metric, look: Look) -> list[alt.Chart]:
    """Each line's label at its end. Where the axis ends with the data, unseen points keep room for them."""
    ends = base.transform_filter(f"isValid(datum.{metric}_end)")
    words = ends.mark_text(align="left", dx=LABEL_OFF, fontSize=LABEL_SIZE, limit=LABEL_MOST)
    labels = [
        words.encode(y=_y(metric, look, f"{metric}_end"), text=alt.Text("label:N"), color=alt.ColorValue(look.ink))
    ]
    if look.x_max is None:
        beyond = ends.transform_calculate(beyond=f"datum.{look.x} * {1 + look.label_room:.3f}")
        room = beyond.mark_point(opacity=0, size=0).encode(x=alt.X("beyond:Q", title=TITLES[look.x]))
        labels.append(room)
    return labels


# Rows


def drawn_rows(frame: pd.DataFrame, x: Axis, log_loss: bool) -> pd.DataFrame:
    """The curves as charts draw them: where the labels at the ends of lines stand (`…_end`), and on logarithmic axes no
    losses of zero, a single one of which would flatten a chart without a word; they are marked (`…_zero`) instead.
    """
    losses = [name for name in (*METRICS, *BANDS) if "loss" in name]
    zeros = {f"{name}_zero": frame[name] == 0 for name in METRICS}
    if log_loss:
        frame = frame.assign(**{name: frame[name].where(frame[name] > 0) for name in losses})
    ends = {f"{metric}_end": _ends(frame, metric, x, log_loss and metric in losses) for metric in METRICS}
    return frame.assign(**zeros, **ends)


def _ends(frame: pd.DataFrame, metric: str, x: Axis, logarithmic: bool) -> pd.Series:
    """How high each line's label stands: at the line's end, but for labels that would meet."""
    placed = pd.Series(np.nan, index=frame.index, dtype=float)
    known = frame[frame[metric].notna()]
    if known.empty:
        return placed
    scale, back = (np.log, np.exp) if logarithmic else (float, float)
    figures = frame[[metric, f"{metric}_low", f"{metric}_high"]].to_numpy()
    low, high = (0.0, 1.0) if metric == "test_accuracy" else (0.0, float(np.nanmax(figures)))
    low, high = (float(np.log(np.nanmin(figures))), float(np.log(high))) if logarithmic else (low, high)
    span, reach = (high - low) or 1.0, float(frame[x].max()) or 1.0
    ends = known.groupby("label", sort=False)[x].idxmax()
    for together in _meeting({row: float(frame[x][row]) / reach for row in ends}):
        heights = [(scale(frame[metric][row]) - low) / span for row in together]
        for row, height in zip(together, apart(heights, LABEL_GAP), strict=True):
            placed[row] = back(low + height * span)
    return placed


def _meeting(places: dict[int, float]) -> list[list[int]]:
    """Lines whose ends lie close together along x, so that their labels may meet."""
    found: list[list[int]] = []
    for row in sorted(places, key=places.__getitem__):
        if found and places[row] - places[found[-1][-1]] < LABELS_MEET:
            found[-1].append(row)
        else:
            found.append([row])
    return found


def apart(heights: Sequence[float], gap: float) -> list[float]:
    """Heights (0..1) moved as little as may be (by least squares) so that all are `gap` apart, if there is room.

    Neighbours that meet are pooled about their mean, as in isotonic regression.
    """
    gap = min(gap, 1 / len(heights))
    order = sorted(range(len(heights)), key=lambda place: (heights[place], place))
    pools: list[list[float]] = []
    for number, place in enumerate(order):
        pools.append([heights[place] - number * gap])
        while len(pools) > 1 and _mean(pools[-2]) > _mean(pools[-1]):
            pools[-2:] = [pools[-2] + pools[-1]]
    level = [_mean(pool) for pool in pools for _ in pool]
    ceiling = 1 - (len(heights) - 1) * gap
    moved = [min(max(height, 0.0), ceiling) + number * gap for number, height in enumerate(level)]
    return [moved[order.index(place)] for place in range(len(heights))]


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


# Axes


def _x(look: Look) -> alt.X:
    whole = look.x == "epoch"
    # Beyond the last of the ticks there are labels and no epochs.
    at = {"tickCount": X_TICKS - 1} if look.x_max is None else {"values": ticks(look.x_max, int(whole))}
    axis = of_epochs(labelOverlap=True, **at) if whole else alt.Axis(format="~s", grid=False, labelOverlap=True, **at)
    domain = alt.Undefined if look.x_max is None else [0, look.x_max * (1 + look.label_room)]
    return alt.X(f"{look.x}:Q", title=TITLES[look.x], scale=alt.Scale(domain=domain, nice=False), axis=axis)


def ticks(end: float, least: float) -> list[float]:
    """Round numbers from 0 up to `end`, as few as fit a narrow chart, at least so far apart."""
    for power in range(math.floor(math.log10(max(end, 1e-9))) - 1, 12):
        for step in (1, 2, 5):
            width = step * 10.0**power
            if width >= least and end / width < X_TICKS + 3 * (least > 0):
                return [float(f"{number * width:.6g}") for number in range(int(end / width + 1e-9) + 1)]
    return [0.0, end]


def _y(metric: Metric, look: Look, field: str = "") -> alt.Y:
    field = field or metric
    if metric == "test_accuracy":
        return alt.Y(f"{field}:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format=".0%"))
    ends = look.loss_ends
    if look.log_loss:
        # From the lowest loss to the highest: whole decades would be half empty.
        padding = alt.Undefined if ends else 6
        scale = alt.Scale(type="log", nice=False, padding=padding, domain=list(ends) if ends else alt.Undefined)
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
