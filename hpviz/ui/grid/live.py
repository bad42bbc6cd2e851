"""The grid as it fills: what it would cost, how far it has come, the heat map, and the way into a cell."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from hpviz.analysis.evidence import ALL_BUT_SEEDS, up_to
from hpviz.analysis.grid import Grid, grid_of, words_of
from hpviz.analysis.ridge import (
    RULES,
    Best,
    anchor_of,
    resting_on,
    ridge,
    ridge_columns,
    ridge_rows,
    rule_lines,
    verdict,
)
from hpviz.analysis.words import name_of, plural
from hpviz.charts.grid import SELECTION, Crossed, heat_map, name_of_cell, rows_of
from hpviz.charts.specification import table
from hpviz.hyperparameters import HYPERPARAMETERS, Value, spell
from hpviz.links import MOST_RUNS
from hpviz.missing import unasked, untrained
from hpviz.plan import Axes, Setting, grid, grid_spec
from hpviz.runs.command import grid_command
from hpviz.runs.document import ACTIVE, Run
from hpviz.runs.pace import View
from hpviz.runs.runner import Request
from hpviz.ui.chart import show_chart_to_click
from hpviz.ui.locked import locked
from hpviz.ui.price import price, seconds_of
from hpviz.ui.progress import bar
from hpviz.ui.resources import drawn_every, get_runner
from hpviz.ui.study.launch import COMPLAINT, submit
from hpviz.ui.text import sentence
from hpviz.ui.theme import is_dark

CELL = "grid:cell"
DRAW_SECONDS, IDLE_SECONDS = 2.0, 3.0


def show_grid(axes: Axes, setting: Setting) -> None:
    """Everything below the choices. Raises BadInput, in a sentence, if a cell cannot be trained."""
    runner = get_runner()
    requests = grid(setting, axes, int(setting.fixed.get("seed", 0)))
    keys = {_key(one.spec.model_dump(mode="json")) for one in requests[: len(axes.cells)]}

    def ours(everything: Sequence[Run]) -> list[Run]:
        return [run for run in everything if run["origin"] is None and _key(run["spec"]) in keys]

    runs = ours(runner.runs())
    seen, active = _stamp(runs), _is_active(runs)

    @drawn_every(None if active else IDLE_SECONDS)
    def watching() -> None:
        """Another tab or process may launch a run of this grid; drawing it all again to see that would be dear."""
        if not active and _stamp(ours(runner.runs())) != seen:
            st.rerun()

    @drawn_every(DRAW_SECONDS if active else None)
    def filling() -> None:
        everything = runner.runs()
        runs, missing = ours(everything), untrained(requests, everything)
        if _is_active(runs) != active:
            st.rerun()
        runner.look_at(run["id"] for run in runs)
        with st.container():
            _launcher(setting, requests, missing, everything)
        with st.container():
            _progress(setting, requests, missing, everything, axes)
        with st.container():
            _results(axes, setting, runs)

    watching()
    with st.container():
        filling()
    st.caption("The same from a terminal:")
    pair, values = (axes.first, axes.second), (axes.values, axes.values2)
    command = grid_command(pair, values, axes.seeds, grid_spec(setting, axes), setting.epochs)
    st.code(command, language=None, wrap_lines=True)


def _key(spec: dict[str, object]) -> tuple[object, ...]:
    return tuple(map(spec.get, ALL_BUT_SEEDS))


def _stamp(runs: Sequence[Run]) -> list[tuple[str, str, int]]:
    """What tells one state of the grid from another."""
    return [(run["id"], run["status"], len(run["epochs"])) for run in runs]


def _is_active(runs: Sequence[Run]) -> bool:
    return any(run["status"] in ACTIVE for run in runs)


# Launching


def _launcher(setting: Setting, requests: Sequence[Request], missing: Sequence[Request], runs: Sequence[Run]) -> None:
    """One button for all that is missing, with their number and time; what is there is not trained again."""
    idle = unasked(missing, runs)
    here = len(requests) - len(missing)
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(
            f"Run the grid: {price(idle, setting)}" if idle else "All runs are here" if not missing else "All queued",
            key="grid:run",
            type="primary",
            icon=":material/play_arrow:",
            **locked(disabled=not idle),
        ):
            submit(setting, lambda: idle)
            st.rerun()  # the whole page: complaints and questions are shown there
        if idle:
            st.caption(f"{here:,} of {plural(len(requests), 'run')} are here already", width="stretch")
    if complaint := st.session_state.pop(COMPLAINT, None):
        st.error(sentence(complaint), icon=":material/error:")


def _progress(
    setting: Setting, requests: Sequence[Request], missing: Sequence[Request], runs: Sequence[Run], axes: Axes
) -> None:
    """How many of the grid's runs are done, what trains, the time left, and a way to call all of it off."""
    runner = get_runner()
    wanted = {one.spec.run_id for one in requests}
    queued = [entry for entry in runner.queue() if entry["id"] in wanted]
    if not queued:
        return
    idle = {one.spec.run_id for one in unasked(missing, runs)}
    seconds = seconds_of([one for one in missing if one.spec.run_id not in idle], setting)
    done = len(requests) - len(missing)
    words = f"{done:,} of {plural(len(requests), 'run')} done"
    here = {run["id"]: run for run in runs}
    for entry in queued:
        if not entry["position"] and (run := here.get(entry["id"])):
            names = [name_of(study.field, study.value_of(run["spec"])) for study in (axes.first, axes.second)]
            words += f"; {', '.join(names)}: {entry['view']['text']}"
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.container(width="stretch"):
            bar(View(text=words, fraction=done / len(requests), seconds_left=seconds))
        if st.button(f"Stop all {len(queued)}", key="grid:stop", icon=":material/stop:", **locked(help=_STOP_HELP)):
            for entry in reversed(queued):  # those that wait first, so that none of them begins meanwhile
                runner.stop(entry["id"])
            st.rerun()


_STOP_HELP = "Only the runs of this grid. Finished epochs are kept; run the grid again to go on."


# What came of it


def _results(axes: Axes, setting: Setting, runs: Sequence[Run]) -> None:
    cut = [up_to(run, setting.epochs) for run in runs]
    made = grid_of(cut, axes.first.field, axes.second.field, axes.values, axes.values2)
    bests = ridge(made)
    rows = rows_of(made, bests, rule_lines(made, bests), is_dark())
    chosen = show_chart_to_click(
        "grid:map",
        heat_map,
        Crossed(made.first, made.second, made.values, made.values2),
        is_dark(),
        rows=table(rows),
        selection=SELECTION,
        alt=f"Heat map of test accuracy by {axes.first.title.lower()} and {axes.second.title.lower()}, with the best "
        "of each column. The tables below have the figures.",
    )
    clicked = {each["cell"] for each in chosen}
    st.caption(_legend(made, bests))
    if said := verdict(made, bests):
        st.markdown(f"**{sentence(said)}**" if made.epochs else sentence(said))
    _tables(made, bests)
    _open_cell(made, clicked)


def _legend(made: Grid, bests: Sequence[Best]) -> str:
    """What the marks mean. It holds no figure that an epoch changes but the epoch itself."""
    epochs = f"After {plural(made.epochs, 'epoch')}" if made.epochs else "Hollow: not run yet"
    parts = [
        f"{epochs} · means over seeds",
        "▲ a seed diverged",
        "● best value of a column (between values: by a parabola), ○ at the edge of what was tried",
        "bar: values that noise does not tell from the best",
    ]
    anchor = anchor_of(made, bests)
    if anchor is not None and (rules := RULES.get((made.first, made.second))):
        through = name_of(made.second, anchor.value2)
        names = " and ".join(f"{rule.name} ({rule.source})" for rule in rules)
        parts.append(f"dashed: {names}, both through the best at {through}")
    return " · ".join(parts)


def _tables(made: Grid, bests: Sequence[Best]) -> None:
    first, second = (HYPERPARAMETERS[field] for field in (made.first, made.second))
    with st.grid(2, min_column_width=320):
        with st.container():
            corner = f"{first.symbol} \\ {second.symbol}"
            figures = [
                {corner: spell(one), **{spell(two): words_of(made.cells[one, two]) for two in made.values2}}
                for one in made.values
            ]
            st.dataframe(pd.DataFrame(figures), hide_index=True, key="grid:figures", alt="Mean test accuracy by cell")
        with st.container():
            if bests:
                table = pd.DataFrame(ridge_rows(made, bests), columns=list(ridge_columns(made)))
                st.dataframe(table, hide_index=True, key="grid:ridge", alt="The best value of each column")
                st.caption(resting_on(bests))


def _open_cell(made: Grid, clicked: set[str]) -> None:
    """A click, or a choice and a button, open the runs of a cell in Compare."""
    started = {place: [run["id"] for run in cell.runs if run["epochs"]] for place, cell in made.cells.items()}
    cells = {name_of_cell(made, place): ids for place, ids in started.items() if ids}
    names = {name_of_cell(made, place): _name(made, place) for place in made.cells}
    opened = next((cells[cell] for cell in clicked if cell in cells), [])
    if cells:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            chosen = st.selectbox("Runs of a cell", [*cells], format_func=lambda cell: names[cell], key=CELL, width=320)
            if st.button("Open in Compare", key="grid:compare", icon=":material/compare_arrows:"):
                opened = cells.get(chosen, [])
    if opened:
        st.switch_page("hpviz/ui/pages/compare.py", query_params={"runs": opened[:MOST_RUNS]})


def _name(made: Grid, place: tuple[Value, Value]) -> str:
    return f"{name_of(made.first, place[0])} · {name_of(made.second, place[1])}"
