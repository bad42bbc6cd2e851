"""How far a long piece of work on data has come."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """`done` of `total` units (images or bytes) of `what`, e.g. "drawing the scenes"; total 0: not known yet."""

    what: str
    done: int
    total: int
