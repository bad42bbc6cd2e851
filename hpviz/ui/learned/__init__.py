"""What the net learned: one section of study pages and Compare, drawn of a `Comparison` and of nothing else.

A tab is a module with a function `show(name, comparison)`, `name` beginning the keys of its widgets, and one line in
`section.TABS`. What takes longer than a moment is a `Sought` (runs/inspections.py) whose work a process that trains
does: `finding.offered` has a person begin it, `finding.awaited` begins it itself; both tell how far it is, let it be
cancelled, and return what was found, at once where it is remembered.
"""


def tab_key(name: str) -> str:
    """Where the session keeps which tab is open."""
    return f"{name}:learned"
