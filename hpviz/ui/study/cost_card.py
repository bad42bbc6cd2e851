"""What the run under the slider would cost, before it is run; beside it what it did cost, once it has an epoch."""

import streamlit as st

from hpviz.analysis.cost import Cost, cost, gigabytes
from hpviz.analysis.measured import Measured, measured
from hpviz.analysis.words import plural
from hpviz.hyperparameters import Value, spell
from hpviz.missing import seconds_for, untrained
from hpviz.notation import counted, spelled
from hpviz.plan import Setting, request
from hpviz.runs.pace import clock
from hpviz.runs.runner import Request
from hpviz.spec import BadInput
from hpviz.studies import Study
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
    return " · ".join([*words, _time(one, setting)]), None


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
    with st.container(border=True), st.grid(5, min_column_width=120):
        _show_counts(cost(one.spec, len(setting.identity.classes)), told)
        _metric(
            "Time",
            _time(one, setting),
            "From the pace of earlier runs like it on this machine; measured: training and testing.",
            _spent(told) if told else None,
        )


def _show_counts(figures: Cost, told: Measured | None) -> None:
    _metric("Parameters", counted(figures.parameters.total), _parts(figures))
    _metric("Outputs an image", counted(figures.activations.total), "Activations of one image's forward pass.")
    _metric("Multiply-adds", counted(figures.multiply_adds.total), "Of one image's forward pass.")
    _metric(
        "Memory",
        gigabytes(figures.memory_bytes),
        "Weights, gradients, the optimiser's moments and every layer's output at this batch size; measured: the most "
        "that training held, with what PyTorch takes for itself.",
        gigabytes(told.memory_bytes) if told and told.memory_bytes else None,
    )


def _metric(label: str, figure: str, explanation: str, measurement: str | None = None) -> None:
    with st.container(gap="xxsmall"):
        st.caption(label, help=explanation)
        st.markdown(f"**{figure}**")
        if measurement is not None:
            st.caption(f"measured: {measurement}")


def _spent(told: Measured) -> str:
    pace = f", {told.images_per_second:,.0f} images/s" if told.images_per_second else ""
    return f"{clock(told.seconds)} for {plural(told.epochs, 'epoch')}{pace}"


def _parts(figures: Cost) -> str:
    parameters = figures.parameters
    return f"{counted(parameters.convolution)} in the convolutions, {counted(parameters.linear)} in the linear layers."


def _time(one: Request, setting: Setting) -> str:
    runs = get_runner().runs()
    if not untrained([one], runs):
        return "recorded"
    seconds = seconds_for([one], runs, setting.identity)
    return "how long is not known yet" if seconds is None else f"about {clock(seconds)}"
