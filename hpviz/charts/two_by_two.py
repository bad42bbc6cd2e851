"""Two nets, tuned badly and well: the article's closing comparison as four corners."""

from collections.abc import Sequence
from statistics import fmean
from typing import cast

import altair as alt
import pandas as pd

from hpviz.analysis.claims.case import ARTICLE_KERNELS, CNN, RESNET, Case
from hpviz.analysis.claims.conclusions import DATA
from hpviz.analysis.claims.learning_rate import HIGH, LOW, MODERATE
from hpviz.analysis.claims.verdicts import at_the_end
from hpviz.analysis.evidence import Evidence, Value, last
from hpviz.analysis.figures import lost_in_words
from hpviz.analysis.words import listed, name_of
from hpviz.charts.palette import DARK, INK, LIGHT

RESNET_NAME, CNN_NAME = "ResNet18", "article's CNN"
BADLY, WELL = "tuned badly", "tuned well"
COLUMNS = ("net", "tuning", "setting", "accuracy", "seeds", "words", "apart", "above")
HEIGHT = 300
TITLE = "A complex net tuned badly, a simple one tuned well"
# Without figures: a text that changes would make a page draw the chart anew.
ALT_TEXT = "Accuracy of ResNet18 and of the article's CNN, tuned badly and tuned well; the table has the figures."


def corners(case: Case) -> pd.DataFrame:
    """The worst and the best value of each net by its mean last accuracy (0..1), four rows in COLUMNS.

    A seed that diverged counts as guessing, and the setting says so. `apart` tells whether the two differ beyond noise.

    ResNet18 is tuned by its learning rate, the article's CNN by its batch size, on the same images: the runs that claim
    C1 is judged on. Raises Unsettled, with what is missing, if they are not there.
    """
    rates = case.gather("learning-rate", (LOW, MODERATE, HIGH), **RESNET)
    simple = {**CNN, **ARTICLE_KERNELS, "learning_rate": MODERATE, "weight_decay": 0.0}
    images = {name: rates.setting[name] for name in DATA}
    sizes = case.gather("batch-size", also=lambda _: True, least_values=2, **simple, **images)
    ends = [*_ends(RESNET_NAME, rates, case), *_ends(CNN_NAME, sizes, case)]
    rows = pd.DataFrame(ends, columns=list(COLUMNS[:-1]))
    # The figure of the higher net stands above its dot, that of the lower below, so that they never meet.
    return rows.assign(above=rows.groupby("tuning")["accuracy"].rank(method="first") > 1)


def _ends(net: str, evidence: Evidence, case: Case) -> list[tuple[object, ...]]:
    accuracies = evidence.accuracies(last("test_accuracy"), case.chance)
    ordered = sorted(accuracies, key=lambda value: fmean(accuracies[value]))
    badly, well = ordered[0], ordered[-1]
    pairs = at_the_end(evidence, case)
    apart = any({pair.first, pair.second} == {badly, well} and pair.verdict == "different" for pair in pairs)
    return [
        _corner(net, tuning, evidence, value, accuracies[value], apart)
        for tuning, value in ((BADLY, badly), (WELL, well))
    ]


def _corner(
    net: str, tuning: str, evidence: Evidence, value: Value, accuracies: Sequence[float], apart: bool
) -> tuple[object, ...]:
    lost = lost_in_words(evidence.lost(value), len(accuracies))
    setting, mean = name_of(evidence.field, value) + (f", {lost}" if lost else ""), fmean(accuracies)
    return net, tuning, setting, mean, len(accuracies), f"{mean:.1%}, {setting}", apart


def caption(frame: pd.DataFrame, pretrained: bool) -> str:
    """Which net `corners` were made of, what noise does not tell apart, and what the author's logs say."""
    start = "began with ImageNet weights" if pretrained else "was trained from scratch"
    return (
        f"Mean accuracy after the last epoch; ResNet18 {start}.{_unclear(frame)} The author's logs: 61.6% to 92.4%, "
        "against 77.0% to 82.4% for the simple net."
    )


def _unclear(frame: pd.DataFrame) -> str:
    """Of which nets the two settings differ by no more than noise, in a sentence; empty if of none."""
    nets = list(dict.fromkeys(frame.loc[~frame["apart"], "net"]))
    return f" Noise does not tell the two settings of {listed(nets)} apart." if nets else ""


def two_by_two(frame: pd.DataFrame | alt.NamedData, dark: bool) -> alt.LayerChart:
    """A line for each net from its badly tuned to its well tuned accuracy; `frame` as `corners` makes, or a name."""
    colours = alt.Scale(domain=[RESNET_NAME, CNN_NAME], range=_colours(dark))
    base = alt.Chart(frame).encode(
        x=alt.X("tuning:N", title=None, sort=[BADLY, WELL], scale=alt.Scale(padding=0.5), axis=alt.Axis(labelAngle=0)),
        y=alt.Y("accuracy:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format=".0%", tickCount=5)),
        color=alt.Color("net:N", scale=colours, legend=alt.Legend(orient="top", title=None, symbolType="circle")),
    )
    tooltip = ["net:N", "tuning:N", "setting:N", alt.Tooltip("accuracy:Q", format=".1%"), "seeds:Q"]
    dots = base.mark_point(size=110, filled=True, opacity=1).encode(tooltip=tooltip)
    words = [_words(base, "datum.above", -16, dark), _words(base, "!datum.above", 18, dark)]
    layers = [base.mark_line(strokeWidth=2), dots, *words]
    return alt.LayerChart(layer=layers).properties(height=HEIGHT)


def _words(base: alt.Chart, kept: str, below: int, dark: bool) -> alt.Chart:
    """The figures of the dots that a filter keeps, `below` them by that many pixels."""
    words = base.transform_filter(kept).mark_text(dy=below, fontSize=13, fontWeight=600)
    # In ink: the colours of the lines are too light to be read in.
    return cast(alt.Chart, words.encode(text=alt.Text("words:N"), color=alt.ColorValue(INK[dark])))


def _colours(dark: bool) -> Sequence[str]:
    ramp = DARK if dark else LIGHT
    return [ramp[1], ramp[4]]
