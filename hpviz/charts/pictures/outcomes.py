"""Two pictures of the article drawn from runs: loss against learning rate, and one run's gap.

Both take a data frame, as the curves do: a new epoch changes data alone.
"""

from collections.abc import Mapping
from typing import Literal

import altair as alt
import pandas as pd

from hpviz.analysis.ranking import Leader, lowest
from hpviz.analysis.words import listed, plural
from hpviz.charts.axes import of_epochs
from hpviz.charts.palette import CHANCE, DIVERGED
from hpviz.charts.pictures.picture import FAINT, INK, Picture, stack, three_colours
from hpviz.notation import short

# Where a text's place is: at its foot or at its head.
_STANDS: Literal["bottom"] = "bottom"
_HANGS: Literal["top"] = "top"


def loss_by_rate(frame: pd.DataFrame, dark: bool, chance: float | None = None) -> Picture:
    """Final loss against learning rate: a dot a run, a line through the means, the lowest filled if noise leaves one.

    `frame` has a row a run: `learning_rate`, `loss` (nats, at the last epoch compared; missing if not finite) and
    `diverged`. `chance` is the loss of guessing, ln K.
    """
    rows = valley_rows(frame)
    lead, lost = _lowest(_finite(frame)), _lost(frame)
    return Picture(valley(rows, dark, chance), _rates_in_words(lead, int(rows["mean"].sum()), lost), VALLEY)


VALLEY = (
    "Final loss against learning rate, from your runs: one dot per run, a line through the means, ● lowest beyond "
    "noise, ▲ diverged (in no mean)."
)


def valley_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """What `valley` draws: a row a run, then a row a rate, which is the `mean` of its runs."""
    finite = _finite(frame)
    means = finite.groupby("learning_rate", as_index=False)["loss"].mean()
    lead, lost = _lowest(finite), _lost(frame)
    best = lead.value if lead and not lead.alike and lead.value not in lost else None
    means = means.assign(diverged=False, mean=True, best=means["learning_rate"] == best)
    runs = frame[frame["loss"].notna() | frame["diverged"]].assign(mean=False, best=False)
    columns = {"learning_rate": float, "loss": float, "diverged": bool, "mean": bool, "best": bool}
    rows: pd.DataFrame = pd.concat([each[[*columns]].astype(columns) for each in (runs, means)], ignore_index=True)
    return rows


def valley(rows: pd.DataFrame | alt.NamedData, dark: bool, chance: float | None) -> alt.LayerChart:
    """The chart of `loss_by_rate`; `rows` as `valley_rows` makes them, or their name."""
    blue, purple, _ = three_colours(dark)
    tooltip = [alt.Tooltip("learning_rate:Q", title="lr", format="~g"), alt.Tooltip("loss:Q", format=".3f")]
    base = alt.Chart(rows)
    line = base.transform_filter("datum.mean").encode(x=_rate(), y=_loss(), tooltip=tooltip)
    runs = (
        base.transform_filter("!datum.mean && !datum.diverged")
        .mark_circle(color=blue, size=45, opacity=0.45)
        .encode(x=_rate(), y=_loss(), tooltip=tooltip)
    )
    gone = (
        base.transform_filter("datum.diverged")
        .mark_point(shape="triangle-up", filled=True, size=140, opacity=1, color=DIVERGED[dark])
        .encode(x=_rate(), y=alt.YValue(12), tooltip=tooltip[:1])
    )
    mark = line.transform_filter("datum.best").mark_circle(color=purple, size=150, opacity=1)
    layers = [line.mark_line(color=blue, strokeWidth=2), runs, mark, gone]
    if chance is not None:
        layers.insert(0, _guessing(chance, dark))
    return stack(*layers)


def _finite(frame: pd.DataFrame) -> pd.DataFrame:
    finite: pd.DataFrame = frame[frame["loss"].notna() & ~frame["diverged"]]
    return finite


def _lowest(finite: pd.DataFrame) -> Leader[float] | None:
    losses: dict[float, list[float]] = {}
    for rate, loss in zip(finite["learning_rate"], finite["loss"], strict=True):
        losses.setdefault(float(rate), []).append(float(loss))
    return lowest(losses)


def _lost(frame: pd.DataFrame) -> dict[float, str]:
    """By rate, how many of its seeds diverged; rates that lost none are left out."""
    return {
        float(rate): f"{seeds.sum()} of {len(seeds)}"
        for rate in sorted(set(frame.loc[frame["diverged"], "learning_rate"]))
        for seeds in [frame["diverged"][frame["learning_rate"] == rate]]
    }


def train_and_test(frame: pd.DataFrame, dark: bool) -> Picture:
    """Train and test loss of one run over its epochs: the gap between them shaded, the best epoch marked.

    `frame` has a row an epoch: `epoch`, `train` and `test` (nats, both without dropout; missing if not finite).
    """
    rows = gap_rows(frame)
    return Picture(gap(rows, dark), _gap_in_words(rows), GAP)


GAP = (
    "Train loss (dashed) and test loss of one run, both without dropout; the gap is shaded. The goal is two low losses "
    "with a small gap."
)


def gap_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """What `gap` draws: the epochs of which both losses are known, the `best` and the `last` marked."""
    both = frame[frame["train"].notna() & frame["test"].notna()].reset_index(drop=True)
    lowest_at = both.index[both["test"] == both["test"].min()]
    both = both.assign(best=False, last=both["epoch"] == both["epoch"].max())
    if len(lowest_at) == 1:  # of equals none is the lowest
        both.loc[lowest_at, "best"] = True
    return both


def gap(rows: pd.DataFrame | alt.NamedData, dark: bool) -> alt.LayerChart:
    """The chart of `train_and_test`; `rows` as `gap_rows` makes them, or their name."""
    blue, _, orange = three_colours(dark)
    base = alt.Chart(rows).encode(x=_epoch())
    between = base.mark_area(color=orange, opacity=0.18).encode(y=_loss("train"), y2=alt.Y2("test:Q"))
    lines = [
        base.mark_line(color=blue, strokeWidth=2.5, strokeDash=[6, 3], point={"color": blue}).encode(y=_loss("train")),
        base.mark_line(color=orange, strokeWidth=2.5, point={"color": orange}).encode(y=_loss("test")),
    ]
    ends = base.transform_filter("datum.last")
    # The upper line's name stands on its end and the lower one's hangs from it, so that they never meet.
    names = [
        ends.transform_filter(where)
        .mark_text(align="left", baseline=baseline, dx=8, color=INK[dark], fontSize=13)
        .encode(y=_loss(field), text=alt.TextValue(field))
        for field, upper, lower in (
            ("train", "datum.train > datum.test", "datum.train <= datum.test"),
            ("test", "datum.test >= datum.train", "datum.test < datum.train"),
        )
        for baseline, where in ((_STANDS, upper), (_HANGS, lower))
    ]
    best = base.transform_filter("datum.best")
    marks = [
        best.mark_rule(color=FAINT[dark], strokeDash=[2, 4]),
        best.mark_circle(color=orange, size=160, opacity=1).encode(
            y=_loss("test"), tooltip=[alt.Tooltip(f"{name}:Q") for name in ("epoch", "train", "test")]
        ),
        best.mark_text(align="left", baseline="top", dx=5, color=INK[dark], fontSize=12).encode(
            y=alt.YValue(4), text=alt.TextValue("lowest test loss")
        ),
    ]
    return stack(between, *lines, *names, *marks)


def _rates_in_words(lead: Leader[float] | None, rates: int, lost: Mapping[float, str]) -> str:
    gone = f" Diverged: {', '.join(f'lr {short(rate)} ({count})' for rate, count in lost.items())}." if lost else ""
    if lead is None:
        return f"Final loss by learning rate: no run has a finite loss yet.{gone}"
    told = f"{lead.mean:.2f}, at lr {' and '.join(map(short, sorted((lead.value, *lead.equals))))}"
    if lead.equals:
        words = f"equally low, {told}"
    else:
        beyond = listed([short(value) for value in lead.alike])
        words = f"lowest, {told}" + (f", which noise does not tell from {beyond}" if lead.alike else "")
    return f"Final loss by learning rate, {plural(rates, 'rate')}: {words}.{gone}"


def _gap_in_words(both: pd.DataFrame) -> str:
    if both.empty:
        return "Train and test loss of one run: no epoch is measured yet."
    last, lowest_loss = both.iloc[-1], both["test"].min()
    epochs = [f"{epoch:.0f}" for epoch in both.loc[both["test"] == lowest_loss, "epoch"]]
    at = f"at epoch {epochs[0]}" if len(epochs) == 1 else f"in {len(epochs)} epochs, from {epochs[0]} on"
    return (
        f"Train and test loss of one run over {plural(len(both), 'epoch')}: test loss was lowest, {lowest_loss:.2f}, "
        f"{at}; the last gap is {last['test'] - last['train']:.2f}."
    )


def _rate() -> alt.X:
    axis = alt.Axis(grid=False, format="~e", tickCount=6, labelOverlap=True)
    return alt.X(
        "learning_rate:Q", title="learning rate", scale=alt.Scale(type="log", nice=False, padding=12), axis=axis
    )


def _loss(field: str = "loss") -> alt.Y:
    return alt.Y(f"{field}:Q", title="loss (nats)", scale=alt.Scale(zero=True, nice=True), axis=alt.Axis(tickCount=5))


def _epoch() -> alt.X:
    # Room for the lines' names at their ends.
    scale = alt.Scale(nice=False, zero=False, padding=34)
    return alt.X("epoch:Q", title="epoch", scale=scale, axis=of_epochs(least=1))


def _guessing(chance: float, dark: bool) -> alt.Chart:
    line: alt.Chart = (
        alt.Chart(alt.InlineData(values=[{"loss": round(chance, 4), "name": f"guessing: {chance:.2f}"}]))
        .mark_rule(strokeDash=[2, 4], color=CHANCE[dark])
        .encode(y=_loss(), tooltip=alt.Tooltip("name:N"))
    )
    return line
