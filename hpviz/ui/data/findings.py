"""What the audit of a data set found, with the pictures, and what each finding means for the numbers."""

from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

from hpviz.data.audit import Audit, Survey
from hpviz.data.duplicates import Group, is_conflict, is_leak, is_surplus
from hpviz.data.findings import Finding, findings
from hpviz.data.prepared import Prepared
from hpviz.data.samples import image, side_by_side
from hpviz.ui.picture import as_png
from hpviz.ui.text import literal

GROUPS_SHOWN, GROUPS_A_ROW, SIDE_BY_SIDE = 8, 4, 3
ALL_IS_WELL = ":green[:material/check:]"
PICTURED: dict[str, tuple[str, Callable[[Group], bool]]] = {
    "leak": ("same", is_leak),
    "conflict": ("same", is_conflict),
    "surplus": ("same", is_surplus),
    "alike leak": ("alike", is_leak),
    "alike conflict": ("alike", is_conflict),
    "alike": ("alike", is_surplus),
}


def show_findings(survey: Survey) -> None:
    """Each finding: how many, what, what it means, and which."""
    for finding in findings(survey.audit):
        with st.container(gap="xsmall"):
            _tell(finding)
            if finding.count:
                _show_which(finding, survey)


def _tell(finding: Finding) -> None:
    mark = ":material/info:" if finding.count or finding.kind == "not looked for" else ALL_IS_WELL
    told = literal(finding.told, most=400)
    st.markdown(f"{mark} **{told}** {literal(finding.meaning, most=400)}" if finding.count else f"{mark} {told}")


def _show_which(finding: Finding, survey: Survey) -> None:
    if finding.kind == "sizes":
        examples = [f"{name} ({width}×{height})" for name, width, height in survey.audit.other_size_examples]
        st.caption(literal(f"For example {', '.join(examples)}.", most=600))
    elif finding.kind == "skipped":
        _show_skipped(survey.audit)
    else:
        kind, is_wanted = PICTURED[finding.kind]
        groups = survey.same if kind == "same" else survey.alike or []
        _show_groups([group for group in groups if is_wanted(group)], survey.prepared, finding.kind)


def _show_skipped(audit: Audit) -> None:
    if len(audit.skipped) > 1:
        with st.expander(f"All {len(audit.skipped):,} files"):
            table = pd.DataFrame(audit.skipped, columns=["file", "reason"])
            st.dataframe(table, hide_index=True, key="skipped", alt="Skipped files, with the reason")


def _show_groups(groups: Sequence[Group], prepared: Prepared, kind: str) -> None:
    """The pictures of some groups side by side, and the names of all."""
    shown = groups[:GROUPS_SHOWN]
    room = min(max(map(len, shown), default=2), SIDE_BY_SIDE)
    with st.grid(GROUPS_A_ROW, min_column_width=145):
        for group in shown:
            with st.container(gap="xsmall"):
                pictures = [image(prepared, member.place) for member in group[:room]]
                names = " · ".join(map(str, group))
                st.image(as_png(side_by_side(pictures, room)), width="stretch", alt=names)
                st.caption(literal(names, most=120))
    if len(groups) > GROUPS_SHOWN:
        with st.expander(f"All {len(groups):,} groups"):
            rows = [{"images": len(group), "names": " · ".join(map(str, group))} for group in groups]
            st.dataframe(pd.DataFrame(rows), hide_index=True, key=f"groups:{kind}", alt="Groups of images by name")
