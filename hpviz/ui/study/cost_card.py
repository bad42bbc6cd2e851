"""What the run under the slider would cost, before it is run; beside it what it did cost, once it has an epoch."""

import streamlit as st

from hpviz import gate
from hpviz.analysis.cost import Cost, cost, gigabytes
from hpviz.analysis.measured import Measured, measured
from hpviz.analysis.words import plural
from hpviz.hyperparameters import Value, spell
from hpviz.missing import untrained
from hpviz.notation import counted, spelled
from hpviz.plan import Setting, request
from hpviz.runs.pace import clock
from hpviz.runs.runner import Request
from hpviz.spec import BadInput
from hpviz.studies import Study
from hpviz.ui.price import time_of
from hpviz.ui.resources import get_runner
from hpviz.ui.study.launch import as_compared, check_memory
from hpviz.ui.text import sentence


def price(study: Study, setting: Setting | None, value: Value) -> tuple[str, str | None]:
    """What the run under the slider is and how long it would take, in a line; and why it cannot be, if so."""
    is_small = study.hyperparameter.kind is not None and any("e-" in spell(each) for each in study.slider_values)
    words = [f"{study.symbol} {spelled(float(value)) if is_small else spell(value)}"]
    if setting is None:
        return words[0], None
    try:
        one = _asked(study, setting, value)
    except BadInput as error:
        return words[0], str(error)
    return " · ".join([*words, SHOWN if gate.current().read_only else _time(one, setting)]), None


SHOWN = "what it takes: the tab Cost"  # where pages only show, nobody waits for it


def _asked(study: Study, setting: Setting, value: Value) -> Request:
    """The run of that value; BadInput if it cannot be."""
    (one,) = as_compared(study, setting, [request(setting, **{study.field: value})])
    check_memory(one.spec, len(setting.identity.classes))
    return one


def show_cost(study: Study, setting: Setting, value: Value) -> None:
    """The card, or the sentence that says why this run cannot be."""
    try:
        one = _asked(study, setting, value)
    except BadInput as error:
        st.caption(sentence(str(error)))
        return
    st.markdown(f"**{study.symbol} {spell(value)}**, the value under the slider")
    run = get_runner().run(one.spec.run_id)
    told = measured(run["epochs"][: one.epochs]) if run and run["epochs"] and not run["origin"] else None
    figures = cost(one.spec, len(setting.identity.classes))
    with st.container(border=True):
        with st.grid(5, min_column_width=120):
            _show_counts(figures, told)
            _metric("Time", _time(one, setting), _spent(told) if told else None)
        st.caption(f"{_parts(figures)} {EXPLAINED}")


# A help sign beside each figure would be one more button of the name “Help”.
EXPLAINED = (
    "Activations and multiply-adds are those of one image's forward pass. Memory is the most that training holds at "
    "this batch size, beside the 0.4 GB that PyTorch takes for itself: weights, gradients, the optimiser's moments, "
    "every layer's output forward and back. Time goes by updates, images, multiply-adds and weights, at the pace of "
    "runs on this machine or, before there are any, of the reference machine."
)


def _show_counts(figures: Cost, told: Measured | None) -> None:
    _metric("Parameters", counted(figures.parameters.total))
    _metric("Activations per image", counted(figures.activations.total))
    _metric("Multiply-adds per image", counted(figures.multiply_adds.total))
    measurement = gigabytes(told.memory_bytes) if told and told.memory_bytes else None
    _metric("Memory", gigabytes(figures.memory_bytes), measurement)


def _metric(label: str, figure: str, measurement: str | None = None) -> None:
    with st.container(gap="xxsmall"):
        st.caption(label)
        st.markdown(f"**{figure}**")
        if measurement is not None:
            st.caption(f"measured: {measurement}")


def _spent(told: Measured) -> str:
    pace = f", {told.images_per_second:,.0f} images/s" if told.images_per_second else ""
    return f"{clock(told.seconds)} for {plural(told.epochs, 'epoch')}{pace}"


def _parts(figures: Cost) -> str:
    of = figures.parameters
    return f"Parameters: {counted(of.convolution)} in the convolutions, {counted(of.linear)} in the linear layers."


def _time(one: Request, setting: Setting) -> str:
    return time_of([one], setting) if untrained([one], get_runner().runs()) else "recorded"
