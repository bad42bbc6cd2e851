"""What the address of the Compare page says, and what becomes of runs in it that are not here."""

from collections.abc import Sequence
from itertools import islice
from typing import get_args

import streamlit as st

from hpviz import links
from hpviz.analysis.comparison import At, Comparison
from hpviz.analysis.words import plural
from hpviz.charts.curves import Axis
from hpviz.data.catalogue import Identity, Source
from hpviz.plan import at_equal_updates, inputs
from hpviz.runs.document import Run, images_of
from hpviz.runs.runner import Request
from hpviz.spec import BadInput, RunSpec, build_spec
from hpviz.terminal import described
from hpviz.ui import permalink
from hpviz.ui.compare.choice import CHOSEN
from hpviz.ui.data_address import with_images
from hpviz.ui.locked import locked
from hpviz.ui.permalink import Entry, flag, one_of, read_labels, write_flag, write_labels
from hpviz.ui.resources import get_runner
from hpviz.ui.study.launch import check_memory
from hpviz.ui.text import literal

PAGE = "compare"
LAYOUTS = ("overlaid", "side by side")
NAMED, SPECS, ABSENT, COMPLAINT = "compare:named", "compare:specs", "compare:absent", "compare:link complaint"
MOST_NAMED = 12

# `specs` holds every run; `runs` those of which no more than the id is known, and all of an earlier version's link.
ENTRIES = (
    Entry("runs", NAMED, (), links.ids, links.spelled),
    Entry("specs", SPECS, "", lambda text: text if links.decode(text) else "", most=links.MOST_CHARACTERS),
    Entry("hidden", "compare:hidden", frozenset(), read_labels, write_labels),
    Entry("baseline", "compare:baseline", None, str),
    Entry("layout", "compare:layout", "overlaid", one_of(*LAYOUTS)),
    Entry("at", "compare:at", "epochs", one_of(*get_args(At))),
    Entry("x", "compare:x", "epoch", one_of(*get_args(Axis))),
    Entry("log", "compare:log", False, flag, write_flag),
)


def take(runs: Sequence[Run]) -> None:
    """Open the page as its address has it; runs that are not here are kept apart, to be named."""
    for entry in ENTRIES:
        st.session_state.setdefault(entry.key, entry.default)
    if permalink.take(PAGE, lambda: ENTRIES):
        here = {run["id"] for run in runs}
        specs = st.session_state[SPECS]
        known = links.decode(specs) if specs else links.Wanted({}, 1)
        named = list(dict.fromkeys([*st.session_state[NAMED], *known.specs]))
        st.session_state[CHOSEN] = [run for run in named if run in here]
        st.session_state[ABSENT] = {run: known.specs.get(run) for run in named if run not in here}, known.epochs


def put(comparison: Comparison | None) -> None:
    """Write what is compared into the address, with the specs, so that another machine can train the same."""
    absent, epochs = _absent()
    compared = (*comparison.runs, *comparison.hidden) if comparison else ()
    st.session_state[NAMED] = tuple(run for run, spec in absent.items() if spec is None)
    specs = {run["id"]: {**run["spec"], "dataset": images_of(run)} for run in compared}
    specs |= {run: spec.model_dump(mode="json") for run, spec in absent.items() if spec}
    specs = dict(islice(specs.items(), links.MOST_RUNS))
    # At equal updates it is the busiest run that says how far; the others follow when they are trained.
    epochs = min(comparison.ends.values()) if comparison else epochs
    st.session_state[SPECS] = links.encode(specs, epochs) if specs else ""
    permalink.put(PAGE, ENTRIES)


def _absent() -> tuple[dict[str, RunSpec | None], int]:
    """The runs of an opened link that are not here, with their specs as far as it brought them, and their epochs."""
    absent: tuple[dict[str, RunSpec | None], int] = st.session_state.get(ABSENT, ({}, 1))
    return absent


def link() -> str:
    return permalink.link(ENTRIES)


def show_absent(runs: Sequence[Run]) -> None:
    """Name the runs of the link that are not here, and offer to train those whose specs it brings."""
    absent, epochs = _absent()
    here = {run["id"]: run for run in runs if run["epochs"]}
    if came := [own for name in absent if (own := links.identity_of(name)) in here]:
        st.session_state[CHOSEN] = list(dict.fromkeys([*st.session_state[CHOSEN], *came]))
        absent = {name: spec for name, spec in absent.items() if links.identity_of(name) not in here}
        st.session_state[ABSENT] = absent, epochs
    if not absent:
        return
    known = [spec for spec in absent.values() if spec]
    names = [described(spec.model_dump(mode="json")) if spec else name for name, spec in absent.items()]
    with st.container(border=True):
        are = "is" if len(absent) == 1 else "are"
        st.markdown(f":material/link_off: {plural(len(absent), 'run')} of this link {are} not on this machine:")
        st.text("\n".join(names[:MOST_NAMED]) + (f"\nand {len(names) - MOST_NAMED} more" if names[MOST_NAMED:] else ""))
        if known:
            st.button(
                f"Train {'it' if len(known) == 1 else f'these {len(known)}'}",
                key="compare:train",
                type="primary",
                icon=":material/play_arrow:",
                on_click=_train,
                args=(known, epochs),
                **locked(),
            )
        else:
            st.caption("The link does not say what they are, so they cannot be trained from it: import their bundle.")
    if complaint := st.session_state.pop(COMPLAINT, None):
        st.error(literal(complaint, 400), icon=":material/error:")


def _train(specs: Sequence[RunSpec], epochs: int) -> None:
    try:
        requests = [_request(spec, epochs) for spec in specs]
        if st.session_state["compare:at"] == "updates":
            beside = [_request(build_spec(**run["spec"]), epochs) for run in _chosen()]
            requests = at_equal_updates([*requests, *beside], _images(specs[0])[1])[: len(requests)]
    except BadInput as error:
        st.session_state[COMPLAINT] = str(error)
        return
    for one in requests:
        get_runner().submit(one)


def _chosen() -> list[Run]:
    return [run for chosen in st.session_state[CHOSEN] if (run := get_runner().run(chosen)) and not run["origin"]]


def _request(spec: RunSpec, epochs: int) -> Request:
    if spec.weights is not None:
        raise BadInput("These runs begin with ImageNet weights: launch them from the Learning rate page.")
    source, identity = _images(spec)
    check_memory(spec, len(identity.classes))
    # The images are known by their fingerprint; what they are called is this machine's business.
    one = Request(spec.model_copy(update={"dataset": source.name}), epochs, inputs(source, identity))
    get_runner().check(one)
    return one


def _images(spec: RunSpec) -> tuple[Source, Identity]:
    """The data set here that has the spec's images; BadInput if none has."""
    if found := with_images(spec.fingerprint, spec.dataset):
        return found
    raise BadInput(f"The images of {spec.dataset} are not here: bring the same ones on the Data page, then try again.")
