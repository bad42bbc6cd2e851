"""The first page: what held and what did not, by name; the four corners; the answer of every study."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import altair as alt

from hpviz.analysis.claims import Standing, scoreboard
from hpviz.analysis.claims.case import Unsettled
from hpviz.analysis.claims.ledger import case_of
from hpviz.analysis.origin import from_elsewhere
from hpviz.analysis.words import plural
from hpviz.charts.lettering import as_html as text
from hpviz.charts.specification import table as rows_of
from hpviz.charts.two_by_two import ALT_TEXT, TITLE, caption, corners, two_by_two
from hpviz.data.prepared import Identity
from hpviz.runs.document import Run
from hpviz.site.charts import ROWS, Charts
from hpviz.site.page import INDEX, Link, anchor, claims, figure, table, whole
from hpviz.site.study import Found

LINK = Link(INDEX, "Overview")
LEAD = (
    "“Experiments on hyperparameter tuning in deep learning: rules to follow” trained one run for each value. Here "
    "each of its claims is checked on runs repeated under several seeds"
)


def index_page(
    name: str,
    found: Sequence[Found],
    standings: Sequence[Standing],
    runs: Sequence[Run],
    data: Identity,
    pages: Sequence[Link],
) -> bytes:
    """The whole page; `name` is what the images are called on which all `runs` were trained."""
    published = {each.study.name for each in found}
    charts, is_whole = Charts(), any(standing.claim.study is None for standing in standings)
    lead = f"{LEAD}, on the data set {name}." if standings else f"Runs on the data set {name}."
    title = "Do hyperparameters do what the article says?" if standings else "What hyperparameters do"
    body = [
        f"<h1>{title}</h1><p>{text(lead)}</p>",
        *_origin(found),
        *_scoreboard(standings, published),
        *_studies(found),
        *(_corners(runs, data, charts) if is_whole else ()),
        *_other_claims(standings, published),
    ]
    return whole(LINK, f"{title} · hpviz", lead, body, charts, pages)


def _origin(found: Sequence[Found]) -> Iterator[str]:
    """Which of the runs on the pages are from elsewhere."""
    runs = {run["id"]: run for each in found for story in each.stories for run in story.comparison.runs}
    if foreign := from_elsewhere(list(runs.values())):
        yield f"<p class='small'>Not all runs were trained by who publishes this: {text(foreign)}.</p>"


def _scoreboard(standings: Sequence[Standing], published: set[str]) -> Iterator[str]:
    yield '<div class="board">'
    for title, (meaning, named) in scoreboard(standings).items():
        items = "".join(f"<li>{_named(standing, published)}</li>" for standing in named)
        yield f"<section><h2>{title}: {len(named)}</h2><p class='small'>{meaning}</p><ul>{items}</ul></section>"
    yield "</div>"


def _named(standing: Standing, published: set[str]) -> str:
    """A claim's name, which leads to its evidence: on the page of its study, or further down."""
    study, twin = standing.claim.study, " (from scratch)" * standing.leading.twin
    page = f"{study}.html" if study in published else ""
    return f'<a href="{page}#{anchor(standing)}">{text(standing.claim.name)}</a>{twin}'


def _studies(found: Sequence[Found]) -> Iterator[str]:
    yield "<section><h2>What each study found</h2>"
    for each in found:
        story = each.stories[0]
        runs = plural(len(story.comparison.runs), "run")
        yield f'<h3><a href="{each.link.file}">{text(each.study.title)}</a></h3>'
        yield f"<p>{text(story.answer.sentence)} <span class='small'>{text(story.subject)} · {runs}.</span></p>"
    yield "</section>"


def _corners(runs: Sequence[Run], data: Identity, charts: Charts) -> Iterator[str]:
    """On ResNet18 pretrained if it was trained, else from scratch; nothing where neither was."""
    pretrained = case_of(runs, data)
    for case in (pretrained, pretrained.twin()):
        try:
            frame = corners(case)
        except Unsettled:
            continue
        charts.add("corners", two_by_two(alt.NamedData(name=ROWS), False), {ROWS: rows_of(frame)})
        yield f'<section><h2>{TITLE}</h2><div class="beside"><div>{figure("corners", "", ALT_TEXT)}</div><div>'
        yield table(
            "The four corners",
            ("net", "tuning", "setting", "accuracy", "seeds"),
            map(_corner, frame.to_dict("records")),
        )
        yield f"<p class='small'>{text(caption(frame, case.pretrained))}</p></div></div></section>"
        return


def _corner(row: Mapping[Any, Any]) -> tuple[str, list[str]]:
    return text(str(row["net"])), [str(row["tuning"]), str(row["setting"]), f"{row['accuracy']:.1%}", str(row["seeds"])]


def _other_claims(standings: Sequence[Standing], published: set[str]) -> Iterator[str]:
    """Those of the article as a whole, and of studies that have no page."""
    if other := [standing for standing in standings if standing.claim.study not in published]:
        title = "Every other claim" if any(each.claim.study for each in other) else "The article as a whole"
        yield f"<section><h2>{title}</h2>{claims(other)}</section>"
