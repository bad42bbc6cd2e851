"""The page of a study: what was measured, the pictures that explain it, the article's claims, further settings."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import altair as alt

from hpviz.analysis import frames
from hpviz.analysis.claims import Standing
from hpviz.analysis.comparison import Comparison
from hpviz.analysis.story import Story
from hpviz.charts.lettering import as_html as text
from hpviz.charts.pictures import GAP, gap, gap_rows, valley, valley_rows
from hpviz.charts.pictures.of_study import COUNTED, counted_with, pictures_of
from hpviz.charts.specification import table as rows_of
from hpviz.data.prepared import Identity
from hpviz.site.charts import ROWS, Charts
from hpviz.site.page import Link, claims, figure, listing, whole, with_code
from hpviz.site.setting import Setting, setting_of
from hpviz.studies import LEARNING_RATE, Study
from hpviz.training.inside import GradientNoise

VALLEY = "A dot a run, a line through the means; ● lowest beyond noise, ▲ diverged (in no mean)."
NO_SCRIPT = "The charts are drawn by a script, which this browser does not run; the tables have their figures."


@dataclass(frozen=True)
class Found:
    """What is published of a study: the comparison at each setting, its claims, the noise measured in its runs."""

    study: Study
    comparisons: Sequence[Comparison]
    standings: Sequence[Standing]
    noise: tuple[GradientNoise, ...] = ()

    @property
    def link(self) -> Link:
        return Link(f"{self.study.name}.html", self.study.title)

    @cached_property
    def stories(self) -> list[Story]:
        """Each setting told."""
        return [Story(comparison) for comparison in self.comparisons]


def study_page(found: Found, data: Identity, pages: Sequence[Link]) -> bytes:
    """The whole page."""
    study, charts = found.study, Charts()
    settings = [Setting(study, story, data, charts, place) for place, story in enumerate(found.stories)]
    first = found.stories[0]
    body = [
        f"<h1>{text(study.title)}</h1>",
        f"<p><b>{text(study.question)}</b> {text(study.answer)}</p>",
        f"<noscript><p>{NO_SCRIPT}</p></noscript>",
        *setting_of(settings[0]),
        *_pictures(found, first.comparison, charts),
        *_outcomes(study, first.comparison, charts),
        *_claims(found.standings),
        *(part for setting in settings[1:] for part in setting_of(setting)),
    ]
    return whole(found.link, f"{study.title} · hpviz", first.description, body, charts, pages)


def _pictures(found: Found, comparison: Comparison, charts: Charts) -> Iterator[str]:
    """The pictures of theory, whose sliders lie below them, and what to expect."""
    study, spec = found.study, comparison.runs[0]["spec"]
    counted = counted_with(study, {name: spec[name] for name in COUNTED.get(study.name, ())})
    light, dark = (pictures_of(study, is_dark, counted, found.noise) for is_dark in (False, True))
    yield '<section><h2>The picture</h2><div class="charts two">'
    for number, (picture, in_the_dark) in enumerate(zip(light, dark, strict=True), start=1):
        charts.add_picture(f"picture-{number}", picture, in_the_dark)
        yield figure(f"picture-{number}", "", picture.alt_text, picture.caption)
    logs = f"<h3>What the author's logs say</h3><p>{with_code(study.logs)}</p>" if study.logs else ""
    expected = f'<div class="words">{listing("What to expect", study.expectations)}{logs}</div>'
    # A single picture has them at its side.
    yield f"{expected}</div></section>" if len(light) == 1 else f"</div>{expected}</section>"


def _outcomes(study: Study, comparison: Comparison, charts: Charts) -> Iterator[str]:
    """Two of the article's pictures, drawn from these runs: loss by learning rate, and one value's gap."""
    chance = math.log(1 / comparison.chance) if comparison.chance else None
    yield '<section><h2>In these runs</h2><div class="charts two">'
    if study is LEARNING_RATE:
        losses = rows_of(valley_rows(frames.final_losses(comparison.runs, comparison.epochs)))
        charts.add("valley", valley(alt.NamedData(name=ROWS), False, chance), {ROWS: losses})
        yield figure("valley", "Final loss", "Final test loss against learning rate, a dot a run.", VALLEY)
    label = frames.widest_gap(comparison.groups, comparison.ends)
    name = comparison.names[label]
    losses = rows_of(gap_rows(frames.gap_of(comparison.groups[label], comparison.ends[label])))
    charts.add("gap", gap(alt.NamedData(name=ROWS), False), {ROWS: losses})
    yield figure("gap", f"The widest gap: {name}", f"Train and test loss of {name}, the gap between them shaded.", GAP)
    yield "</div></section>"


def _claims(standings: Sequence[Standing]) -> Iterator[str]:
    if standings:
        yield f"<section><h2>What the article claims</h2>{claims(standings)}</section>"
