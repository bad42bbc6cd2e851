"""How numbers are written and read: 1e-4 = 10⁻⁴ = 0.0001, and the slip that is easily made with it."""

import math
import re
from dataclasses import dataclass

from hpviz.spec import BadInput

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Reading:
    """What a typed number means. `doubt` is the value perhaps meant instead, or None."""

    value: float
    doubt: float | None = None


def short(value: float) -> str:
    """The way people write it in code: 1e-4, 3e-3, 0.1, 32, 0."""
    if value == 0 or 0.1 <= abs(value) < 1e6:
        return f"{value:g}"
    mantissa, exponent = f"{value:e}".split("e")
    return f"{float(mantissa):g}e{int(exponent)}"


def figure(value: float, decimals: int) -> str:
    """A measured figure with that many decimals, in three digits and a power where it has run away: 0.689, 4.33e20."""
    return f"{value:.{decimals}f}" if abs(value) < 1e6 else short(float(f"{value:.3g}"))


def counted(count: int) -> str:
    """A count as people read it: 750, 15.8 k, 2.85 M, 1.20 G."""
    for size, decimals, letter in ((1e9, 2, "G"), (1e6, 2, "M"), (1e3, 1, "k")):
        if count >= size:
            return f"{count / size:.{decimals}f} {letter}"
    return f"{count}"


def spelled(value: float) -> str:
    """The same number in three notations, for those who know one of them: 1e-4 = 10⁻⁴ = 0.0001."""
    if value == 0:
        return "0"
    mantissa, exponent = f"{value:e}".split("e")
    power = f"10{str(int(exponent)).translate(_SUPERSCRIPT)}"
    scientific = power if float(mantissa) == 1 else f"{float(mantissa):g}·{power}"
    decimals = max(0, len(mantissa.rstrip("0").split(".")[1]) - int(exponent))
    forms = [short(value), scientific, f"{value:.{min(decimals, 20)}f}"]
    return " = ".join(dict.fromkeys(forms))


def read_number(text: str) -> Reading:
    """A number as typed; BadInput if it is none.

    `10e-5` is 1e-4, though who types it often means 1e-5 (the article's author did, for every rate),
    so such a reading carries its doubt.
    """
    cleaned = text.strip().replace("−", "-").replace(",", ".")
    try:
        value = float(cleaned)
    except ValueError:
        raise BadInput(f"{text.strip()[:40]!r} is not a number; write it like 1e-4 or 0.0001.") from None
    if not math.isfinite(value):
        raise BadInput(f"{text.strip()[:40]!r} is not a finite number; write it like 1e-4 or 0.0001.")
    slip = re.fullmatch(r"10(?:\.0*)?[eE]([+-]?\d+)", cleaned)
    return Reading(value, float(f"1e{slip.group(1)}") if slip else None)
