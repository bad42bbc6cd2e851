"""What the run under the slider would cost, before it is run; beside it what it did cost, once it has an epoch."""

import streamlit as st

from hpviz.analysis.cost import Cost, cost, gigabytes
from hpviz.analysis.measured import Measured, measured
from hpviz.analysis.words import plural
from hpviz.hyperparameters import Value
from hpviz.missing import untrained
from hpviz.notation import counted
from hpviz.plan import Setting, request
from hpviz.runs.pace import clock
from hpviz.runs.runner import Request
from hpviz.spec import BadInput
from hpviz.studies import Study
from hpviz.ui.price import time_of
from hpviz.ui.resources import get_runner
from hpviz.ui.study.launch import as_compared, check_memory


def show_cost(study: Study, setting: Setting, value: Value) -> str | None:
    """The card, or the sentence that says why this run cannot be, which is returned too."""
    try:
        (one,) = as_compared(study, setting, [request(setting, **{study.field: value})])
        check_memory(one.spec, len(setting.identity.classes))
    except BadInput as error:
        st.error(str(error), icon=":material/error:")
        return str(error)
    run = get_runner().run(one.spec.run_id)
    told = measured(run["epochs"][: one.epochs]) if run and run["epochs"] and not run["origin"] else None
    with st.container(border=True), st.grid(5, min_column_width=120):
        _show_counts(cost(one.spec, len(setting.identity.classes)), told)
        _metric(
            "Time",
            _time(one, setting),
            "By updates, images, multiply-adds and weights, at the pace of runs on this machine or, before there are "
            "any, of the reference machine; measured: training and testing.",
            _spent(told) if told else None,
        )
    return None


def _show_counts(figures: Cost, told: Measured | None) -> None:
    _metric("Parameters", counted(figures.parameters.total), _parts(figures))
    _metric("Outputs an image", counted(figures.activations.total), "Activations of one image's forward pass.")
    _metric("Multiply-adds", counted(figures.multiply_adds.total), "Of one image's forward pass.")
    _metric(
        "Memory",
        gigabytes(figures.memory_bytes),
        "The most that training holds at this batch size, beside the 0.4 GB that PyTorch takes for itself: weights, "
        "gradients, the optimiser's moments, every layer's output forward and back.",
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
    return time_of([one], setting) if untrained([one], get_runner().runs()) else "recorded"
