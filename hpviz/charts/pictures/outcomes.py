"""Two pictures of the article drawn from runs: loss against learning rate, and one run's gap.

Both take a data frame, as the curves do: a new epoch changes data alone.
"""

import altair as alt
import pandas as pd

from hpviz.charts.palette import CHANCE, DIVERGED
from hpviz.charts.pictures.picture import FAINT, INK, Picture, stack, three_colours
from hpviz.notation import short


def loss_by_rate(frame: pd.DataFrame, dark: bool, chance: float | None = None) -> Picture:
    """Final loss against learning rate: a dot a run, a line through the means, the lowest mean filled.

    `frame` has a row a run: `learning_rate`, `loss` (nats, at the last epoch compared; missing if not finite) and
    `diverged`. `chance` is the loss of guessing, ln K.
    """
    finite = frame[frame["loss"].notna() & ~frame["diverged"]]
    means = finite.groupby("learning_rate", as_index=False)["loss"].mean()
    means = means.assign(best=means["loss"] == means["loss"].min())
    blue, purple, _ = three_colours(dark)
    tooltip = [alt.Tooltip("learning_rate:Q", title="lr", format="~g"), alt.Tooltip("loss:Q", format=".3f")]
    line = alt.Chart(means).encode(x=_rate(), y=_loss(), tooltip=tooltip)
    runs = (
        alt.Chart(finite).mark_circle(color=blue, size=45, opacity=0.45).encode(x=_rate(), y=_loss(), tooltip=tooltip)
    )
    lost = (
        alt.Chart(frame[frame["diverged"]])
        .mark_point(shape="triangle-up", filled=True, size=140, opacity=1, color=DIVERGED[dark])
        .encode(x=_rate(), y=alt.value(12), tooltip=tooltip[:1])
    )
    best = line.transform_filter("datum.best").mark_circle(color=purple, size=150, opacity=1)
    layers = [line.mark_line(color=blue, strokeWidth=2), runs, best, lost]
    if chance is not None:
        layers.insert(0, _guessing(chance, dark))
    return Picture(
        stack(*layers),
        _rates_in_words(means, frame),
        "Final loss against learning rate, from your runs: a dot a run, a line through means, ● lowest, ▲ diverged.",
    )


def train_and_test(frame: pd.DataFrame, dark: bool) -> Picture:
    """Train and test loss of one run over its epochs: the gap between them shaded, the best epoch marked.

    `frame` has a row an epoch: `epoch`, `train` and `test` (nats, both without dropout; missing if not finite).
    """
    both = frame[frame["train"].notna() & frame["test"].notna()].reset_index(drop=True)
    both = both.assign(best=both["test"] == both["test"].min(), last=both["epoch"] == both["epoch"].max())
    blue, _, orange = three_colours(dark)
    base = alt.Chart(both).encode(x=_epoch())
    gap = base.mark_area(color=orange, opacity=0.18).encode(y=_loss("train"), y2="test:Q")
    lines = [
        base.mark_line(color=blue, strokeWidth=2.5, strokeDash=[6, 3], point={"color": blue}).encode(y=_loss("train")),
        base.mark_line(color=orange, strokeWidth=2.5, point={"color": orange}).encode(y=_loss("test")),
    ]
    ends = base.transform_filter("datum.last")
    names = [
        ends.mark_text(align="left", dx=8, color=blue, fontSize=13).encode(y=_loss("train"), text=alt.value("train")),
        ends.mark_text(align="left", dx=8, color=orange, fontSize=13).encode(y=_loss("test"), text=alt.value("test")),
    ]
    best = base.transform_filter("datum.best")
    marks = [
        best.mark_rule(color=FAINT[dark], strokeDash=[2, 4]),
        best.mark_circle(color=orange, size=160, opacity=1).encode(
            y=_loss("test"), tooltip=["epoch:Q", "train:Q", "test:Q"]
        ),
        best.mark_text(align="left", baseline="top", dx=5, color=INK[dark], fontSize=12).encode(
            y=alt.value(4), text=alt.value("lowest test loss")
        ),
    ]
    return Picture(
        stack(gap, *lines, *names, *marks),
        _gap_in_words(both),
        "Train loss (dashed) and test loss of one run, both without dropout, the gap shaded. The goal: low, and close.",
    )


def _rates_in_words(means: pd.DataFrame, frame: pd.DataFrame) -> str:
    if means.empty:
        return "Final loss by learning rate: no run has a finite loss yet."
    best = means.sort_values("loss").iloc[0]
    lost = sorted(set(frame.loc[frame["diverged"], "learning_rate"]))
    gone = f" Diverged: lr {', '.join(map(short, lost))}." if lost else ""
    lowest = f"lowest, {best['loss']:.2f}, at lr {short(best['learning_rate'])}"
    return f"Final loss by learning rate, {len(means)} rates: {lowest}.{gone}"


def _gap_in_words(both: pd.DataFrame) -> str:
    if both.empty:
        return "Train and test loss of one run: no epoch is measured yet."
    best, last = both.sort_values("test", kind="stable").iloc[0], both.iloc[-1]
    return (
        f"Train and test loss of one run over {len(both)} epochs: test loss was lowest, {best['test']:.2f}, at epoch "
        f"{best['epoch']:.0f}; the last gap is {last['test'] - last['train']:.2f}."
    )


def _rate() -> alt.X:
    axis = alt.Axis(grid=False, format="~e", tickCount=6, labelOverlap=True)
    return alt.X("learning_rate:Q", title="learning rate", scale=alt.Scale(type="log", nice=True), axis=axis)


def _loss(field: str = "loss") -> alt.Y:
    return alt.Y(f"{field}:Q", title="loss (nats)", scale=alt.Scale(zero=True, nice=True), axis=alt.Axis(tickCount=5))


def _epoch() -> alt.X:
    # Room for the lines' names at their ends.
    scale = alt.Scale(nice=False, zero=False, padding=34)
    axis = alt.Axis(grid=False, tickMinStep=1, format="d", labelExpr="datum.value < 1 ? '' : datum.label")
    return alt.X("epoch:Q", title="epoch", scale=scale, axis=axis)


def _guessing(chance: float, dark: bool) -> alt.Chart:
    line: alt.Chart = (
        alt.Chart(alt.InlineData(values=[{"loss": round(chance, 4), "name": f"guessing: {chance:.2f}"}]))
        .mark_rule(strokeDash=[2, 4], color=CHANCE[dark])
        .encode(y=_loss(), tooltip=alt.Tooltip("name:N"))
    )
    return line
