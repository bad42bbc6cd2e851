"""The probability that a network gives each class for one photo, at the epochs of which it is known."""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from hpviz.charts.palette import BACKGROUND
from hpviz.charts.pictures.picture import INK, Picture, stack
from hpviz.training.inside import Answer

ROW, AROUND = 26, 46  # px: a class, and the axis
MOST = 12  # classes drawn; of more the likeliest, and the label
BEFORE = {"△": "triangle-up", "◇": "diamond"}  # the oldest first
FIGURES = 1.19  # where the figures end, in probabilities


def photo_answers_picture(
    answers: Sequence[Answer], classes: Sequence[str], label: int, colour: str, dark: bool
) -> Picture:
    """A bar a class for the newest epoch, and a mark for each before it; `answers` begin with the oldest.

    `label` is the photo's class, and named as such.
    """
    *before, newest = answers[-1 - len(BEFORE) :]
    places = drawn_classes(newest.probabilities, label)
    names = {place: f"{classes[place]} (label)" if place == label else classes[place] for place in places}
    signs = dict(zip(BEFORE, before, strict=False))
    rows = [
        {"class": names[place], "sign": sign, "epoch": when(each.epoch), "probability": each.probabilities[place]}
        for sign, each in (*signs.items(), ("", newest))
        for place in places
    ]
    base = alt.Chart(pd.DataFrame(rows)).encode(x=_probability(), y=_class(list(names.values())))
    now = base.transform_filter("datum.sign == ''")
    tooltip = ["class:N", "epoch:N", alt.Tooltip("probability:Q", format=".1%")]
    shapes = alt.Scale(domain=list(BEFORE), range=list(BEFORE.values()))
    marks = base.transform_filter("datum.sign != ''").mark_point(
        size=70, opacity=1, stroke=INK[dark], fill=BACKGROUND[dark], strokeWidth=1.5
    )
    figures = now.mark_text(align="right", fontSize=12, color=INK[dark])
    chart = stack(
        now.mark_bar(color=colour, height=15).encode(tooltip=tooltip),
        marks.encode(shape=alt.Shape("sign:N", scale=shapes, legend=None), tooltip=tooltip),
        figures.encode(x=alt.XDatum(FIGURES), text=alt.Text("probability:Q", format=".1%")),
        height=ROW * len(places) + AROUND,
    )
    each = [f"{names[place]} {newest.probabilities[place]:.0%}" for place in places]
    told = [f"Bars: {when(newest.epoch)}", *(f"{sign} {when(answer.epoch)}" for sign, answer in signs.items())]
    return Picture(
        chart.configure_axisY(labelColor=INK[dark]),
        f"The probability of each class {when(newest.epoch)}: {', '.join(each)}.",
        f"{verdict(newest, classes, label)} {', '.join(told)}.",
    )


def when(epoch: int) -> str:
    """An epoch in words; 0 is before training."""
    return f"after epoch {epoch}" if epoch else "before training"


def verdict(answer: Answer, classes: Sequence[str], label: int) -> str:
    """What was answered, and whether that is the label."""
    probability = max(answer.probabilities)
    said = answer.probabilities.index(probability)
    judged = "which is its label" if said == label else f"but its label is {classes[label]}"
    return f"It answers {classes[said]} with {probability:.0%}, {judged}."


def drawn_classes(probabilities: Sequence[float], label: int) -> list[int]:
    """The classes in their order; of many the likeliest, with the label among them."""
    if len(probabilities) <= MOST:
        return list(range(len(probabilities)))
    likely = sorted(range(len(probabilities)), key=lambda place: -probabilities[place])
    return sorted({label, *likely[: MOST - 1]})


def _probability() -> alt.X:
    axis = alt.Axis(format="%", values=[0, 0.25, 0.5, 0.75, 1], grid=True)
    return alt.X("probability:Q", title=None, scale=alt.Scale(domain=[0, FIGURES], nice=False), axis=axis)


def _class(names: list[str]) -> alt.Y:
    return alt.Y("class:N", title=None, sort=names, axis=alt.Axis(ticks=False, domain=False, labelLimit=150))
