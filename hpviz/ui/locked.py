"""Controls that change something, which are off where pages only show."""

from typing import Any

from hpviz import gate


def locked(**control: Any) -> dict[str, Any]:
    """The options of such a control; where pages only show, it is off and its help says why.

    That is for the eye. What it would do is refused below as well, for a click can be forged.
    """
    return {**control, "disabled": True, "help": gate.ONLY_SHOWN} if gate.current().read_only else control
