"""How many images each class has, to train and to test on."""

from collections.abc import Mapping

import altair as alt
import pandas as pd

from hpviz.charts.palette import DARK, LIGHT

BAR, HEAD, ROOM = 14, 120, 400  # pixels: of a bar at most, of legend and axis, of all bars of a split at most


def counts(train: Mapping[str, int], test: Mapping[str, int]) -> pd.DataFrame:
    """A row a class and split, in the classes' order, with its share of the split in 0..1."""
    rows = [
        (name, split, images, images / max(sum(split_counts.values()), 1))
        for split, split_counts in (("training", train), ("test", test))
        for name, images in split_counts.items()
    ]
    return pd.DataFrame(rows, columns=["class", "split", "images", "share"])


def balance(frame: pd.DataFrame, dark: bool) -> alt.Chart:
    """Two bars a class, training above test; `frame` as `counts` makes it."""
    return bars(frame, tuple(dict.fromkeys(frame["class"])), dark)


def bars(frame: pd.DataFrame | alt.NamedData, classes: tuple[str, ...], dark: bool) -> alt.Chart:
    """The same of rows that may be a name, with the classes in their order."""
    ramp, splits = DARK if dark else LIGHT, ["training", "test"]
    axis = alt.Axis(labelLimit=140, labelOverlap=True, ticks=False, domain=False)
    chart: alt.Chart = (
        alt.Chart(frame)
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            y=alt.Y("class:N", title=None, sort=list(classes), scale=alt.Scale(paddingInner=0.25), axis=axis),
            yOffset=alt.YOffset("split:N", sort=splits),
            x=alt.X("images:Q", title="images", axis=alt.Axis(tickMinStep=1, format="~s", tickCount=5)),
            color=alt.Color(
                "split:N",
                sort=splits,
                scale=alt.Scale(domain=splits, range=[ramp[1], ramp[4]]),
                legend=alt.Legend(orient="top", title=None),
            ),
            tooltip=[
                alt.Tooltip("class:N"),
                alt.Tooltip("split:N"),
                alt.Tooltip("images:Q", format=","),
                alt.Tooltip("share:Q", title="of the split", format=".1%"),
            ],
        )
        .properties(height=HEAD + 2 * min(BAR, ROOM / len(classes)) * len(classes))
    )
    return chart


def spoken(frame: pd.DataFrame) -> str:
    """The chart in a sentence or two."""
    told = []
    for split, rows in frame.groupby("split", sort=False):
        low, high = rows["images"].min(), rows["images"].max()
        each = f"{low:,} in each class" if low == high else f"from {low:,} to {high:,} a class"
        told.append(f"{rows['images'].sum():,} {split} images, {each}")
    return f"Images by class: {'; '.join(told)}."
