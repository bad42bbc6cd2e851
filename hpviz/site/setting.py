"""One comparison on a page: the answer, the curves and their replay, what the answer rests on, the figures."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import ceil

import altair as alt
import numpy as np

from hpviz.analysis import frames
from hpviz.analysis.article import logged_accuracies
from hpviz.analysis.comparison import Comparison
from hpviz.analysis.figures import Figures
from hpviz.analysis.story import Story
from hpviz.charts.conclusion import key_of
from hpviz.charts.curves import LIVE, READINGS, TITLES, Look, Metric, readable
from hpviz.charts.isolation import isolation, key_to, placed, title_of
from hpviz.charts.lettering import as_html as text
from hpviz.charts.looks import colours_by_label, ground_of, look_of
from hpviz.charts.page import columns_of
from hpviz.charts.panels import DOTS, METRICS, isolated
from hpviz.charts.specification import Chart
from hpviz.charts.specification import table as rows_of
from hpviz.data.prepared import Identity
from hpviz.notation import short
from hpviz.site.charts import ROWS, Charts
from hpviz.site.page import figure, listing, swatch, table
from hpviz.site.replay import X, replay_of, rows_until
from hpviz.spec import RunSpec
from hpviz.studies import Study

CURVES = "curves"
CURVE_HEIGHT, ISOLATION_HEIGHT = 290, 250


@dataclass(frozen=True)
class Setting:
    """A comparison of a study on the page, the `place`-th there, whose charts join the others of the page."""

    study: Study
    story: Story
    data: Identity
    charts: Charts
    place: int

    @property
    def comparison(self) -> Comparison:
        return self.story.comparison

    @property
    def title(self) -> str:
        return f"Another setting: {self.story.same or self.story.subject}" if self.place else "The answer"

    @property
    def name(self) -> str:
        """What its elements and its replay are called by."""
        return f"setting-{self.place + 1}"


def setting_of(setting: Setting) -> Iterator[str]:
    """The whole section."""
    story, answer = setting.story, setting.story.answer
    facts = "".join(f"<div><dd>{text(value)}</dd><dt>{text(name)}</dt></div>" for value, name in story.facts)
    yield f"<section><h2>{text(setting.title)}</h2>"
    yield f"<p class='answer'>{text(answer.sentence)}</p>"
    yield f"<p class='small'>{text(answer.limit)} {text(story.subject)}.</p><dl>{facts}</dl>"
    yield from _curves(setting)
    yield from _ground(setting)
    yield from _figures(setting)
    yield f"<p class='small'>{' · '.join(map(text, story.provenance))}</p>"
    if story.command:
        yield f"<p class='small'>The same again: <code>{text(story.command)}</code></p>"
    yield "</section>"


# The curves


def _curves(setting: Setting) -> Iterator[str]:
    """The legend, the replay and the three curves, which are read at any epoch."""
    comparison, name, charts = setting.comparison, setting.name, setting.charts
    look = _look(setting)
    charts.replays[name] = replay_of(comparison, charts)
    frame = rows_until(comparison, comparison.epochs)
    beside = {READINGS: rows_of(frames.readings(frame, look.labels))}
    nothing_trains = {LIVE: rows_of(frame.iloc[:0].assign(run=""))}
    labels = ", ".join(comparison.names.values())
    yield f"<h3>Curves</h3>{_legend(comparison)}"
    if comparison.epochs > 1:
        yield _controls(setting)
    yield '<div class="charts">'
    for metric in METRICS:
        figures = frame[[metric, f"{metric}_low", f"{metric}_high"]].to_numpy()
        highest = float(np.nanmax(figures)) if np.isfinite(figures).any() else None
        rows = {**beside, **(nothing_trains if metric == "train_loss" else {})}
        place, alternative = f"{name}-{metric}", f"{TITLES[metric]} over training, for {labels}."
        chart, colours = _curve(metric, look, highest), _colours(comparison)
        charts.add(place, chart, rows, colours=colours, replay=name, height=CURVE_HEIGHT)
        yield figure(place, TITLES[metric], f"{alternative} The table below has the figures.")
    yield f"</div><p class='small'>{text(key_of(setting.story, look))}</p>"


def _look(setting: Setting) -> Look:
    comparison = setting.comparison
    spec = RunSpec.model_construct(**comparison.runs[0]["spec"])
    article = logged_accuracies(setting.study, spec, comparison.epochs, setting.data)
    references = tuple((short(value), accuracy) for value, accuracy in article.items())
    look = look_of(comparison, X, log_loss=False, dark=False)
    return replace(look, own_legend=False, dot_every=ceil(comparison.epochs / DOTS), references=references)


def _curve(metric: Metric, look: Look, highest: float | None) -> Chart:
    """The chart of a metric, whose axis stays as it is while the curves grow up to the `highest` loss."""
    ends = None if highest is None else (0.0, highest)
    return readable(alt.NamedData(name=CURVES), metric, replace(look, loss_ends=ends))


def _colours(comparison: Comparison) -> dict[str, str]:
    """The values' colours in the dark, by those in light."""
    light, dark = (colours_by_label(comparison, is_dark) for is_dark in (False, True))
    return {light[label]: dark[label] for label in light}


def _legend(comparison: Comparison) -> str:
    items = "".join(f"<li>{_swatch(comparison, label)}{text(label)}</li>" for label in comparison.groups)
    title = f"<b>{text(comparison.legend)}</b> " if comparison.study else ""
    return f'<div class="legend">{title}<ul>{items}</ul></div>'


def _swatch(comparison: Comparison, label: str) -> str:
    return swatch(*(colours_by_label(comparison, dark)[label] for dark in (False, True)))


def _controls(setting: Setting) -> str:
    """A button and a slider over the epochs, which the script brings to life."""
    epochs, number = setting.comparison.epochs, f" {setting.place + 1}" if setting.place else ""
    return (
        f'<div class="replay" data-replay="{setting.name}" hidden><button type="button">Play training{number}</button>'
        f'<label>Epoch <input type="range" min="0" step="1"></label><output>{epochs} of {epochs}</output></div>'
    )


# What it rests on


def _ground(setting: Setting) -> Iterator[str]:
    """The isolation plot, which pairs differ, and what is less than fair."""
    story, comparison = setting.story, setting.comparison
    ground = ground_of(comparison, dark=False)
    yield '<div class="beside"><div>'
    if ground:
        place = f"{setting.name}-isolation"
        rows = rows_of(placed(isolated(comparison), ground))
        chart, colours = isolation(alt.NamedData(name=ROWS), ground), _colours(comparison)
        setting.charts.add(place, chart, {ROWS: rows}, colours=colours, height=ISOLATION_HEIGHT)
        alternative = (
            f"{title_of(ground)}, for {', '.join(ground.labels)}: a dot a run, a bar at the mean of its seeds."
        )
        yield figure(place, title_of(ground), alternative, key_to(ground))
    if story.law:
        yield f"<p>{text(story.law)}</p>"
    yield "</div><div>"
    yield listing("Different, or noise?", [sentence for _, sentence in story.verdict])
    yield listing("Is it fair?", story.cautions)
    yield "</div></div>"


# The figures


def _figures(setting: Setting) -> Iterator[str]:
    """The table, and what ails each value."""
    story, comparison = setting.story, setting.comparison
    columns = columns_of(story.figures)

    def row(of: Figures) -> tuple[str, list[str]]:
        return _swatch(comparison, of.label) + text(of.name), [cell(of) for _, cell in columns]

    title = f"After {comparison.after}"
    yield f"<h3>{text(title)}</h3>"
    # Several tables of a page have names of their own.
    name = f"{title}: {setting.title}"
    yield table(name, [comparison.legend, *(column for column, _ in columns)], map(row, story.figures))
    if comparison.chance:
        yield "<h3>Diagnosis, its rule and the next thing to try</h3><ul>"
        for label, (kind, rule, following) in story.diagnoses.items():
            yield f"<li><b>{text(label)} · {text(kind)}</b> {text(rule)} <i>{text(following)}</i></li>"
        yield "</ul>"
